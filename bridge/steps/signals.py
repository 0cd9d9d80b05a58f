"""Signals: what a system that releases or deploys told, followed in one transaction.

A delivery is kept sealed until it is read. Its row is locked meanwhile, and what it leads to
commits together with what is written of it: read twice, it does nothing the second time.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from pydantic import JsonValue

from bridge.domain.errors import InvalidMove, NotFound, UnknownEvent
from bridge.domain.moments import SKEW
from bridge.domain.news import Heard
from bridge.domain.products import Product
from bridge.domain.signals import Counts, Fate, Rule, SignalMap, check, read
from bridge.ports import ShipSignal, WebhookRequest
from bridge.steps.context import Context
from bridge.steps.follow_signal import follow
from bridge.steps.follow_version import source_of
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.deliveries import DeliveryState, SignalDelivery

_LEFT_AFTER = timedelta(minutes=10)
_LONGEST_WAIT = timedelta(days=400)


def pack(request: WebhookRequest, signal: ShipSignal) -> bytes:
    """What is kept of a delivery: the body, and the headers without which it means nothing."""
    headers = {name: request.headers.get(name, "") for name in sorted(signal.headers)}
    return json.dumps({"headers": headers, "body": b64encode(request.body).decode()}).encode()


def unpack(kept: bytes) -> WebhookRequest:
    """The delivery as it was kept."""
    found = json.loads(kept)
    return WebhookRequest(found["headers"], b64decode(found["body"]))


def map_of(connection: Connection) -> SignalMap:
    """What the names of a connection's sender mean here."""
    config = connection.config
    rules = config.get("rules")
    found = (
        [_rule(one) for one in rules if isinstance(one, dict)] if isinstance(rules, list) else []
    )
    return SignalMap(
        rules=tuple(found),
        environments=_texts(config.get("environments")),
        regions=_texts(config.get("regions")),
        counts=Counts(str(config.get("counts", Counts.BOTH))),
    )


def config_of(given: SignalMap) -> dict[str, JsonValue]:
    """The same as it is stored."""
    return {
        "rules": [
            {
                "source": one.source,
                "component": one.component,
                "tags": list(one.tags),
                "product": one.product,
                "is_ignored": one.is_ignored,
            }
            for one in given.rules
        ],
        "environments": list(given.environments),
        "regions": list(given.regions),
        "counts": given.counts.value,
    }


def set_map(connection: Connection, given: SignalMap, *, store: Store) -> int:
    """Mend the mapping; what it did not cover is read again. Returns how many deliveries."""
    check(given)
    for rule in given.rules:
        if rule.product:
            store.products.by_slug(rule.product)
    store.connections.configure(connection.id, {**connection.config, **config_of(given)})
    return read_again(store.deliveries.unmapped(connection.id), store=store)


def read_again(delivery_ids: Iterable[int], *, store: Store) -> int:
    """Queue deliveries to be read once more, in the order they came."""
    found = sorted(delivery_ids)
    store.deliveries.again(found)
    for one in found:
        receive_soon(one, store=store)
    return len(found)


def retry(delivery: SignalDelivery, *, store: Store) -> None:
    """Read one again that led to nothing so far."""
    if delivery.state in (DeliveryState.DONE, DeliveryState.RECEIVED):
        raise InvalidMove(f"the delivery is {delivery.state}: there is nothing to read again")
    read_again([delivery.id], store=store)


def receive_soon(delivery_id: int, *, store: Store) -> None:
    """Queue the reading of a delivery."""
    store.enqueue("receive", once=f"receive:{delivery_id}", delivery_id=delivery_id)


def hear_signal(
    delivery: SignalDelivery, connection: Connection, *, store: Store, context: Context
) -> None:
    """Read one delivery, which must be locked, and follow what it says."""
    if delivery.state not in (DeliveryState.RECEIVED, DeliveryState.WAITING):
        return
    signal = context.signals[connection.integration]
    request = unpack(context.secrets.decrypt(delivery.sealed))
    try:
        heard = signal.translate(request, delivery.received_at)
    except UnknownEvent as error:
        told = f"delivery {delivery.event_id[:60]}"
        state, reason = DeliveryState.FAILED, str(error)
    else:
        told = heard.told
        state, reason = _act(heard, delivery, connection, store=store, context=context)
    store.deliveries.note(delivery.id, state, told=told, reason=reason, now=context.now())


def _act(
    heard: Heard,
    delivery: SignalDelivery,
    connection: Connection,
    *,
    store: Store,
    context: Context,
) -> tuple[DeliveryState, str]:
    """Do what it asks for; the state of the delivery and, in words, what it led to."""
    if heard.event is None:
        return DeliveryState.IGNORED, heard.why_not
    signal_map = map_of(connection)
    named = replace(heard.event, id=delivery.event_id, source=source_of(connection))
    found = read(named, signal_map)
    if found.fate is Fate.UNMAPPED:
        return DeliveryState.UNMAPPED, found.reason
    if found.fate is Fate.IGNORE:
        return DeliveryState.IGNORED, found.reason
    now = context.now()
    event = found.event
    if event.at > now + _LONGEST_WAIT:
        return DeliveryState.FAILED, f"it speaks of {event.at:%Y-%m-%d}, which is too far away"
    if event.at > now + SKEW and not event.kind.takes_back:
        once = f"receive:{delivery.id}:planned"
        store.enqueue("receive", once=once, at=event.at, delivery_id=delivery.id)
        return DeliveryState.WAITING, f"planned for {event.at:%Y-%m-%d %H:%M} UTC, read again then"
    try:
        product = _product(found.product, connection, store)
    except NotFound as error:
        return DeliveryState.UNMAPPED, str(error)
    did = follow(
        event if event.kind.takes_back else replace(event, at=min(event.at, now)),
        product,
        regions=signal_map.regions,
        named=heard.event.version or heard.event.back_to,
        store=store,
        context=context,
    )
    return (DeliveryState.DONE if did.is_followed else DeliveryState.IGNORED), did.words


def _product(slug: str, connection: Connection, store: Store) -> Product:
    return store.products.by_slug(slug) if slug else store.products.get(connection.product_id)


def read_left(context: Context) -> None:
    """Queue what lost its job, such as after a restore, and what waited for its day."""
    with context.open() as store:
        before = context.now() - _LEFT_AFTER
        for one in store.deliveries.left(sorted(context.signals), before=before):
            receive_soon(one, store=store)


def _rule(given: Mapping[str, object]) -> Rule:
    return Rule(
        source=str(given.get("source", "")),
        component=str(given.get("component", "")),
        tags=_texts(given.get("tags")),
        product=str(given.get("product", "")),
        is_ignored=bool(given.get("is_ignored")),
    )


def _texts(given: object) -> tuple[str, ...]:
    return tuple(str(one) for one in given) if isinstance(given, list) else ()
