"""Comments and entity properties of tickets."""

import json

from integrations.jira.sandbox import links
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.fields import BadValue, rich_text
from integrations.jira.sandbox.records import Change, Comment, Json, Ticket
from integrations.jira.sandbox.site import Site

_NAME_LIMIT = 255
_VALUE_LIMIT = 32_768


def comment(site: Site, ticket: Ticket, id: str) -> Comment:
    """The ticket's comment with this id, else 404."""
    found = site.store.record(Comment, id)
    if found is None or found.ticket_id != ticket.id:
        raise JiraRefusal(404, f"Can not find a comment for the id: {id}.")
    return found


def add(site: Site, ticket: Ticket, body: Json) -> Comment:
    """A new comment; the ticket counts as updated."""
    text = _body_of(site, body)
    now = site.store.now()
    with site.store.write():
        made = site.store.add(
            Comment,
            {"ticket_id": ticket.id, "body": text, "created": now, "updated": now},
            owner=ticket.id,
        )
        site.store.save_ticket(ticket.model_copy(update={"updated": now}))
    return made


def edit(site: Site, ticket: Ticket, id: str, body: Json) -> Comment:
    """Replace a comment's text."""
    now = site.store.now()
    changed = comment(site, ticket, id).model_copy(
        update={"body": _body_of(site, body), "updated": now}
    )
    with site.store.write():
        site.store.save(changed.id, changed)
        site.store.save_ticket(ticket.model_copy(update={"updated": now}))
    return changed


def delete(site: Site, ticket: Ticket, id: str) -> None:
    """Remove a comment."""
    with site.store.write():
        site.store.remove(comment(site, ticket, id).id)
        site.store.save_ticket(ticket.model_copy(update={"updated": site.store.now()}))


def add_from_update(site: Site, ticket: Ticket, request: Json) -> None:
    """The comments that `update` of an edit or transition adds."""
    updates = request.get("update")
    operations = updates.get("comment", []) if isinstance(updates, dict) else []
    if not isinstance(operations, list):
        raise JiraRefusal(400, fields={"comment": "Field operations must be an array."})
    for operation in operations:
        content = operation.get("add") if isinstance(operation, dict) else None
        if not isinstance(content, dict):
            raise JiraRefusal(400, fields={"comment": "Only 'add' is supported here."})
        add(site, ticket, content)


def remove_all(site: Site, ticket: Ticket) -> None:
    """Forget comments, links and changelog of a ticket that goes."""
    for item in site.store.records(Comment, owner=ticket.id):
        site.store.remove(item.id)
    for entry in site.store.records(Change, owner=ticket.id):
        site.store.remove(entry.id)
    links.remove_all(site, ticket)


def _body_of(site: Site, content: Json) -> Json:
    unknown = sorted(content.keys() - {"body", "visibility", "properties", "id", "self"})
    if unknown:
        raise JiraRefusal(400, f"Unrecognized member '{unknown[0]}' of the comment")
    try:
        text = rich_text(site, content.get("body"))
    except BadValue as problem:
        raise JiraRefusal(400, fields={"comment": str(problem)}) from problem
    if text is None or not text["content"]:
        raise JiraRefusal(400, fields={"comment": "Comment body can not be empty!"})
    return text


def properties_of(request: Json) -> dict[str, str]:
    """The `properties` of a create or edit: key → JSON text."""
    listed = request.get("properties")
    if listed is None:
        return {}
    if not isinstance(listed, list):
        raise JiraRefusal(400, "'properties' must be an array.")
    found: dict[str, str] = {}
    for item in listed:
        if not isinstance(item, dict) or item.keys() != {"key", "value"}:
            raise JiraRefusal(400, "Each property needs 'key' and 'value'.")
        found[property_key(item["key"])] = property_value(item["value"])
    return found


def property_key(key: object) -> str:
    """A key within the limit, else 400."""
    if not isinstance(key, str) or not key or len(key) > _NAME_LIMIT:
        raise JiraRefusal(400, f"The property key must have 1 to {_NAME_LIMIT} characters.")
    return key


def property_value(value: object) -> str:
    """The value as JSON text within the limit, else 400."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) > _VALUE_LIMIT:
        raise JiraRefusal(
            400, f"The property value is too long: at most {_VALUE_LIMIT} characters."
        )
    return text


def stored_property(site: Site, ticket: Ticket, key: str) -> Json:
    """A property with its value, else 404."""
    value = site.store.property(ticket.id, key)
    if value is None:
        raise JiraRefusal(404, f"The property {key} does not exist.")
    return {"key": key, "value": json.loads(value)}
