"""Versions of the project: made, renamed, released and taken back."""

from collections.abc import Collection
from datetime import date

from integrations.jira.sandbox import catalog, present, webhooks
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Json, Version
from integrations.jira.sandbox.site import Site

_MEMBERS = frozenset(
    [
        "id",
        "self",
        "name",
        "description",
        "archived",
        "released",
        "startDate",
        "releaseDate",
        "project",
        "projectId",
        "moveUnfixedIssuesTo",
        "expand",
        "overdue",
        "userStartDate",
        "userReleaseDate",
    ]
)
_SHAPES: dict[str, tuple[str, type]] = {
    "name": ("name", str),
    "description": ("description", str),
    "archived": ("archived", bool),
    "released": ("released", bool),
}
_DATES = {"startDate": "start_date", "releaseDate": "release_date"}


def get(site: Site, id: str) -> Version:
    """The version with this id, else 404."""
    found = site.store.record(Version, id)
    if found is None:
        raise JiraRefusal(404, f"Could not find version for id '{id}'")
    return found


def create(site: Site, body: Json) -> Version:
    """A new version of the project."""
    values = _values(body)
    if str(body.get("projectId", "")) != catalog.PROJECT_ID and body.get("project") != site.project:
        raise JiraRefusal(404, fields={"project": "A project is required or was not found."})
    if not values.get("name"):
        raise JiraRefusal(400, fields={"name": "The version name must be specified."})
    _check_name_is_free(site, str(values["name"]))
    with site.store.write():
        made = site.store.add(Version, values)
        _announce(site, ["version_created"], made)
        if made.released:
            _announce(site, ["version_released"], made)
    return made


def edit(site: Site, id: str, body: Json) -> Version:
    """Change a version; releasing moves no ticket and can be undone."""
    before = get(site, id)
    values = _values(body)
    if "name" in values and values["name"] != before.name:
        if not values["name"]:
            raise JiraRefusal(400, fields={"name": "The version name must be specified."})
        _check_name_is_free(site, str(values["name"]))
    after = before.model_copy(update=values)
    events = []
    if after.released != before.released:
        events.append("version_released" if after.released else "version_unreleased")
    if after.model_copy(update={"released": before.released}) != before:
        events.append("version_updated")
    with site.store.write():
        site.store.save(after.id, after)
        _announce(site, events, after)
    return after


def _values(body: Json) -> dict[str, object]:
    """What the body sets, checked; dates as dates."""
    problems: dict[str, str] = {}
    values: dict[str, object] = {}
    for name in sorted(body.keys() - _MEMBERS):
        problems[name] = f"Unrecognized member '{name}' of the version"
    for name, (attribute, shape) in _SHAPES.items():
        if name in body:
            values[attribute] = body[name]
            if not isinstance(body[name], shape):
                problems[name] = f"'{name}' has the wrong type."
    for name, attribute in _DATES.items():
        if name in body:
            try:
                values[attribute] = None if body[name] is None else _date(body[name])
            except ValueError:
                problems[name] = "The date must be written as yyyy-MM-dd."
    if len(str(values.get("name", ""))) > 255:
        problems["name"] = "The version name must not exceed 255 characters."
    if problems:
        raise JiraRefusal(400, fields=problems)
    return values


def _date(value: object) -> date:
    if not isinstance(value, str) or len(value) != len("2026-03-03"):
        raise ValueError(value)
    return date.fromisoformat(value)


def _check_name_is_free(site: Site, name: str) -> None:
    if any(item.name.casefold() == name.casefold() for item in site.store.records(Version)):
        problem = "A version with this name already exists in this project."
        raise JiraRefusal(400, fields={"name": problem})


def _announce(site: Site, events: Collection[str], version: Version) -> None:
    shown = present.version(Site(site.store, site.base, "2"), version)
    for event in events:
        webhooks.announce(site, f"jira:{event}", {"version": shown})
