"""Folding: filings of one ticket point to another, and the first becomes its duplicate.

The store is changed in the caller's transaction; a sweep then tells the tracker, and goes on where
another one died.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.tickets import Filing, TicketId
from bridge.steps.context import Context
from bridge.steps.linking import sweep_soon
from bridge.store import Store
from bridge.store.tickets import Ticket

JOIN_ONLY = ""
"""Words of a duplicate whose tickets are told in another way."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Which ticket becomes the duplicate of which."""

    old: Ticket
    new: Ticket
    words: str
    """The comment on the old ticket; none when it is `JOIN_ONLY`."""


def fold(pair: Fold, filings: Sequence[Filing], *, store: Store) -> None:
    """Point these filings of one ticket at another one; no issue is moved.

    A ticket that still stands for other issues stays what it is.
    """
    old, new = pair.old, pair.new
    store.twins.point([one.id for one in filings], to=new.id)
    store.twins.acquit(new.id)
    if not store.filings.of_ticket(old.id):
        store.twins.mark(old.id, of=new.id, words=pair.words)
        sweep_soon(filings[0], store=store)
    else:
        store.enqueue("refresh", once=f"refresh:{old.id}", ticket_id=old.id)
    store.enqueue("refresh", once=f"refresh:{new.id}", ticket_id=new.id)


def unfold(filing: Filing, old: Ticket, *, store: Store) -> None:
    """Point a filing back at the ticket it had, and let the tracker forget the duplicate."""
    new_id = filing.ticket_id
    store.twins.point([filing.id], to=old.id)
    store.twins.acquit(old.id)
    store.enqueue("refresh", once=f"refresh:{old.id}", ticket_id=old.id)
    if new_id is not None and new_id != old.id:
        store.enqueue("refresh", once=f"refresh:{new_id}", ticket_id=new_id)
        part_soon(old.id, new_id, store=store)


def part_soon(old_id: TicketId, new_id: TicketId, *, store: Store) -> None:
    """Queue the removal of the link that says one ticket duplicates the other."""
    once = f"part:{old_id}:{new_id}"
    store.enqueue("part", once=once, ticket_id=old_id, original_id=new_id)


def part(context: Context, *, ticket_id: int, original_id: int) -> None:
    """Take a duplicate link of ours away, unless it is right again by now."""
    with context.open() as store:
        duplicate, original = store.tickets.get(ticket_id), store.tickets.get(original_id)
        if store.twins.original_of(duplicate.id) == original.id or duplicate.is_deleted:
            return
        connection = store.connections.get(duplicate.connection_id)
    context.require_usable(connection)
    context.tracker(connection).part(duplicate.ref, original.ref)
