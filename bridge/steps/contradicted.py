"""Contradicted: customers wrote about an issue from the version that is said to fix it."""

from collections.abc import Sequence
from datetime import timedelta

from bridge.domain.errors import InvalidMove
from bridge.domain.fixes import Release
from bridge.domain.issues import Issue
from bridge.domain.regression import HasFix, VersionSource
from bridge.steps.context import Context
from bridge.steps.holding import judge_of
from bridge.store import Store
from bridge.store.known_versions import Written

_BEFORE = timedelta(weeks=8)
"""A version may be in customers' hands for that long before anybody says that it is out."""


def refuse_contradicted(
    issues: Sequence[Issue], release: Release, *, is_back: bool, store: Store, context: Context
) -> None:
    """Raise InvalidMove, with who wrote, when customers who have the release met these issues.

    Whoever says that it fixes them may not have seen that; who has, insists. is_back: it was taken
    back and is out anew, so that what was written before is about another try.
    """
    told = []
    for issue in issues:
        found = _contradicting(issue, release, is_back, store=store, context=context)
        if found:
            count = len({one.who for one in found})
            who = "1 customer who has" if count == 1 else f"{count} customers who have"
            last = max(one.facts.occurred_at for one in found)
            told.append(
                f"{who} {release.version} wrote about {issue.name}, the last on {last:%Y-%m-%d}"
            )
    if told:
        raise InvalidMove(f"{'; '.join(told)}: look at them, or insist that it is fixed")


def _contradicting(
    issue: Issue, release: Release, is_back: bool, *, store: Store, context: Context
) -> list[Written]:
    since = release.shipped_at if is_back else release.shipped_at - _BEFORE
    verdict = judge_of([release], context)
    written = store.known_versions.written(issue, since=since, against=[release.version])
    return [
        one
        for one in written
        if verdict(one.facts).has_fix is HasFix.YES or (not is_back and _names(one, release))
    ]


def _names(one: Written, release: Release) -> bool:
    """Whether the contact itself names the very version: it was out, whatever is said of that."""
    known = one.facts.known
    if known is None or known.source is not VersionSource.CONTACT:
        return False
    return known.version.strip().lower() == release.version.strip().lower()
