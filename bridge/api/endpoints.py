"""Endpoints that events are posted to, by Standard Webhooks."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.responses import Response

from bridge.api.bodies import Nothing
from bridge.api.deps import BODY_ANSWERS, Call, Operator, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.message_schemas import (
    EndpointIn,
    EndpointOut,
    EndpointPage,
    NewEndpointOut,
    OutgoingOut,
)
from bridge.api.messages import shown_message
from bridge.api.wire import MOST_ID
from bridge.domain.errors import InvalidMove, NotFound
from bridge.steps.announce import ENDPOINT, EVENTS, TEST_EVENT, plan_event
from bridge.steps.notify import enable_channel
from bridge.store.connections import Connection
from bridge.wiring.channels import endpoint, new_secret, save_channel

router = area("endpoints")

EndpointPath = Annotated[int, Path(alias="id", ge=1, le=MOST_ID)]


@router.get("/endpoints", summary="List endpoints", responses=answers())
def list_endpoints(call: Operator) -> EndpointPage:
    """With the reason where one is disabled."""
    found = call.store.connections.of_kind(call.product.id, ENDPOINT)
    return EndpointPage(items=[_shown(one) for one in found])


@router.post(
    "/endpoints",
    summary="Post events there",
    status_code=201,
    response_model=NewEndpointOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def add_endpoint(body: EndpointIn, call: Operator, once: OnceDep) -> Response:
    """Its secret is shown this once; `test` tries it. A name is given once: 409."""

    def do() -> tuple[int, NewEndpointOut]:
        given = endpoint(
            body.url,
            name=body.name,
            events=body.events,
            secret=body.secret,
            allow_private=body.allow_private,
        )
        saved = save_channel(given, call.product, store=call.store, secrets=call.context.secrets)
        return 201, NewEndpointOut(**_shown(saved).model_dump(), secret=given.secret)

    return once.run(call, do)


@router.post(
    "/endpoints/{id}/test",
    summary="Post a test event",
    status_code=202,
    response_model=OutgoingOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def send_test(
    endpoint_id: EndpointPath, call: Operator, once: OnceDep, body: Nothing | None = None
) -> Response:
    """It goes the way of every event: `GET /outgoing` tells what came of it."""

    def do() -> tuple[int, OutgoingOut]:
        found = _take(endpoint_id, call)
        key, at = call.now.isoformat(), call.now
        planned = plan_event(found, TEST_EVENT, {}, key=key, store=call.store, at=at)
        if planned is None:
            raise InvalidMove("a test event is on its way already")
        return 202, shown_message(planned)

    return once.run(call, do)


@router.post(
    "/endpoints/{id}/enable",
    summary="Post there again",
    response_model=EndpointOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def enable_endpoint(
    endpoint_id: EndpointPath, call: Operator, once: OnceDep, body: Nothing | None = None
) -> Response:
    """What failed there meanwhile is sent too, under its ids."""

    def do() -> tuple[int, EndpointOut]:
        enable_channel(_take(endpoint_id, call), store=call.store, now=call.now)
        return 200, _shown(_take(endpoint_id, call))

    return once.run(call, do)


@router.post(
    "/endpoints/{id}/rotate",
    summary="Give it a new secret",
    response_model=NewEndpointOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def rotate_endpoint(
    endpoint_id: EndpointPath, call: Operator, once: OnceDep, body: Nothing | None = None
) -> Response:
    """Events carry the signature of the one before too, until the next rotation."""

    def do() -> tuple[int, NewEndpointOut]:
        found = _take(endpoint_id, call)
        secret = new_secret(found, store=call.store, secrets=call.context.secrets)
        return 200, NewEndpointOut(**_shown(found).model_dump(), secret=secret)

    return once.run(call, do)


@router.post(
    "/endpoints/{id}/remove",
    summary="Post nothing there any more",
    response_model=EndpointOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def remove_endpoint(
    endpoint_id: EndpointPath, call: Operator, once: OnceDep, body: Nothing | None = None
) -> Response:
    """What waited for it goes too."""

    def do() -> tuple[int, EndpointOut]:
        found = _take(endpoint_id, call)
        call.store.connections.forget(found.id)
        return 200, _shown(found)

    return once.run(call, do)


def _take(endpoint_id: int, call: Call) -> Connection:
    for one in call.store.connections.of_kind(call.product.id, ENDPOINT):
        if one.id == endpoint_id:
            return one
    raise NotFound("no such endpoint")


def _shown(one: Connection) -> EndpointOut:
    events = one.config.get("events")
    return EndpointOut(
        id=one.id,
        name=one.name,
        url=str(one.config["url"]),
        events=[str(name) for name in events] if isinstance(events, list) else list(EVENTS),
        allow_private=bool(one.config.get("allow_private")),
        disabled_at=one.disabled_at,
        trouble=one.trouble,
    )
