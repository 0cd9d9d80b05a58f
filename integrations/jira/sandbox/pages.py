"""The sandbox's own pages: a list of tickets and one page a ticket, for people to look at."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from integrations.jira.sandbox import catalog, present
from integrations.jira.sandbox.adf_html import to_html
from integrations.jira.sandbox.calls import site_of
from integrations.jira.sandbox.records import Comment, Json, RemoteLink, Ticket
from integrations.jira.sandbox.site import Site

router = APIRouter()

_FOLDER = Path(__file__).parent / "templates"
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/")
async def ticket_list(request: Request) -> Response:
    """All tickets, newest first."""
    site = site_of(request)
    rows = [_row(site, ticket) for ticket in reversed(site.store.tickets())]
    return _page("tickets.html", project=site.project, tickets=rows)


@router.get("/browse/{key}")
async def ticket_page(request: Request, key: str) -> Response:
    """One ticket as people read it."""
    site = site_of(request)
    ticket = site.store.ticket(key)
    if ticket is None:
        return _page("missing.html", status=404, project=site.project)
    store = site.store
    return _page(
        "ticket.html",
        project=site.project,
        ticket=_row(site, ticket),
        description=to_html(ticket.description),
        environment=to_html(ticket.environment),
        comments=[
            {"created": item.created, "body": to_html(item.body)}
            for item in store.records(Comment, owner=ticket.id)
        ],
        remote_links=[_remote_link(item) for item in store.records(RemoteLink, owner=ticket.id)],
        links=[_link(item) for item in present.links(site, ticket)],
    )


@router.get("/sandbox.css")
async def style_sheet() -> Response:
    return FileResponse(_FOLDER / "sandbox.css", media_type="text/css")


def _page(template: str, *, status: int = 200, **values: object) -> Response:
    return HTMLResponse(_TEMPLATES.get_template(template).render(values), status, _HEADERS)


def _row(site: Site, ticket: Ticket) -> Json:
    """What the pages show of a ticket."""
    status = catalog.by_id(catalog.STATUSES, ticket.status)
    resolution = ticket.resolution
    return {
        "key": ticket.key,
        "summary": ticket.summary,
        "status": status.name,
        "category": status.category.key,
        "type": catalog.by_id(catalog.ISSUE_TYPES, ticket.issue_type).name,
        "priority": catalog.by_id(catalog.PRIORITIES, ticket.priority).name,
        "resolution": (
            "Unresolved"
            if resolution is None
            else catalog.by_id(catalog.RESOLUTIONS, resolution).name
        ),
        "labels": ticket.labels,
        "customers": None if ticket.customers is None else f"{ticket.customers:g}",
        "versions": present.versions(site, ticket.fix_versions),
        "created": ticket.created,
        "updated": ticket.updated,
    }


def _remote_link(item: RemoteLink) -> Json:
    target = item.content["object"]
    assert isinstance(target, dict)
    return {"title": target["title"], "url": target["url"]}


def _link(shown: Json) -> Json:
    words, other = shown["type"], shown.get("outwardIssue") or shown["inwardIssue"]
    assert isinstance(words, dict)
    assert isinstance(other, dict)
    return {
        "words": words["outward" if "outwardIssue" in shown else "inward"],
        "key": other["key"],
        "summary": other["fields"]["summary"],
    }
