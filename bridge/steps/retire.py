"""Retire: workarounds end with the fix, and come back when it does not hold."""

from bridge.domain.issues import Issue
from bridge.domain.people import MACHINE
from bridge.domain.workarounds import Workaround, WorkaroundState
from bridge.steps.moves import Cause
from bridge.store import Store


def retire_fixed(issue: Issue, version: str, *, store: Store, cause: Cause) -> list[Workaround]:
    """Retire what support said until the issue was fixed in that version; returns it."""
    active = _in_state(issue, WorkaroundState.ACTIVE, store)
    if not active:
        return []
    reason = f"fixed in {version}"
    store.workarounds.retire_all(issue.id, reason=reason, now=cause.at)
    store.decisions.record(
        issue.product_id,
        "workarounds_retired",
        at=cause.at,
        actor=MACHINE,
        issue_id=issue.id,
        after={"count": len(active)},
        reason=reason,
        origin=cause.origin,
    )
    return active


def revive(issue: Issue, *, store: Store, cause: Cause) -> list[Workaround]:
    """The issue is not fixed after all: offer again what was retired; returns it."""
    retired = _in_state(issue, WorkaroundState.RETIRED, store)
    for one in retired:
        store.workarounds.set_state(
            one.id, WorkaroundState.ACTIVE, reason=cause.reason, now=cause.at
        )
    return retired


def _in_state(issue: Issue, state: WorkaroundState, store: Store) -> list[Workaround]:
    found = store.workarounds.all(issue.product_id, issue_id=issue.id)
    return [one for one in found if one.state is state]
