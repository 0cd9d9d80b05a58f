"""Rows out of files, one by one, with the line they stand on."""

import codecs
import csv
import gzip
import io
import itertools
import json
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from bridge.domain.errors import InvalidInput

_LOOK_AT = 200
"""So many lines tell the columns of a file."""
_LONGEST_LINE = 4 * 1024 * 1024
_LOOKED_AT = 4 * 1024 * 1024
_NO_END = "unexpected end of data"
"""How the csv module says that a quote is open at the end."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file: its values, or why it cannot be read."""

    number: int
    row: Mapping[str, object] | None
    reason: str = ""


def first_rows(path: Path) -> list[Mapping[str, object]]:
    """Rows from the beginning, to recognise the columns by; raises InvalidInput without any."""
    rows = [line.row for line in itertools.islice(read_rows(path), _LOOK_AT) if line.row]
    if not rows:
        raise InvalidInput(f"{path.name} has no row that can be read")
    return rows


def read_rows(path: Path) -> Iterator[Line]:
    """The rows of a CSV or JSONL file, plain or gzipped.

    A line that cannot be read comes with its reason instead of a row, and the rest goes on.
    Raises InvalidInput when the file itself cannot be read to its end.
    """
    name = path.name.removesuffix(".gz").lower()
    with _open(path, _encoding(path)) as file:
        try:
            if name.endswith((".csv", ".tsv")):
                yield from _csv(file)
            else:
                yield from _jsonl(file)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(f"{path} is broken: {error}") from error


def _open(path: Path, encoding: str) -> io.TextIOWrapper:
    # A broken byte becomes a replacement character rather than the end of the import.
    return io.TextIOWrapper(_bytes(path), encoding=encoding, errors="replace", newline="")


def _bytes(path: Path) -> BinaryIO:
    try:
        # Closed by who reads it to its end.
        raw = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}") from error
    return cast(BinaryIO, raw)


def _encoding(path: Path) -> str:
    """UTF-8, unless the file begins as UTF-16 does or most of a table's letters are not UTF-8.

    Spreadsheets of western Windows write Windows-1252; JSON is always UTF-8.
    """
    with _bytes(path) as raw:
        try:
            head = raw.read(_LOOKED_AT)
        except (OSError, EOFError, zlib.error):
            # Told when the rows are read.
            return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    is_table = path.name.removesuffix(".gz").lower().endswith((".csv", ".tsv"))
    text = head.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    letters = sum(not one.isascii() for one in text) - broken
    return "cp1252" if is_table and broken > letters else "utf-8-sig"


def _jsonl(file: io.TextIOWrapper) -> Iterator[Line]:
    for number, text in enumerate(file, 1):
        if not text.strip():
            continue
        if len(text) > _LONGEST_LINE:
            yield Line(number, None, "the line is longer than 4 MiB")
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield Line(number, None, f"not JSON: {str(error)[:80]}")
            continue
        if isinstance(row, dict):
            yield Line(number, row)
        else:
            yield Line(number, None, "not a JSON object")


def _csv(file: io.TextIOWrapper) -> Iterator[Line]:
    sample = file.read(16_384)
    file.seek(0)
    try:
        # Only this: what it says of quotes depends on whether the sample has doubled ones.
        delimiter = csv.Sniffer().sniff(sample, delimiters=",;\t|").delimiter
    except csv.Error:
        delimiter = ","
    csv.field_size_limit(_LONGEST_LINE)
    lines = _Lines(file)
    reader = csv.DictReader(lines, delimiter=delimiter, restkey="")
    try:
        reader.fieldnames  # noqa: B018 - reads the header
    except csv.Error as error:
        raise InvalidInput(f"the header is not CSV: {error}") from error
    while True:
        lines.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.go_back()
            yield Line(lines.number, None, f"not CSV: {error}")
            continue
        reason = lines.why_run_on(delimiter)
        if reason:
            lines.go_back()
            yield Line(lines.number, None, reason)
            continue
        values: dict[str, object] = {key: value for key, value in row.items() if key}
        yield Line(lines.number, values)


class _Lines:
    """The lines of a table; those of the present row can be given once more.

    A quote that is not closed swallows the rows behind it, up to the next quote or the end.
    """

    number = 0
    """How many were given."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._file)
        self._row.append(line)
        self.number += 1
        return line

    def begin_row(self) -> None:
        """What comes now belongs to the next row."""
        self._row = []

    def why_run_on(self, delimiter: str) -> str:
        """Why the row should not go over several lines; empty where its quotes say that it does."""
        if len(self._row) == 1:
            return ""
        reader = csv.reader(self._row, delimiter=delimiter, strict=True)
        try:
            list(reader)
        except csv.Error as error:
            if _NO_END in str(error):
                return "a quote that opens in this line is not closed"
            end = self.number - len(self._row) + reader.line_num
            return (
                f"a quote that opens in this line closes in line {end} with text right behind it:"
                " close it before, or double each quote that belongs to the text"
            )
        return ""

    def go_back(self) -> None:
        """Give again what follows the first line of the row."""
        first = next((n for n, one in enumerate(self._row) if one.strip()), 0)
        rest = self._row[first + 1 :]
        self._again.extendleft(reversed(rest))
        self.number -= len(rest)
