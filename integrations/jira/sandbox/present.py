"""Tickets, versions and the rest in the shape of Jira's answers."""

import json
from collections.abc import Collection

from integrations.jira.sandbox import catalog
from integrations.jira.sandbox.adf import plain_text
from integrations.jira.sandbox.catalog import Category, FieldSpec, LinkType, Named, Status
from integrations.jira.sandbox.clock import jira_time
from integrations.jira.sandbox.records import Change, Comment, Json, Ticket, TicketLink, Version
from integrations.jira.sandbox.site import Site


def user(site: Site) -> Json:
    """The only account of the site."""
    account = site.store.setting("account_id")
    return {
        "self": site.rest(f"user?accountId={account}"),
        "accountId": account,
        "accountType": "atlassian",
        "emailAddress": site.store.setting("user"),
        "displayName": "Bridge",
        "active": True,
        "timeZone": "Etc/UTC",
    }


def project(site: Site) -> Json:
    """The project as other answers embed it."""
    return {
        "self": site.rest(f"project/{catalog.PROJECT_ID}"),
        "id": catalog.PROJECT_ID,
        "key": site.project,
        "name": f"{site.project} sandbox",
        "projectTypeKey": "software",
        "simplified": False,
    }


def category(site: Site, item: Category) -> Json:
    """A status category."""
    return {
        "self": site.rest(f"statuscategory/{item.id}"),
        "id": item.id,
        "key": item.key,
        "colorName": item.colour,
        "name": item.name,
    }


def status(site: Site, item: Status) -> Json:
    """A status with its category."""
    return {
        "self": site.rest(f"status/{item.id}"),
        "description": item.note,
        "iconUrl": f"{site.base}/",
        "name": item.name,
        "id": item.id,
        "statusCategory": category(site, item.category),
    }


def named(site: Site, path: str, item: Named) -> Json:
    """A resolution, priority or issue type; `path` is its place in the REST API."""
    return {
        "self": site.rest(f"{path}/{item.id}"),
        "id": item.id,
        "name": item.name,
        "description": item.note,
    }


def priority(site: Site, item: Named) -> Json:
    """A priority."""
    return named(site, "priority", item) | {
        "iconUrl": f"{site.base}/",
        "isDefault": item == catalog.FIRST_PRIORITY,
    }


def issue_type(site: Site, item: Named) -> Json:
    """An issue type."""
    return named(site, "issuetype", item) | {
        "iconUrl": f"{site.base}/",
        "subtask": False,
        "hierarchyLevel": 0,
    }


def link_type(site: Site, item: LinkType) -> Json:
    """A type of link between tickets."""
    return {
        "id": item.id,
        "name": item.name,
        "inward": item.inward,
        "outward": item.outward,
        "self": site.rest(f"issueLinkType/{item.id}"),
    }


def version(site: Site, item: Version) -> Json:
    """A version as it is now, also inside tickets."""
    shown: Json = {
        "self": site.rest(f"version/{item.id}"),
        "id": str(item.id),
        "name": item.name,
        "archived": item.archived,
        "released": item.released,
        "projectId": int(catalog.PROJECT_ID),
    }
    if item.description is not None:
        shown["description"] = item.description
    if item.start_date is not None:
        shown["startDate"] = item.start_date.isoformat()
        shown["userStartDate"] = f"{item.start_date:%d/%b/%y}"
    if item.release_date is not None:
        shown["releaseDate"] = item.release_date.isoformat()
        shown["userReleaseDate"] = f"{item.release_date:%d/%b/%y}"
        shown["overdue"] = not item.released and item.release_date < site.store.now().date()
    return shown


def versions(site: Site, ids: Collection[str]) -> list[Json]:
    """The versions with these ids, each with its current state."""
    found = (site.store.record(Version, id) for id in ids)
    return [version(site, item) for item in found if item is not None]


def comment(site: Site, item: Comment) -> Json:
    """A comment."""
    return {
        "self": site.rest(f"issue/{item.ticket_id}/comment/{item.id}"),
        "id": str(item.id),
        "author": user(site),
        "body": rich_text(site, item.body),
        "updateAuthor": user(site),
        "created": jira_time(item.created),
        "updated": jira_time(item.updated),
        "jsdPublic": True,
    }


def rich_text(site: Site, document: Json | None) -> object:
    """ADF for version 3, plain text for version 2, null when empty."""
    if document is None or not site.speaks_plain_text:
        return document
    return plain_text(document)


def change(site: Site, item: Change) -> Json:
    """An entry of the changelog."""
    return {
        "id": str(item.id),
        "author": user(site),
        "created": jira_time(item.at),
        "items": list(item.items),
    }


def changes(site: Site, ticket: Ticket) -> list[Json]:
    """The changelog of a ticket, oldest first."""
    return [change(site, item) for item in site.store.records(Change, owner=ticket.id)]


def linked_ticket(site: Site, ticket: Ticket) -> Json:
    """A ticket as the other end of a link shows it."""
    return {
        "id": str(ticket.id),
        "key": ticket.key,
        "self": site.ticket_address(ticket),
        "fields": {
            "summary": ticket.summary,
            "status": status(site, catalog.by_id(catalog.STATUSES, ticket.status)),
            "priority": priority(site, catalog.by_id(catalog.PRIORITIES, ticket.priority)),
            "issuetype": issue_type(site, catalog.by_id(site.known_types, ticket.issue_type)),
        },
    }


def links(site: Site, ticket: Ticket) -> list[Json]:
    """A ticket's links, each naming only the other end."""
    shown: list[Json] = []
    for item in site.store.records(TicketLink):
        if ticket.id not in (item.source, item.target):
            continue
        is_source = item.source == ticket.id
        other = site.store.ticket(str(item.target if is_source else item.source))
        if other is not None:
            end = "outwardIssue" if is_source else "inwardIssue"
            shown.append(
                {
                    "id": str(item.id),
                    "self": site.rest(f"issueLink/{item.id}"),
                    "type": link_type(site, catalog.by_id(catalog.LINK_TYPES, item.type)),
                    end: linked_ticket(site, other),
                }
            )
    return shown


def comments(site: Site, ticket: Ticket) -> Json:
    """The comments of a ticket as the field `comment` holds them."""
    items = [comment(site, item) for item in site.store.records(Comment, owner=ticket.id)]
    return {"comments": items, "maxResults": len(items), "total": len(items), "startAt": 0}


def option(site: Site, item: Named) -> Json:
    """A choice of a select field."""
    address = site.rest(f"customFieldOption/{item.id}")
    return {"self": address, "value": item.name, "id": item.id}


def field_schema(spec: FieldSpec) -> Json:
    """What a field holds, in Jira's words."""
    schema: Json = {"type": spec.type}
    if spec.items is not None:
        schema["items"] = spec.items
    if spec.custom_type is not None:
        schema |= {"custom": spec.custom_type, "customId": int(spec.id.rpartition("_")[2])}
    else:
        schema["system"] = spec.id
    return schema


def properties(site: Site, ticket: Ticket, names: Collection[str]) -> Json:
    """The values of these properties; `*all` means every one, unknown ones are left out."""
    wanted = site.store.property_names(ticket.id) if "*all" in names else names
    values = {name: site.store.property(ticket.id, name) for name in wanted}
    return {name: json.loads(value) for name, value in values.items() if value is not None}
