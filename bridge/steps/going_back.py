"""Going back: a ticket that was closed as a duplicate, and is none any more, has its issues again.

The other ticket was taken over because of that alone, so our marks come off it.
"""

from bridge.domain.errors import TryAgainLater
from bridge.domain.people import MACHINE
from bridge.domain.tickets import Filing, TicketId
from bridge.steps.linking import write_soon
from bridge.steps.moves import Cause
from bridge.store import Store
from bridge.store.tickets import Ticket


def go_back(ticket: Ticket, *, store: Store, cause: Cause) -> None:
    """Point the filings that were moved off it at a ticket again, but those moved on since.

    Safe to repeat: what has gone back is not moved any more.
    """
    filings = [store.filings.get(one) for one in store.moved.off(ticket.id)]
    if not filings:
        return
    for issue_id in sorted({one.issue_id for one in filings}):
        store.issues.get(ticket.product_id, issue_id, lock=True)
    left = [_move(one, ticket, store, cause) for one in filings]
    if not any(left):
        return
    store.twins.acquit(ticket.id)
    write_soon(ticket, store=store)
    for other in sorted({one for one in left if one is not None}):
        write_soon(store.tickets.get(other), store=store)


def _move(filing: Filing, ticket: Ticket, store: Store, cause: Cause) -> TicketId | None:
    """The ticket that the filing has left; None where people have moved it on themselves."""
    if filing.left_ticket_id is not None:
        raise TryAgainLater("our marks are still coming off another ticket of the same issue")
    left = store.moved.take_back(filing.id, to=ticket.id)
    if left is None:
        return None
    other = store.tickets.get(left)
    store.decisions.record(
        ticket.product_id,
        "duplicate_reopened",
        at=cause.at,
        actor=MACHINE,
        issue_id=filing.issue_id,
        before={"ticket": other.ref.key},
        after={"ticket": ticket.ref.key, "told": f"{other.ref.key} → {ticket.ref.key}"},
        reason=f"{ticket.ref.key} is no duplicate any more",
        origin=cause.origin,
    )
    return left
