"""File: exactly one ticket per issue and episode, whatever dies and whenever.

The filing row is committed as `sending` before the one request; an answer that got lost is never
answered by a second request before two proofs that the first one made nothing. docs/filing.md
tells the protocol.
"""

import secrets as randomness
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bridge.domain.errors import (
    AnswerLost,
    OutsideError,
    Refused,
    SignInRefused,
    TryAgainLater,
)
from bridge.domain.people import MACHINE
from bridge.domain.tickets import Attempt, Filing, FilingPolicy, FilingState, TicketDraft, TicketRef
from bridge.ports import Tracker
from bridge.steps.context import Context
from bridge.steps.drafts import draft_ticket
from bridge.steps.linking import link_ticket, sweep_soon
from bridge.steps.look import may_send
from bridge.steps.moves import Cause
from bridge.steps.refusal import note_refusal
from bridge.store import Store
from bridge.store.attempts import Progress
from bridge.store.connections import Connection

_WAIT = timedelta(seconds=10)
_SIGN_IN_WAIT = timedelta(minutes=1)
_ORIGIN = "job:file"
_OPEN = (FilingState.PLANNED, FilingState.SENDING, FilingState.UNCERTAIN)
_PARKED = "two looks found no ticket, and this connection never sends a second request"

log = structlog.get_logger()


def file_ticket(context: Context, *, filing_id: int) -> None:
    """Bring a filing one step further; safe to run any number of times, by any worker."""
    now = context.now()
    with context.open() as store:
        filing = store.filings.find(filing_id)
        if filing is None or filing.state not in _OPEN:
            return
        progress = store.attempts.progress(filing.id)
        connection = store.connections.get(filing.connection_id)
        due = _due(filing, progress, connection)
        if due is not None and due > now:
            _again(filing, store, at=due)
            return
        if filing.state is FilingState.SENDING:
            if store.attempts.doubt(filing.id, token=progress.token, now=now):
                _sweep_later(filing, context, store, sent_at=now)
            _again(filing, store, at=now)
            return
    tracker = context.tracker(connection)
    if filing.state is FilingState.PLANNED:
        if _is_new(filing, connection, tracker, context):
            _send(filing, tracker, context)
    else:
        _look(filing, progress, connection.policy, tracker=tracker, context=context)


def _is_new(filing: Filing, connection: Connection, tracker: Tracker, context: Context) -> bool:
    """Whether no existing ticket stands in the way of a new one."""
    try:
        return may_send(filing, connection, tracker=tracker, context=context)
    except OutsideError as error:
        _wait(filing, error, context)
        return False


def _due(filing: Filing, progress: Progress, connection: Connection) -> datetime | None:
    """When the next step may be taken; None for now."""
    if filing.state is FilingState.SENDING:
        return progress.lease_until
    moments = [one for one in (progress.not_before, connection.paused_until) if one is not None]
    return max(moments, default=None)


def _send(filing: Filing, tracker: Tracker, context: Context) -> None:
    """Commit `sending`, then send the one request."""
    try:
        lower_bound = tracker.highest_number()
    except OutsideError as error:
        _wait(filing, error, context)
        return
    sent_at = context.now()
    lease_until = sent_at + timedelta(seconds=context.settings.filing_quiet_seconds)
    with context.open() as store:
        attempt = store.attempts.start(
            filing.id,
            token=randomness.token_hex(8),
            lower_bound=lower_bound,
            now=sent_at,
            lease_until=lease_until,
        )
        if attempt is None:
            return
        draft = replace(_draft(filing, store, context), fields=store.filings.chosen(filing.id))
    try:
        ref = tracker.create(draft, attempt, until=lease_until)
    except AnswerLost as error:
        with context.open() as store:
            reason = str(error)
            if store.attempts.end(
                attempt, FilingState.UNCERTAIN, reason=reason, not_before=lease_until
            ):
                _again(filing, store, at=lease_until)
                _sweep_later(filing, context, store, sent_at=sent_at)
        log.warning("answer lost, checking with the tracker", filing_id=filing.id)
    except Refused as error:
        note_refusal(attempt, error, tracker, context)
    except TryAgainLater as error:
        _wait(filing, error, context, attempt=attempt)
    else:
        _link(filing, ref, context)


def _draft(filing: Filing, store: Store, context: Context) -> TicketDraft:
    issue = store.issues.standing_for(store.filings.product_of(filing.id), filing.issue_id)
    return draft_ticket(
        issue.id, filing.fingerprint, issue.product_id, store=store, context=context
    )


def _look(
    filing: Filing, seen: Progress, policy: FilingPolicy, *, tracker: Tracker, context: Context
) -> None:
    """Look for the ticket of an earlier request; only after two empty proofs it is given up."""
    with context.open() as store:
        attempts = store.attempts.of_filing(filing.id)
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
    now, settings = context.now(), context.settings
    second = attempts[-1].sent_at + timedelta(seconds=settings.filing_second_look_seconds)
    # Two looks at one moment would be one: after a long pause they are a quiet time apart.
    later = max(second, now + timedelta(seconds=settings.filing_quiet_seconds))
    with context.open() as store:
        if seen.empty_looks == 0:
            if store.attempts.look_again(filing, seen, at=later):
                _again(filing, store, at=later)
        elif policy is FilingPolicy.PARK:
            store.attempts.give_up_looking(filing, seen, FilingState.PARKED, reason=_PARKED)
        elif store.attempts.give_up_looking(filing, seen, FilingState.PLANNED):
            _again(filing, store, at=now)


def _link(filing: Filing, ref: TicketRef, context: Context) -> None:
    with context.open() as store:
        cause = Cause(MACHINE, context.now(), f"ticket {ref.key}", _ORIGIN)
        # The first refresh, which this queues, writes the ticket's own id into its mark.
        link_ticket(filing, ref, store=store, cause=cause)


def _sweep_later(filing: Filing, context: Context, store: Store, *, sent_at: datetime) -> None:
    """A create may come through after both looks: look once more when it is over."""
    settings = context.settings
    wait = settings.filing_second_look_seconds + settings.filing_quiet_seconds
    sweep_soon(filing, store=store, at=sent_at + timedelta(seconds=wait))


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
            store.attempts.end(
                attempt, FilingState.PLANNED, reason=str(error), not_before=now + wait
            )
        elif filing.state is FilingState.PLANNED:
            store.filings.explain(filing.id, str(error))
        _again(filing, store, at=now + wait)
    log.info("the tracker is not available, trying later", filing_id=filing.id)


def _again(filing: Filing, store: Store, *, at: datetime) -> None:
    store.enqueue("file", once=f"file:{filing.id}", at=at, filing_id=filing.id)
