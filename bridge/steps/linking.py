"""Linking: a filing gets its ticket, whoever brings the evidence."""

from datetime import datetime

from bridge.domain.issues import FIXED, Issue, IssueState
from bridge.domain.tickets import Filing, FilingState, StatusCategory, TicketRef
from bridge.steps.moves import Cause, move_issue
from bridge.steps.standing import stand_where
from bridge.store import Store
from bridge.store.tickets import Ticket


def link_ticket(filing: Filing, ref: TicketRef, *, store: Store, cause: Cause) -> bool:
    """Point a filing at a ticket; False when it is gone or has one already.

    Another ticket than the one it has is swept up.
    """
    if store.filings.find(filing.id) is None:
        return False
    product_id = store.filings.product_of(filing.id)
    # The lock on the issue comes first, as where a person decides about it.
    store.issues.standing_for(product_id, filing.issue_id, lock=True)
    ticket = store.tickets.save(product_id, filing.connection_id, ref, now=cause.at)
    if not store.filings.link(filing.id, ticket.id):
        current = store.filings.get(filing.id)
        if current.state is FilingState.LINKED and current.ticket_id != ticket.id:
            sweep_soon(filing, store=store)
        return False
    store.connections.mark_healthy(filing.connection_id)
    follow_link(filing, ticket, store=store, cause=cause)
    return True


def follow_link(filing: Filing, ticket: Ticket, *, store: Store, cause: Cause) -> None:
    """What must follow once a filing points to a ticket, in the same transaction."""
    issue = store.issues.standing_for(ticket.product_id, filing.issue_id, lock=True)
    if issue.state not in FIXED and issue.can_move(IssueState.FILED):
        # What was told of another ticket, such as that it is a duplicate, is not so of this one.
        changes = {"outcome": None}
        issue = move_issue(issue, IssueState.FILED, store=store, cause=cause, changes=changes)
    if issue.state in FIXED and ticket.category is not StatusCategory.DONE:
        # People were told of a fix: whether that ticket contradicts it, the tracker says.
        store.enqueue(
            "correct", product_id=issue.product_id, issue_id=issue.id, ticket_id=ticket.id
        )
    elif ticket.category is not StatusCategory.NEW:
        # A ticket that we know already: no change of it will move this issue.
        stand_where(issue, ticket.category, ticket.outcome, store=store, cause=cause)
    _name_the_one_before(filing, ticket, issue, store=store)
    write_soon(ticket, store=store)


def file_now(filing: Filing, *, store: Store) -> None:
    """Wake a filing that waited: a job of another name waits for the end of that time."""
    store.enqueue("file", once=f"file:{filing.id}:now", filing_id=filing.id)


def _name_the_one_before(filing: Filing, ticket: Ticket, issue: Issue, *, store: Store) -> None:
    """After a fix that does not hold, let the old ticket and the new one name each other."""
    older = [one for one in store.tickets.of_issue(issue.id) if one.id != ticket.id]
    if filing.episode == 1 or not older:
        return
    before, key = older[-1], f"continued-{filing.episode}"
    text = f"{issue.name} came back after its fix: {ticket.ref.key} goes on with it."
    store.enqueue("note", ticket_id=before.id, key=key, text=text)
    text = f"This goes on with {before.ref.key}, whose fix did not hold."
    store.enqueue("note", ticket_id=ticket.id, key=key, text=text)


def write_soon(ticket: Ticket, *, store: Store) -> None:
    """Queue a refresh, which writes the ticket's own id into its mark as well."""
    store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)


def sweep_soon(filing: Filing, *, store: Store, at: datetime | None = None) -> None:
    """Queue a search for a second ticket of this filing."""
    store.enqueue(
        "sweep",
        once=f"sweep:{filing.connection_id}:{filing.id}",
        at=at,
        connection_id=filing.connection_id,
        fingerprint=filing.fingerprint,
    )
