"""Which values Jira takes for which field; each problem is told by field name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from integrations.jira.sandbox import catalog
from integrations.jira.sandbox.adf import from_plain_text, is_document, plain_text
from integrations.jira.sandbox.catalog import FieldSpec
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Json, Ticket, Version
from integrations.jira.sandbox.site import Site

_NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


class BadValue(Exception):
    """A value that the field does not take; the text is Jira's sentence."""


@dataclass(slots=True)
class Draft:
    """Values to set on a ticket, gathered with every problem found on the way."""

    site: Site
    screen: Mapping[str, FieldSpec]
    ticket: Ticket | None = None
    values: dict[str, object] = field(default_factory=dict)
    """Attribute of `Ticket` → its new value."""
    problems: dict[str, str] = field(default_factory=dict)

    def read(self, body: Json) -> None:
        """Take `fields` and `update` of a request."""
        fields = _object(body, "fields")
        updates = _object(body, "update")
        for name, value in fields.items():
            if name in updates:
                self.problems[name] = f"Field '{name}' cannot appear in both 'fields' and 'update'"
            else:
                self._set(name, value)
        for name, operations in updates.items():
            if name not in fields and name != "comment":
                self._update(name, operations)

    def finish(self) -> dict[str, object]:
        """The values, or a 400 that names every bad field."""
        if self.problems:
            raise JiraRefusal(400, fields=self.problems)
        return self.values

    def _set(self, name: str, value: object) -> None:
        if name not in self.screen:
            self.problems[name] = _NOT_ON_SCREEN.format(name)
            return
        attribute, parse = _PARSERS[name]
        try:
            self.values[attribute] = parse(self.site, value)
        except BadValue as problem:
            self.problems[name] = str(problem)

    def _update(self, name: str, operations: object) -> None:
        if name not in self.screen:
            self.problems[name] = _NOT_ON_SCREEN.format(name)
            return
        if not isinstance(operations, list):
            self.problems[name] = "Field operations must be an array."
            return
        for operation in operations:
            if not isinstance(operation, dict) or len(operation) != 1:
                self.problems[name] = "Each operation must have exactly one verb."
                return
            ((verb, value),) = operation.items()
            if verb not in self.screen[name].operations:
                self.problems[name] = f"Field '{name}' does not support operation '{verb}'."
            elif verb == "set":
                self._set(name, value)
            else:
                self._add_or_remove(name, verb, value)

    def _add_or_remove(self, name: str, verb: str, value: object) -> None:
        attribute, parse = _PARSERS[name]
        present = getattr(self.ticket, attribute, ()) if self.ticket else ()
        current = self.values.get(attribute, present)
        try:
            changed = parse(self.site, [value])
        except BadValue as problem:
            self.problems[name] = str(problem)
            return
        assert isinstance(current, tuple) and isinstance(changed, tuple)  # noqa: PT018
        kept = tuple(item for item in current if item not in changed)
        self.values[attribute] = kept + changed if verb == "add" else kept


def _object(body: Json, name: str) -> Json:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise JiraRefusal(400, f"'{name}' must be an object.")
    return value


def _project(site: Site, value: object) -> str:
    is_seen = not site.lacks("BROWSE_PROJECTS")
    if (
        is_seen
        and isinstance(value, dict)
        and (value.get("key") == site.project or str(value.get("id")) == catalog.PROJECT_ID)
    ):
        return site.project
    raise BadValue("valid project is required")


def _issue_type(site: Site, value: object) -> str:
    found = catalog.find(site.issue_types, value)
    if found is None:
        raise BadValue("Specify a valid issue type")
    return found.id


def _summary(site: Site, value: object) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        raise BadValue("You must specify a summary of the issue.")
    if not isinstance(value, str):
        raise BadValue("Operation value must be a string")
    if "\n" in value or "\r" in value:
        raise BadValue("The summary is invalid because it contains newline characters.")
    if len(value) > catalog.SUMMARY_LIMIT:
        raise BadValue("Summary must be less than 255 characters.")
    return value.strip()


def rich_text(site: Site, value: object) -> Json | None:
    """A document within the limit, else BadValue; on version 2 plain text becomes one."""
    if value is None:
        return None
    if site.speaks_plain_text:
        if not isinstance(value, str):
            raise BadValue("Operation value must be a string")
        value = from_plain_text(value)
    if not isinstance(value, dict):
        raise BadValue(
            "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
        )
    if not is_document(value):
        raise BadValue("INVALID_INPUT")
    if len(plain_text(value)) > catalog.TEXT_LIMIT:
        raise BadValue(
            "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
        )
    return value


def _labels(site: Site, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadValue("data was not an array")
    for label in value:
        if not isinstance(label, str) or not label:
            raise BadValue("string expected at index 0")
        if any(character.isspace() for character in label):
            raise BadValue(f"The label '{label}' contains spaces which is invalid.")
        if len(label) > 255:
            raise BadValue(
                f"The label '{label[:20]}…' exceeds the maximum length of 255 characters."
            )
    return tuple(dict.fromkeys(value))


def _priority(site: Site, value: object) -> str:
    found = catalog.find(catalog.PRIORITIES, value)
    if found is None:
        raise BadValue("The priority selected is invalid.")
    return found.id


def _versions(site: Site, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadValue("data was not an array")
    return tuple(dict.fromkeys(_version(site, reference) for reference in value))


def _version(site: Site, reference: object) -> str:
    if isinstance(reference, dict) and reference.keys() & {"id", "name"}:
        for version in site.store.records(Version):
            if str(version.id) == str(reference.get("id", version.id)) and version.name == (
                reference.get("name", version.name)
            ):
                return str(version.id)
        raise BadValue(f"Version name '{reference.get('name', reference.get('id'))}' is not valid")
    raise BadValue("Specify the id or the name of a version")


def _number(site: Site, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e14:
        raise BadValue("Operation value must be a number")
    return float(value)


def _severity(site: Site, value: object) -> str | None:
    if value is None:
        return None
    named = {**value, "name": value.get("value")} if isinstance(value, dict) else value
    found = catalog.find(catalog.SEVERITIES, named)
    if found is None:
        raise BadValue("Specify a valid 'id' or 'name' for Severity")
    return found.id


def _resolution(site: Site, value: object) -> str:
    found = catalog.find(catalog.RESOLUTIONS, value)
    if found is None:
        raise BadValue("Resolution is required.")
    return found.id


_PARSERS: Mapping[str, tuple[str, Callable[[Site, object], object]]] = {
    "project": ("project", _project),
    "issuetype": ("issue_type", _issue_type),
    "summary": ("summary", _summary),
    "description": ("description", rich_text),
    "environment": ("environment", rich_text),
    "labels": ("labels", _labels),
    "priority": ("priority", _priority),
    "fixVersions": ("fix_versions", _versions),
    "versions": ("versions", _versions),
    "resolution": ("resolution", _resolution),
    catalog.NUMBER_FIELD: ("customers", _number),
    catalog.ACCOUNTS_FIELD: ("accounts", _number),
    catalog.SEVERITY_FIELD: ("severity", _severity),
}
ATTRIBUTES: Mapping[str, str] = {name: attribute for name, (attribute, _) in _PARSERS.items()}


def create_screen(site: Site) -> Mapping[str, FieldSpec]:
    """The fields of the create screen, as an administrator has set it up."""
    set_up = site.store.screen()
    return {
        spec.id: replace(spec, required=spec.required or spec.id in set_up["required"])
        for spec in catalog.FIELDS
        if spec.on_screen and spec.id not in set_up["hidden"]
    }


def edit_screen(site: Site) -> Mapping[str, FieldSpec]:
    """The fields of the edit screen: those of the create screen, but the project."""
    return {id: spec for id, spec in create_screen(site).items() if id != "project"}


RESOLVE_SCREEN: Mapping[str, FieldSpec] = {
    "resolution": catalog.FIELDS_BY_ID["resolution"],
    "fixVersions": catalog.FIELDS_BY_ID["fixVersions"],
}
