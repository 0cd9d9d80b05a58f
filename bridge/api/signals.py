"""Ship signals: who tells what is out, what their names mean here, and what came."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import Response

from bridge.api.bodies import Nothing
from bridge.api.deps import BODY_ANSWERS, Call, Operator, Shipper, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.api.signal_schemas import (
    DeliveryOut,
    DeliveryPage,
    MapIn,
    MappedOut,
    NewSignalOut,
    RotateIn,
    RuleOut,
    SignalIn,
    SignalOut,
    SignalPage,
)
from bridge.api.wire import MOST_ID
from bridge.domain.signals import Rule, SignalMap
from bridge.steps.signals import map_of, retry, set_map
from bridge.store.connections import Connection
from bridge.store.deliveries import DeliveryState, SignalDelivery
from bridge.wiring.access import product_named
from bridge.wiring.signals import (
    SignalGiven,
    address_of,
    connect_signals,
    finish_rotation,
    rotate,
    secrets_of,
    signal_connection,
    signal_connections,
)

router = area("signals")

Identifier = Annotated[int, Path(alias="id", ge=1, le=MOST_ID)]
States = Annotated[list[DeliveryState], Query(description="Repeat it for several.", max_length=10)]


@router.get("/signals", summary="Who tells what is out?", responses=answers())
def list_signals(call: Shipper) -> SignalPage:
    """The connections, without secrets."""
    found = signal_connections(call.product, store=call.store, context=call.context)
    return SignalPage(items=[_shown(one, call) for one in found])


@router.post(
    "/signals",
    summary="Let a system tell what is out",
    status_code=201,
    response_model=NewSignalOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def add_signal(body: SignalIn, call: Operator, once: OnceDep) -> Response:
    """The answer has the address and, this once, the secret for the sender's settings."""

    def do() -> tuple[int, NewSignalOut]:
        mapping = _merged(SignalMap(()), body, call)
        given = SignalGiven(body.kind, body.name, mapping, body.secret)
        saved, secret = connect_signals(given, call.product, store=call.store, context=call.context)
        return 201, NewSignalOut(**_shown(saved, call).model_dump(), secret=secret)

    return once.run(call, do)


@router.patch(
    "/signals/{id}",
    summary="Say what its names mean",
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def map_signal(signal_id: Identifier, body: MapIn, call: Operator) -> MappedOut:
    """What the mapping did not cover so far is read again."""
    found = _take(signal_id, call)
    count = set_map(found, _merged(map_of(found), body, call), store=call.store)
    return MappedOut(**_shown(_take(signal_id, call), call).model_dump(), read_again=count)


@router.post(
    "/signals/{id}/rotate",
    summary="Give it a new secret",
    response_model=NewSignalOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def rotate_signal(
    signal_id: Identifier, call: Operator, once: OnceDep, body: RotateIn | None = None
) -> Response:
    """The one before is good beside it until `finish`, which answers without a secret."""
    given = body or RotateIn()

    def do() -> tuple[int, NewSignalOut]:
        found, secret = _take(signal_id, call), ""
        if given.finish:
            finish_rotation(found, store=call.store, secrets=call.context.secrets)
        else:
            secret = rotate(found, given.secret, store=call.store, secrets=call.context.secrets)
        shown = _shown(_take(signal_id, call), call)
        return 200, NewSignalOut(**shown.model_dump(), secret=secret)

    return once.run(call, do)


@router.post(
    "/signals/{id}/remove",
    summary="Hear it no more",
    response_model=SignalOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def remove_signal(
    signal_id: Identifier, call: Operator, once: OnceDep, body: Nothing | None = None
) -> Response:
    """Its log goes too; what it has told stays."""

    def do() -> tuple[int, SignalOut]:
        found = _take(signal_id, call)
        shown = _shown(found, call)
        call.store.connections.forget(found.id)
        return 200, shown

    return once.run(call, do)


@router.get("/signals/deliveries", summary="List deliveries", responses=answers())
def list_deliveries(
    call: Shipper,
    state: States = [],  # noqa: B006 - FastAPI copies it
    *,
    page: PageDep,
) -> DeliveryPage:
    """What came and what it led to, or why to nothing; newest first, kept for 14 days."""
    names = _names(call)
    found = call.store.deliveries.log(list(names), state, limit=page.limit + 1, before=page.after())
    items, after = page_of(found, page, lambda one: (one.id,))
    return DeliveryPage(items=[_delivery(one, names) for one in items], next=after)


@router.post(
    "/signals/deliveries/{id}/retry",
    summary="Read it again",
    response_model=DeliveryOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def retry_delivery(
    delivery_id: Identifier, call: Shipper, once: OnceDep, body: Nothing | None = None
) -> Response:
    """409 where it was followed, or is read in a moment anyway."""

    def do() -> tuple[int, DeliveryOut]:
        found = call.store.deliveries.get(call.product.id, delivery_id)
        retry(found, store=call.store)
        again = call.store.deliveries.get(call.product.id, delivery_id)
        return 200, _delivery(again, _names(call))

    return once.run(call, do)


def _take(signal_id: int, call: Call) -> Connection:
    return signal_connection(str(signal_id), call.product, store=call.store, context=call.context)


def _names(call: Call) -> dict[int, str]:
    found = signal_connections(call.product, store=call.store, context=call.context)
    return {one.id: one.name for one in found}


def _merged(known: SignalMap, body: MapIn, call: Call) -> SignalMap:
    """The mapping with what was sent; another product has to be one that the caller sees."""
    changed = known
    if body.rules is not None:
        for one in body.rules:
            product_named(call.caller, one.product or None, store=call.store)
        rules = [
            Rule(one.source, one.component, tuple(one.tags), one.product, one.ignore)
            for one in body.rules
        ]
        changed = replace(changed, rules=tuple(rules))
    if body.environments is not None:
        changed = replace(changed, environments=tuple(body.environments))
    if body.regions is not None:
        changed = replace(changed, regions=tuple(body.regions))
    return changed if body.counts is None else replace(changed, counts=body.counts)


def _shown(one: Connection, call: Call) -> SignalOut:
    mapping = map_of(one)
    return SignalOut(
        id=one.id,
        kind=one.integration,
        name=one.name,
        address=address_of(one, call.context.settings),
        rules=[
            RuleOut(
                source=rule.source,
                component=rule.component,
                tags=list(rule.tags),
                product=rule.product,
                ignore=rule.is_ignored,
            )
            for rule in mapping.rules
        ],
        environments=list(mapping.environments),
        regions=list(mapping.regions),
        counts=mapping.counts,
        secret_count=len(secrets_of(one, call.context.secrets)),
        deliveries=call.store.deliveries.counts(one.id),
        refused_at=call.store.deliveries.refused_at(one.id),
    )


def _delivery(one: SignalDelivery, names: dict[int, str]) -> DeliveryOut:
    return DeliveryOut(
        id=one.id,
        connection=names.get(one.connection_id, ""),
        state=one.state,
        told=one.told,
        reason=one.reason,
        received_at=one.received_at,
        handled_at=one.handled_at,
    )
