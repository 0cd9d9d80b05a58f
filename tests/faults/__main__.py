"""`make faults`: kill workers everywhere, let Jira misbehave in every way, print a table.

Usage: python -m tests.faults [--lanes N] [--step N] [--rounds N] [kills|faults|all]
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bridge.store import embedded, make_engine, migrate
from tests.conftest import FAST_SERVER, database_of
from tests.faults.floor import Floor
from tests.faults.plan import Result, Task, fault_tasks, kill_tasks, perform
from tests.faults.workshop import SCALE


def main() -> int:
    """Run the sweep; 0 when no ticket was lost or made twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=("kills", "faults", "all"), default="all")
    parser.add_argument("--lanes", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--step", type=int, default=1, help="only every so many-th kill point")
    parser.add_argument("--rounds", type=int, default=4, help="how often each fault is met")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bridge-faults-") as name:
        data_dir = Path(name) / "data"
        Path(name).chmod(0o711)
        server = embedded.start(data_dir, options=FAST_SERVER, databases=("bridge", "made"))
        try:
            engine = make_engine(database_of(server.conninfo(""), "made"))
            migrate.upgrade(engine)
            engine.dispose()
            floor = Floor(server.conninfo(""), "made", Path(name))
            try:
                return _sweep(floor, given)
            finally:
                floor.close()
        finally:
            embedded.stop_if_unused(server)
            embedded.discard(data_dir)


def _sweep(floor: Floor, given: argparse.Namespace) -> int:
    began = time.monotonic()
    tasks: list[Task] = []
    if given.part != "faults":
        tasks += kill_tasks(floor, given.lanes, step=given.step)
    if given.part != "kills":
        tasks += fault_tasks(given.rounds)
    _say(f"{len(tasks)} runs, waits and lags scaled 1:{SCALE}, {given.lanes} at a time")
    done: list[Result] = []
    lock = threading.Lock()

    def tell(result: Result) -> None:
        with lock:
            done.append(result)
            if not result.verdict.is_good:
                _say(f"BAD {result.place}: {result.verdict}")
            if len(done) % 20 == 0:
                _say(f"{len(done)} of {len(tasks)} after {time.monotonic() - began:.0f} s")

    results = perform(tasks, floor, given.lanes, tell)
    _show(results)
    minutes = (time.monotonic() - began) / 60
    bad = [one for one in results if not one.verdict.is_good]
    killed = sum(one.verdict.was_killed for one in results)
    _say(f"{len(results)} runs, {killed} workers killed, {len(bad)} bad, {minutes:.1f} min")
    return 1 if bad else 0


def _show(results: Sequence[Result]) -> None:
    head = ("what", "runs", "kills", "issues", "requests", "lost", "duplicates", "wall")
    rows = [tuple(map(str, head))]
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(_name(result), []).append(result)
    for name, some in groups.items():
        verdicts = [one.verdict for one in some]
        rows.append(
            (
                name,
                str(len(some)),
                str(sum(one.was_killed for one in verdicts)),
                str(sum(one.task.issues for one in some)),
                str(sum(one.creates for one in verdicts)),
                str(sum(one.lost for one in verdicts)),
                str(sum(one.duplicates for one in verdicts)),
                f"{sum(one.seconds for one in verdicts):.0f} s",
            )
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def _name(result: Result) -> str:
    task = result.task
    kind = "fault" if task.kill_at is None else "sleep" if task.sleeps else "kill"
    return f"{kind}: {task.scenario.name}"


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
