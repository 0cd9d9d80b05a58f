"""Poll: ask trackers what changed, because webhooks only lower the latency."""

from datetime import timedelta

import structlog

from bridge.domain.errors import SignInRefused, TryAgainLater
from bridge.steps.context import Context
from bridge.steps.track import look_at, track_soon

_OVERLAP = timedelta(minutes=10)
_FIRST_LOOK = timedelta(days=30)
_SIGN_IN_WAIT = timedelta(minutes=1)

log = structlog.get_logger()


def poll(context: Context, *, connection_id: int) -> None:
    """Queue the reading of every ticket that changed and of every version that was released.

    Also wakes filings whose job is gone, such as after a restore of the database.
    """
    now = context.now()
    with context.open() as store:
        connection = store.connections.get(connection_id)
        since = store.connections.cursor(connection_id, "changes") or now - _FIRST_LOOK
        for filing_id in store.filings.unsettled():
            store.enqueue("file", once=f"file:{filing_id}", filing_id=filing_id)
    if connection.paused_until and connection.paused_until > now:
        return
    tracker = context.tracker(connection)
    try:
        changed = tracker.changes_since(since - _OVERLAP)
        released = [one for one in tracker.versions() if one.is_released]
    except TryAgainLater as error:
        if isinstance(error, SignInRefused):
            with context.open() as store:
                until = now + _SIGN_IN_WAIT
                store.connections.pause(connection_id, until=until, trouble=str(error))
        log.info("the tracker is not available, polling later", connection_id=connection_id)
        return
    with context.open() as store:
        store.connections.mark_healthy(connection_id)
        known = set(store.tickets.remote_ids(connection_id))
        settled = store.twins.settled(connection_id, changed)
        for remote_id in changed:
            if remote_id in known:
                track_soon(connection, remote_id, store=store)
            elif remote_id not in settled:
                look_at(connection, remote_id, store=store)
        for version in released:
            if store.fixes.resolved_for(connection.product_id, version.name):
                store.enqueue(
                    "release",
                    once=f"release:{connection_id}:{version.name}",
                    connection_id=connection_id,
                    version=version.name,
                )
        store.connections.move_cursor(connection_id, "changes", now)


def poll_all(context: Context) -> None:
    """Queue a poll of every connection; each waits on its own."""
    with context.open() as store:
        for connection in store.connections.all():
            store.enqueue("poll", once=f"poll:{connection.id}", connection_id=connection.id)
