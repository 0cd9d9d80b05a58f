"""How far an import has come, and which rows were refused."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from bridge.cli.output import Exit, emit, say, show_facts
from bridge.steps.importing import RefusedRow

_SAY_EVERY_SECONDS = 2.0
_SHOWN_REFUSALS = 5


class Advance(Protocol):
    """What has been brought so far."""

    done_rows: int
    earlier_rows: int
    refused: list[RefusedRow]

    def as_dict(self) -> dict[str, int]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is to be imported."""

    source: str
    product: str
    mapping: Path | None
    refused: Path | None
    """Where refused rows are to be written; None for the usual place."""
    is_trial: bool
    as_json: bool


class Reporter:
    """Rows done, rate and time left: a bar for people, a line now and then for logs."""

    def __init__(self, total: int) -> None:
        self._total = total
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("rows"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]} rows/s"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("rows", total=total, rate="–")
        self._started = self._said = time.monotonic()

    def __enter__(self) -> "Reporter":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def hear(self, progress: Advance) -> None:
        """One more chunk is done."""
        now = time.monotonic()
        fresh = progress.done_rows - progress.earlier_rows
        rate = fresh / max(now - self._started, 0.001)
        self._bar.update(self._task, completed=progress.done_rows, rate=f"{rate:,.0f}")
        is_last = progress.done_rows >= self._total
        if not self._bar.disable or (now - self._said < _SAY_EVERY_SECONDS and not is_last):
            return
        self._said = now
        left = (self._total - progress.done_rows) / max(rate, 0.001)
        done = f"{progress.done_rows:,} of {self._total:,} rows"
        say(f"{done}, {rate:,.0f} rows/s, {left:,.0f} s left")


def tell(
    done: Advance, column_of: Callable[[str], str | None], asked: Asked, usual_report: Path
) -> None:
    """The summary of an import and its refused rows; ends with their exit code, if any."""
    report = asked.refused or (None if asked.is_trial else usual_report)
    written = _write_refused(done.refused, column_of, report)
    summary = {**done.as_dict(), "refused_file": str(written) if written else None}
    if asked.as_json:
        emit(summary)
    else:
        show_facts(summary)
    if done.refused:
        raise typer.Exit(Exit.PARTLY_DONE)


def _write_refused(
    refused: Sequence[RefusedRow],
    column_of: Callable[[str], str | None],
    report: Path | None,
) -> Path | None:
    """Write every refused row and show the first; returns the file, None when there is none."""
    for row in refused[:_SHOWN_REFUSALS]:
        say(f"line {row.line}: {row.reason}")
    if len(refused) > _SHOWN_REFUSALS:
        say(f"and {len(refused) - _SHOWN_REFUSALS:,} rows more")
    if not refused or report is None:
        return None
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("w", encoding="utf-8") as file:
        for row in refused:
            line = {
                "line": row.line,
                "column": column_of(row.pointer),
                "pointer": row.pointer,
                "reason": row.reason,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return report
