"""When a run has come to rest: what waits in the queue, and who waits for whom."""

import time
from collections.abc import Callable, Sequence

import psycopg

_HELD_UP_SECONDS = 5
_HELD_UP = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database()
        AND wait_event_type = 'Lock' AND query_start < clock_timestamp() - make_interval(secs => %s)
    )
"""
_FAR_OFF_SECONDS = 300
_IDLE_SECONDS = 180
_LOOKS = 3
_WAITING = """
    SELECT count(*) FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND task_name = ANY(%s) AND NOT (
        status = 'todo' AND coalesce(scheduled_at > now() + make_interval(secs => %s), false)
    )
"""
_UNSENT = "SELECT count(*) FROM outgoing WHERE state NOT IN ('sent', 'failed', 'suppressed')"


class Rest:
    """Sees whether a run has come to rest, and gives up only when nothing moves any more.

    A busy machine takes its time; a run that turns in circles passes nothing new.
    """

    def __init__(self, conninfo: str, names: Sequence[str]) -> None:
        self._conninfo = conninfo
        self._names = names
        self._seen: set[tuple[int, int]] = set()
        self._moved_at = time.monotonic()
        self._looks = 0

    def has_come(self) -> bool:
        """Whether nothing has waited for some looks."""
        with psycopg.connect(self._conninfo) as connection:
            row = connection.execute(_UNSENT).fetchone()
        assert row is not None
        now = jobs_waiting(self._conninfo, self._names), int(row[0])
        if now not in self._seen:
            self._seen.add(now)
            self._moved_at = time.monotonic()
        self._looks = 0 if now[0] else self._looks + 1
        return self._looks >= _LOOKS

    def trouble(self) -> str:
        """Why it will not come; empty while something moves."""
        if time.monotonic() - self._moved_at < _IDLE_SECONDS:
            return ""
        waiting = jobs_waiting(self._conninfo, self._names)
        return f"not at rest: {waiting} jobs, and nothing moves"


def jobs_waiting(conninfo: str, names: Sequence[str]) -> int:
    """Jobs of these names that run or are due within minutes.

    What is due later than any run lasts only wakes somebody who has nothing to do by then.
    """
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(_WAITING, [list(names), _FAR_OFF_SECONDS]).fetchone()
    assert row is not None
    return int(row[0])


def is_held_up(conninfo: str) -> bool:
    """Whether somebody has waited for a lock for longer than a busy machine explains."""
    with psycopg.connect(conninfo) as connection:
        return connection.execute(_HELD_UP, [_HELD_UP_SECONDS]).fetchone() == (True,)


def wait_until(is_so: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait, and fail with what did not happen."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come in {seconds} s")
        time.sleep(0.05)
