"""What the sweep does with a letter: a kill at every moment of approving, planning and sending."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.floor import Floor
from tests.faults.letter_bench import CustomerMail, LetterScenario, run_letter
from tests.faults.scenario import Verdict

LETTERS: Sequence[LetterScenario] = (
    LetterScenario("approved and sent", CustomerMail),
    LetterScenario("a sample first, mail is busy", lambda: CustomerMail(busy_for=25), sample=5),
)
_BEGINNING, _LEAST = 14, 200
"""The moments of approving, sending and planning; so many a run passes at least."""


@dataclass(frozen=True)
class LetterTask:
    """One run that writes to customers."""

    scenario: LetterScenario
    kill_at: int | None = None
    issues: int = 1

    @property
    def name(self) -> str:
        """The same one for the same run in every sweep."""
        point = "" if self.kill_at is None else f", killed at {self.kill_at}"
        return f"{self.group}{point}"

    @property
    def group(self) -> str:
        """The row of the table it counts in."""
        return f"letter: {self.scenario.name}"

    def place(self, verdict: Verdict) -> str:
        """Where it was, in words."""
        return verdict.place(self.name, self.kill_at)

    def do(self, floor: Floor) -> Verdict:
        """Do it."""
        return run_letter(self.scenario, floor, kill_at=self.kill_at)


def quiet_letters() -> list[LetterTask]:
    """Each course of events without a kill, to count its moments."""
    return [LetterTask(one) for one in LETTERS]


def letter_tasks(moments: Mapping[LetterScenario, int], *, step: int = 1) -> list[LetterTask]:
    """A kill at every `step`-th of so many moments."""
    return [
        LetterTask(scenario, kill_at=point)
        for scenario, count in moments.items()
        for point in range(1, count + 1, step)
    ]


def letter_sample(seed: int, kills: int) -> list[LetterTask]:
    """A few of them, half where the letter is approved, handed over and planned."""
    chosen = random.Random(seed)
    early = chosen.sample(range(2, _BEGINNING), kills // 2)
    points = [*early, *chosen.sample(range(_BEGINNING, _LEAST), kills - len(early))]
    return [LetterTask(LETTERS[turn % 2], kill_at=point) for turn, point in enumerate(points)]
