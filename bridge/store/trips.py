"""Several statements in one trip to the database, for what is done for every contact.

Small statements cost less than waiting for their answers one by one, and than building them anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import NoneType
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session
from sqlalchemy.util import symbol

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]

Answer = psycopg.Cursor[Any]
"""The rows of one statement, to be read after the trip: reading them before ends it early."""


class Statement:
    """A statement as the driver takes it, built once.

    columns: of an INSERT, those that are given. Values go to the driver as they are.
    """

    def __init__(self, statement: Executable, *, columns: Sequence[str] | None = None) -> None:
        compiled = statement.compile(dialect=_DIALECT, column_keys=columns)  # type: ignore[attr-defined]
        self.text = str(compiled)
        self._own = {
            name: value
            for name, value in compiled.params.items()
            if not isinstance(value, NoneType | symbol)  # which stand for what is to be given
        }

    def filled(self, given: Mapping[str, object]) -> dict[str, object]:
        """All values: those of the statement itself, and those given for this time."""
        return {**self._own, **given}


class Trip:
    """What goes to the database together; one statement sees what those before it have done."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self._connection = connection

    def send(self, statement: Statement, given: Mapping[str, object]) -> Answer:
        """Run a statement once."""
        return _cursor(self._connection).execute(statement.text, statement.filled(given))

    def send_each(self, statement: Statement, rows: Iterable[Mapping[str, object]]) -> None:
        """Run a statement that gives no rows, once for each of these."""
        filled = [statement.filled(one) for one in rows]
        if len(filled) == 1:
            # Most contacts come alone, and for one row that is the shorter way.
            _cursor(self._connection).execute(statement.text, filled[0])
        elif filled:
            _cursor(self._connection).executemany(statement.text, filled)


@contextmanager
def one_trip(session: Session) -> Iterator[Trip]:
    """Statements sent in the block go together, in the session's transaction.

    At its end all have been answered; the first that failed raises there, and those after it were
    not run.
    """
    connection = driver_connection(session)
    with connection.pipeline():
        yield Trip(connection)


def run(session: Session, statement: Statement, given: Mapping[str, object]) -> Answer:
    """Run one statement at once, in the session's transaction: what every contact needs."""
    return _cursor(driver_connection(session)).execute(statement.text, statement.filled(given))


def _cursor(connection: psycopg.Connection[tuple[object, ...]]) -> Answer:
    # Bytes come as they are, not in the twice as long text form.
    return connection.cursor(binary=True, row_factory=namedtuple_row)


def driver_connection(session: Session) -> psycopg.Connection[tuple[object, ...]]:
    """The psycopg connection under a session."""
    raw = session.connection().connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the store needs a psycopg connection")
    return raw
