"""What must follow when the contacts of an issue change: jobs, in the same transaction."""

from dataclasses import dataclass
from datetime import timedelta

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.issues import TRACKED, Issue, IssueId, IssueState
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
    """Queue what follows when the contacts of an issue have changed."""
    counted = Counted(centroid.issue_id, centroid.state, centroid.size)
    group_changed(counted, product, store=store, context=context)


@dataclass(frozen=True, slots=True)
class Counted:
    """An issue and how many contacts it has now."""

    issue_id: IssueId
    state: IssueState
    contacts: int


def group_changed(counted: Counted, product: Product, *, store: Store, context: Context) -> None:
    """Queue the promotion of a grown candidate, the end of a snooze, or fresh counts."""
    issue_id, state = counted.issue_id, counted.state
    if state is IssueState.CANDIDATE:
        if product.filing_auto and counted.contacts >= product.min_contacts:
            store.enqueue(
                "promote", once=f"promote:{issue_id}", product_id=product.id, issue_id=issue_id
            )
    elif state is IssueState.SNOOZED:
        store.enqueue("wake", once=f"wake:{issue_id}", product_id=product.id, issue_id=issue_id)
    elif state in TRACKED:
        refresh_soon(issue_id, store=store, context=context)


def people_merged(*, store: Store, context: Context) -> None:
    """Queue fresh counts where people who turned out to be one were counted as several."""
    survivors = store.customers.take_survivors()
    if survivors:
        for issue_id in store.issues.of_customers(survivors):
            refresh_soon(issue_id, store=store, context=context)


def verify_later(issue: Issue, *, store: Store, context: Context) -> None:
    """Queue the question whether a shipped fix has held, for when it may have been quiet enough."""
    if issue.state is IssueState.SHIPPED and issue.shipped_at is not None:
        store.enqueue(
            "verify",
            at=issue.shipped_at + timedelta(days=context.settings.verify_after_days),
            product_id=issue.product_id,
            issue_id=issue.id,
            episode=issue.episode,
        )


def recount_soon(issue_id: IssueId, product_id: ProductId, *, store: Store) -> None:
    """Queue a recount of an issue whose contacts have changed their words."""
    store.enqueue("recount", once=f"recount:{issue_id}", product_id=product_id, issue_id=issue_id)


def recount(context: Context, *, product_id: int, issue_id: int) -> None:
    """Add up an issue's centroid anew: who only edits a contact holds no lock for it."""
    with context.open() as store:
        product = store.products.lock_grouping(ProductId(product_id))
        store.vectors.recount(product.id, [issue_id])
        store.placements.measure(IssueId(issue_id))


def refresh_soon(issue_id: IssueId, *, store: Store, context: Context) -> None:
    """Queue fresh counts for every ticket of an issue, at most one write a minute each."""
    pause = timedelta(seconds=context.settings.refresh_seconds)
    for last in store.tickets.last_writes(issue_id):
        due = max(context.now(), last.written_at + pause) if last.written_at else None
        store.enqueue("refresh", once=f"refresh:{last.ticket_id}", at=due, ticket_id=last.ticket_id)
