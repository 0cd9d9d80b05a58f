"""Routes of one ticket: create, read, edit, delete, move."""

from fastapi import APIRouter
from fastapi.responses import Response

from integrations.jira.sandbox import bean, catalog, present, tickets
from integrations.jira.sandbox.bean import Wanted
from integrations.jira.sandbox.calls import KnownCall, answer, no_content
from integrations.jira.sandbox.catalog import Transition
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.fields import RESOLVE_SCREEN
from integrations.jira.sandbox.records import Json
from integrations.jira.sandbox.site import Site

router = APIRouter()

_MOST_KEYS = 100
_MOST_PROPERTIES = 5


@router.post("/issue")
async def create(call: KnownCall) -> Response:
    ticket = tickets.create(call.site, call.body)
    made = {"id": str(ticket.id), "key": ticket.key, "self": call.site.ticket_address(ticket)}
    return answer(made, 201)


@router.post("/issue/bulkfetch")
async def bulk_fetch(call: KnownCall) -> Response:
    """Reads by id or key, past the index; what does not exist is simply missing."""
    call.refuse_unknown_members("issueIdsOrKeys", "fields", "properties", "expand", "fieldsByKeys")
    asked = texts(call.body, "issueIdsOrKeys")
    if not 0 < len(asked) <= _MOST_KEYS:
        raise JiraRefusal(400, f"'issueIdsOrKeys' takes 1 to {_MOST_KEYS} ids or keys.")
    wanted = wanted_by(call.body, default="*navigable")
    found = {}
    for reference in asked:
        ticket = call.site.ticket(reference)
        if ticket is not None:
            found[ticket.id] = ticket
    issues = [bean.issue(call.site, found[id], wanted) for id in sorted(found)]
    return answer({"expand": "schema,names", "issues": issues, "issueErrors": []})


def texts(body: Json, name: str) -> tuple[str, ...]:
    """A list of texts in the body, empty when absent."""
    items = body.get(name)
    if items is None:
        return ()
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise JiraRefusal(400, f"'{name}' must be a list of texts.")
    return tuple(items)


def wanted_by(body: Json, *, default: str) -> Wanted:
    """What a body asks to see of each ticket."""
    properties = texts(body, "properties")
    if len(properties) > _MOST_PROPERTIES:
        raise JiraRefusal(400, f"At most {_MOST_PROPERTIES} properties can be requested.")
    expand = body.get("expand")
    expanded = expand.split(",") if isinstance(expand, str) else texts(body, "expand")
    return Wanted(texts(body, "fields") or (default,), properties, frozenset(expanded))


@router.get("/issue/{reference}")
async def read(call: KnownCall, reference: str) -> Response:
    ticket = tickets.get(call.site, reference)
    wanted = call.wanted()
    shown = bean.issue(call.site, ticket, wanted)
    if "transitions" in wanted.expand:
        shown["transitions"] = [
            _shown(call.site, move) for move in tickets.transitions(call.site, ticket)
        ]
    return answer(shown)


@router.put("/issue/{reference}")
async def edit(call: KnownCall, reference: str) -> Response:
    ticket = tickets.edit(call.site, reference, call.body)
    if call.query.get("returnIssue") == "true":
        return answer(bean.issue(call.site, ticket, call.wanted()))
    return no_content()


@router.delete("/issue/{reference}")
async def delete(call: KnownCall, reference: str) -> Response:
    tickets.delete(call.site, reference)
    return no_content()


@router.get("/issue/{reference}/changelog")
async def changelog(call: KnownCall, reference: str) -> Response:
    """Oldest first, the other way round than `expand=changelog`."""
    ticket = tickets.get(call.site, reference)
    entries = present.changes(call.site, ticket)
    start, most = call.number("startAt", 0), call.number("maxResults", 100)
    if start < 0 or not 0 < most <= 100:
        raise JiraRefusal(400, "'startAt' or 'maxResults' is out of range.")
    return answer(
        {
            "self": call.site.rest(f"issue/{reference}/changelog"),
            "startAt": start,
            "maxResults": most,
            "total": len(entries),
            "isLast": start + most >= len(entries),
            "values": entries[start : start + most],
        }
    )


@router.get("/issue/{reference}/transitions")
async def transitions(call: KnownCall, reference: str) -> Response:
    ticket = tickets.get(call.site, reference)
    has_fields = "transitions.fields" in call.query.get("expand", "")
    asked = call.query.get("transitionId")
    moves = [move for move in tickets.transitions(call.site, ticket) if asked in (None, move.id)]
    shown = [_shown(call.site, move, has_fields=has_fields) for move in moves]
    return answer({"expand": "transitions", "transitions": shown})


@router.post("/issue/{reference}/transitions")
async def move(call: KnownCall, reference: str) -> Response:
    tickets.transition(call.site, reference, call.body)
    return no_content()


def _shown(site: Site, move: Transition, *, has_fields: bool = False) -> Json:
    shown: Json = {
        "id": move.id,
        "name": move.name,
        "to": present.status(site, catalog.by_id(catalog.STATUSES, move.to)),
        "hasScreen": move.asks_resolution,
        "isGlobal": True,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "isLooped": False,
    }
    if has_fields:
        screen = RESOLVE_SCREEN if move.asks_resolution else {}
        shown["fields"] = {
            id: {
                "required": id == "resolution",
                "schema": present.field_schema(spec),
                "name": spec.name,
                "key": id,
                "hasDefaultValue": False,
                "operations": list(spec.operations),
            }
            | _allowed(site, id)
            for id, spec in screen.items()
        }
    return shown


def _allowed(site: Site, id: str) -> Json:
    if id != "resolution":
        return {}
    items = catalog.RESOLUTIONS
    return {"allowedValues": [present.named(site, "resolution", item) for item in items]}
