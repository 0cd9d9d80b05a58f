"""Files of contacts, in whichever shape they are, row by row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.domain.contacts import ContactReceived
from bridge.domain.errors import InvalidInput
from integrations.files.mapping import (
    CONTACTS,
    REQUIRED,
    ColumnMapping,
    by_name,
    read_mapping,
)
from integrations.files.reading import Line, first_rows, read_rows
from integrations.files.shapes import (
    from_replay,
    from_wire,
    is_replay_shape,
    is_wire_shape,
    optional_text,
)

_NESTED = ("customer", "account", "agent", "satisfaction")
_WIRE_MEMBERS = frozenset({field.split(".")[0] for field in (*REQUIRED, "customer", "account")})


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One row of a file: the contact in it, or why there is none and which member is to blame."""

    number: int
    contact: ContactReceived | None
    product: str | None = None
    """Short name of the product the row itself names."""
    pointer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ContactFile:
    """A file whose shape is known."""

    path: Path
    shape: str
    """wire, replay or columns."""
    mapping: ColumnMapping | None
    unused: tuple[str, ...]
    """Columns that go nowhere."""

    def lines(self, *, source: str) -> Iterator[ContactLine]:
        """Every row in the file's order; `source` counts where a row names none."""
        for line in read_rows(self.path):
            yield self._line(line, source)

    def column_of(self, pointer: str) -> str | None:
        """The column behind a JSON pointer, where columns are mapped."""
        return self.mapping.column_of(pointer) if self.mapping else None

    def _line(self, line: Line, source: str) -> ContactLine:
        if line.row is None:
            return ContactLine(line.number, None, reason=line.reason)
        try:
            if self.shape == "replay":
                return ContactLine(line.number, from_replay(line.row, source=source))
            row = self.mapping.apply(line.row) if self.mapping else line.row
            contact = from_wire(row, source=source)
            return ContactLine(line.number, contact, product=optional_text(row, "product"))
        except InvalidInput as error:
            return ContactLine(line.number, None, pointer=error.pointer, reason=str(error))


def open_contacts(path: Path, *, mapping: Path | None = None) -> ContactFile:
    """Recognise the shape of a file by its first rows.

    Raises InvalidInput when the file cannot be read, has no rows, or its columns need a mapping.
    """
    rows = first_rows(path)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    if mapping is not None:
        chosen = read_mapping(mapping, columns=columns)
        return ContactFile(path, "columns", chosen, left_over(columns, chosen))
    if any(is_replay_shape(row) for row in rows):
        return ContactFile(path, "replay", None, ())
    named = by_name(columns)
    if is_table(path):
        if not named.columns.keys() >= set(REQUIRED):
            raise _needs_mapping(path, columns)
        return ContactFile(path, "wire", named, left_over(columns, named))
    if not any(is_wire_shape(row) or _looks_like_wire(row) for row in rows):
        raise _needs_mapping(path, columns)
    known = {name for name in columns if CONTACTS.field_of(name) or name in _NESTED}
    return ContactFile(path, "wire", None, tuple(name for name in columns if name not in known))


def is_table(path: Path) -> bool:
    """Whether its rows have a header line."""
    return path.name.removesuffix(".gz").lower().endswith((".csv", ".tsv"))


def _looks_like_wire(row: Mapping[str, object]) -> bool:
    """A broken row of the wire shape, which is better refused one by one with its reason."""
    return len(row.keys() & _WIRE_MEMBERS) >= 2


def left_over(columns: tuple[str, ...], mapping: ColumnMapping) -> tuple[str, ...]:
    """Columns that go nowhere."""
    used = set(mapping.columns.values())
    return tuple(name for name in columns if name not in used)


def _needs_mapping(path: Path, columns: tuple[str, ...]) -> InvalidInput:
    return InvalidInput(
        f"{path.name} has the columns {', '.join(columns)[:400]}; say which is which with"
        ' --mapping FILE, such as {"external_id": "ID", "text": "Body", "occurred_at": "Created"}'
    )
