"""Fields that a project asks for beside ours: named for people, filled in with their words."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from pydantic import JsonValue

from bridge.domain.errors import InvalidInput
from bridge.domain.tickets import FieldKind, TicketField
from integrations.jira.adf import document, paragraphs
from integrations.jira.answers import FieldSchema, ScreenField
from integrations.jira.settings import JiraSettings

_WE_FILL = frozenset({"project", "issuetype", "summary", "description", "labels"})
_JIRA_FILLS = frozenset({"reporter"})
_KINDS: Mapping[str, FieldKind] = {
    "string": FieldKind.TEXT,
    "number": FieldKind.NUMBER,
    "date": FieldKind.DATE,
    "datetime": FieldKind.MOMENT,
    "user": FieldKind.PERSON,
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOST_CHOICES = 20


def filled_by_us(settings: JiraSettings) -> frozenset[str]:
    """Ids of the fields that no person has to fill in."""
    ours = {settings.number_field, settings.accounts_field} - {None}
    return _WE_FILL | _JIRA_FILLS | {name for name in ours if name}


def asked_for(screen: Iterable[ScreenField], settings: JiraSettings) -> list[TicketField]:
    """The required fields that nobody fills in: neither we, nor Jira, nor the connection."""
    filled = filled_by_us(settings) | {
        entry.field_id for entry in screen if named_in(settings.fields, entry)
    }
    return [
        ticket_field(entry)
        for entry in screen
        if entry.required and not entry.has_default_value and entry.field_id not in filled
    ]


def described(
    screen: Iterable[ScreenField], names: Collection[str], settings: JiraSettings
) -> list[TicketField]:
    """Those of the fields named by id that a person may fill in."""
    open_ones = set(names) - filled_by_us(settings)
    return [ticket_field(entry) for entry in screen if entry.field_id in open_ones]


def ticket_field(entry: ScreenField) -> TicketField:
    """A field as people see it."""
    return TicketField(entry.field_id, entry.name, kind_of(entry), tuple(_choices(entry)))


def kind_of(entry: ScreenField) -> FieldKind:
    """What a person has to give; OTHER where only Jira's own pages can take it."""
    schema = entry.field_schema
    if entry.allowed_values and schema.type != "option-with-child":
        return FieldKind.CHOICES if schema.type == "array" else FieldKind.CHOICE
    if schema.type == "array":
        return FieldKind.TEXTS if schema.items == "string" else FieldKind.OTHER
    return _KINDS.get(schema.type, FieldKind.OTHER)


def in_words(fields: Sequence[TicketField]) -> str:
    """The fields by name with what they take: "Severity (one of: Critical, Major, Minor)"."""
    return ", ".join(f"{one.name} ({_takes(one)})" for one in fields)


def values_of(
    screen: Sequence[ScreenField], given: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """What people gave by name or id, as Jira takes it, by id.

    A text is read by the field's kind, other values go as they are; an empty text leaves the field
    out, and the last word about a field counts. What is on no screen goes as it came, for Jira to
    refuse in its own words. Raises InvalidInput with the field in `pointer`.
    """
    last: dict[str, tuple[ScreenField | None, JsonValue]] = {}
    for name, value in given.items():
        entry = find_field(screen, name)
        last[entry.field_id if entry else name] = (entry, value)
    return {
        key: _value(entry, value) if entry and isinstance(value, str) else value
        for key, (entry, value) in last.items()
        if value != ""
    }


def find_field(screen: Iterable[ScreenField], name: str) -> ScreenField | None:
    """The field of that id or, upper and lower case alike, of that name."""
    wanted = name.strip().casefold()
    for entry in screen:
        if entry.field_id.casefold() == wanted or entry.name.strip().casefold() == wanted:
            return entry
    return None


def named_in(given: Mapping[str, JsonValue], entry: ScreenField) -> bool:
    """Whether a person gave a value for the field, by its id or its name."""
    return any(value != "" and find_field([entry], name) for name, value in given.items())


def _value(entry: ScreenField, text: str) -> JsonValue:
    match kind_of(entry):
        case FieldKind.TEXT:
            return document(paragraphs(text)) if _is_rich(entry.field_schema) else text
        case FieldKind.TEXTS:
            return [part for part in re.split(r"[,\s]+", text) if part]
        case FieldKind.NUMBER:
            return _number(entry, text)
        case FieldKind.CHOICE:
            return _choice(entry, text)
        case FieldKind.CHOICES:
            return [_choice(entry, part) for part in text.split(",") if part.strip()]
        case FieldKind.DATE if not _DATE.fullmatch(text.strip()):
            raise _wrong(entry, "a day, such as 2026-03-31")
        case FieldKind.DATE | FieldKind.MOMENT:
            return text.strip()
        case FieldKind.PERSON:
            return {"accountId": text.strip()}
        case _:
            raise _wrong(entry, "nothing that can be given here: make it optional in Jira")


def _choice(entry: ScreenField, text: str) -> JsonValue:
    wanted = text.strip().casefold()
    for value in entry.allowed_values:
        if isinstance(value, dict) and wanted in (_label(value).casefold(), str(value.get("id"))):
            return {"id": str(value["id"])} if "id" in value else value
    raise _wrong(entry, _takes(ticket_field(entry)))


def _number(entry: ScreenField, text: str) -> JsonValue:
    try:
        return float(text)
    except ValueError:
        raise _wrong(entry, "a number") from None


def _wrong(entry: ScreenField, takes: str) -> InvalidInput:
    return InvalidInput(f"{entry.name} takes {takes}", pointer=f"/fields/{entry.field_id}")


def _takes(field: TicketField) -> str:
    if field.choices:
        shown = ", ".join(field.choices[:_MOST_CHOICES])
        more = ", …" if len(field.choices) > _MOST_CHOICES else ""
        some = "some of" if field.kind is FieldKind.CHOICES else "one of"
        return f"{some}: {shown}{more}"
    return field.kind.in_words


def _choices(entry: ScreenField) -> list[str]:
    labels = (_label(value) for value in entry.allowed_values if isinstance(value, dict))
    return [label for label in labels if label]


def _label(value: Mapping[str, JsonValue]) -> str:
    return next((str(value[name]) for name in ("value", "name", "id") if value.get(name)), "")


def _is_rich(schema: FieldSchema) -> bool:
    is_area = (schema.custom or "").endswith(":textarea")
    return is_area or schema.system in ("environment", "description")
