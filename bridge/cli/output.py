"""What commands write: data to standard output, talk to standard error, one exit code."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bridge.domain.errors import (
    BridgeError,
    NotAllowed,
    NotFound,
    SignInRefused,
    TryAgainLater,
)


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    PARTLY_DONE = 5
    TRY_AGAIN = 75


_CODES: Sequence[tuple[type[BridgeError], Exit]] = (
    (NotFound, Exit.NOT_FOUND),
    (NotAllowed, Exit.NOT_ALLOWED),
    (SignInRefused, Exit.NOT_ALLOWED),
    (TryAgainLater, Exit.TRY_AGAIN),
)
"""The first that fits counts."""


def exit_code(error: BridgeError) -> Exit:
    """The exit code of an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)


def say(text: str) -> None:
    """Talk to the person at the terminal."""
    Console(stderr=True).print(Text(plain(text)), soft_wrap=True)


def emit(data: Mapping[str, object] | Sequence[object]) -> None:
    """One line of JSON: the result of a command that was asked for --json."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def write(text: str) -> None:
    """One line of data that is text, such as a token."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people, tab-separated lines for pipes."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for line in ([name.upper() for name in columns], *cells):
            write("\t".join(line))
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for line in cells:
        table.add_row(*(Text(cell) for cell in line))
    Console().print(table)


def show_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    show_table(("name", "value"), facts.items())


def plain(text: str) -> str:
    """Text without control characters: a customer's words must not steer the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_cell(one) for one in value)
    return " ".join(plain(str(value)).split())
