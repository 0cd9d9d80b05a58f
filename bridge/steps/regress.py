"""Regress: a fix does not hold; and where that may be so, a word for people to check."""

from dataclasses import replace

from bridge.domain.issues import FIXED, Issue, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import OnRegression, Product
from bridge.domain.regression import Evidence, Finding, Weight
from bridge.steps.context import Context
from bridge.steps.holding import Judged, fix_of, heaviest_week, judge_since
from bridge.steps.moves import Cause, move_issue
from bridge.steps.reopen import reopen_soon
from bridge.steps.retire import revive
from bridge.steps.review import file_issue
from bridge.steps.tell import Telling, tell_regression
from bridge.store import Store

_ORIGIN = "job:watch"


def conclude(
    issue: Issue,
    one: Judged,
    weight: Weight | None,
    telling: Telling,
) -> Issue:
    """What follows from a contact that speaks against the fix; the issue must be locked.

    weight: how many customers say so, where this one surely has the fix.
    """
    found = one.finding
    kept = {"contact": one.written.contact_id, **_kept(found)}
    cause = Cause(MACHINE, telling.cause.at, found.reason, _ORIGIN, kept)
    if weight is not None:
        kept |= {"customers": weight.customers, "needed": weight.words}
        cause = replace(cause, kept=kept)
        if weight.is_enough:
            return _regress(issue, found, weight, replace(telling, cause=cause))
        cause = replace(cause, reason=f"{found.reason} ({weight.words}): please check")
    _note_possible_return(issue, store=telling.store, cause=cause)
    return issue


def look_back(issue: Issue, product: Product, *, store: Store, context: Context) -> Issue:
    """News of a release came late: contacts since it shipped count as if they came only now.

    The issue must be locked.
    """
    fix = fix_of(issue, product, store)
    if issue.state not in FIXED or fix.shipped_at is None:
        return issue
    judged = judge_since(fix, fix.shipped_at, store=store, context=context)
    doubts = [one for one in judged if one.finding.evidence is not Evidence.NONE]
    if not doubts:
        return issue
    telling = Telling(product, store, context, Cause(MACHINE, context.now(), origin=_ORIGIN))
    found = heaviest_week(judged, issue, fix.shipped_at, store=store, context=context)
    if found is None:
        return conclude(issue, doubts[-1], None, telling)
    return conclude(issue, *found, telling)


def _kept(found: Finding) -> dict[str, object]:
    """What the history keeps of a verdict."""
    return {
        "version_seen": found.version,
        "version_from": found.source.value if found.source else None,
        "fixed_in": found.fixed_in,
        "compared_by": found.compared.value,
    }


def _regress(issue: Issue, found: Finding, weight: Weight, telling: Telling) -> Issue:
    """Open the next episode, bring the workaround back, tell everybody once."""
    store, product = telling.store, telling.product
    still = f"a customer on {found.version} still has it, fixed in {found.fixed_in}"
    reason = f"{still}; {weight.words}"
    cause = telling.cause
    cause = replace(cause, reason=reason, kept={**cause.kept, "evidence": found.reason})
    store.fixes.refute(issue)
    tickets = store.tickets.of_issue(issue.id)
    changes = {"episode": issue.episode + 1, "outcome": None}
    issue = move_issue(issue, IssueState.REGRESSED, store=store, cause=cause, changes=changes)
    revived = revive(issue, store=store, cause=cause)
    tell_regression(issue, revived, telling=replace(telling, cause=cause))
    text = f"{issue.name} is back: {reason}."
    if product.on_regression is OnRegression.NEW_TICKET and tickets:
        issue = file_issue(issue, product, store=store, cause=cause)
        text += " A new ticket is on its way for it."
    elif product.on_regression is OnRegression.REOPEN and tickets:
        reopen_soon(issue, tickets[-1], store=store)
    for ticket in tickets:
        store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
        store.enqueue("note", ticket_id=ticket.id, key=f"regression-{issue.episode}", text=text)
    return issue


def _note_possible_return(issue: Issue, *, store: Store, cause: Cause) -> None:
    """Write down, once a fix, that somebody should check; nothing is reopened."""
    noted = [one for one in store.decisions.history(issue.id) if one.action == "possible_return"]
    if any(one.after.get("episode") == issue.episode for one in noted):
        return
    store.decisions.record(
        issue.product_id,
        "possible_return",
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        after={"episode": issue.episode, **cause.kept},
        reason=cause.reason,
        origin=cause.origin,
    )
