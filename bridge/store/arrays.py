"""Long lists of ids and vectors on their way to the database, where the usual way is slow."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import psycopg
from pgvector.sqlalchemy import HALFVEC, VECTOR
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import BigInteger, ColumnElement, Select, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import InstrumentedAttribute


class SentVector(bytes):
    """A vector in the bytes that pgvector receives: writing and parsing its text takes far longer.

    Two 16-bit numbers (dimensions, unused), then the values, big-endian.
    """


class _Dumper(Dumper):
    """Sends the bytes as they are and leaves it to the statement which kind of vector they are."""

    format = Format.BINARY

    def dump(self, obj: SentVector) -> SentVector:
        return obj


psycopg.adapters.register_dumper(SentVector, _Dumper)


def sent_halves(vector: npt.ArrayLike) -> SentVector:
    """A vector for a column of 16-bit numbers."""
    return _sent(np.asarray(vector, dtype=">f2"))


def sent_singles(vector: npt.ArrayLike) -> SentVector:
    """A vector for a column of 32-bit numbers."""
    return _sent(np.asarray(vector, dtype=">f4"))


def _sent(numbers: npt.NDArray[np.floating]) -> SentVector:
    return SentVector(len(numbers).to_bytes(2) + bytes(2) + numbers.tobytes())


class Halves(HALFVEC):  # type: ignore[misc]  # pgvector is untyped here
    """A vector of 16-bit numbers."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[npt.ArrayLike], SentVector]:
        """See `SentVector`."""
        return sent_halves


class Singles(VECTOR):  # type: ignore[misc]
    """The same of 32-bit numbers."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[npt.ArrayLike], SentVector]:
        """See `SentVector`."""
        return sent_singles


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
