"""Which versions, platforms and kinds of customers a thing is for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.domain.errors import InvalidInput
from bridge.domain.fixes import version_key

_BOUND = re.compile(r"(>=|<=|>|<|=)\s*([^<>=\s].*)")

VersionKey = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Asker:
    """What is known about the customer who is to be helped."""

    version: str | None = None
    platform: str | None = None
    segment: str | None = None
    """Tier or plan."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom it is; an empty part means everybody."""

    versions: tuple[str, ...] = ()
    """Each is a version (`4.1`) or a range (`>=4.0,<4.3`); one of them has to fit."""
    platforms: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    below: str | None = None
    """Only versions below this one: the fix is in it."""

    def fits(self, asker: Asker) -> bool:
        """False only where it is known not to fit: what nobody said keeps nothing from anybody."""
        return (
            _fits_versions(self.versions, asker.version)
            and (self.below is None or _is_within(f"<{self.below}", asker.version) is not False)
            and _fits_word(self.platforms, asker.platform)
            and _fits_word(self.segments, asker.segment)
        )

    def reaches_below(self, fixed_in: str) -> bool:
        """Whether it names versions that a fix released in `fixed_in` has not reached.

        Without versions it names none. A version that compares with nothing is not reached.
        """
        return any(_reaches_below(one, fixed_in) for one in self.versions)

    def words(self) -> str:
        """The scope as people say it; empty for everybody."""
        said = []
        if self.versions:
            said.append(f"versions {' or '.join(self.versions)}")
        if self.below is not None:
            said.append(f"only for versions below {self.below}")
        if self.platforms:
            said.append(f"on {' or '.join(self.platforms)}")
        if self.segments:
            said.append(f"for {' or '.join(self.segments)}")
        return ", ".join(said)


def require_versions(versions: Iterable[str]) -> None:
    """Raise InvalidInput for a range whose bounds are no versions, or that holds none."""
    for number, one in enumerate(versions):
        bounds = _bounds(one) if _is_range(one) else []
        if bounds is None:
            raise InvalidInput(
                f"{one!r} is no range of versions; say it like >=4.0,<4.3",
                pointer=f"/versions/{number}",
            )
        if _holds_nothing(bounds):
            raise InvalidInput(
                f"no version is in the range {one!r}: it ends before it begins",
                pointer=f"/versions/{number}",
            )


def require_words(words: Iterable[str], *, what: str) -> None:
    """Raise InvalidInput for a blank among names of platforms or segments."""
    for number, one in enumerate(words):
        if not one.strip():
            raise InvalidInput(f"{what} cannot be blank", pointer=f"/{what}/{number}")


def _fits_word(wanted: Sequence[str], given: str | None) -> bool:
    if not wanted or not given:
        return True
    return given.strip().casefold() in {one.strip().casefold() for one in wanted}


def _fits_versions(wanted: Sequence[str], given: str | None) -> bool:
    if not wanted or not given:
        return True
    return any(_is_within(one, given) is not False for one in wanted)


def _is_within(wanted: str, given: str | None) -> bool | None:
    """Whether a version is the wanted one or in the range; None where that cannot be told."""
    if given is None:
        return None
    key = version_key(given)
    if not _is_range(wanted):
        exact = version_key(wanted)
        if key is None or exact is None:
            return wanted.strip().casefold() == given.strip().casefold()
        return key == exact
    bounds = _bounds(wanted)
    if key is None or bounds is None:
        return None
    return all(_holds(key, sign, bound) for sign, bound in bounds)


def _holds(key: VersionKey, sign: str, bound: VersionKey) -> bool:
    if sign == "=":
        return key == bound
    if sign in (">=", ">"):
        return key > bound or (sign == ">=" and key == bound)
    return key < bound or (sign == "<=" and key == bound)


def _is_range(version: str) -> bool:
    return version.strip()[:1] in ("<", ">", "=")


def _bounds(wanted: str) -> list[tuple[str, VersionKey]] | None:
    bounds = []
    for part in wanted.split(","):
        found = _BOUND.fullmatch(part.strip())
        key = version_key(found[2]) if found else None
        if found is None or key is None:
            return None
        bounds.append((found[1], key))
    return bounds


def _holds_nothing(bounds: Sequence[tuple[str, VersionKey]]) -> bool:
    """Whether bounds leave no version between them."""
    lows = [(bound, sign == ">") for sign, bound in bounds if sign in (">=", ">", "=")]
    highs = [(bound, sign == "<") for sign, bound in bounds if sign in ("<=", "<", "=")]
    if not lows or not highs:
        return False
    low, is_after = max(lows)
    high = min(bound for bound, _ in highs)
    is_before = any(is_open for bound, is_open in highs if bound == high)
    return low > high or (low == high and (is_after or is_before))


def _reaches_below(wanted: str, fixed_in: str) -> bool:
    fixed = version_key(fixed_in)
    if not _is_range(wanted):
        key = version_key(wanted)
        return fixed is None or key is None or key < fixed
    bounds = _bounds(wanted)
    if fixed is None or bounds is None:
        return True
    lows = [bound for sign, bound in bounds if sign in (">=", ">", "=")]
    return max(lows, default=()) < fixed
