"""File: exactly one ticket per issue and episode, whatever dies and whenever.

The filing row is committed as `sending` before the one request; an answer that got lost is never
answered by a second request before two proofs that the first one made nothing. docs/filing.md
tells the protocol.
"""

import secrets as randomness
from datetime import datetime, timedelta

import structlog

from bridge.domain.errors import (
    AnswerLost,
    OutsideError,
    Refused,
    SignInRefused,
    TryAgainLater,
)
from bridge.domain.issues import IssueState
from bridge.domain.people import MACHINE
from bridge.domain.tickets import Attempt, Filing, FilingState, TicketRef
from bridge.ports import Tracker
from bridge.steps.context import Context
from bridge.steps.drafts import draft_ticket
from bridge.steps.moves import Cause, move_issue
from bridge.store import Store

_WAIT = timedelta(seconds=10)
_SIGN_IN_WAIT = timedelta(minutes=1)
_ORIGIN = "job:file"

log = structlog.get_logger()


def file_ticket(context: Context, *, filing_id: int) -> None:
    """Bring a filing one step further; safe to run any number of times, by any worker."""
    now = context.now()
    with context.open() as store:
        filing = store.filings.find(filing_id)
        if filing is None:
            return
        not_before, lease_until, _ = store.filings.timing(filing.id)
        wait_until = lease_until if filing.state is FilingState.SENDING else not_before
        connection = store.connections.get(filing.connection_id)
        if filing.state is FilingState.PLANNED and connection.paused_until:
            wait_until = max(connection.paused_until, wait_until or connection.paused_until)
        if filing.state not in (FilingState.PLANNED, FilingState.SENDING, FilingState.UNCERTAIN):
            return
        if wait_until is not None and wait_until > now:
            _again(filing, store, at=wait_until)
            return
        if filing.state is FilingState.SENDING:
            store.filings.doubt(filing.id, now=now)
    tracker = context.tracker(connection)
    if filing.state is FilingState.PLANNED:
        _send(filing, tracker, context)
    else:
        _look(filing, tracker, context)


def _send(filing: Filing, tracker: Tracker, context: Context) -> None:
    """Commit `sending`, then send the one request."""
    try:
        lower_bound = tracker.highest_number()
    except OutsideError as error:
        _wait(filing, error, context)
        return
    sent_at = context.now()
    lease = timedelta(seconds=context.settings.filing_quiet_seconds)
    with context.open() as store:
        attempt = store.filings.start_sending(
            filing.id,
            token=randomness.token_hex(8),
            lower_bound=lower_bound,
            now=sent_at,
            lease_until=sent_at + lease,
        )
        if attempt is None:
            return
        issue = store.issues.standing_for(store.filings.product_of(filing.id), filing.issue_id)
        draft = draft_ticket(
            issue.id, filing.fingerprint, issue.product_id, store=store, context=context
        )
    try:
        ref = tracker.create(draft, attempt)
    except AnswerLost as error:
        with context.open() as store:
            look_at = sent_at + lease
            state = FilingState.UNCERTAIN
            store.filings.end_attempt(attempt, state, reason=str(error), not_before=look_at)
            _again(filing, store, at=look_at)
        log.warning("answer lost, checking with the tracker", filing_id=filing.id)
    except Refused as error:
        with context.open() as store:
            reason = _in_words(error)
            store.filings.end_attempt(attempt, FilingState.REFUSED, reason=reason)
        log.warning("the tracker refused a ticket", filing_id=filing.id)
    except TryAgainLater as error:
        _wait(filing, error, context, attempt=attempt)
    else:
        _link(filing, ref, context)


def _look(filing: Filing, tracker: Tracker, context: Context) -> None:
    """Look for the ticket of an earlier request; two empty proofs allow a new request."""
    with context.open() as store:
        attempts = store.filings.attempts(filing.id)
    try:
        found = tracker.probe(filing.fingerprint, after=min(one.lower_bound for one in attempts))
        if found is None:
            found = next(iter(tracker.find(filing.fingerprint)), None)
    except OutsideError as error:
        _wait(filing, error, context)
        return
    if found is not None:
        _link(filing, found, context)
        return
    with context.open() as store:
        _, _, empty_looks = store.filings.timing(filing.id)
        second = timedelta(seconds=context.settings.filing_second_look_seconds)
        look_again_at = max(attempts[-1].sent_at + second, context.now())
        store.filings.note_empty_look(
            filing.id, look_again_at=None if empty_looks else look_again_at
        )
        _again(filing, store, at=context.now() if empty_looks else look_again_at)


def _link(filing: Filing, ref: TicketRef, context: Context) -> None:
    now = context.now()
    with context.open() as store:
        product_id = store.filings.product_of(filing.id)
        ticket = store.tickets.save(product_id, filing.connection_id, ref, now=now)
        if not store.filings.link(filing.id, ticket.id):
            return
        store.connections.mark_healthy(filing.connection_id)
        issue = store.issues.standing_for(product_id, filing.issue_id, lock=True)
        cause = Cause(MACHINE, now, f"ticket {ref.key}", _ORIGIN)
        if issue.can_move(IssueState.FILED):
            move_issue(issue, IssueState.FILED, store=store, cause=cause)
        store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)


def _wait(
    filing: Filing, error: OutsideError, context: Context, *, attempt: Attempt | None = None
) -> None:
    """Nothing happened: plan the next try and leave the tracker alone until then."""
    now = context.now()
    with context.open() as store:
        wait = _SIGN_IN_WAIT if isinstance(error, SignInRefused) else _WAIT
        if isinstance(error, TryAgainLater) and error.retry_after_seconds:
            wait = max(wait, timedelta(seconds=error.retry_after_seconds))
        if not isinstance(error, TryAgainLater) or error.is_everywhere:
            # All filings of the connection wait together instead of knocking one by one.
            store.connections.pause(filing.connection_id, until=now + wait, trouble=str(error))
        if attempt is not None:
            store.filings.end_attempt(
                attempt, FilingState.PLANNED, reason=str(error), not_before=now + wait
            )
        _again(filing, store, at=now + wait)
    log.info("the tracker is not available, trying later", filing_id=filing.id)


def _again(filing: Filing, store: Store, *, at: datetime) -> None:
    store.enqueue("file", once=f"file:{filing.id}", at=at, filing_id=filing.id)


def _in_words(error: Refused) -> str:
    fields = "; ".join(f"{name}: {sentence}" for name, sentence in error.fields.items())
    return f"{error} ({fields})" if fields else str(error)
