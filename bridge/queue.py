"""Enqueue a job in the caller's transaction.

Two queues share one method: ProcrastinateQueue keeps jobs in PostgreSQL for live workers,
InlineQueue keeps them in memory by simulated time for replay, the demo's history and flow tests.
The domain row and its lock give exactly-one; the queue only wakes somebody up.
"""

import heapq
import itertools
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Protocol

import procrastinate
import procrastinate.exceptions
import psycopg

ONE_AT_A_TIME = frozenset({"refresh"})
"""Jobs of which no two with the same `once` run at the same time, whoever runs them."""

OUTWARD = frozenset(
    {"file", "adopt", "sweep", "refresh", "note", "track", "release", "poll"}
    | {"read_existing", "part", "follow_duplicate", "correct", "reopen"}
    | {"sync_copy", "name_versions", "send_report", "notify"}
)
"""Jobs that wait for a tracker, a desk or a mail server: hundreds of them must not keep contacts
unread while it is away."""

JobArgument = str | int | float | bool | None


class SupportsConnection(Protocol):
    """What a queue needs of an open store."""

    @property
    def driver_connection(self) -> psycopg.Connection[tuple[object, ...]]:
        """The psycopg connection of the open transaction."""
        ...

    def savepoint(self) -> AbstractContextManager[object]:
        """A nested transaction that can fail alone."""
        ...

    def on_commit(self, do: Callable[[], None]) -> None:
        """Run `do` once the transaction has committed."""
        ...


class Queue(Protocol):
    """A place for jobs: stored intents to run a step."""

    def enqueue(
        self,
        connection: SupportsConnection,
        job: str,
        *,
        once: str | None = None,
        at: datetime | None = None,
        **args: JobArgument,
    ) -> None:
        """Store a job that becomes visible when the caller's transaction commits.

        With `once`, nothing is stored while a job of that name still waits. `at` delays it.
        """
        ...


class ProcrastinateQueue:
    """Jobs in the caller's own PostgreSQL transaction."""

    def __init__(self) -> None:
        # Task-less and never opened: an App opened async cannot take a sync connection.
        connector = procrastinate.SyncPsycopgConnector(conninfo="dbname=unused")
        self._app = procrastinate.App(connector=connector)

    def enqueue(
        self,
        connection: SupportsConnection,
        job: str,
        *,
        once: str | None = None,
        at: datetime | None = None,
        **args: JobArgument,
    ) -> None:
        """See Queue.enqueue."""
        task = self._app.configure_task(
            job,
            lock=once if job in ONE_AT_A_TIME else None,
            priority=-1 if job in OUTWARD else 0,
            queueing_lock=once,
            schedule_at=at,
            connection=connection.driver_connection,
        )
        if once is None:
            task.defer(**args)
            return
        # A taken lock aborts the transaction it is met in, hence the savepoint.
        try:
            with connection.savepoint():
                task.defer(**args)
        except procrastinate.exceptions.AlreadyEnqueued:
            return


class InlineQueue:
    """Jobs in memory, run by `drain` in order of their simulated time."""

    def __init__(self, jobs: Mapping[str, Callable[..., None]] | None = None) -> None:
        self.jobs = dict(jobs or {})
        self._heap: list[tuple[float, int, str, str | None, dict[str, JobArgument]]] = []
        self._waiting: set[str] = set()
        self._order = itertools.count()

    def enqueue(
        self,
        connection: SupportsConnection,
        job: str,
        *,
        once: str | None = None,
        at: datetime | None = None,
        **args: JobArgument,
    ) -> None:
        """See Queue.enqueue."""
        due = at.timestamp() if at else float("-inf")
        connection.on_commit(lambda: self._push(due, job, once, args))

    def _push(self, due: float, job: str, once: str | None, args: dict[str, JobArgument]) -> None:
        if once is not None:
            if once in self._waiting:
                return
            self._waiting.add(once)
        heapq.heappush(self._heap, (due, next(self._order), job, once, args))

    def next_due(self) -> float | None:
        """When the earliest waiting job is due, as a timestamp; None when nothing waits."""
        return self._heap[0][0] if self._heap else None

    def drain(self, now: datetime) -> int:
        """Run every job due at `now`, those enqueued meanwhile too; return how many ran."""
        count = 0
        while self._heap and self._heap[0][0] <= now.timestamp():
            _, _, job, once, args = heapq.heappop(self._heap)
            if once is not None:
                self._waiting.discard(once)
            self.jobs[job](**args)
            count += 1
        return count

    def hand_over(self, to: Queue, connection: SupportsConnection) -> int:
        """Move every waiting job to another queue, at its own time; return how many."""
        moved = 0
        while self._heap:
            due, _, job, once, args = heapq.heappop(self._heap)
            at = None if due == float("-inf") else datetime.fromtimestamp(due, UTC)
            to.enqueue(connection, job, once=once, at=at, **args)
            moved += 1
        self._waiting.clear()
        return moved
