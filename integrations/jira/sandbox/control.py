"""The control plane under /_sandbox: faults, lag, clock and the truth, for tests."""

import json
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from integrations.jira.sandbox import bean, present, webhooks
from integrations.jira.sandbox.bean import Wanted
from integrations.jira.sandbox.calls import AnyCall, answer, no_content
from integrations.jira.sandbox.catalog import (
    FIELDS,
    ISSUE_TYPES,
    RESOLUTIONS,
    SEVERITIES,
    STATUSES,
    TRANSITIONS,
    by_id,
)
from integrations.jira.sandbox.clock import jira_time
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.faults import Faults
from integrations.jira.sandbox.records import Delivery, Json, RemoteLink, Ticket, Version, Webhook
from integrations.jira.sandbox.site import Site

router = APIRouter(prefix="/_sandbox")


def _faults(request: Request) -> Faults:
    faults: Faults = request.app.state.faults
    return faults


@router.post("/faults")
async def arm(call: AnyCall, request: Request) -> Response:
    fault = _faults(request).arm(call.body)
    return answer({"route": fault.route.pattern, "kind": fault.kind, "count": fault.count}, 201)


@router.get("/faults")
async def armed(request: Request) -> Response:
    items = _faults(request).armed
    return answer(
        [{"route": item.route.pattern, "kind": item.kind, "count": item.count} for item in items]
    )


@router.delete("/faults")
async def disarm(request: Request) -> Response:
    _faults(request).armed.clear()
    return no_content()


@router.get("/calls")
async def calls(request: Request) -> Response:
    """Every REST call since the start: method, path, status, fault, moment."""
    return answer(list(_faults(request).calls))


@router.put("/lag")
async def set_lag(call: AnyCall) -> Response:
    seconds = _seconds(call.body, "seconds")
    call.site.store.set_lag(seconds)
    return answer({"seconds": seconds})


@router.put("/screen")
async def set_up_screen(call: AnyCall) -> Response:
    """Which fields the create screen demands (`required`) and does not show (`hidden`)."""
    set_up = {name: _field_ids(call.body, name) for name in ("required", "hidden")}
    call.site.store.set_setting("screen", json.dumps(set_up))
    return answer(set_up)


@router.put("/site")
async def administer(call: AnyCall) -> Response:
    """What an administrator changes, each as at first when it is left out: permissions taken away
    (`lacking`), names of issue types by id (`issue_types`, empty for one that is not offered any
    more), transitions taken out of the workflow by id (`closed_moves`). `token` is the account's
    from now on.
    """
    known = {"BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES"}
    lacking, names = call.body.get("lacking", []), call.body.get("issue_types", {})
    if not isinstance(lacking, list) or not known.issuperset(map(str, lacking)):
        raise JiraRefusal(400, f"'lacking' must be a list of: {', '.join(sorted(known))}.")
    if not isinstance(names, dict) or not {one.id for one in ISSUE_TYPES}.issuperset(names):
        raise JiraRefusal(400, "'issue_types' must have ids of issue types.")
    closed = call.body.get("closed_moves", [])
    if not isinstance(closed, list) or not {one.id for one in TRANSITIONS}.issuperset(closed):
        raise JiraRefusal(400, "'closed_moves' must be a list of ids of transitions.")
    types = {id: str(names[id]) for id in names}
    set_up = {"lacking": lacking, "issue_types": types, "closed_moves": closed}
    store = call.site.store
    store.set_setting("lacking", json.dumps(set_up["lacking"]))
    store.set_setting("type_names", json.dumps(set_up["issue_types"]))
    store.set_setting("closed_moves", json.dumps(set_up["closed_moves"]))
    if call.body.get("token"):
        store.set_setting("token", str(call.body["token"]))
    return answer(set_up)


@router.post("/clock")
async def move_clock(call: AnyCall) -> Response:
    """Let time pass (`advance_seconds`) or make it a given moment (`set`, ISO 8601)."""
    store = call.site.store
    if "set" in call.body:
        store.clock.set(_moment(call.body["set"]))
    else:
        store.clock.advance(_seconds(call.body, "advance_seconds"))
    store.set_setting("clock_offset", str(store.clock.offset.total_seconds()))
    store.changed.set()
    return answer({"now": jira_time(store.now())})


@router.get("/clock")
async def clock(call: AnyCall) -> Response:
    return answer({"now": jira_time(call.site.store.now())})


@router.get("/truth")
async def truth(call: AnyCall) -> Response:
    """What really is, whatever search or a lost answer says."""
    site = call.site
    deliveries = site.store.records(Delivery)
    return answer(
        {
            "tickets": [_ticket(site, ticket) for ticket in site.store.tickets()],
            "versions": [present.version(site, item) for item in site.store.records(Version)],
            "webhooks": [webhooks.shown(site, item) for item in site.store.records(Webhook)],
            "deliveries": [_delivery(item) for item in deliveries],
            "now": jira_time(site.store.now()),
        }
    )


def _ticket(site: Site, ticket: Ticket) -> Json:
    resolution = ticket.resolution
    shown = bean.issue(site, ticket, Wanted(("description", "issuelinks", "comment")))["fields"]
    return {
        "id": str(ticket.id),
        "key": ticket.key,
        "summary": ticket.summary,
        "labels": list(ticket.labels),
        "properties": present.properties(site, ticket, ["*all"]),
        "created": jira_time(ticket.created),
        "updated": jira_time(ticket.updated),
        "status": by_id(STATUSES, ticket.status).name,
        "statusCategory": by_id(STATUSES, ticket.status).category.key,
        "resolution": None if resolution is None else by_id(RESOLUTIONS, resolution).name,
        "fixVersions": [item["name"] for item in present.versions(site, ticket.fix_versions)],
        "customers": ticket.customers,
        "accounts": ticket.accounts,
        "severity": None if ticket.severity is None else by_id(SEVERITIES, ticket.severity).name,
        "remotelinks": [item.content for item in site.store.records(RemoteLink, owner=ticket.id)],
        "fields": shown,
    }


def _delivery(item: Delivery) -> Json:
    return {
        "identifier": item.identifier,
        "webhook": str(item.webhook_id),
        "event": item.event,
        "tries": item.tries,
        "status": item.status,
        "is_over": item.is_over,
    }


def _field_ids(body: Json, name: str) -> list[str]:
    ids = body.get(name, [])
    known = {spec.id for spec in FIELDS if spec.on_screen}
    if not isinstance(ids, list) or not known.issuperset(map(str, ids)):
        raise JiraRefusal(400, f"'{name}' must be a list of fields of the screen.")
    return [str(id) for id in ids]


def _seconds(body: Json, name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        raise JiraRefusal(400, f"'{name}' must be a number of seconds.")
    if name == "seconds" and value < 0:
        raise JiraRefusal(400, "'seconds' must not be negative.")
    return float(value)


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise JiraRefusal(400, "'set' must be a moment in ISO 8601.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
