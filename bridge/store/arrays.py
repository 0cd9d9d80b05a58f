"""Long lists of ids as one array each: an IN list of thousands is slower to build than to run."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute


def is_any(column: InstrumentedAttribute[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether the column is one of these."""
    return column == func.any(_array(ids))


def is_none(column: InstrumentedAttribute[int], ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether the column is none of these."""
    return column != func.all(_array(ids))


def rows_of_pairs(pairs: Iterable[tuple[int, int]]) -> Select[tuple[int, int]]:
    """The pairs as rows."""
    left, right = zip(*pairs, strict=True)
    return select(func.unnest(_array(left)), func.unnest(_array(right)))


def _array(ids: Iterable[int]) -> ColumnElement[list[int]]:
    return literal([int(one) for one in ids], ARRAY(BigInteger))
