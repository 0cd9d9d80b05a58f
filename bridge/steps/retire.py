"""Retire: workarounds end with the fix, and come back when it does not hold.

A workaround that names versions stays for those that the fix has not reached. Only what the fix
has ended comes back: what a person retired for another reason stays retired.
"""

from collections.abc import Mapping
from dataclasses import replace

from bridge.domain.issues import Issue
from bridge.domain.people import MACHINE
from bridge.domain.workarounds import RetiredBy, Workaround, WorkaroundState
from bridge.steps.moves import Cause
from bridge.steps.narrowed import ask_for_versions
from bridge.steps.tasks import give_copies_back, withdraw_copies
from bridge.store import Store


def retire_fixed(issue: Issue, version: str, *, store: Store, cause: Cause) -> list[Workaround]:
    """Retire what support said until the issue was fixed in that version; returns it.

    What names older versions stays active, only for those; it is among what is returned.
    """
    found = store.workarounds.all(issue.product_id, issue_id=issue.id, lock=True)
    active = [one for one in found if one.state is WorkaroundState.ACTIVE]
    reason = f"fixed in {version}"
    narrowed = [one for one in active if one.content.scope.reaches_below(version)]
    retired = [one for one in active if one not in narrowed]
    for one in retired:
        store.workarounds.retire(one.id, RetiredBy.FIX, reason=reason, now=cause.at)
    for one in narrowed:
        store.workarounds.narrow(one.id, below=version, reason=reason)
    after = {"count": len(retired), "narrowed": len(narrowed)}
    if active:
        told = replace(cause, reason=reason)
        _record(issue, "workarounds_retired", after, store, told)
        withdraw_copies(issue, store=store, cause=told)
    ended = [store.workarounds.get(issue.product_id, one.id) for one in active]
    stays = [one for one in ended if one.state is WorkaroundState.ACTIVE]
    ask_for_versions(issue, stays, store=store, cause=cause)
    return ended


def revive(issue: Issue, *, store: Store, cause: Cause) -> list[Workaround]:
    """The issue is not fixed after all: offer again what the fix has ended; returns it."""
    found = store.workarounds.all(issue.product_id, issue_id=issue.id, lock=True)
    ended = [one for one in found if _was_ended_by_fix(one)]
    for one in ended:
        store.workarounds.activate(one.id, reason=cause.reason)
    if ended:
        _record(issue, "workarounds_revived", {"count": len(ended)}, store, cause)
        give_copies_back(issue, store=store, cause=cause)
        ask_for_versions(issue, (), store=store, cause=cause)
    return [store.workarounds.get(issue.product_id, one.id) for one in ended]


def _was_ended_by_fix(one: Workaround) -> bool:
    if one.state is WorkaroundState.ACTIVE:
        return one.content.scope.below is not None
    return one.retired_by is RetiredBy.FIX


def _record(
    issue: Issue, action: str, after: Mapping[str, int], store: Store, cause: Cause
) -> None:
    store.decisions.record(
        issue.product_id,
        action,
        at=cause.at,
        actor=MACHINE,
        issue_id=issue.id,
        after=after,
        reason=cause.reason,
        origin=cause.origin,
    )
