"""Long lists of ids and vectors on their way to the database, where the usual way is slow."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
from pgvector.sqlalchemy import HALFVEC, VECTOR
from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import InstrumentedAttribute


class Halves(HALFVEC):  # type: ignore[misc]  # pgvector is untyped here
    """A vector of 16-bit numbers, written with one format instead of number by number."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[npt.ArrayLike], str]:
        """See `_told`."""
        return lambda value: _told(np.asarray(value, dtype=np.float16))


class Singles(VECTOR):  # type: ignore[misc]
    """The same of 32-bit numbers."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[npt.ArrayLike], str]:
        """See `_told`."""
        return lambda value: _told(np.asarray(value, dtype=np.float32))


def _told(numbers: npt.NDArray[np.floating]) -> str:
    """A vector as pgvector reads it; nine digits tell a 32-bit number exactly."""
    return "[" + ",".join(["%.9g"] * len(numbers)) % tuple(numbers.tolist()) + "]"


def is_any(
    column: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Whether the column is one of these: an IN list of thousands is slower to build than run."""
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
