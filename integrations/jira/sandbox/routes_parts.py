"""Routes of what hangs on a ticket: comments, properties, links."""

from fastapi import APIRouter
from fastapi.responses import Response

from integrations.jira.sandbox import comments, links, present, tickets
from integrations.jira.sandbox.calls import KnownCall, answer, no_content
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Comment, RemoteLink

router = APIRouter()


@router.get("/issue/{reference}/comment")
async def comment_list(call: KnownCall, reference: str) -> Response:
    ticket = tickets.get(call.site, reference)
    items = call.site.store.records(Comment, owner=ticket.id)
    if call.query.get("orderBy", "").startswith("-"):
        items.reverse()
    start, most = call.number("startAt", 0), call.number("maxResults", 5_000)
    shown = [present.comment(call.site, item) for item in items[start : start + most]]
    return answer({"startAt": start, "maxResults": most, "total": len(items), "comments": shown})


@router.post("/issue/{reference}/comment")
async def add_comment(call: KnownCall, reference: str) -> Response:
    ticket = tickets.get(call.site, reference)
    return answer(present.comment(call.site, comments.add(call.site, ticket, call.body)), 201)


@router.get("/issue/{reference}/comment/{id}")
async def comment(call: KnownCall, reference: str, id: str) -> Response:
    ticket = tickets.get(call.site, reference)
    return answer(present.comment(call.site, comments.comment(call.site, ticket, id)))


@router.put("/issue/{reference}/comment/{id}")
async def edit_comment(call: KnownCall, reference: str, id: str) -> Response:
    ticket = tickets.get(call.site, reference)
    return answer(present.comment(call.site, comments.edit(call.site, ticket, id, call.body)))


@router.delete("/issue/{reference}/comment/{id}")
async def delete_comment(call: KnownCall, reference: str, id: str) -> Response:
    comments.delete(call.site, tickets.get(call.site, reference), id)
    return no_content()


@router.get("/issue/{reference}/properties")
async def property_list(call: KnownCall, reference: str) -> Response:
    ticket = tickets.get(call.site, reference)
    return answer(
        {
            "keys": [
                {"self": call.site.rest(f"issue/{ticket.id}/properties/{name}"), "key": name}
                for name in call.site.store.property_names(ticket.id)
            ]
        }
    )


@router.get("/issue/{reference}/properties/{key}")
async def read_property(call: KnownCall, reference: str, key: str) -> Response:
    ticket = tickets.get(call.site, reference)
    return answer(comments.stored_property(call.site, ticket, key))


@router.put("/issue/{reference}/properties/{key}")
async def put_property(call: KnownCall, reference: str, key: str) -> Response:
    ticket = tickets.get(call.site, reference)
    if not call.has_body:
        raise JiraRefusal(400, "The property value must be valid JSON and not empty.")
    name, value = comments.property_key(key), comments.property_value(call.content)
    is_new = call.site.store.property(ticket.id, name) is None
    call.site.store.set_property(ticket.id, name, value)
    return no_content(201 if is_new else 200)


@router.delete("/issue/{reference}/properties/{key}")
async def delete_property(call: KnownCall, reference: str, key: str) -> Response:
    ticket = tickets.get(call.site, reference)
    comments.stored_property(call.site, ticket, key)
    call.site.store.set_property(ticket.id, key, None)
    return no_content()


@router.get("/issue/{reference}/remotelink")
async def remote_links(call: KnownCall, reference: str) -> Response:
    """All of them, or the one with the given globalId."""
    ticket = tickets.get(call.site, reference)
    global_id = call.query.get("globalId")
    if global_id is None:
        items = call.site.store.records(RemoteLink, owner=ticket.id)
        return answer([links.shown_remote(call.site, item) for item in items])
    found = links.find_remote(call.site, ticket, global_id)
    if found is None:
        raise JiraRefusal(404, f"The remote link with global id {global_id} does not exist.")
    return answer(links.shown_remote(call.site, found))


@router.post("/issue/{reference}/remotelink")
async def put_remote_link(call: KnownCall, reference: str) -> Response:
    ticket = tickets.get(call.site, reference)
    item, is_new = links.put_remote(call.site, ticket, call.body)
    address = call.site.rest(f"issue/{ticket.id}/remotelink/{item.id}")
    return answer({"id": item.id, "self": address}, 201 if is_new else 200)


@router.delete("/issue/{reference}/remotelink")
async def delete_remote_links(call: KnownCall, reference: str) -> Response:
    ticket = tickets.get(call.site, reference)
    global_id = call.query.get("globalId")
    if not global_id:
        raise JiraRefusal(400, "The 'globalId' query parameter is required.")
    found = links.find_remote(call.site, ticket, global_id)
    if found is None:
        raise JiraRefusal(404, f"The remote link with global id {global_id} does not exist.")
    call.site.store.remove(found.id)
    return no_content()


@router.get("/issue/{reference}/remotelink/{id}")
async def remote_link(call: KnownCall, reference: str, id: str) -> Response:
    ticket = tickets.get(call.site, reference)
    return answer(links.shown_remote(call.site, links.remote(call.site, ticket, id)))


@router.put("/issue/{reference}/remotelink/{id}")
async def replace_remote_link(call: KnownCall, reference: str, id: str) -> Response:
    links.replace_remote(call.site, tickets.get(call.site, reference), id, call.body)
    return no_content()


@router.delete("/issue/{reference}/remotelink/{id}")
async def delete_remote_link(call: KnownCall, reference: str, id: str) -> Response:
    ticket = tickets.get(call.site, reference)
    call.site.store.remove(links.remote(call.site, ticket, id).id)
    return no_content()


@router.post("/issueLink")
async def link_tickets(call: KnownCall) -> Response:
    call.refuse_unknown_members("type", "inwardIssue", "outwardIssue", "comment")
    links.connect(call.site, call.body)
    return no_content(201)


@router.get("/issueLink/{id}")
async def ticket_link(call: KnownCall, id: str) -> Response:
    return answer(links.shown_connection(call.site, links.connection(call.site, id)))


@router.delete("/issueLink/{id}")
async def delete_ticket_link(call: KnownCall, id: str) -> Response:
    call.site.store.remove(links.connection(call.site, id).id)
    return no_content()
