"""Refresh: the numbers and evidence on a ticket, brought up to date.

At most one write a ticket in `refresh_seconds`, carrying the newest absolute numbers; nothing is
sent when nothing changed. Every change of the contacts queues a refresh (`follow_up`), so the last
write is right whatever happened before it. docs/filing.md tells the rules.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bridge.domain.errors import AnswerLost, OutsideError, Refused, SignInRefused, TryAgainLater
from bridge.domain.tickets import TicketDraft
from bridge.steps.announce import announce
from bridge.steps.context import Context
from bridge.steps.drafts import draft_ticket
from bridge.steps.track import track_soon
from bridge.steps.unlink import take_marks_off
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.tickets import Ticket

_WAIT = timedelta(seconds=10)
_SIGN_IN_WAIT = timedelta(minutes=1)
_REFUSED_WAIT = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Write:
    """One write that is due now."""

    ticket: Ticket
    connection: Connection
    draft: TicketDraft
    digest: str
    turn: int


def refresh_ticket(context: Context, *, ticket_id: int) -> None:
    """Bring a ticket up to date; absolute, safe to repeat and to run by two workers at once."""
    take_marks_off(context, ticket_id=ticket_id)
    with context.open() as store:
        write = _due(ticket_id, store, context)
    if write is None:
        return
    try:
        context.tracker(write.connection).update(write.ticket.ref, write.draft)
    except (TryAgainLater, AnswerLost) as error:
        with context.open() as store:
            _put_off(write, error, store, context)
    except Refused:
        # Most likely it was deleted, or moved out of our sight: reading it again will tell. Else
        # somebody may give a permission back, and then the numbers must be right.
        with context.open() as store:
            track_soon(write.connection, write.ticket.ref.remote_id, store=store)
            _again(write.ticket, store, at=context.now() + _REFUSED_WAIT)
        raise
    else:
        with context.open() as store:
            _note(write, store, context)


def _due(ticket_id: int, store: Store, context: Context) -> _Write | None:
    """What to write now; None when nothing changed, or when it is not time yet."""
    filings = store.filings.of_ticket(ticket_id)
    if not filings:
        return None
    ticket = store.tickets.get(ticket_id)
    if ticket.is_deleted:
        return None
    connection = store.connections.get(ticket.connection_id)
    due = _earliest(ticket, connection, context)
    if due is not None and due > context.now():
        _again(ticket, store, at=due)
        return None
    standing = [store.issues.standing_for(ticket.product_id, one.issue_id) for one in filings]
    issue_id, *others = dict.fromkeys(issue.id for issue in standing)
    draft = draft_ticket(
        issue_id,
        filings[0].fingerprint,
        ticket.product_id,
        store=store,
        context=context,
        others=others,
    )
    digest = hashlib.sha256(repr(draft).encode(errors="surrogatepass")).hexdigest()
    if digest == ticket.written_digest:
        return None
    return _Write(ticket, connection, draft, digest, store.tickets.begin_write(ticket.id))


def _earliest(ticket: Ticket, connection: Connection, context: Context) -> datetime | None:
    """When the ticket may be written again."""
    moments = [connection.paused_until] if connection.paused_until else []
    if ticket.written_at is not None:
        pause = timedelta(seconds=context.settings.refresh_seconds)
        moments.append(ticket.written_at + pause)
    return max(moments, default=None)


def _note(write: _Write, store: Store, context: Context) -> None:
    ticket, now = write.ticket, context.now()
    is_ours = store.tickets.end_write(
        ticket.id, write.turn, customers=write.draft.customers, digest=write.digest, now=now
    )
    store.connections.mark_healthy(ticket.connection_id)
    _announce_count(write, store, now)
    if not is_ours:
        # Two workers wrote at once, one of them perhaps older numbers: write once more.
        pause = timedelta(seconds=context.settings.refresh_seconds)
        _again(ticket, store, at=now + pause)


def _announce_count(write: _Write, store: Store, now: datetime) -> None:
    """As often as counts are written: many changes in a minute are one event."""
    ticket, customers = write.ticket, write.draft.customers
    if ticket.written_customers == customers:
        return
    for filing in store.filings.of_ticket(ticket.id):
        issue = store.issues.standing_for(ticket.product_id, filing.issue_id)
        more = {"customers": customers, "ticket": ticket.ref.key}
        key = f"{ticket.id}:{write.turn}"
        announce("issue.affected_count_changed", issue, more, key=key, store=store, at=now)


def _put_off(write: _Write, error: OutsideError, store: Store, context: Context) -> None:
    """Try again later, all jobs of the connection together instead of knocking one by one."""
    now = context.now()
    wait = _SIGN_IN_WAIT if isinstance(error, SignInRefused) else _WAIT
    if isinstance(error, TryAgainLater):
        wait = max(wait, timedelta(seconds=error.retry_after_seconds or 0))
        if error.is_everywhere:
            store.connections.pause(write.connection.id, until=now + wait, trouble=str(error))
    _again(write.ticket, store, at=now + wait)
    log.info("the tracker is not available, counts wait", ticket_id=write.ticket.id)


def _again(ticket: Ticket, store: Store, *, at: datetime) -> None:
    store.enqueue("refresh", once=f"refresh:{ticket.id}", at=at, ticket_id=ticket.id)
