"""Where an issue stands when its ticket stands so; closed is not resolved."""

from dataclasses import dataclass
from datetime import datetime

from bridge.domain.issues import FIXED, Issue, IssueState, Outcome
from bridge.domain.tickets import StatusCategory
from bridge.steps.moves import Cause, move_issue
from bridge.store import Store
from bridge.store.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an issue is once its fix was taken back."""

    state: IssueState
    outcome: Outcome | None = None
    words: str = ""
    """For whoever was told of the fix; empty where the reason says it."""
    was_fixed: tuple[str, datetime] | None = None
    """The version that did not hold before, and since when customers had it."""


def stand_where(
    issue: Issue,
    category: StatusCategory,
    outcome: Outcome | None,
    *,
    store: Store,
    cause: Cause,
) -> Issue:
    """Move an issue to where its ticket is, as far as the state machine allows."""
    target, outcome = _target(category, outcome)
    if issue.state in FIXED and target in (IssueState.RESOLVED, IssueState.DECLINED):
        # Customers have it, whatever engineering calls that; only work on it says otherwise.
        return issue
    if target is IssueState.FILED and (issue.state in FIXED or not issue.can_move(target)):
        # Opened again from further on: somebody works on it, whatever the column is called.
        target = IssueState.IN_PROGRESS
    if issue.state is target or not issue.can_move(target):
        return issue
    changes = {"outcome": outcome.value if outcome else None}
    return move_issue(issue, target, store=store, cause=cause, changes=changes)


def without_fix(issue: Issue, store: Store) -> Standing:
    """Where a shipped issue is without that fix: as its own ticket says, which we know last.

    A release may have shipped it that engineering had not done yet, or not done again.
    """
    ticket = _ticket_of(issue, store)
    if ticket is None:
        return _done_with(issue, "", store)
    key = ticket.ref.key
    if ticket.is_deleted and ticket.category is not StatusCategory.DONE:
        return Standing(IssueState.CONFIRMED, None, f"{key} is gone: it has no ticket any more.")
    state, outcome = _target(ticket.category, ticket.outcome)
    if state is IssueState.RESOLVED:
        return _done_with(issue, key, store)
    words = {
        IssueState.FILED: f"{key} is to do: you will be told when it is fixed.",
        IssueState.IN_PROGRESS: f"{key} is in progress: you will be told when it is fixed.",
        IssueState.DECLINED: f"{key} was closed without a fix.",
    }
    return Standing(state, outcome, words[state])


def _done_with(issue: Issue, key: str, store: Store) -> Standing:
    """Engineering is done with it, unless it was so before the issue came back already."""
    shipped = [one for one in store.decisions.history(issue.id) if one.action == IssueState.SHIPPED]
    if shipped and shipped[-1].before.get("state") == IssueState.REGRESSED:
        former = [one.release for one in store.fixes.of_issue(issue.id) if one.is_refuted]
        last = max(former, key=lambda one: one.shipped_at, default=None)
        words = f"{key} was closed before the issue came back." if key else ""
        was_fixed = (last.version, last.shipped_at) if last else None
        return Standing(IssueState.REGRESSED, None, words, was_fixed)
    words = f"{key} is done: you will be told when customers have the fix." if key else ""
    return Standing(IssueState.RESOLVED, Outcome.FIXED, words)


def _ticket_of(issue: Issue, store: Store) -> Ticket | None:
    """The newest ticket of an issue: its own, else that of one merged into it."""
    found = [one.ticket_id for one in store.filings.of_issue(issue.id) if one.ticket_id]
    return store.tickets.get(found[-1]) if found else None


def _target(category: StatusCategory, outcome: Outcome | None) -> tuple[IssueState, Outcome | None]:
    if category is StatusCategory.NEW:
        return IssueState.FILED, None
    if category is StatusCategory.IN_PROGRESS:
        return IssueState.IN_PROGRESS, None
    # Done without an outcome is a flow that does not use resolutions.
    outcome = outcome or Outcome.FIXED
    if outcome is Outcome.FIXED:
        return IssueState.RESOLVED, outcome
    return IssueState.DECLINED, outcome
