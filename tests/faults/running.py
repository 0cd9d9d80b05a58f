"""Do many runs, some at a time, and know what came of each."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol

from tests.faults.floor import Floor
from tests.faults.scenario import Verdict


class Task(Protocol):
    """One run that is to be done."""

    @property
    def name(self) -> str:
        """The same one for the same run in every sweep."""

    @property
    def group(self) -> str:
        """The row of the table it counts in."""

    @property
    def issues(self) -> int:
        """How many issues are at stake."""

    def place(self, verdict: Verdict) -> str:
        """Where it was, in words."""

    def do(self, floor: Floor) -> Verdict:
        """Do it."""


@dataclass
class Result:
    """A task with what came of it."""

    task: Task
    verdict: Verdict

    @property
    def place(self) -> str:
        """Where it was, in words."""
        return self.task.place(self.verdict)


def perform(
    tasks: Sequence[Task],
    floor: Floor,
    lanes: int,
    *,
    tell: Callable[[Result], None] = lambda result: None,
    known: Callable[[Task], Verdict | None] = lambda task: None,
) -> list[Result]:
    """Do them, several at a time, since most of each is waiting; what is known is not repeated.

    `tell` is called once for each that was done, as soon as it is, never twice at a time.
    """
    verdicts: dict[int, Verdict] = {}
    running: dict[Future[Verdict], int] = {}
    with ThreadPoolExecutor(lanes) as pool:
        for place, task in enumerate(tasks):
            before = known(task)
            if before is None:
                running[pool.submit(task.do, floor)] = place
            else:
                verdicts[place] = before
        for one in as_completed(running):
            error = one.exception()
            verdict = one.result() if error is None else Verdict(trouble=repr(error))
            place = running[one]
            verdicts[place] = verdict
            tell(Result(tasks[place], verdict))
    return [Result(task, verdicts[place]) for place, task in enumerate(tasks)]
