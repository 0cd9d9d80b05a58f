"""What one contact costs as issues and contacts grow: the job `assign` on made-up vectors.

python -m benchmarks.finder_cost [--issues 1000 10000 100000] [--contacts 10000 100000 1000000]
    [--real-time]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
import psycopg
from pgvector.psycopg import register_vector

from benchmarks.finder_store import A_ISSUE, fill
from benchmarks.measuring import record
from bridge.queue import InlineQueue
from bridge.replay.measure import Meter
from bridge.settings import Settings
from bridge.steps.assign import assign
from bridge.store import Store, embedded
from bridge.wiring import Application, build, for_replay
from bridge.wiring.frugal import frugal
from models.vectors import Vector, Vectors, unit_rows

_DIMENSIONS = 384
_SPREAD = 0.6  # of the noise around an issue: its contacts are about .7 similar to each other
_A_STRANGER = 5  # every so many contacts one is about no issue
_LEFT_OUT = 100
_ROUNDS = 3
_TRIES = _LEFT_OUT + _ROUNDS * 500
_CONTACTS = 1_000


class _Ready:
    """An encoder with all vectors in hand."""

    name = "made-up"
    dimensions = _DIMENSIONS

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = vectors

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The text of a contact ends with the number of its vector; other texts have any."""
        ends = [text.split()[-1] for text in texts]
        return self._vectors[[int(end) if end.isdigit() else 0 for end in ends]]

    def describe(self) -> str:
        """For people."""
        return "vectors of a benchmark"


def main() -> None:
    """Many issues and few contacts, then the contacts of a growing store; medians of three."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--contacts", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument(
        "--real-time",
        action="store_true",
        help="place before all other processes of a busy machine (Linux, as root)",
    )
    chosen = parser.parse_args()
    sizes = [(issues, _CONTACTS) for issues in chosen.issues]
    sizes += [(contacts // A_ISSUE, contacts) for contacts in chosen.contacts]
    for issues, contacts in sizes:
        with tempfile.TemporaryDirectory(prefix="finder-cost-") as folder:
            cells = _measured(
                Path(folder), issues=issues, contacts=contacts, is_real_time=chosen.real_time
            )
        record("finder cost", f"{issues:,} issues, {contacts:,} contacts", cells)


def _measured(folder: Path, *, issues: int, contacts: int, is_real_time: bool) -> dict[str, str]:
    random = np.random.default_rng(0)
    means = unit_rows(random.standard_normal((issues, _DIMENSIONS), dtype=np.float32))
    encoder = _Ready(_contacts(means))
    clock = [datetime.now(UTC)]
    settings = Settings(data_dir=folder, encoder="hashing")
    built = build(settings, queue=InlineQueue(), now=lambda: clock[0], say=lambda line: None)
    application = for_replay(built, encoder)
    try:
        with psycopg.connect(application.conninfo, autocommit=True) as connection:
            register_vector(connection)
            fill(connection, means, encoder=encoder.name, contacts=contacts)
            with (
                # As a worker does.
                frugal(),
                _before_others(application, connection, is_real_time=is_real_time),
            ):
                times, first = _placing(application, connection, clock)
            memory = _memory(psutil.Process(connection.info.backend_pid).ppid())
            joined = connection.execute("SELECT count(*) FROM assignment WHERE actor <> 'seed'")
            assert (joined.fetchone() or [0])[0] >= 0.9 * _TRIES * (1 - 1 / _A_STRANGER)
    finally:
        application.close()
        embedded.discard(folder)
    rounds = np.array_split(times, _ROUNDS)
    p50, p99, mean = np.median(
        [[*np.percentile(one, [50, 99]), np.mean(one)] for one in rounds], axis=0
    )
    return {
        "one contact assigned, p50": f"{p50:.1f} ms",
        "p99": f"{p99:.1f} ms",
        "mean": f"{mean:.1f} ms",
        "the first in a process": f"{first / 1000:.1f} s",
        "memory": f"{memory / 1e6:.0f} MB",
    }


@contextmanager
def _before_others(
    application: Application,
    connection: psycopg.Connection[tuple[object, ...]],
    *,
    is_real_time: bool,
) -> Iterator[None]:
    """This process and the database run before all others, if that is wanted."""
    if not is_real_time:
        yield
        return
    with application.open() as store:
        store.products.all()  # so that the connection is open that will place
    server = psutil.Process(connection.info.backend_pid).parent()
    assert server is not None
    processes = [psutil.Process(), server, *server.children()]
    threads = [thread.id for process in processes for thread in process.threads()]
    for thread in threads:
        os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        for thread in threads:
            with suppress(ProcessLookupError):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))


def _memory(server: int) -> int:
    """Bytes of this process and the database, after the jobs."""
    meter = Meter()
    meter.also = (server,)
    with meter:
        return meter.peak_pss_bytes


def _placing(
    application: Application,
    connection: psycopg.Connection[tuple[object, ...]],
    clock: list[datetime],
) -> tuple[list[float], float]:
    """Milliseconds of each job without its commit, and of the first, which loads the issues."""
    times: list[float] = []

    @contextmanager
    def timed() -> Iterator[Store]:
        with application.open() as store:
            start = time.perf_counter()
            yield store
            times.append(1000 * (time.perf_counter() - start))

    context = replace(application.context, open=timed)
    for number in range(_TRIES):
        clock[0] += timedelta(minutes=1)
        connection.execute(_NEW, {"number": number, "at": clock[0]})
        assign(context, product_id=1)
    return times[_LEFT_OUT:], times[0]


_NEW = """
INSERT INTO contact (product_id, source, external_id, channel, occurred_at, content_hash, subject,
    text, text_hash, nature, outcome, attempts, customer_id)
SELECT 1, 'new', %(number)s::text, 'email', %(at)s, '', '', 'contact ' || %(number)s::text,
    sha256(('new ' || %(number)s::text)::bytea), 'message', 'accepted', 0, customer.id
FROM (SELECT id FROM customer ORDER BY id OFFSET %(number)s::bigint %% 200 LIMIT 1) AS customer
"""


def _contacts(means: Vectors) -> Vectors:
    random = np.random.default_rng(1)
    noise = unit_rows(random.standard_normal((_TRIES, _DIMENSIONS), dtype=np.float32))
    about: Vector = means[random.integers(0, len(means), _TRIES)].copy()
    about[::_A_STRANGER] = 0
    return unit_rows(about + _SPREAD * noise)


if __name__ == "__main__":
    main()
