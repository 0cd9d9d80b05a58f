"""Existing tickets: what people wrote into the tracker, read by last change and kept by meaning.

Each page is encoded while no transaction is open and stored, redacted, together with how far we
have come: a worker that dies in the middle leaves nothing half done, and the next one goes on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bridge.domain.contacts import RedactedText
from bridge.domain.errors import Refused
from bridge.domain.products import Product
from bridge.domain.tickets import TicketText
from bridge.ports import Tracker
from bridge.redaction import Redactor
from bridge.steps.context import Context
from bridge.store.connections import Connection
from bridge.store.existing import Written
from models.encoders.base import Encoder
from models.tickets import joined
from models.vectors import Vector

POSITION, READ = "existing", "existing_read"
"""Cursors: the last change we have stored, and when we last came to the end."""
_MOST_CHARACTERS = 2_000
"""Of a ticket's text: what follows is mostly logs."""
_LOT = 100

log = structlog.get_logger()


def read_existing(context: Context, *, connection_id: int) -> None:
    """Bring what we know of a tracker's own tickets up to date; the job, to its end."""
    with context.open() as store:
        connection = store.connections.get(connection_id)
    context.require_usable(connection)
    try:
        with context.reading:
            read_changed(connection, context.tracker(connection), context)
    except Refused as error:
        # A look says so in the history of its issue; here nobody waits.
        log.warning("existing tickets cannot be read", connection=connection_id, reason=str(error))


def read_all_existing(context: Context) -> None:
    """Queue the reading for every connection; each waits on its own."""
    with context.open() as store:
        for connection in store.connections.trackers():
            read_soon(connection, context)


def read_soon(connection: Connection, context: Context) -> None:
    """Queue the reading for one connection."""
    with context.open() as store:
        once = f"read_existing:{connection.id}"
        store.enqueue("read_existing", once=once, connection_id=connection.id)


def read_changed(
    connection: Connection, tracker: Tracker, context: Context, *, most_pages: int | None = None
) -> bool:
    """Read what changed since last time; False when there are more pages than were allowed.

    Raises TryAgainLater while the tracker or the encoder is away, Refused when the tracker does
    not let us search.
    """
    began, encoder = context.now(), context.encoder()
    with context.open() as store:
        since = store.connections.cursor(connection.id, POSITION)
        product = store.products.get(connection.product_id)
    page, pages = None, 0
    while True:
        found = tracker.texts(since, page)
        _keep(found.items, connection, product, encoder, context)
        page, pages = found.next, pages + 1
        if page is None:
            break
        if most_pages is not None and pages >= most_pages:
            return False
    _encode_again(connection, encoder, context)
    with context.open() as store:
        # What became ours is not read any more.
        store.existing.forget(connection.id, store.existing.filed(connection.id))
        store.connections.move_cursor(connection.id, READ, began)
    return True


def is_fresh(connection: Connection, context: Context, *, within: timedelta) -> bool:
    """Whether we came to the end so lately that another look at the tracker is not worth a call."""
    with context.open() as store:
        read_at = store.connections.cursor(connection.id, READ)
        encoder = context.encoder().name
        is_encoded = not store.existing.of_other_encoders(connection.id, encoder, limit=1)
    return read_at is not None and is_encoded and context.now() - read_at < within


def _keep(
    found: Sequence[TicketText],
    connection: Connection,
    product: Product,
    encoder: Encoder,
    context: Context,
) -> None:
    """Store a page of what people wrote."""
    if not found:
        return
    with context.open() as store:
        filed = store.tickets.with_filing(connection.id)
    theirs = [one for one in found if one.status.ref.remote_id not in filed and one.title.strip()]
    written = _written(theirs, product, encoder)
    newest: datetime = max(one.status.updated_at for one in found)
    with context.open() as store:
        store.existing.keep(product.id, connection.id, written)
        store.connections.move_cursor(connection.id, POSITION, min(newest, context.now()))


def _written(theirs: Sequence[TicketText], product: Product, encoder: Encoder) -> list[Written]:
    redactors = [Redactor(region=product.region) for _ in theirs]
    titles = [each.redact(one.title) for each, one in zip(redactors, theirs, strict=True)]
    texts = [
        RedactedText(each.redact(one.text)[:_MOST_CHARACTERS])
        for each, one in zip(redactors, theirs, strict=True)
    ]
    vectors = vectors_of(titles, texts, encoder)
    return [
        Written(one.status, title, text, encoder.name, vector)
        for one, title, text, vector in zip(theirs, titles, texts, vectors, strict=True)
    ]


def vectors_of(titles: Sequence[str], texts: Sequence[str], encoder: Encoder) -> list[Vector]:
    """The vectors of tickets, from their titles and texts."""
    if not titles:
        return []
    wholes = [f"{title}\n\n{text}" for title, text in zip(titles, texts, strict=True)]
    return [
        joined(title, whole)
        for title, whole in zip(encoder.encode(list(titles)), encoder.encode(wholes), strict=True)
    ]


def _encode_again(connection: Connection, encoder: Encoder, context: Context) -> None:
    """Replace the vectors of an encoder that is not in use any more."""
    while True:
        with context.open() as store:
            old = store.existing.of_other_encoders(connection.id, encoder.name, limit=_LOT)
        if not old:
            return
        vectors = vectors_of([one.title for one in old], [one.text for one in old], encoder)
        with context.open() as store:
            for one, vector in zip(old, vectors, strict=True):
                store.existing.encode_again(one.id, encoder.name, vector)
