"""Follow a duplicate: the ticket that people closed as one leads to the ticket that stays.

Filings, counts and link move there, and it is tracked from then on. Where no ticket can be found
at the end of the links, nothing moves, and the issue's page says what is missing.
"""

import structlog

from bridge.domain.errors import TryAgainLater
from bridge.domain.issues import Outcome
from bridge.domain.people import MACHINE
from bridge.domain.tickets import Sighting, TicketRef
from bridge.ports import Tracker
from bridge.steps.adopting import mark_existing, take_over
from bridge.steps.context import Context
from bridge.steps.folding import JOIN_ONLY, Fold
from bridge.steps.moves import Cause
from bridge.store import Store
from bridge.store.tickets import Ticket

_MOST_HOPS = 10
_ORIGIN = "job:follow_duplicate"

log = structlog.get_logger()


def follow_duplicate(context: Context, *, ticket_id: int) -> None:
    """Point the filings of a duplicate at the ticket it leads to; safe to repeat."""
    with context.open() as store:
        ticket = store.tickets.get(ticket_id)
        filings = store.filings.of_ticket(ticket_id)
        connection = store.connections.get(ticket.connection_id)
    if not filings or ticket.is_deleted or ticket.outcome is not Outcome.DUPLICATE:
        return
    if any(one.left_ticket_id is not None for one in filings):
        raise TryAgainLater("our marks are still coming off another ticket of the same issue")
    context.require_usable(connection)
    tracker = context.tracker(connection)
    target = _end_of(ticket.ref, tracker)
    if target is None:
        log.info("a duplicate leads to no ticket that we can see", ticket=ticket.ref.key)
        return
    ref = mark_existing(filings[0], target.ref.remote_id, tracker)
    with context.open() as store:
        _move(ticket, ref, store=store, context=context)


def _end_of(ref: TicketRef, tracker: Tracker) -> Sighting | None:
    """The first ticket at the end of the links that is no duplicate itself; circles end."""
    current, seen = ref, {ref.remote_id}
    while len(seen) <= _MOST_HOPS:
        found = tracker.sight([one for one in tracker.originals(current) if one not in seen])
        for one in found:
            if one.status.outcome is not Outcome.DUPLICATE:
                return one
        if not found:
            return None
        # All of them are duplicates: the oldest leads on.
        current = found[0].ref
        seen.add(current.remote_id)
    return None


def _move(duplicate: Ticket, ref: TicketRef, *, store: Store, context: Context) -> None:
    # Filings may have come or gone while we asked: those it has now move. The lock is the one that
    # a reading of the ticket takes first: of the two, the later knows what the other has done.
    known = store.tickets.by_remote_id(duplicate.connection_id, duplicate.ref.remote_id, lock=True)
    filings = store.filings.of_ticket(duplicate.id)
    if not filings or known is None or known.outcome is not Outcome.DUPLICATE:
        return
    now = context.now()
    for issue_id in sorted({one.issue_id for one in filings}):
        store.issues.get(duplicate.product_id, issue_id, lock=True)
    target = store.tickets.save(duplicate.product_id, duplicate.connection_id, ref, now=now)
    reason = f"{duplicate.ref.key} was closed as a duplicate of {ref.key}"
    cause = Cause(MACHINE, now, reason, _ORIGIN)
    take_over(Fold(duplicate, target, JOIN_ONLY), filings, store=store, cause=cause)
    store.moved.note([one.id for one in filings], duplicate.id, to=target.id)
    # People have linked the two: there is nothing to tell them.
    store.twins.note_told(duplicate.id, of=target.id, now=now)
    told = f"{duplicate.ref.key} → {ref.key}"
    for issue_id in sorted({one.issue_id for one in filings}):
        store.decisions.record(
            duplicate.product_id,
            "duplicate_followed",
            at=now,
            actor=MACHINE,
            issue_id=issue_id,
            before={"ticket": duplicate.ref.key},
            after={"ticket": ref.key, "told": told},
            reason=reason,
            origin=_ORIGIN,
        )
