"""Refresh: the numbers and evidence on a ticket, brought up to date."""

from bridge.domain.errors import TryAgainLater
from bridge.steps.context import Context
from bridge.steps.drafts import draft_ticket


def refresh_ticket(context: Context, *, ticket_id: int) -> None:
    """Bring the numbers and evidence on a ticket up to date; absolute, safe to repeat."""
    with context.open() as store:
        filing = next(iter(store.filings.of_ticket(ticket_id)), None)
        if filing is None:
            return
        ticket = store.tickets.get(ticket_id)
        connection = store.connections.get(ticket.connection_id)
        if ticket.is_deleted:
            return
        if connection.paused_until and connection.paused_until > context.now():
            raise TryAgainLater(connection.trouble or "the connection is paused")
        issue = store.issues.standing_for(ticket.product_id, filing.issue_id)
        if store.issues.counts(issue.id).contacts == 0:
            # All its contacts were moved elsewhere: the ticket keeps what it last told.
            return
        draft = draft_ticket(
            issue.id, filing.fingerprint, ticket.product_id, store=store, context=context
        )
    tracker = context.tracker(connection)
    if ticket.written_at is None:
        tracker.confirm(ticket.ref, draft)
    tracker.update(ticket.ref, draft)
    with context.open() as store:
        store.tickets.note_written(ticket.id, customers=draft.customers, now=context.now())
