"""Cursor pages: `limit`, `cursor` and `next`; a cursor is opaque and says where a page ended."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from bridge.api.wire import MOST_ID
from bridge.domain.errors import InvalidInput

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="`next` of the page before.", pattern="^[A-Za-z0-9_-]+$"),
]


@dataclass(frozen=True)
class Wanted:
    """Which page of a list."""

    limit: int
    cursor: str | None

    def last(self, *, parts: int = 1) -> tuple[int, ...] | None:
        """The numbers in the cursor; None for the first page."""
        return read_cursor(self.cursor, parts=parts)

    def after(self) -> int | None:
        """The one number in the cursor; None for the first page."""
        last = self.last()
        return last[0] if last else None


def _wanted(limit: Limit = 50, cursor: Cursor = None) -> Wanted:
    return Wanted(limit, cursor)


PageDep = Annotated[Wanted, Depends(_wanted)]


def read_cursor(cursor: str | None, *, parts: int = 1) -> tuple[int, ...] | None:
    """The numbers in a cursor; None for the first page; raises InvalidInput for a made-up one."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _made_up() from error
    if not isinstance(values, list) or len(values) != parts:
        raise _made_up()
    if not all(type(value) is int and 0 <= value <= MOST_ID for value in values):
        raise _made_up()
    return tuple(values)


def page_of(
    found: Sequence[Item], wanted: Wanted, place: Callable[[Item], Sequence[int]]
) -> tuple[Sequence[Item], str | None]:
    """The page and the cursor of the next one, out of up to `wanted.limit` + 1 items."""
    items = found[: wanted.limit]
    if len(found) <= wanted.limit:
        return items, None
    numbers = json.dumps(list(place(items[-1])), separators=(",", ":"))
    return items, base64.urlsafe_b64encode(numbers.encode()).decode().rstrip("=")


def _made_up() -> InvalidInput:
    return InvalidInput("this cursor is not one of ours: begin without one")
