"""What the fault sweep does: scenarios to kill a worker in, and faults of the tracker."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.domain.tickets import FilingPolicy
from tests.faults.floor import ISSUES, Floor
from tests.faults.run import run
from tests.faults.scenario import LAGS, Scenario, Verdict
from tests.faults.workshop import SCALE

LATE, TOO_LATE, SLOW, PAST_TIMEOUT = 360 / SCALE, 900 / SCALE, 20 / SCALE, 120 / SCALE
"""Seconds, scaled: before and after the second look (600 s), within the read time-out (60 s) and
past it."""

KILLED: Sequence[Scenario] = (
    Scenario("no fault"),
    Scenario("answer lost, ticket made", "drop_after_commit"),
    Scenario("answer lost, nothing made", "drop_before_commit"),
    Scenario("ticket made after the second look", "late_commit", TOO_LATE),
    Scenario("refused, then filed again", "required_field"),
    Scenario("parked, then filed again", "drop_before_commit", policy=FilingPolicy.PARK),
    Scenario(
        "parked, then named", "drop_before_commit", policy=FilingPolicy.PARK, names_ticket=True
    ),
)

FAULTS: Sequence[Scenario] = (
    *(
        Scenario(kind, kind)
        for kind in (
            "drop_before_commit",
            "drop_after_commit",
            "error_500",
            "error_500_after_commit",
            "error_502",
            "error_503",
            "error_503_retry_after",
            "error_503_after_commit",
            "rate_limited",
            "rate_limited_per_issue",
            "rate_limited_quota",
            "rate_limited_gateway",
            "html_body",
            "html_after_commit",
            "truncated_json",
            "empty_body",
            "answer_twice",
            "error_401",
            "error_403",
            "error_404",
            "error_409",
            "error_413",
            "required_field",
            "required_field_localised",
        )
    ),
    Scenario("hang", "hang", PAST_TIMEOUT),
    Scenario("slow", "slow", SLOW),
    Scenario("slow, past the time-out", "slow", PAST_TIMEOUT),
    Scenario("late_commit", "late_commit", LATE),
    Scenario("late_commit, past the second look", "late_commit", TOO_LATE),
    Scenario("connection refused", bad_door="refused"),
    Scenario("bad TLS", bad_door="tls"),
    Scenario("every call: 503", "error_503", route="/rest/api/3/", count=40),
    Scenario("every call: dropped", "drop_after_commit", route="/rest/api/3/", count=40),
)


@dataclass(frozen=True)
class FilingTask:
    """One run that files."""

    scenario: Scenario
    lag: int
    issues: int = 1
    kill_at: int | None = None
    sleeps: bool = False
    """The worker falls asleep there and wakes up late, instead of dying."""
    turn: int = 0
    """Tells apart what is done more than once."""

    @property
    def name(self) -> str:
        """The same one for the same run in every sweep."""
        where = f"filing: {self.scenario.name}, lag {self.lag} s"
        if self.kill_at is None:
            return f"{where}, {self.issues} issues, turn {self.turn}"
        return f"{where}, {self._how} at {self.kill_at}"

    @property
    def group(self) -> str:
        """The row of the table it counts in."""
        kind = "fault" if self.kill_at is None else "sleep" if self.sleeps else "kill"
        return f"{kind}: {self.scenario.name}"

    @property
    def _how(self) -> str:
        return "asleep" if self.sleeps else "killed"

    def place(self, verdict: Verdict) -> str:
        """Where it was, in words."""
        return verdict.place(self.name, self.kill_at)

    def do(self, floor: Floor) -> Verdict:
        """Do it."""
        return run(
            self.scenario,
            floor,
            lag=self.lag,
            issues=self.issues,
            kill_at=self.kill_at,
            sleeps=self.sleeps,
        )


def quiet_tasks() -> list[FilingTask]:
    """Each course of events without a kill, to count its moments."""
    return [FilingTask(one, LAGS[0]) for one in KILLED]


def kill_tasks(moments: Mapping[Scenario, int], *, step: int = 1) -> list[FilingTask]:
    """A kill at every `step`-th of so many moments; lags take turns.

    Where nothing else goes wrong the worker also falls asleep at each.
    """
    kills = [
        FilingTask(scenario, LAGS[turn % len(LAGS)], kill_at=point)
        for scenario, count in moments.items()
        for turn, point in enumerate(range(1, count + 1, step))
    ]
    sleeps = [replace(one, sleeps=True) for one in kills if one.scenario is KILLED[0]]
    return kills + sleeps


def fault_tasks(rounds: int = len(LAGS), issues: int = ISSUES) -> list[FilingTask]:
    """Each fault in each round; after four rounds each has met each lag."""
    return [
        FilingTask(one, LAGS[(place + turn) % len(LAGS)], issues, turn=turn)
        for turn in range(rounds)
        for place, one in enumerate(FAULTS)
    ]


def sample(seed: int, kills: int, faults: int) -> list[FilingTask]:
    """A few of each: the same ones for the same seed.

    Kill points come from the first scenarios, which pass at least so many moments.
    """
    chosen = random.Random(seed)
    least = {"no fault": 24, "answer lost, ticket made": 30, "answer lost, nothing made": 45}
    points = [
        FilingTask(one, chosen.choice(LAGS), kill_at=point)
        for one in KILLED
        for point in range(1, least.get(one.name, 0) + 1)
    ]
    some = [replace(one, issues=3) for one in fault_tasks()]
    return chosen.sample(points, kills) + chosen.sample(some, faults)
