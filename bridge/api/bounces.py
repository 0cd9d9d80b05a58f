"""Bounces: mails that came back, and the addresses that take none any more."""

from fastapi import Depends, Request
from starlette.responses import Response

from bridge.api.bounce_schemas import AgainIn, AgainOut, BouncesOut, DeadAddressOut, DeadAddressPage
from bridge.api.deps import (
    BODY_ANSWERS,
    BodyDep,
    Postmaster,
    answers,
    area,
    json_only,
    require_type,
)
from bridge.api.idempotency import OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.domain.errors import InvalidInput
from bridge.steps.bounces import take_back_dead, take_bounces
from bridge.wiring.bounces import MEDIA_TYPES, read_bounces

router = area("messages")

_MAIL = {
    "requestBody": {
        "required": True,
        "content": {name: {"schema": {"type": "string"}} for name in MEDIA_TYPES},
    }
}


@router.get("/bounces", summary="List addresses that take no mails", responses=answers())
def list_dead(call: Postmaster, page: PageDep) -> DeadAddressPage:
    """Nothing is sent there any more; newest first."""
    found = call.store.bounces.search(call.product.id, limit=page.limit + 1, before=page.after())
    items, after = page_of(found, page, lambda one: (one.id,))
    shown = [
        DeadAddressOut(email=one.email, reason=one.reason, created_at=one.created_at)
        for one in items
    ]
    return DeadAddressPage(items=shown, next=after)


@router.post(
    "/bounces",
    summary="A mail came back",
    response_model=BouncesOut,
    responses=BODY_ANSWERS,
    openapi_extra=_MAIL,
)
def add_bounce(request: Request, body: BodyDep, call: Postmaster, once: OnceDep) -> Response:
    """The mail as it came (RFC 3464); the same one again changes nothing, and it is no contact."""
    media_type = require_type(request, body, MEDIA_TYPES)
    if not body.strip():
        raise InvalidInput("send the mail that came back as the body")

    def do() -> tuple[int, BouncesOut]:
        found = read_bounces(body, media_type)
        taken = take_bounces(found, call.product, store=call.store, cause=call.cause())
        return 200, BouncesOut(
            is_report=bool(found),
            bounced=taken.bounced,
            known=taken.known,
            ended=taken.ended,
            waiting=taken.waiting,
            foreign=taken.foreign,
        )

    return once.run(call, do)


@router.post(
    "/bounces/again",
    summary="The address takes mails again",
    response_model=AgainOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def write_again(body: AgainIn, call: Postmaster, once: OnceDep) -> Response:
    """404 when it is not on the list."""

    def do() -> tuple[int, AgainOut]:
        take_back_dead(body.email, call.product, store=call.store, cause=call.cause())
        return 200, AgainOut(email=body.email)

    return once.run(call, do)
