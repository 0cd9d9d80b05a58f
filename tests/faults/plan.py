"""What the fault sweep does: scenarios to kill a worker in, and faults of the tracker."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from bridge.domain.tickets import FilingPolicy
from tests.faults.floor import ISSUES, Floor
from tests.faults.run import LAGS, Scenario, Verdict, run
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
class Task:
    """One run that is to be done."""

    scenario: Scenario
    lag: int
    issues: int = 1
    kill_at: int | None = None
    sleeps: bool = False
    """The worker falls asleep there and wakes up late, instead of dying."""


@dataclass
class Result:
    """A task with what came of it."""

    task: Task
    verdict: Verdict

    @property
    def place(self) -> str:
        """Where it was, in words."""
        task, moments = self.task, self.verdict.moments
        where = f"{task.scenario.name}, lag {task.lag} s"
        if task.kill_at is None:
            return where
        name = moments[task.kill_at - 1] if task.kill_at <= len(moments) else "not reached"
        return f"{where}, {'asleep' if task.sleeps else 'killed'} at {task.kill_at} ({name})"


def kill_tasks(floor: Floor, lanes: int, *, step: int = 1) -> list[Task]:
    """A kill at every `step`-th moment that a run without a kill passes; lags take turns.

    Where nothing else goes wrong the worker also falls asleep at each.
    """
    quiet = perform([Task(one, LAGS[0]) for one in KILLED], floor, lanes)
    for one in quiet:
        if not one.verdict.is_good:
            raise AssertionError(f"{one.place}: {one.verdict}")
    kills = [
        Task(one.task.scenario, LAGS[turn % len(LAGS)], kill_at=point)
        for one in quiet
        for turn, point in enumerate(range(1, len(one.verdict.moments) + 1, step))
    ]
    sleeps = [replace(one, sleeps=True) for one in kills if one.scenario is KILLED[0]]
    return kills + sleeps


def fault_tasks(rounds: int = len(LAGS), issues: int = ISSUES) -> list[Task]:
    """Each fault in each round; after four rounds each has met each lag."""
    return [
        Task(one, LAGS[(place + turn) % len(LAGS)], issues)
        for turn in range(rounds)
        for place, one in enumerate(FAULTS)
    ]


def sample(seed: int, kills: int, faults: int) -> list[Task]:
    """A few of each: the same ones for the same seed.

    Kill points come from the first scenarios, which pass at least so many moments.
    """
    chosen = random.Random(seed)
    least = {"no fault": 24, "answer lost, ticket made": 30, "answer lost, nothing made": 45}
    points = [
        Task(one, chosen.choice(LAGS), kill_at=point)
        for one in KILLED
        for point in range(1, least.get(one.name, 0) + 1)
    ]
    some = [replace(one, issues=3) for one in fault_tasks()]
    return chosen.sample(points, kills) + chosen.sample(some, faults)


def perform(
    tasks: Sequence[Task],
    floor: Floor,
    lanes: int,
    tell: Callable[[Result], None] = lambda result: None,
) -> list[Result]:
    """Do them all, several at a time, since most of each is waiting."""

    def do(task: Task) -> Result:
        verdict = run(
            task.scenario,
            floor,
            lag=task.lag,
            issues=task.issues,
            kill_at=task.kill_at,
            sleeps=task.sleeps,
        )
        result = Result(task, verdict)
        tell(result)
        return result

    with ThreadPoolExecutor(lanes) as pool:
        running = [pool.submit(do, task) for task in tasks]
    return [
        Result(task, Verdict(trouble=repr(error))) if (error := one.exception()) else one.result()
        for task, one in zip(tasks, running, strict=True)
    ]
