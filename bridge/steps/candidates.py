"""Found a candidate: an issue that the machine sees and no person has confirmed yet."""

from bridge.domain.issues import IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.store import Store


def found_candidate(
    product: Product, *, store: Store, context: Context, reason: str, origin: str
) -> IssueId:
    """Make a new candidate without contacts and write down why."""
    now = context.now()
    number = store.products.next_issue_number(product.id)
    issue_id = store.issues.add(product.id, number=number, title=f"ISS-{number}", terms=(), now=now)
    store.decisions.record(
        product.id,
        IssueState.CANDIDATE.value,
        at=now,
        actor=MACHINE,
        issue_id=issue_id,
        after={"state": IssueState.CANDIDATE.value},
        reason=reason,
        origin=origin,
    )
    return issue_id
