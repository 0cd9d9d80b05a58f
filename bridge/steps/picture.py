"""The before and after of a fix, in whole weeks on either side of it."""

from datetime import datetime, timedelta

from bridge.domain.issues import Issue
from bridge.domain.reports import Weeks
from bridge.steps.prove import FixProof
from bridge.store import Store

_WEEK = 7
_MOST_WEEKS = 8


def weeks_around(issue: Issue, found: FixProof, *, store: Store) -> Weeks | None:
    """What a proof compared, week by week; None while there is nothing to compare."""
    proof = found.proof
    if proof is None:
        return None
    before = min(_MOST_WEEKS, proof.days_before // _WEEK)
    after = min(_MOST_WEEKS, proof.days_after // _WEEK)
    each = _WEEK / proof.days_after
    since = found.shipped_at - timedelta(weeks=before)
    told_before = _counted(issue, since, before, store)
    told_after = _counted(issue, found.shipped_at, after, store)
    return Weeks(
        before=told_before,
        after=told_after,
        left_out=(proof.days_before - before * _WEEK, proof.before - sum(told_before)),
        begun=(proof.days_after - after * _WEEK, proof.after - sum(told_after)),
        expected=proof.expected * each,
        low=max(0.0, (proof.after + proof.least_avoided) * each),
        high=(proof.after + proof.most_avoided) * each,
    )


def _counted(issue: Issue, since: datetime, weeks: int, store: Store) -> tuple[int, ...]:
    days = store.after_fix.days(issue.product_id, issue.id, since=since, count=weeks * _WEEK)
    return tuple(int(one) for one in days.on_issue.reshape(weeks, _WEEK).sum(axis=1))
