"""What must follow when the contacts of an issue change: jobs, in the same transaction."""

from datetime import timedelta

from bridge.domain.contacts import ContactId
from bridge.domain.issues import TRACKED, IssueState
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.vectors import Centroid


def contact_joined(
    centroid: Centroid, contact_id: ContactId, product: Product, *, store: Store
) -> None:
    """Queue the question whether a fix still holds when a contact joins a fixed issue."""
    if centroid.state in (IssueState.SHIPPED, IssueState.VERIFIED):
        store.enqueue(
            "watch",
            product_id=product.id,
            issue_id=centroid.issue_id,
            contact_id=contact_id,
        )


def contacts_changed(
    centroid: Centroid, product: Product, *, store: Store, context: Context
) -> None:
    """Queue the promotion of a grown candidate, or fresh counts for the ticket of an issue."""
    if centroid.state is IssueState.CANDIDATE:
        if product.filing_auto and centroid.size >= product.min_contacts:
            store.enqueue(
                "promote",
                once=f"promote:{centroid.issue_id}",
                product_id=product.id,
                issue_id=centroid.issue_id,
            )
    elif centroid.state in TRACKED:
        for ticket in store.tickets.of_issue(centroid.issue_id):
            if ticket.is_deleted:
                continue
            pause = timedelta(seconds=context.settings.refresh_seconds)
            due = max(context.now(), ticket.written_at + pause) if ticket.written_at else None
            store.enqueue("refresh", once=f"refresh:{ticket.id}", at=due, ticket_id=ticket.id)
