"""Releases, fixes, and how versions compare."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import NewType

ReleaseId = NewType("ReleaseId", int)
VersionKey = tuple[tuple[int, int, str], ...]

MOST_VERSION = 80
"""Letters in the name of a version; a longer one is something else, such as a user agent."""
_PARTS = re.compile(r"\d+|[a-z]+")
_BUILD = re.compile(r"\+.*|\(.*?\)")
"""What names a build of a version and not another version: 4.1+77, 4.1 (77)."""
_PLAIN = frozenset({"final", "ga", "release", "stable"})
"""Words that say that a version is no pre-release."""
_LATER = frozenset({"post", "patch", "hotfix", "sp"})
"""Words that follow a version: 4.1-hotfix2 comes after 4.1."""
_END = (0, 0, "")


@dataclass(frozen=True, slots=True)
class Release:
    """A version customers can get."""

    id: ReleaseId
    version: str
    component: str
    shipped_at: datetime
    """When the first customers could get it."""
    percent: int
    complete_at: datetime | None
    """When it had reached everybody; None while it has not."""
    platforms: frozenset[str]
    """In lower case; empty for all."""
    withdrawn_at: datetime | None

    @property
    def is_withdrawn(self) -> bool:
        """Nobody is given it any more."""
        return self.withdrawn_at is not None


def version_key(version: str) -> VersionKey | None:
    """A sortable key for versions such as 4.1, v2.0.3 or 5.0-rc1; None when it has no number.

    Numbers compare as numbers, 4.1 equals 4.1.0 and 4.1+77, and 5.0-rc1 comes before 5.0.
    """
    plain = _BUILD.sub("", version.strip().lower().removeprefix("v"))
    parts = [part for part in _PARTS.findall(plain) if part not in _PLAIN]
    digits = list(takewhile(str.isdigit, parts))
    if not digits:
        return None
    rest = parts[len(digits) :]
    while len(digits) > 1 and int(digits[-1]) == 0:
        digits.pop()
    release = tuple((1, int(part), "") for part in digits)
    if not rest:
        return (*release, _END)
    return (*release, *(_further(part) for part in rest), _END)


def _further(part: str) -> tuple[int, int, str]:
    """The place of what follows the numbers; a word comes before the end unless it says later."""
    if part.isdigit():
        return (1, int(part), "")
    return (0, 1, part) if part in _LATER else (-1, 0, part)


def is_at_least(version: str, fixed_in: str) -> bool | None:
    """Whether `version` has the fix released in `fixed_in`; None when they do not compare."""
    ours, fixed = version_key(version), version_key(fixed_in)
    if ours is None or fixed is None:
        return None
    return ours >= fixed


def carrier_of(version: VersionKey, fixed: Sequence[VersionKey]) -> VersionKey | None:
    """The fixed version whose fix `version` has; None when it has none of them.

    The newest fixed version passes its fix on to all after it. An older one is a back-port: it
    passes it on within its own branch only, which is as long as it takes to tell the fixed
    versions apart. With fixes in 4.1.9 and 4.3.0 the versions 4.1.10 and 4.4 have it, 4.2.0 not.
    """
    if not fixed:
        return None
    newest = max(fixed)
    if version >= newest:
        return newest
    length = _branch_length(fixed)
    for one in sorted(fixed, reverse=True):
        if version >= one and _branch(version, length) == _branch(one, length):
            return one
    return None


def _branch(version: VersionKey, length: int) -> tuple[int, ...]:
    """The first numbers; 4.1 is on the branch 4.1.0 as well."""
    numbers = [number for rank, number, _ in version if rank == 1]
    return tuple([*numbers, *[0] * length][:length])


def _branch_length(fixed: Sequence[VersionKey]) -> int:
    longest = max(len(one) for one in fixed)
    different = len(set(fixed))
    lengths = (
        n for n in range(1, longest + 1) if len({_branch(one, n) for one in fixed}) == different
    )
    return next(lengths, longest)
