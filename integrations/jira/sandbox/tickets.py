"""Create, edit, move and delete tickets: each all or nothing, with changelog and webhooks."""

import json
from collections.abc import Mapping

from integrations.jira.sandbox import bean, catalog, comments, webhooks
from integrations.jira.sandbox.adf import plain_text
from integrations.jira.sandbox.catalog import Transition
from integrations.jira.sandbox.errors import JiraRefusal, no_such_issue
from integrations.jira.sandbox.fields import (
    ATTRIBUTES,
    RESOLVE_SCREEN,
    Draft,
    create_screen,
    edit_screen,
)
from integrations.jira.sandbox.records import Change, Json, Ticket, Version
from integrations.jira.sandbox.site import Site

_MEMBERS = frozenset({"fields", "update", "properties", "transition", "historyMetadata"})


def get(site: Site, reference: str) -> Ticket:
    """The ticket with this id or key, else 404."""
    ticket = site.ticket(reference)
    if ticket is None:
        raise no_such_issue()
    return ticket


def create(site: Site, body: Json) -> Ticket:
    """A new ticket with its properties, in one transaction."""
    _check_members(body)
    if site.lacks("CREATE_ISSUES") and not site.lacks("BROWSE_PROJECTS"):
        raise JiraRefusal(403, "You do not have permission to create issues in this project.")
    screen = create_screen(site)
    draft = Draft(site, screen)
    draft.read(body)
    if "project" not in draft.values and "project" not in draft.problems:
        draft.problems["project"] = "Specify a valid project ID or key"
    if "issue_type" not in draft.values and "issuetype" not in draft.problems:
        draft.problems["issuetype"] = "Specify an issue type"
    if "summary" not in draft.values and "summary" not in draft.problems:
        draft.problems["summary"] = "You must specify a summary of the issue."
    for name in site.store.screen()["required"]:
        if name in screen and draft.values.get(ATTRIBUTES[name]) in (None, (), ""):
            draft.problems.setdefault(name, f"{screen[name].name} is required.")
    values = draft.finish()
    properties = comments.properties_of(body)
    now = site.store.now()
    with site.store.write():
        ticket = site.store.add_ticket(
            {
                "priority": catalog.FIRST_PRIORITY.id,
                **values,
                "status": catalog.FIRST_STATUS.id,
                "created": now,
                "updated": now,
                "status_changed": now,
            }
        )
        for name, value in properties.items():
            site.store.set_property(ticket.id, name, value)
        comments.add_from_update(site, ticket, body)
        if body.get("transition"):
            ticket = _move(site, ticket, _transition_of(site, ticket, body), {})
        _announce(site, "jira:issue_created", ticket)
    return ticket


def edit(site: Site, reference: str, body: Json) -> Ticket:
    """Change a ticket; the last write wins, as Jira has no other rule."""
    _check_members(body)
    ticket = get(site, reference)
    if site.lacks("EDIT_ISSUES"):
        raise JiraRefusal(403, "You do not have permission to edit issues in this project.")
    draft = Draft(site, edit_screen(site), ticket)
    draft.read(body)
    values = draft.finish()
    properties = comments.properties_of(body)
    if not (body.keys() & {"fields", "update", "properties"}):
        raise JiraRefusal(400, "one of 'fields' or 'update' required")
    with site.store.write():
        for name, value in properties.items():
            site.store.set_property(ticket.id, name, value)
        comments.add_from_update(site, ticket, body)
        return _save(site, ticket, values)


def delete(site: Site, reference: str) -> None:
    """Remove a ticket and what hangs on it."""
    ticket = get(site, reference)
    with site.store.write():
        _announce(site, "jira:issue_deleted", ticket)
        comments.remove_all(site, ticket)
        site.store.delete_ticket(ticket.id)


def transitions(site: Site, ticket: Ticket) -> list[Transition]:
    """The moves that the workflow leaves open to a ticket: at first to every status but its own."""
    open_moves = [item for item in catalog.TRANSITIONS if item.id not in site.closed_moves]
    return [item for item in open_moves if item.to != ticket.status]


def transition(site: Site, reference: str, body: Json) -> Ticket:
    """Move a ticket along its workflow; the screen of Done demands a resolution."""
    _check_members(body)
    ticket = get(site, reference)
    move = _transition_of(site, ticket, body)
    draft = Draft(site, RESOLVE_SCREEN if move.asks_resolution else {}, ticket)
    draft.read(body)
    if move.asks_resolution and not {"resolution"} & (draft.values.keys() | draft.problems.keys()):
        draft.problems["resolution"] = "Resolution is required."
    values = draft.finish()
    with site.store.write():
        comments.add_from_update(site, ticket, body)
        return _move(site, ticket, move, values)


def _check_members(body: Json) -> None:
    unknown = sorted(body.keys() - _MEMBERS)
    if unknown:
        raise JiraRefusal(400, f"Unrecognized member '{unknown[0]}' of the request body")


def _transition_of(site: Site, ticket: Ticket, body: Json) -> Transition:
    asked = body.get("transition")
    if not isinstance(asked, dict) or asked.get("id") is None:
        raise JiraRefusal(400, "Missing 'transition' identifier")
    for move in transitions(site, ticket):
        if move.id == str(asked["id"]):
            return move
    raise JiraRefusal(
        400,
        f"Transition id '{asked['id']}' is not valid for this issue.",
    )


def _move(site: Site, ticket: Ticket, move: Transition, values: Mapping[str, object]) -> Ticket:
    now = site.store.now()
    if move.asks_resolution and "resolution" not in values:
        raise JiraRefusal(400, fields={"resolution": "Resolution is required."})
    moved = {"status": move.to, "status_changed": now, "resolution": None, "resolved": None}
    if move.asks_resolution:
        moved["resolved"] = now
    return _save(site, ticket, {**moved, **values})


def _save(site: Site, ticket: Ticket, values: Mapping[str, object]) -> Ticket:
    """Keep the changed ticket with its changelog entry; no change leaves no trace."""
    changed = ticket.model_copy(update={**values, "updated": site.store.now()})
    items = _differences(site, ticket, changed)
    if not items:
        return ticket
    site.store.save_ticket(changed)
    entry = site.store.add(
        Change,
        {"ticket_id": ticket.id, "at": changed.updated, "items": items},
        owner=ticket.id,
    )
    _announce(site, "jira:issue_updated", changed, change=entry)
    return changed


def _differences(site: Site, before: Ticket, after: Ticket) -> list[Json]:
    items: list[Json] = []
    names = {**ATTRIBUTES, "status": "status"}
    for name, attribute in names.items():
        old, new = getattr(before, attribute), getattr(after, attribute)
        if old == new:
            continue
        if attribute in ("fix_versions", "versions"):
            items += _list_differences(site, name, old, new)
        else:
            items.append(_difference(site, name, old, new))
    return items


def _difference(site: Site, name: str, old: object, new: object) -> Json:
    spec = catalog.FIELDS_BY_ID[name]
    (old_id, old_text), (new_id, new_text) = _told(name, old), _told(name, new)
    return {
        "field": spec.name if spec.custom_type else name,
        "fieldtype": "custom" if spec.custom_type else "jira",
        "fieldId": name,
        "from": old_id,
        "fromString": old_text,
        "to": new_id,
        "toString": new_text,
    }


def _list_differences(
    site: Site, name: str, old: tuple[str, ...], new: tuple[str, ...]
) -> list[Json]:
    """Versions come and go one entry each, as Jira writes it."""
    changes: list[tuple[str | None, str | None]] = [(id, None) for id in old if id not in new]
    changes += [(None, id) for id in new if id not in old]
    field = {"fixVersions": "Fix Version", "versions": "Version"}[name]
    return [
        {
            "field": field,
            "fieldtype": "jira",
            "fieldId": name,
            "from": gone,
            "fromString": _version_name(site, gone),
            "to": come,
            "toString": _version_name(site, come),
        }
        for gone, come in changes
    ]


def _version_name(site: Site, id: str | None) -> str | None:
    version = None if id is None else site.store.record(Version, id)
    return None if version is None else version.name


_CATALOGUES = {
    "issuetype": catalog.ISSUE_TYPES,
    "priority": catalog.PRIORITIES,
    "status": catalog.STATUSES,
    "resolution": catalog.RESOLUTIONS,
    catalog.SEVERITY_FIELD: catalog.SEVERITIES,
}


def _told(name: str, value: object) -> tuple[str | None, str | None]:
    """A value as the changelog writes it: its id, if it has one, and its text."""
    if value is None:
        return None, None
    if name in _CATALOGUES:
        return str(value), catalog.by_id(_CATALOGUES[name], str(value)).name
    if isinstance(value, tuple):
        return None, " ".join(value)
    if isinstance(value, dict):
        return None, plain_text(value)
    return None, json.dumps(value) if isinstance(value, float) else str(value)


def _announce(site: Site, event: str, ticket: Ticket, *, change: Change | None = None) -> None:
    if not webhooks.is_anybody_listening(site, event):
        return
    plain = Site(site.store, site.base, "2")
    content: Json = {"issue": bean.issue(plain, ticket, bean.Wanted())}
    if event != "jira:issue_deleted":
        kind = "issue_created" if event == "jira:issue_created" else "issue_generic"
        content["issue_event_type_name"] = kind
    if change is not None:
        content["changelog"] = {"id": str(change.id), "items": list(change.items)}
    webhooks.announce(site, event, content, ticket=ticket)
