"""What the sweep does with a fix: a kill at every moment of shipping, telling and retiring."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.faults.fix_bench import FixScenario, copied_outside, run_fix
from tests.faults.floor import Floor
from tests.faults.receivers import DeskReceiver, EventReceiver, MailReceiver, SlackReceiver
from tests.faults.scenario import Verdict

FIXES: Sequence[FixScenario] = (
    FixScenario("released", lambda: [MailReceiver()]),
    FixScenario("released, mail is busy", lambda: [MailReceiver(busy_for=25)]),
    FixScenario(
        "Slack, events and a help desk",
        lambda: [SlackReceiver(), EventReceiver(), DeskReceiver()],
        copied_outside,
    ),
    FixScenario(
        "Slack stumbles",
        lambda: [SlackReceiver(stumbles=["lost", "error_500", "busy", "lost"])],
    ),
)
_LEAST = 300
"""So many moments a run passes at least."""


@dataclass(frozen=True)
class FixTask:
    """One run that ships."""

    scenario: FixScenario
    kill_at: int | None = None
    issues: int = 1

    @property
    def name(self) -> str:
        """The same one for the same run in every sweep."""
        point = "" if self.kill_at is None else f", killed at {self.kill_at}"
        return f"fix: {self.scenario.name}{point}"

    @property
    def group(self) -> str:
        """The row of the table it counts in."""
        return f"fix: {self.scenario.name}"

    def place(self, verdict: Verdict) -> str:
        """Where it was, in words."""
        if self.kill_at is None:
            return self.name
        moments = verdict.moments
        name = moments[self.kill_at - 1] if self.kill_at <= len(moments) else "not reached"
        return f"{self.name} ({name})"

    def do(self, floor: Floor) -> Verdict:
        """Do it."""
        return run_fix(self.scenario, floor, kill_at=self.kill_at)


def quiet_fixes() -> list[FixTask]:
    """Each course of events without a kill, to count its moments."""
    return [FixTask(one) for one in FIXES]


def fix_tasks(moments: Mapping[FixScenario, int], *, step: int = 1) -> list[FixTask]:
    """A kill at every `step`-th of so many moments."""
    return [
        FixTask(scenario, kill_at=point)
        for scenario, count in moments.items()
        for point in range(1, count + 1, step)
    ]


def fix_sample(seed: int, kills: int) -> list[FixTask]:
    """A few of them, one at least where the release itself is written."""
    chosen = random.Random(seed)
    points = [chosen.randint(2, 12), *chosen.sample(range(13, _LEAST), kills - 1)]
    return [FixTask(FIXES[turn % len(FIXES)], kill_at=point) for turn, point in enumerate(points)]
