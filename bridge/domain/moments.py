"""Moments as texts: RFC 3339 in UTC, wherever they stand in JSON."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bridge.domain.errors import InvalidInput

SKEW = timedelta(minutes=10)
"""A clock of theirs may be ahead of ours by so much."""

_OLD = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00:00", re.ASCII)
"""How histories were written at first."""


def rfc3339(moment: datetime) -> str:
    """`2026-03-03T09:15:00Z`; the moment must have its zone."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def passed(moment: datetime, *, now: datetime, pointer: str) -> datetime:
    """When something was done, as it is told; with a clock that is ahead of ours it was now.

    Raises InvalidInput for what has not come yet.
    """
    if moment > now + SKEW:
        words = f"{rfc3339(moment)} has not come yet (it is {rfc3339(now)} here)"
        raise InvalidInput(f"{words}: send it again then", pointer=pointer)
    return min(moment, now)


def with_moments(told: Mapping[str, object]) -> dict[str, object]:
    """The same members, with moments of old histories as they are written now."""
    return {key: _again(value) for key, value in told.items()}


def _again(value: object) -> object:
    if isinstance(value, str) and _OLD.fullmatch(value):
        return rfc3339(datetime.fromisoformat(value))
    return value
