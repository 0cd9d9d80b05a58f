"""Which column of a file is which of our fields: named by the file itself or by a mapping."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from bridge.domain.errors import InvalidInput

FIELDS = (
    "external_id",
    "text",
    "occurred_at",
    "updated_at",
    "source",
    "channel",
    "subject",
    "lang",
    "product",
    "version",
    "platform",
    "conversation",
    "customer.email",
    "customer.phone",
    "customer.handle",
    "customer.display_name",
    "customer.account_number",
    "customer.name",
    "account.key",
    "account.name",
    "account.tier",
    "account.domains",
    "account.owner",
    "agent.email",
    "satisfaction.metric",
    "satisfaction.score",
    "satisfaction.max",
)
"""The fields of a contact on the wire, nested ones with a dot."""

REQUIRED = ("external_id", "text", "occurred_at")
_SYSTEMS = "customer.external_ids."


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of what a row of a file is."""

    noun: str
    fields: tuple[str, ...]
    """Nested ones with a dot."""
    required: tuple[str, ...]
    same_for_all: frozenset[str]
    """Fields for which a bare word that is no column can only mean a constant."""
    open_part: str = ""
    """What the names of further fields begin with, which are not listed."""

    @property
    def parts(self) -> frozenset[str]:
        """The names that have fields below them."""
        names = (*self.fields, self.open_part)
        return frozenset(part for name in names for part in name.split(".")[:-1])

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return name in self.fields or bool(self.open_part and name.startswith(self.open_part))

    def field_of(self, column: str) -> str | None:
        """The field a column is named after: `customer.email` or `customer_email`, any case."""
        flat = {name.replace(".", "_"): name for name in self.fields if "." in name}
        name = column.strip().lower()
        name = flat.get(name, name)
        return name if self.has(name) else None


CONTACTS = Shape(
    noun="contact",
    fields=FIELDS,
    required=REQUIRED,
    same_for_all=frozenset(
        {
            *("source", "channel", "lang", "product", "version", "platform"),
            *("satisfaction.metric", "satisfaction.max"),
        }
    ),
    open_part=_SYSTEMS,
)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """For each of our fields the column it is read from, or the value it always has."""

    columns: Mapping[str, str]
    constants: Mapping[str, str] = field(default_factory=dict)

    def apply(self, row: Mapping[str, object]) -> dict[str, object]:
        """The row in the shape of the API."""
        values: dict[str, object] = dict(self.constants)
        values |= {name: row.get(column) for name, column in self.columns.items()}
        return nested(values)

    def column_of(self, pointer: str) -> str | None:
        """The column behind a JSON pointer into the wire shape."""
        return self.columns.get(pointer.strip("/").replace("/", "."))


def read_mapping(path: Path, *, columns: Collection[str], shape: Shape = CONTACTS) -> ColumnMapping:
    """The mapping of a JSON file, for a file with these columns.

    Values are a column name, {"column": NAME} or {"constant": VALUE}. Raises InvalidInput when a
    field or a column does not exist, or a required field is missing.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidInput(f"{path.name} is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise InvalidInput(f"{path.name} must be an object: our field to column name")
    found: dict[str, str] = {}
    constants: dict[str, str] = {}
    for name, value in _flat(given, shape).items():
        kind, text = _entry(name, value, columns, shape)
        (found if kind == "column" else constants)[name] = text
    # What is the same for all can be the same for all rows even where it has to be there.
    missing = [
        name
        for name in shape.required
        if name not in found and not (name in constants and name in shape.same_for_all)
    ]
    if missing:
        raise InvalidInput(f"the mapping needs a column for {', '.join(missing)}")
    return ColumnMapping(found, constants)


def _flat(given: Mapping[str, object], shape: Shape, prefix: str = "") -> dict[str, object]:
    """Nested objects as dotted names."""
    flat: dict[str, object] = {}
    for name, value in given.items():
        if name in shape.parts and isinstance(value, dict):
            flat |= _flat(value, shape, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _entry(name: str, value: object, columns: Collection[str], shape: Shape) -> tuple[str, str]:
    if not shape.has(name):
        known = ", ".join(shape.fields)
        raise InvalidInput(f"a {shape.noun} has no field {name}; there are: {known}")
    if isinstance(value, dict) and len(value) == 1 and value.keys() <= {"column", "constant"}:
        kind, inner = next(iter(value.items()))
        if isinstance(inner, str | int | float):
            return _known(kind, str(inner), columns)
    elif isinstance(value, str):
        is_constant = value not in columns and name in shape.same_for_all
        return _known("constant" if is_constant else "column", value, columns)
    raise InvalidInput(
        f'{name}: say a column name, {{"column": NAME}} or {{"constant": VALUE}}',
        pointer=f"/{name}",
    )


def _known(kind: str, text: str, columns: Collection[str]) -> tuple[str, str]:
    if kind == "column" and text not in columns:
        raise InvalidInput(f"there is no column {text!r}; there are: {', '.join(columns)}")
    return kind, text


def by_name(columns: Collection[str], shape: Shape = CONTACTS) -> ColumnMapping:
    """The mapping of a table whose columns are named after the fields."""
    return ColumnMapping({name: column for column in columns if (name := shape.field_of(column))})


def nested(values: Mapping[str, object]) -> dict[str, object]:
    """Dotted names as objects; what is absent or an empty cell is left out."""
    row: dict[str, object] = {}
    for name, value in values.items():
        if value is None or value == "":
            continue
        part = row
        # The system of an external id may have dots of its own.
        *parents, last = name.split(".", 2) if name.startswith(_SYSTEMS) else name.split(".")
        for parent in parents:
            part = cast(dict[str, object], part.setdefault(parent, {}))
        part[last] = value
    return row
