"""Routes that list what there is, most of them by pages; filters are refused, not ignored."""

from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from integrations.jira.sandbox import catalog, present
from integrations.jira.sandbox.calls import Call, KnownCall, answer
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Json, Version
from integrations.jira.sandbox.routes_site import check_project

router = APIRouter()

_MOST = 1_000


@router.get("/project")
async def projects(call: KnownCall) -> Response:
    """The old list without pages, deprecated but still answered."""
    _refuse_filters(call, "expand")
    return answer(_seen(call))


@router.get("/project/search")
async def project_search(call: KnownCall) -> Response:
    return _page(call, "project/search", _seen(call))


def _seen(call: Call) -> list[Json]:
    return [] if call.site.lacks("BROWSE_PROJECTS") else [present.project(call.site)]


@router.get("/project/{reference}/version")
async def project_versions(call: KnownCall, reference: str) -> Response:
    check_project(call.site, reference)
    items = [present.version(call.site, item) for item in call.site.store.records(Version)]
    return _page(call, f"project/{reference}/version", items)


@router.get("/priority/search")
async def priority_search(call: KnownCall) -> Response:
    items = [present.priority(call.site, item) for item in catalog.PRIORITIES]
    return _page(call, "priority/search", items)


@router.get("/priority/{id}")
async def priority(call: KnownCall, id: str) -> Response:
    found = catalog.find(catalog.PRIORITIES, {"id": id})
    if found is None:
        raise JiraRefusal(404, "The issue priority does not exist.")
    return answer(present.priority(call.site, found))


@router.get("/label")
async def labels(call: KnownCall) -> Response:
    """Every label that a ticket carries now."""
    known = {label for ticket in call.site.store.tickets() for label in ticket.labels}
    return _page(call, "label", sorted(known), size=_MOST)


def _page(call: Call, path: str, items: Sequence[Json | str], *, size: int = 50) -> Response:
    _refuse_filters(call, "startAt", "maxResults", "expand")
    start, most = call.number("startAt", 0), call.number("maxResults", size)
    if start < 0 or not 0 < most <= _MOST:
        raise JiraRefusal(400, "'startAt' or 'maxResults' is out of range.")
    is_last = start + most >= len(items)
    address = call.site.rest(path)
    shown: Json = {
        "self": _at(address, start, most),
        "maxResults": most,
        "startAt": start,
        "total": len(items),
        "isLast": is_last,
        "values": list(items[start : start + most]),
    }
    if not is_last:
        shown["nextPage"] = _at(address, start + most, most)
    return answer(shown)


def _at(address: str, start: int, most: int) -> str:
    return f"{address}?{urlencode({'startAt': start, 'maxResults': most})}"


def _refuse_filters(call: Call, *known: str) -> None:
    """A filter that is not carried out would make the answer wrong."""
    unknown = sorted(call.query.keys() - set(known))
    if unknown:
        raise JiraRefusal(400, f"The sandbox has no filter '{unknown[0]}' here.")
