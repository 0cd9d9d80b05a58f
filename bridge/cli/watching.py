"""Progress of work on a file: a bar for people, a line now and then for logs."""

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bridge.cli.output import say

_SAY_EVERY_SECONDS = 2.0


class Watcher:
    """Shows how far each stage of the work has come, on standard error."""

    def __init__(self, name: str = "") -> None:
        """`name` begins each line when several files are worked on."""
        self._prefix = f"{name}: " if name else ""
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._stage = ""
        self._task = self._bar.add_task("", visible=False)
        self._said = time.monotonic()

    def __enter__(self) -> "Watcher":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def hear(self, stage: str, done: int, total: int) -> None:
        """So much of a stage is done."""
        if stage != self._stage:
            self._stage = stage
            self._bar.reset(self._task, description=self._prefix + stage, visible=True)
        self._bar.update(self._task, completed=done, total=total)
        now = time.monotonic()
        if self._bar.disable and (done >= total or now - self._said >= _SAY_EVERY_SECONDS):
            self._said = now
            counted = f" {done:,} of {total:,}" if total > 1 else ""
            say(f"{self._prefix}{stage}{counted}{', done' if done >= total else ''}")
