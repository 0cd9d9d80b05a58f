"""What the sweep does with a fix: a kill at every moment of shipping, telling and retiring."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tests.faults.fix_bench import FixScenario, copied_outside, run_fix
from tests.faults.fix_courses import CameBack, Told, about_to_be_told, shipped_before
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
TOLD: Sequence[FixScenario] = tuple(
    FixScenario(f"{name} tells it", lambda: [MailReceiver()], about_to_be_told, partial(Told, one))
    for one, name in (("github", "GitHub"), ("gitlab", "GitLab"), ("cdevents", "CDEvents"))
)
BACK = FixScenario("back again", lambda: [MailReceiver()], shipped_before, CameBack)
COURSES: Sequence[FixScenario] = (*FIXES, *TOLD, BACK)
_LEAST = 300
"""So many moments a run passes at least."""
_AT_THE_HEART = 16
"""So many first moments of a course hold what it is about; messages follow."""


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
        return verdict.place(self.name, self.kill_at)

    def do(self, floor: Floor) -> Verdict:
        """Do it."""
        return run_fix(self.scenario, floor, kill_at=self.kill_at)


def quiet_fixes(courses: Sequence[FixScenario]) -> list[FixTask]:
    """Each of these courses without a kill, to count its moments."""
    return [FixTask(one) for one in courses]


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


def later_sample(seed: int, each: int) -> list[FixTask]:
    """A few kills of each course that was added later, at its heart."""
    chosen = random.Random(seed)
    return [
        FixTask(scenario, kill_at=point)
        for scenario in (*TOLD, BACK)
        for point in chosen.sample(range(1, _AT_THE_HEART + 1), each)
    ]
