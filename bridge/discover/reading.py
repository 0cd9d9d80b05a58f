"""Rows of any table of contacts: which column is what, and which rows cannot be used."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bridge.domain.errors import InvalidInput
from integrations.files.reading import Line, read_rows
from integrations.files.shapes import moment_of, optional_text

_LOOK_AT = 200
_TEXTS = ("text", "body", "message", "description", "content", "comment")
_IDS = ("id", "external_id", "ticket_id", "key")
_MOMENTS = ("occurred_at", "ts", "created_at", "timestamp", "created", "date")
_NAMES = ("customer.name", "customer.display_name", "customer_name", "customer_display_name")
_LANGUAGES = ("lang", "language", "locale")
_LONGEST_SUBJECT = 100_000
_YEARS = range(1990, 2101)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are read; None where the file has no such column."""

    text: str
    id: str | None
    moment: str | None
    subject: str | None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One usable row, as it stands in the file."""

    line: int
    id: str
    text: str
    subject: str | None
    occurred_at: datetime | None
    language: str | None
    """In lower case, without region: "de" for de-AT."""
    names: tuple[str, ...]
    """Names of the customer in columns of their own, so that redaction finds them in the text."""
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that cannot be used, and why."""

    line: int
    reason: str


def choose_columns(path: Path, *, text: str | None = None, id: str | None = None) -> Columns:
    """Recognise the columns by their names; `text` and `id` name them where they are others.

    Raises InvalidInput when a named column is missing, or no column holds the text.
    """
    rows = [line.row for line in itertools.islice(read_rows(path), _LOOK_AT) if line.row]
    if not rows:
        raise InvalidInput(f"{path.name} has no row that can be read")
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    for option, named in (("--text-column", text), ("--id-column", id)):
        if named is not None and named not in columns:
            raise InvalidInput(f"{option}: {path.name} has no column {named}; {_listed(columns)}")
    found = text or _first(_TEXTS, columns)
    if found is None:
        raise InvalidInput(
            f"{path.name}: say which column holds the text with --text-column; {_listed(columns)}"
        )
    return Columns(
        text=found,
        id=id or _first(_IDS, columns),
        moment=_first(_MOMENTS, columns),
        subject=_first(("subject",), columns),
        language=_first(_LANGUAGES, columns),
    )


def read_contacts(path: Path, columns: Columns) -> Iterator[Row | RefusedRow]:
    """Every row of the file in its order."""
    for line in read_rows(path):
        try:
            yield _row(line, columns)
        except InvalidInput as error:
            yield RefusedRow(line.number, str(error))


def _row(line: Line, columns: Columns) -> Row:
    if line.row is None:
        raise InvalidInput(line.reason)
    row = line.row
    text = row.get(columns.text)
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = str(text)
    if text is not None and not isinstance(text, str):
        raise InvalidInput(f"{columns.text} must be a text")
    subject = None
    if columns.subject is not None:
        subject = optional_text(row, columns.subject, most=_LONGEST_SUBJECT)
    if not (text or "").strip() and not (subject or "").strip():
        raise InvalidInput("no text")
    identity = str(line.number) if columns.id is None else optional_text(row, columns.id)
    if identity is None:
        raise InvalidInput(f"no {columns.id}")
    return Row(
        line=line.number,
        id=identity,
        text=text or "",
        subject=subject,
        occurred_at=None if columns.moment is None else _moment(row, columns.moment),
        language=None if columns.language is None else _language(row, columns.language),
        names=tuple(_names(row)),
        values=row,
    )


def _first(wanted: Sequence[str], columns: Sequence[str]) -> str | None:
    by_name = {column.strip().lower(): column for column in reversed(columns)}
    return next((by_name[name] for name in wanted if name in by_name), None)


def _listed(columns: Sequence[str]) -> str:
    return f"it has {', '.join(columns)[:400]}"


def _language(row: Mapping[str, object], column: str) -> str | None:
    """The language itself, without region or writing; None when it is none."""
    named = re.match(r"[a-z]{2,3}(?![a-z])", str(row.get(column) or "").strip().lower())
    return named[0] if named else None


def _moment(row: Mapping[str, object], column: str) -> datetime | None:
    """The moment, in UTC where no zone is given; None when it cannot be read."""
    try:
        moment = moment_of(row, column)
    except InvalidInput:
        try:
            moment = datetime.fromisoformat(str(row.get(column)).strip()).replace(tzinfo=UTC)
        except ValueError:
            return None
    return moment if moment.year in _YEARS else None


def _names(row: Mapping[str, object]) -> Iterator[str]:
    """What the shapes of the API and of replays say about the customer's name."""
    customer = row.get("customer")
    flat = dict(row)
    if isinstance(customer, Mapping):
        flat |= {f"customer.{name}": value for name, value in customer.items()}
    elif row.get("customer_kind") == "display_name":
        flat["customer_name"] = customer
    for name in _NAMES:
        value = flat.get(name)
        if isinstance(value, str) and value.strip():
            yield value
