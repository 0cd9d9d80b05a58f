"""Which column of a file is which field of a contact: named by the file itself or by a mapping."""

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
_PARTS = ("customer", "account", "agent", "external_ids", "satisfaction")
_SAME_FOR_ALL = frozenset(
    {"source", "channel", "lang", "product", "version", "satisfaction.metric", "satisfaction.max"}
)
"""Fields for which a bare word that is no column can only mean a constant."""
_FLAT = {name.replace(".", "_"): name for name in FIELDS if "." in name}


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


def read_mapping(path: Path, *, columns: Collection[str]) -> ColumnMapping:
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
    for name, value in _flat(given).items():
        kind, text = _entry(name, value, columns)
        (found if kind == "column" else constants)[name] = text
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        raise InvalidInput(f"the mapping needs a column for {', '.join(missing)}")
    return ColumnMapping(found, constants)


def _flat(given: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested objects as dotted names."""
    flat: dict[str, object] = {}
    for name, value in given.items():
        if name in _PARTS and isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _entry(name: str, value: object, columns: Collection[str]) -> tuple[str, str]:
    if name not in FIELDS and not name.startswith(_SYSTEMS):
        raise InvalidInput(f"a contact has no field {name}; there are: {', '.join(FIELDS)}")
    if isinstance(value, dict) and len(value) == 1 and value.keys() <= {"column", "constant"}:
        kind, inner = next(iter(value.items()))
        if isinstance(inner, str | int | float):
            return _known(kind, str(inner), columns)
    elif isinstance(value, str):
        is_constant = value not in columns and name in _SAME_FOR_ALL
        return _known("constant" if is_constant else "column", value, columns)
    raise InvalidInput(
        f'{name}: say a column name, {{"column": NAME}} or {{"constant": VALUE}}',
        pointer=f"/{name}",
    )


def _known(kind: str, text: str, columns: Collection[str]) -> tuple[str, str]:
    if kind == "column" and text not in columns:
        raise InvalidInput(f"there is no column {text!r}; there are: {', '.join(columns)}")
    return kind, text


def field_of(column: str) -> str | None:
    """The field a column is named after: `customer.email` or `customer_email`, any case."""
    name = column.strip().lower()
    name = _FLAT.get(name, name)
    return name if name in FIELDS or name.startswith(_SYSTEMS) else None


def by_name(columns: Collection[str]) -> ColumnMapping:
    """The mapping of a table whose columns are named after the fields."""
    return ColumnMapping({name: column for column in columns if (name := field_of(column))})


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
