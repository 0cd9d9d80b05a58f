"""Adopting: a ticket that people made becomes the ticket of an issue."""

from collections.abc import Sequence

from bridge.domain.errors import Refused
from bridge.domain.tickets import Filing, FilingState, TicketRef
from bridge.ports import Tracker
from bridge.steps.folding import Fold, fold
from bridge.steps.linking import follow_link, link_ticket
from bridge.steps.moves import Cause
from bridge.steps.track import track_soon
from bridge.store import Store
from bridge.store.connections import Connection


def mark_existing(filing: Filing, name: str, tracker: Tracker) -> TicketRef:
    """The ticket of that id or key, with our mark on it; nothing else is written.

    Raises Refused when the tracker has no such ticket that we may see.
    """
    for sighting in tracker.sight([name]):
        # A ticket of another issue keeps its mark: it may stand for both.
        if sighting.is_copy or sighting.fingerprint in (None, filing.fingerprint):
            tracker.adopt(sighting.ref, filing.fingerprint)
        return sighting.ref
    raise Refused("the tracker has no such ticket that we may see")


def link_existing(filing: Filing, ref: TicketRef, *, store: Store, cause: Cause) -> bool:
    """Point a filing at a ticket that people made, and read how that stands.

    A filing with a ticket of its own gives that up: it becomes the duplicate of the other one.
    """
    current = store.filings.find(filing.id)
    if current is None or current.state is FilingState.UNLINKED:
        return False
    connection = store.connections.get(filing.connection_id)
    if current.state is FilingState.LINKED and current.ticket_id is not None:
        product_id = store.filings.product_of(filing.id)
        store.issues.standing_for(product_id, filing.issue_id, lock=True)
        old = store.tickets.get(current.ticket_id)
        new = store.tickets.save(product_id, connection.id, ref, now=cause.at)
        if old.id == new.id:
            return False
        words = f"{ref.key} is the ticket of this problem: this one is its duplicate."
        take_over(Fold(old, new, words), [current], store=store, cause=cause)
        return True
    if not link_ticket(filing, ref, store=store, cause=cause):
        return False
    _watch(connection, ref, store)
    return True


def take_over(pair: Fold, filings: Sequence[Filing], *, store: Store, cause: Cause) -> None:
    """Let a ticket that people made stand for the issues of another one from now on."""
    fold(pair, filings, store=store)
    for one in filings:
        follow_link(one, pair.new, store=store, cause=cause)
    _watch(store.connections.get(pair.new.connection_id), pair.new.ref, store)


def _watch(connection: Connection, ref: TicketRef, store: Store) -> None:
    """It is ours now, and no existing ticket of other people's: read how it stands."""
    store.existing.forget(connection.id, [ref.remote_id])
    track_soon(connection, ref.remote_id, store=store)
