"""Snooze: an issue is left alone until a day, or until so many more customers are affected."""

from datetime import datetime, timedelta

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE
from bridge.steps.context import Context
from bridge.steps.follow_up import Counted, group_changed
from bridge.steps.moves import Cause, move_issue, require_living
from bridge.store import Store

LONGEST = timedelta(days=366)
"""Whoever wants it left alone for longer dismisses it."""
_AWAKE = {"snoozed_until": None, "snoozed_customers": None}


def snooze_issue(
    issue: Issue, until: datetime | None, customers: int | None, *, store: Store, cause: Cause
) -> Issue:
    """Leave it alone until that moment, or until `customers` more are affected than now."""
    require_living(issue, store=store)
    if (until is None) == (customers is None):
        raise InvalidInput("say either until when, or until how many more customers")
    if until is not None and until <= cause.at:
        raise InvalidInput("that moment is over: name a later one", pointer="/until")
    if until is not None and until > cause.at + LONGEST:
        last = f"{cause.at + LONGEST:%Y-%m-%d}"
        raise InvalidInput(
            f"a snooze lasts a year at most, until {last}: name an earlier day, or dismiss it",
            pointer="/until",
        )
    if customers is not None and customers < 1:
        raise InvalidInput("name at least one more customer", pointer="/customers")
    changes: dict[str, object] = {"snoozed_until": until}
    if customers is not None:
        changes["snoozed_customers"] = store.issues.counts(issue.id).customers + customers
    moved = move_issue(issue, IssueState.SNOOZED, store=store, cause=cause, changes=changes)
    if until is not None:
        store.enqueue("wake", at=until, product_id=issue.product_id, issue_id=issue.id)
    return moved


def wake_issue(issue: Issue, *, store: Store, cause: Cause) -> Issue:
    """Bring it back to where it was before it was snoozed."""
    require_living(issue, store=store)
    if issue.state is not IssueState.SNOOZED:
        raise InvalidMove(f"{issue.name} is {issue.state.words}, not snoozed")
    return move_issue(issue, _state_before(issue, store), store=store, cause=cause, changes=_AWAKE)


def wake(context: Context, *, product_id: int, issue_id: int) -> None:
    """End a snooze whose time is over, or whose customers have come; before that do nothing."""
    with context.open() as store:
        product = store.products.get(ProductId(product_id))
        issue = store.issues.get(product.id, issue_id, lock=True)
        if issue.state is not IssueState.SNOOZED or issue.merged_into is not None:
            return
        counts = store.issues.counts(issue.id)
        reason = _why_now(issue, counts.customers, context.now())
        if reason is None:
            return
        cause = Cause(MACHINE, context.now(), reason, "job:wake")
        woken = wake_issue(issue, store=store, cause=cause)
        counted = Counted(woken.id, woken.state, counts.contacts)
        group_changed(counted, product, store=store, context=context)


def _why_now(issue: Issue, customers: int, now: datetime) -> str | None:
    if issue.snoozed_until is not None and issue.snoozed_until <= now:
        return "the snooze is over"
    if issue.snoozed_customers is not None and customers >= issue.snoozed_customers:
        return f"{customers} customers are affected now"
    return None


def _state_before(issue: Issue, store: Store) -> IssueState:
    for decision in reversed(store.decisions.history(issue.id)):
        if decision.after.get("state") == IssueState.SNOOZED.value and decision.before.get("state"):
            return IssueState(str(decision.before["state"]))
    return IssueState.CANDIDATE
