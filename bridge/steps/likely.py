"""Likely: customers who have what the affected share, and have not written about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.fixes import VersionKey, carrier_of, version_key
from bridge.domain.issues import Issue
from bridge.domain.likely import Pattern, pattern_of
from bridge.store import Store
from bridge.store.likely import Fit, LikelyCustomer


@dataclass(frozen=True, slots=True)
class Likely:
    """Who is likely to meet the problem next, and why we think so. Counted nowhere else."""

    pattern: Pattern
    people: tuple[LikelyCustomer, ...]
    """Some of them, by id."""


def likely_customers(issue: Issue, *, store: Store, limit: int, after: int = 0) -> Likely:
    """The people who have all that the affected customers share, from one id on."""
    fixed = _fixed_versions(issue, store)
    affected = store.likely.affected(issue)
    pattern = pattern_of(affected, {}, has_fix=lambda version: _has_fix(version, fixed))
    if not pattern.shared:
        return Likely(pattern, ())
    others = store.likely.others(issue)
    pattern = pattern_of(affected, others, has_fix=lambda version: _has_fix(version, fixed))
    if pattern.refusal or not pattern.fitting:
        return Likely(pattern, ())
    versions = {one.version for one in others if one.version is not None}
    fit = Fit(
        {one.name: one.values for one in pattern.shared},
        sorted(version for version in versions if _has_fix(version, fixed)),
    )
    people = store.likely.people(issue, fit, limit=limit, after=after)
    return Likely(pattern, tuple(people))


def _fixed_versions(issue: Issue, store: Store) -> list[VersionKey]:
    """Of the releases whose fix holds, as far as we know."""
    return [
        key
        for one in store.fixes.of_issue(issue.id)
        if not one.release.is_withdrawn
        and not one.is_refuted
        and (key := version_key(one.release.version)) is not None
    ]


def _has_fix(version: str, fixed: Sequence[VersionKey]) -> bool:
    key = version_key(version)
    return key is not None and carrier_of(key, fixed) is not None


def likely_words(found: Likely) -> str:
    """The list in a sentence, honest about what it rests on."""
    pattern = found.pattern
    if pattern.refusal:
        return f"Nobody can be named: {pattern.refusal}."
    if not pattern.fitting:
        return "Nobody else has all that the affected customers share."
    people = "1 customer has" if pattern.fitting == 1 else f"{pattern.fitting:,} customers have"
    again = "has" if pattern.fitting == 1 else "have"
    told = f"{people} all that those affected share, and {again} not written about it."
    if pattern.perhaps:
        told += f" {pattern.perhaps:,} more may: not everything is known of them."
    return told
