"""`make faults`: kill workers everywhere, let Jira misbehave in every way, print a table.

Each finished run is told at once on standard error; the table comes last, on standard output.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bridge.store import embedded, make_engine, migrate
from tests.conftest import FAST_SERVER, database_of
from tests.faults.fix_plan import COURSES, fix_tasks, quiet_fixes
from tests.faults.floor import Floor
from tests.faults.journal import Journal, say
from tests.faults.letter_plan import LETTERS, letter_tasks, quiet_letters
from tests.faults.plan import KILLED, fault_tasks, kill_tasks, quiet_tasks
from tests.faults.running import Result, Task, perform
from tests.faults.workshop import SCALE


def main() -> int:
    """Run the sweep; 0 when nothing was lost or made twice."""
    given = _parser().parse_args()
    with a_floor() as floor:
        return _sweep(floor, given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "part", nargs="?", choices=("kills", "faults", "fixes", "letters", "all"), default="all"
    )
    parser.add_argument("--lanes", type=int, default=2, help="runs at a time (2)")
    parser.add_argument("--step", type=int, default=1, help="only every so many-th kill point")
    parser.add_argument("--first", type=int, metavar="N", help="only the first N kill points")
    parser.add_argument(
        "--course", metavar="REGEX", default="", help="of the fixes, only courses named like this"
    )
    parser.add_argument("--rounds", type=int, default=4, help="how often each fault is met (4)")
    parser.add_argument("--only", metavar="REGEX", default="", help="only runs named like this")
    parser.add_argument("--limit", type=int, metavar="N", help="only so many runs, spread evenly")
    parser.add_argument(
        "--journal",
        type=Path,
        metavar="FILE",
        help="keep what was done; runs that went well in it are not repeated",
    )
    return parser


@contextmanager
def a_floor() -> Iterator[Floor]:
    """A database server for this sweep alone."""
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
                yield floor
            finally:
                floor.close()
        finally:
            embedded.stop_if_unused(server)
            embedded.discard(data_dir)


def _sweep(floor: Floor, given: argparse.Namespace) -> int:
    began = time.monotonic()
    journal = Journal(given.journal)
    tasks: list[Task] = []
    if given.part in ("kills", "all"):
        counts = zip(KILLED, _moments(quiet_tasks(), floor, journal, given), strict=True)
        tasks += kill_tasks(dict(counts), step=given.step)
    if given.part in ("faults", "all"):
        tasks += fault_tasks(given.rounds)
    if given.part in ("fixes", "all"):
        courses = [one for one in COURSES if re.search(given.course, one.name)]
        passed = _moments(quiet_fixes(courses), floor, journal, given)
        most = [min(one, given.first or one) for one in passed]
        tasks += fix_tasks(dict(zip(courses, most, strict=True)), step=given.step)
    if given.part in ("letters", "all"):
        letters = zip(LETTERS, _moments(quiet_letters(), floor, journal, given), strict=True)
        tasks += letter_tasks(dict(letters), step=given.step)
    tasks = [one for one in tasks if re.search(given.only, one.name)]
    if given.limit is not None and given.limit < len(tasks):
        tasks = [tasks[place * len(tasks) // given.limit] for place in range(given.limit)]
    results = _perform(tasks, floor, journal, given)
    _show(results)
    minutes = (time.monotonic() - began) / 60
    bad = [one for one in results if not one.verdict.is_good]
    killed = sum(one.verdict.was_killed for one in results)
    say(f"{len(results)} runs, {killed} workers killed, {len(bad)} bad, {minutes:.1f} min")
    return 1 if bad else 0


def _moments(
    tasks: Sequence[Task], floor: Floor, journal: Journal, given: argparse.Namespace
) -> list[int]:
    """How many moments each of these runs without a kill has."""
    counted = _perform(tasks, floor, journal, given)
    for one in counted:
        if not one.verdict.is_good:
            raise SystemExit(f"without a kill: {one.place}: {one.verdict}")
    return [len(one.verdict.moments) for one in counted]


def _perform(
    tasks: Sequence[Task], floor: Floor, journal: Journal, given: argparse.Namespace
) -> list[Result]:
    new = sum(journal.known(one) is None for one in tasks)
    journal.expect(new)
    say(
        f"{new} runs, {len(tasks) - new} known, waits and lags scaled 1:{SCALE},"
        f" {given.lanes} at a time"
    )
    return perform(tasks, floor, given.lanes, tell=journal.note, known=journal.known)


def _show(results: Sequence[Result]) -> None:
    head = ("what", "runs", "kills", "issues", "requests", "lost", "double", "wall")
    rows = [tuple(map(str, head))]
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.task.group, []).append(result)
    for name, some in (*groups.items(), ("all", results)):
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


if __name__ == "__main__":
    sys.exit(main())
