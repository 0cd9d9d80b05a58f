"""Poll: ask trackers what changed, because webhooks only lower the latency."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from bridge.domain.errors import OutsideError, Refused, SignInRefused
from bridge.domain.issues import Outcome
from bridge.domain.products import ShipRule
from bridge.domain.tickets import TicketStatus, TrackerVersion
from bridge.steps.context import Context
from bridge.steps.follow_version import is_said_out, source_of
from bridge.steps.track import look_at, release_soon, tells_news, track_soon
from bridge.store import Store
from bridge.store.connections import Connection

_OVERLAP = timedelta(minutes=10)
_FIRST_LOOK = timedelta(days=30)
_SIGN_IN_WAIT = timedelta(minutes=1)

log = structlog.get_logger()


def poll(context: Context, *, connection_id: int) -> None:
    """Queue what follows for every ticket that changed and for every version that was released.

    Most changes are our own counts: tickets are read by the hundred, and only those whose status
    is another one than we know are looked into. Also wakes filings whose job is gone, such as
    after a restore of the database.
    """
    now = context.now()
    with context.open() as store:
        connection = store.connections.get(connection_id)
        since = store.connections.cursor(connection_id, "changes") or now - _FIRST_LOOK
        for filing_id in store.filings.unsettled():
            store.enqueue("file", once=f"file:{filing_id}", filing_id=filing_id)
        for ticket_id in store.filings.marked_tickets():
            store.enqueue("refresh", once=f"refresh:{ticket_id}", ticket_id=ticket_id)
        known = set(store.tickets.remote_ids(connection_id))
        project = str(connection.config.get("project", ""))
        elsewhere = store.tickets.elsewhere(connection_id, project)
    if connection.paused_until and connection.paused_until > now:
        return
    tracker = context.tracker(connection)
    try:
        # A search of the project does not tell of tickets that a duplicate led us to elsewhere.
        changed = [*tracker.changes_since(since - _OVERLAP), *elsewhere]
        ours = [one for one in changed if one in known]
        statuses = {one.ref.remote_id: one for one in tracker.read(ours)}
        versions = tracker.versions()
    except OutsideError as error:
        with context.open() as store:
            if isinstance(error, SignInRefused):
                until = now + _SIGN_IN_WAIT
                store.connections.pause(connection_id, until=until, trouble=str(error))
            elif isinstance(error, Refused):
                # Such as of a project that is gone: each job finds out, but people have to know.
                store.connections.note_trouble(connection_id, str(error))
        log.info("the tracker is not available, polling later", connection_id=connection_id)
        return
    with context.open() as store:
        store.connections.mark_healthy(connection_id)
        _follow(connection, changed, statuses, store=store)
        product = store.products.get(connection.product_id)
        counts = product.ship_rule is not ShipRule.BY_HAND
        for version in versions if counts else ():
            if _is_news(version, connection, store):
                release_soon(connection, version.name, store=store)
        store.connections.move_cursor(connection_id, "changes", now)


def _is_news(version: TrackerVersion, connection: Connection, store: Store) -> bool:
    """Whether a version may ship something, or take it back."""
    if version.is_released:
        return bool(store.meant.awaiting(connection.product_id, version.name))
    known = store.fixes.find(connection.product_id, version.name)
    is_out = known is not None and not known.is_withdrawn
    return known is not None and is_out and is_said_out(known, source_of(connection), store)


def _follow(
    connection: Connection,
    changed: Sequence[str],
    statuses: Mapping[str, TicketStatus],
    *,
    store: Store,
) -> None:
    """Queue a look at each changed ticket that tells news, and at those nobody knows yet.

    statuses: of those of our tickets that the tracker still shows.
    """
    known = set(store.tickets.remote_ids(connection.id))
    settled = store.twins.settled(connection.id, changed)
    for remote_id in changed:
        if remote_id in known:
            ticket = store.tickets.by_remote_id(connection.id, remote_id)
            status = statuses.get(remote_id)
            # The link that a duplicate lacks may be there by now.
            is_lost = status is not None and status.outcome is Outcome.DUPLICATE
            is_lost = is_lost and remote_id not in settled
            if ticket is not None and (is_lost or tells_news(status, ticket)):
                track_soon(connection, remote_id, store=store)
        elif remote_id not in settled:
            look_at(connection, remote_id, store=store)


def poll_all(context: Context) -> None:
    """Queue a poll of every connection; each waits on its own."""
    with context.open() as store:
        for connection in store.connections.trackers():
            store.enqueue("poll", once=f"poll:{connection.id}", connection_id=connection.id)
