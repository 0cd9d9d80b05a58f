"""Moments as texts: RFC 3339 in UTC, wherever they stand in JSON."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_OLD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00", re.ASCII)
"""How histories were written at first."""


def rfc3339(moment: datetime) -> str:
    """`2026-03-03T09:15:00Z`; the moment must have its zone."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def with_moments(told: Mapping[str, object]) -> dict[str, object]:
    """The same members, with moments of old histories as they are written now."""
    return {key: _again(value) for key, value in told.items()}


def _again(value: object) -> object:
    if isinstance(value, str) and _OLD.fullmatch(value):
        return rfc3339(datetime.fromisoformat(value))
    return value
