"""A ticket in the shape of Jira's issue, with the fields and expansions that were asked for."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from integrations.jira.sandbox import catalog, present
from integrations.jira.sandbox.clock import jira_time
from integrations.jira.sandbox.records import Json, Ticket
from integrations.jira.sandbox.site import Site

_EXPAND = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller wants to see of each ticket."""

    fields: tuple[str, ...] = ("*all",)
    properties: tuple[str, ...] = ()
    expand: frozenset[str] = frozenset()

    def field_ids(self) -> list[str]:
        """The ids asked for, in the order of the catalogue; `-id` takes one away."""
        names = self.fields or ("*all",)
        has_all = bool({"*all", "*navigable"} & set(names)) or all(n.startswith("-") for n in names)
        without = {name[1:] for name in names if name.startswith("-")}
        hidden = {"comment"} if "*navigable" in names and "comment" not in names else set()
        return [
            spec.id
            for spec in catalog.FIELDS
            if (has_all or spec.id in names) and spec.id not in without | hidden
        ]


def issue(site: Site, ticket: Ticket, wanted: Wanted) -> Json:
    """The ticket as Jira answers it."""
    ids = wanted.field_ids()
    shown: Json = {
        "expand": _EXPAND,
        "id": str(ticket.id),
        "self": site.ticket_address(ticket),
        "key": ticket.key,
        "fields": {id: _FIELD[id](site, ticket) for id in ids},
    }
    if wanted.properties:
        shown["properties"] = present.properties(site, ticket, wanted.properties)
    if "changelog" in wanted.expand:
        newest_first = present.changes(site, ticket)[::-1]
        shown["changelog"] = {
            "startAt": 0,
            "maxResults": len(newest_first),
            "total": len(newest_first),
            "histories": newest_first,
        }
    return shown | names_and_schema(ids, wanted.expand)


def names_and_schema(ids: Collection[str], expand: Collection[str]) -> Json:
    """The two expansions that describe the fields shown."""
    specs = [catalog.FIELDS_BY_ID[id] for id in ids]
    shown: Json = {}
    if "names" in expand:
        shown["names"] = {spec.id: spec.name for spec in specs}
    if "schema" in expand:
        shown["schema"] = {spec.id: present.field_schema(spec) for spec in specs}
    return shown


def _status(site: Site, ticket: Ticket) -> Json:
    return present.status(site, catalog.by_id(catalog.STATUSES, ticket.status))


def _status_category(site: Site, ticket: Ticket) -> Json:
    return present.category(site, catalog.by_id(catalog.STATUSES, ticket.status).category)


def _resolution(site: Site, ticket: Ticket) -> Json | None:
    if ticket.resolution is None:
        return None
    found = catalog.by_id(catalog.RESOLUTIONS, ticket.resolution)
    return present.named(site, "resolution", found)


def _issue_type(site: Site, ticket: Ticket) -> Json:
    return present.issue_type(site, catalog.by_id(site.known_types, ticket.issue_type))


def _priority(site: Site, ticket: Ticket) -> Json:
    return present.priority(site, catalog.by_id(catalog.PRIORITIES, ticket.priority))


def _severity(site: Site, ticket: Ticket) -> Json | None:
    if ticket.severity is None:
        return None
    return present.option(site, catalog.by_id(catalog.SEVERITIES, ticket.severity))


_FIELD: Mapping[str, Callable[[Site, Ticket], object]] = {
    "project": lambda site, ticket: present.project(site),
    "issuetype": _issue_type,
    "summary": lambda site, ticket: ticket.summary,
    "description": lambda site, ticket: present.rich_text(site, ticket.description),
    "environment": lambda site, ticket: present.rich_text(site, ticket.environment),
    "labels": lambda site, ticket: list(ticket.labels),
    "priority": _priority,
    "fixVersions": lambda site, ticket: present.versions(site, ticket.fix_versions),
    "versions": lambda site, ticket: present.versions(site, ticket.versions),
    catalog.NUMBER_FIELD: lambda site, ticket: ticket.customers,
    catalog.ACCOUNTS_FIELD: lambda site, ticket: ticket.accounts,
    catalog.SEVERITY_FIELD: _severity,
    "status": _status,
    "statusCategory": _status_category,
    "statuscategorychangedate": lambda site, ticket: jira_time(ticket.status_changed),
    "resolution": _resolution,
    "resolutiondate": lambda site, ticket: (
        None if ticket.resolved is None else jira_time(ticket.resolved)
    ),
    "created": lambda site, ticket: jira_time(ticket.created),
    "updated": lambda site, ticket: jira_time(ticket.updated),
    "creator": lambda site, ticket: present.user(site),
    "reporter": lambda site, ticket: present.user(site),
    "assignee": lambda site, ticket: None,
    "issuelinks": present.links,
    "comment": present.comments,
}
