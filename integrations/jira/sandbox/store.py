"""The state file: one SQLite database, durable at each commit, so that a kill loses nothing."""

import json
import os
import secrets
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from integrations.jira.sandbox.clock import VirtualClock
from integrations.jira.sandbox.records import Delivery, Record, Ticket

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ticket (id INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER UNIQUE,
    is_deleted INTEGER NOT NULL DEFAULT 0, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS property (ticket_id INTEGER NOT NULL, name TEXT NOT NULL,
    value TEXT NOT NULL, PRIMARY KEY (ticket_id, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
    owner INTEGER, document TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS record_owner ON record (kind, owner);
CREATE TABLE IF NOT EXISTS stale (seq INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL,
    until REAL NOT NULL, document TEXT);
"""
_FIRST_ID = 10_000

R = TypeVar("R", bound=Record)


class Store:
    """Everything the sandbox knows; used from one thread, other threads open their own."""

    def __init__(self, path: Path, clock: VirtualClock, *, project: str = "FB") -> None:
        self.path = path
        self.clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        # The file holds the token, so nobody else may read it.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self.changed = threading.Event()
        """Set by a commit with deliveries in it; the sender of webhooks waits for it."""
        self._has_deliveries = False
        self._seed(project)

    def close(self) -> None:
        """Let go of the file; the last one out folds the write-ahead log into it."""
        self._db.close()

    def now(self) -> datetime:
        """The virtual time."""
        return self.clock.now()

    @contextmanager
    def write(self) -> Iterator[None]:
        """One transaction: all of the block or nothing; inside another one it joins it."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        if self._has_deliveries:
            self._has_deliveries = False
            self.changed.set()

    # Settings of the site

    def setting(self, name: str) -> str:
        """A stored setting; an unknown name is a bug."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0])

    def screen(self) -> dict[str, list[str]]:
        """Which fields the create and edit screens demand, and which they do not show."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'screen'").fetchone()
        empty: dict[str, list[str]] = {"required": [], "hidden": []}
        return empty | json.loads(row[0]) if row else empty

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting over restarts."""
        with self.write():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _seed(self, project: str) -> None:
        with self.write():
            for statement in _SCHEMA.split(";"):
                self._db.execute(statement)
            defaults = {
                "project": project,
                "user": "bridge@sandbox.example.com",
                "account_id": f"712020:{uuid.uuid4()}",
                "token": "sandbox-" + secrets.token_urlsafe(32),
                "webhook_secret": secrets.token_urlsafe(32),
                "clock_offset": "0",
                "lag": "0",
                "lacking": "[]",
                "type_names": "{}",
                "closed_moves": "[]",
            }
            self._db.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", defaults.items())
            if self._db.execute("SELECT count(*) FROM sqlite_sequence").fetchone() == (0,):
                self._db.executemany(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
                    [("ticket", _FIRST_ID - 1), ("record", _FIRST_ID - 1)],
                )
        if self.setting("project") != project:
            self._db.close()
            raise ValueError(f"{self.path} holds another project than {project}")
        self.clock.offset = timedelta(seconds=float(self.setting("clock_offset")))

    # Tickets

    def add_ticket(self, values: Mapping[str, object]) -> Ticket:
        """Keep a new ticket under the next id and number; neither is ever used again."""
        with self.write():
            (number,) = self._db.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM ticket"
            ).fetchone()
            cursor = self._db.execute(
                "INSERT INTO ticket (number, document) VALUES (?, '')", (number,)
            )
            ticket = Ticket.model_validate({**values, "id": cursor.lastrowid, "number": number})
            self._put(ticket)
            self._remember_for_search(ticket.id, None)
        return ticket

    def save_ticket(self, ticket: Ticket) -> None:
        """Replace a ticket by its changed copy."""
        with self.write():
            self._remember_for_search(ticket.id, self._document(ticket.id))
            self._put(ticket)

    def delete_ticket(self, ticket_id: int) -> None:
        """Remove a ticket with all that hangs on it; its number stays taken."""
        with self.write():
            self._remember_for_search(ticket_id, self._document(ticket_id))
            self._db.execute("UPDATE ticket SET is_deleted = 1 WHERE id = ?", (ticket_id,))
            self._db.execute("DELETE FROM property WHERE ticket_id = ?", (ticket_id,))

    def ticket(self, reference: str) -> Ticket | None:
        """The living ticket with this id or key; a key is read without regard to case."""
        column, value = "id", reference
        if not reference.isdecimal():
            project, _, value = reference.rpartition("-")
            column = "number"
            if project.upper() != self.setting("project") or not value.isdecimal():
                return None
        if len(value) > 18:
            return None
        row = self._db.execute(
            f"SELECT document FROM ticket WHERE {column} = ? AND NOT is_deleted",  # noqa: S608
            (int(value),),
        ).fetchone()
        return None if row is None else Ticket.model_validate_json(row[0])

    def tickets(self) -> list[Ticket]:
        """Every living ticket as it is now, oldest first."""
        rows = self._db.execute("SELECT document FROM ticket WHERE NOT is_deleted ORDER BY id")
        return [Ticket.model_validate_json(row[0]) for row in rows]

    def searchable_tickets(self, *, fresh: frozenset[int] = frozenset()) -> list[Ticket]:
        """Every ticket as the lagging index shows it, those in `fresh` as they are now."""
        documents = {
            id: document
            for id, is_deleted, document in self._db.execute(
                "SELECT id, is_deleted, document FROM ticket"
            )
            if not is_deleted
        }
        stale = self._db.execute(
            "SELECT ticket_id, document FROM stale WHERE until > ? ORDER BY until DESC, seq DESC",
            (self.now().timestamp(),),
        )
        for ticket_id, document in stale:
            if ticket_id not in fresh:
                documents[ticket_id] = document
        return [
            Ticket.model_validate_json(document)
            for _, document in sorted(documents.items())
            if document is not None
        ]

    def set_lag(self, seconds: float) -> None:
        """From now on search is so late; what already waits never waits longer than that."""
        latest = self.now().timestamp() + seconds
        with self.write():
            self.set_setting("lag", str(seconds))
            self._db.execute("UPDATE stale SET until = min(until, ?)", (latest,))

    def _put(self, ticket: Ticket) -> None:
        self._db.execute(
            "UPDATE ticket SET document = ? WHERE id = ?", (ticket.model_dump_json(), ticket.id)
        )

    def _document(self, ticket_id: int) -> str:
        row = self._db.execute("SELECT document FROM ticket WHERE id = ?", (ticket_id,)).fetchone()
        return str(row[0])

    def _remember_for_search(self, ticket_id: int, document: str | None) -> None:
        now, lag = self.now().timestamp(), float(self.setting("lag"))
        self._db.execute("DELETE FROM stale WHERE until <= ?", (now,))
        if lag > 0:
            self._db.execute(
                "INSERT INTO stale (ticket_id, until, document) VALUES (?, ?, ?)",
                (ticket_id, now + lag, document),
            )

    # Properties of tickets

    def property_names(self, ticket_id: int) -> list[str]:
        """The keys of a ticket's properties, sorted."""
        rows = self._db.execute(
            "SELECT name FROM property WHERE ticket_id = ? ORDER BY name", (ticket_id,)
        )
        return [str(row[0]) for row in rows]

    def property(self, ticket_id: int, name: str) -> str | None:
        """A property's value as JSON text."""
        row = self._db.execute(
            "SELECT value FROM property WHERE ticket_id = ? AND name = ?", (ticket_id, name)
        ).fetchone()
        return None if row is None else str(row[0])

    def set_property(self, ticket_id: int, name: str, value: str | None) -> None:
        """Keep a property, JSON text; None removes it."""
        with self.write():
            if value is None:
                self._db.execute(
                    "DELETE FROM property WHERE ticket_id = ? AND name = ?", (ticket_id, name)
                )
            else:
                self._db.execute(
                    "INSERT OR REPLACE INTO property VALUES (?, ?, ?)", (ticket_id, name, value)
                )

    # Versions, comments, links, changes, webhooks, deliveries: records of a kind

    def add(self, kind: type[R], values: Mapping[str, object], *, owner: int | None = None) -> R:
        """Keep a new record under the next id; `owner` is what `records` filters by."""
        with self.write():
            self._has_deliveries |= kind is Delivery
            cursor = self._db.execute(
                "INSERT INTO record (kind, owner, document) VALUES (?, ?, '')",
                (kind.__name__, owner),
            )
            record = kind.model_validate({**values, "id": cursor.lastrowid})
            self._db.execute(
                "UPDATE record SET document = ? WHERE id = ?",
                (record.model_dump_json(), cursor.lastrowid),
            )
        return record

    def save(self, id: int, record: Record, *, owner: int | None = None) -> None:
        """Replace a record by its changed copy, and its owner if one is given."""
        with self.write():
            self._db.execute(
                "UPDATE record SET document = ?, owner = coalesce(?, owner) WHERE id = ?",
                (record.model_dump_json(), owner, id),
            )

    def remove(self, id: int) -> None:
        """Forget a record."""
        with self.write():
            self._db.execute("DELETE FROM record WHERE id = ?", (id,))

    def record(self, kind: type[R], id: str) -> R | None:
        """The record of this kind with this id."""
        if not id.isdecimal() or len(id) > 18:
            return None
        row = self._db.execute(
            "SELECT document FROM record WHERE kind = ? AND id = ?", (kind.__name__, int(id))
        ).fetchone()
        return None if row is None else kind.model_validate_json(row[0])

    def records(self, kind: type[R], *, owner: int | None = None) -> list[R]:
        """All records of a kind, or those of one owner, oldest first."""
        query, values = "SELECT document FROM record WHERE kind = ?", [kind.__name__]
        if owner is not None:
            query += " AND owner = ?"
            values.append(str(owner))
        rows = self._db.execute(query + " ORDER BY id", values)
        return [kind.model_validate_json(row[0]) for row in rows]
