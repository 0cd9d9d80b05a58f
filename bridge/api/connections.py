"""Connections to outside systems as people operate them; secrets are never told."""

from typing import Annotated

from fastapi import Depends, Path

from bridge.api.bodies import ConnectionIn
from bridge.api.connection_schemas import ConnectionOut, ConnectionPage
from bridge.api.deps import BODY_ANSWERS, Call, Operator, answers, area, json_only
from bridge.api.present import connection as shown
from bridge.domain.errors import NotFound
from bridge.steps.refusal import set_fields
from bridge.store.connections import Connection

router = area("connections")

ConnectionName = Annotated[str, Path(alias="name", min_length=1, max_length=100)]


@router.get("/connections", summary="List connections", responses=answers())
def list_connections(call: Operator) -> ConnectionPage:
    """Oldest first, each with its trouble in words and the fields that tickets wait for."""
    found = call.store.connections.all_of(call.product.id)
    return ConnectionPage(items=[shown(one, call.store) for one in found], next=None)


@router.patch(
    "/connections/{name}",
    summary="Change what a connection gives to fields",
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def change(name: ConnectionName, body: ConnectionIn, call: Operator) -> ConnectionOut:
    """Values for fields of every later ticket, by id or name; an empty one takes a value back.

    Refused tickets that waited for just these fields go on. A value that the tracker does not take
    is told by the next ticket.
    """
    found = _of_product(name, call)
    set_fields(found, body.fields, store=call.store, cause=call.cause())
    return shown(call.store.connections.get(found.id), call.store)


def _of_product(name: str, call: Call) -> Connection:
    for one in call.store.connections.all_of(call.product.id):
        if one.name == name:
            return one
    raise NotFound("no such connection")
