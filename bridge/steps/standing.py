"""Where an issue stands when its ticket stands so; closed is not resolved."""

from bridge.domain.issues import FIXED, Issue, IssueState, Outcome
from bridge.domain.tickets import StatusCategory
from bridge.steps.moves import Cause, move_issue
from bridge.store import Store


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
    if target is IssueState.FILED and not issue.can_move(target):
        # Opened again from further on: somebody works on it, whatever the column is called.
        target = IssueState.IN_PROGRESS
    if issue.state is target or not issue.can_move(target):
        return issue
    if issue.state in FIXED and target is IssueState.RESOLVED:
        return issue
    changes = {"outcome": outcome.value if outcome else None}
    return move_issue(issue, target, store=store, cause=cause, changes=changes)


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
