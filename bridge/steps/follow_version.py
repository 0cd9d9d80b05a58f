"""Follow a tracker's version: released, it ships; not released any more, it is taken back."""

from bridge.domain.fixes import Release
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.people import MACHINE
from bridge.domain.products import ShipRule
from bridge.steps.context import Context
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.withdraw import withdraw
from bridge.store import Store
from bridge.store.connections import Connection


def is_said_out(known: Release, source: str, store: Store) -> bool:
    """Whether the last word of a source about a release is that customers can get it."""
    last = store.rollouts.last_word(known.id, source)
    if last is not None:
        return not last.kind.takes_back
    # From before what was told was kept.
    return not known.is_withdrawn and not store.rollouts.of_release(known.id)


def source_of(connection: Connection) -> str:
    """How a connection is called among those who tell about releases."""
    return f"{connection.integration}:{connection.id}"


def release(context: Context, *, connection_id: int, version: str) -> None:
    """A tracker may say that a version is out, or not any more: read it again and follow.

    The tracker repeats itself with every look, so only what differs from its last word is news: a
    version that was taken back by others stays so until the tracker releases it anew.
    """
    with context.open() as store:
        connection = store.connections.get(connection_id)
    versions = context.tracker(connection).versions()
    found = next((one for one in versions if one.name == version), None)
    if found is None:
        return
    now, source = context.now(), source_of(connection)
    with context.open() as store:
        product = store.products.get(connection.product_id)
        if product.ship_rule is ShipRule.BY_HAND:
            return
        known = store.fixes.find(product.id, version, lock=True)
        said_out = known is not None and is_said_out(known, source, store)
        if found.is_released:
            if known is not None and known.is_withdrawn and said_out:
                return
            is_back = known is not None and known.is_withdrawn
            at = now if is_back or found.released_at is None else min(found.released_at, now)
            told = ShipEvent(id="", source=source, kind=ShipKind.RELEASED, at=at, percent=100)
            news = ReleaseNews(version, at, told=told)
            cause = Cause(MACHINE, now, f"version {version} was released", "job:release")
            ship(news, product, store=store, context=context, cause=cause)
        elif known is not None and said_out:
            told = ShipEvent(id="", source=source, kind=ShipKind.ROLLED_BACK, at=now)
            cause = Cause(
                MACHINE, now, f"version {version} is not released any more", "job:release"
            )
            withdraw(known, told, product, store=store, context=context, cause=cause)
