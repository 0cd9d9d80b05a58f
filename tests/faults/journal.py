"""What a sweep has done so far: a line for people, a line in a file so that it can go on later."""

import json
import sys
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from tests.faults.running import Result, Task
from tests.faults.scenario import Verdict


class Journal:
    """Tells each finished run at once, and knows what an earlier sweep has done well."""

    def __init__(self, file: Path | None) -> None:
        """`file` keeps one JSON line a run; without it nothing is kept."""
        self._file = file
        self._total = 0
        self._began = time.monotonic()
        self._done: list[Result] = []
        self._known: dict[str, Verdict] = {}
        if file is not None and file.exists():
            for line in file.read_text().splitlines():
                told = json.loads(line)
                # The last word about a run counts: a bad one is done again.
                self._known[told["task"]] = Verdict(**told["verdict"])

    def expect(self, total: int) -> None:
        """So many more runs are to come; the total in the lines."""
        self._total += total

    def known(self, task: Task) -> Verdict | None:
        """How the run went when it was done before, if it went well."""
        verdict = self._known.get(task.name)
        return verdict if verdict is not None and verdict.is_good else None

    def note(self, result: Result) -> None:
        """Write one finished run down and tell it."""
        verdict = result.verdict
        self._done.append(result)
        if self._file is not None:
            told = {"task": result.task.name, "verdict": asdict(verdict)}
            with self._file.open("a") as file:
                file.write(json.dumps(told) + "\n")
        bad = sum(not one.verdict.is_good for one in self._done)
        lost = sum(one.verdict.lost for one in self._done)
        double = sum(one.verdict.duplicates for one in self._done)
        minutes = (time.monotonic() - self._began) / 60
        say(
            f"{len(self._done)}/{self._total} {'good' if verdict.is_good else 'BAD'}"
            f" {verdict.seconds:.0f} s: {result.place}"
            f" | lost {lost}, double {double}, bad {bad} after {minutes:.1f} min"
        )
        if not verdict.is_good:
            say(f"BAD: {verdict}")


def say(text: str) -> None:
    """One line on standard error, with the time, at once."""
    now = datetime.now().astimezone().strftime("%H:%M:%S")
    sys.stderr.write(f"{now} {text}\n")
    sys.stderr.flush()
