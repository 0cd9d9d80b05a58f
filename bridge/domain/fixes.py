"""Releases, fixes, and how versions compare."""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import NewType

ReleaseId = NewType("ReleaseId", int)

_PARTS = re.compile(r"\d+|[a-z]+")
_END = (0, 0, "")


@dataclass(frozen=True, slots=True)
class Release:
    """A version customers can get."""

    id: ReleaseId
    version: str
    component: str
    shipped_at: datetime
    percent: int
    is_withdrawn: bool


def version_key(version: str) -> tuple[tuple[int, int, str], ...] | None:
    """A sortable key for versions such as 4.1, v2.0.3 or 5.0-rc1; None when it has no number.

    Numbers compare as numbers, 4.1 equals 4.1.0, and 5.0-rc1 comes before 5.0.
    """
    parts = _PARTS.findall(version.strip().lower().removeprefix("v"))
    digits = list(takewhile(str.isdigit, parts))
    if not digits:
        return None
    rest = parts[len(digits) :]
    while len(digits) > 1 and int(digits[-1]) == 0:
        digits.pop()
    release = tuple((1, int(part), "") for part in digits)
    if not rest:
        return (*release, _END)
    return (*release, *((1, int(p), "") if p.isdigit() else (-1, 0, p) for p in rest), _END)


def is_at_least(version: str, fixed_in: str) -> bool | None:
    """Whether `version` has the fix released in `fixed_in`; None when they do not compare."""
    ours, fixed = version_key(version), version_key(fixed_in)
    if ours is None or fixed is None:
        return None
    return ours >= fixed
