"""Links: from a ticket to a page outside, and between tickets."""

from integrations.jira.sandbox import catalog, present
from integrations.jira.sandbox.errors import JiraRefusal, no_such_issue
from integrations.jira.sandbox.records import Json, RemoteLink, Ticket, TicketLink
from integrations.jira.sandbox.site import Site

_TEXT_LIMIT = 255
_REMOTE_MEMBERS = frozenset({"globalId", "application", "relationship", "object", "id", "self"})


def put_remote(site: Site, ticket: Ticket, body: Json) -> tuple[RemoteLink, bool]:
    """Add a remote link, or replace the one with the same globalId; True when it is new."""
    content = _remote_content(body)
    global_id = content["globalId"]
    known = None if global_id is None else find_remote(site, ticket, str(global_id))
    with site.store.write():
        if known is None:
            made = site.store.add(
                RemoteLink,
                {"ticket_id": ticket.id, "global_id": global_id, "content": content},
                owner=ticket.id,
            )
            return made, True
        site.store.save(known.id, known.model_copy(update={"content": content}))
    return known, False


def replace_remote(site: Site, ticket: Ticket, id: str, body: Json) -> None:
    """Replace a remote link by its id."""
    known = remote(site, ticket, id)
    content = _remote_content(body)
    site.store.save(
        known.id, known.model_copy(update={"content": content, "global_id": content["globalId"]})
    )


def remote(site: Site, ticket: Ticket, id: str) -> RemoteLink:
    """The ticket's remote link with this id, else 404."""
    found = site.store.record(RemoteLink, id)
    if found is None or found.ticket_id != ticket.id:
        raise JiraRefusal(404, f"The remote link with id {id} does not exist.")
    return found


def find_remote(site: Site, ticket: Ticket, global_id: str) -> RemoteLink | None:
    """The ticket's remote link with this globalId."""
    for item in site.store.records(RemoteLink, owner=ticket.id):
        if item.global_id == global_id:
            return item
    return None


def shown_remote(site: Site, item: RemoteLink) -> Json:
    """A remote link as Jira answers it; members that were never sent are left out."""
    address = site.rest(f"issue/{item.ticket_id}/remotelink/{item.id}")
    content = {name: value for name, value in item.content.items() if value is not None}
    return {"id": item.id, "self": address, **content}


def _remote_content(body: Json) -> Json:
    unknown = sorted(body.keys() - _REMOTE_MEMBERS)
    if unknown:
        raise JiraRefusal(400, f"Unrecognized member '{unknown[0]}' of the remote link")
    target = body.get("object")
    problems: dict[str, str] = {}
    if not isinstance(target, dict):
        raise JiraRefusal(400, fields={"object": "'object' is required."})
    for name in ("title", "url"):
        if not isinstance(target.get(name), str) or not str(target[name]).strip():
            problems[name] = f"'{name}' is required."
    if len(str(target.get("title", ""))) > _TEXT_LIMIT:
        problems["title"] = f"'title' may not exceed {_TEXT_LIMIT} characters."
    if not str(target.get("url", "")).startswith(("http://", "https://")):
        problems.setdefault("url", "'url' is not a valid address.")
    global_id = body.get("globalId")
    if global_id is not None and (
        not isinstance(global_id, str) or not 0 < len(global_id) <= _TEXT_LIMIT
    ):
        problems["globalId"] = f"'globalId' must have 1 to {_TEXT_LIMIT} characters."
    if problems:
        raise JiraRefusal(400, fields=problems)
    return {name: body.get(name) for name in ("globalId", "application", "relationship", "object")}


def connect(site: Site, body: Json) -> None:
    """Link two tickets; the same link again changes nothing.

    `inwardIssue` is the source: with type Duplicate it *duplicates* the `outwardIssue`.
    """
    kind = catalog.find(catalog.LINK_TYPES, body.get("type"))
    if kind is None:
        raise JiraRefusal(404, "No issue link type with that id or name was found.")
    source = _end(site, body.get("inwardIssue"))
    target = _end(site, body.get("outwardIssue"))
    if source.id == target.id:
        raise JiraRefusal(400, "You cannot link an issue to itself.")
    for item in site.store.records(TicketLink):
        if (item.type, item.source, item.target) == (kind.id, source.id, target.id):
            return
    now = site.store.now()
    with site.store.write():
        site.store.add(TicketLink, {"type": kind.id, "source": source.id, "target": target.id})
        for ticket in (source, target):
            site.store.save_ticket(ticket.model_copy(update={"updated": now}))


def connection(site: Site, id: str) -> TicketLink:
    """The link between tickets with this id, else 404."""
    found = site.store.record(TicketLink, id)
    if found is None:
        raise JiraRefusal(404, f"No issue link with id '{id}' exists.")
    return found


def shown_connection(site: Site, item: TicketLink) -> Json:
    """A link between tickets with both its ends."""
    source, target = (site.store.ticket(str(id)) for id in (item.source, item.target))
    if source is None or target is None:
        raise no_such_issue()
    return {
        "id": str(item.id),
        "self": site.rest(f"issueLink/{item.id}"),
        "type": present.link_type(site, catalog.by_id(catalog.LINK_TYPES, item.type)),
        "inwardIssue": present.linked_ticket(site, source),
        "outwardIssue": present.linked_ticket(site, target),
    }


def remove_all(site: Site, ticket: Ticket) -> None:
    """Forget the links of a ticket that goes."""
    for item in site.store.records(RemoteLink, owner=ticket.id):
        site.store.remove(item.id)
    for link in site.store.records(TicketLink):
        if ticket.id in (link.source, link.target):
            site.store.remove(link.id)


def _end(site: Site, reference: object) -> Ticket:
    named = reference if isinstance(reference, dict) else {}
    ticket = site.store.ticket(str(named.get("id") or named.get("key") or ""))
    if ticket is None:
        raise no_such_issue()
    return ticket
