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
_WAITING = """
    SELECT count(*) FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND task_name = ANY(%s) AND NOT (
        status = 'todo' AND coalesce(scheduled_at > now() + make_interval(secs => %s), false)
    )
"""


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
