"""When contacts come in: working days, releases, the outage."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.demo.story import (
    OUTAGE_HOURS,
    STORY_DAYS,
    outage_moment,
    release_moments,
    story_start,
)
from bridge.demo.topics import Topic

_HOURS = (
    1,
    1,
    1,
    1,
    2,
    6,
    20,
    60,
    100,
    120,
    120,
    100,
    70,
    90,
    100,
    90,
    70,
    50,
    30,
    20,
    15,
    10,
    6,
    3,
)
_WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 0.95, 0.3, 0.2)
_TAIL_DAYS = 12.0
"""How long old versions still report a fixed problem."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Twelve weeks with their releases."""

    anchor: datetime
    start: datetime
    releases: dict[str, datetime]

    @classmethod
    def until(cls, anchor: datetime) -> "Timeline":
        """The twelve weeks before `anchor`."""
        return cls(anchor, story_start(anchor), release_moments(anchor))

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies inside the twelve weeks."""
        return self.start <= moment < self.anchor

    def moments(self, topic: Topic | None, count: int, rng: random.Random) -> list[datetime]:
        """`count` moments at which contacts on `topic` (None: on nothing) may come in."""
        if topic is not None and topic.kind == "outage":
            return self._outage_moments(count, rng)
        phase = rng.uniform(0, 2 * math.pi)
        days = range(STORY_DAYS + 1)
        weights = [self._weight(topic, day, phase) for day in days]
        moments = (self._within(day, rng) for day in rng.choices(days, weights, k=count * 2 + 8))
        return [moment for moment in moments if self.holds(moment)][:count]

    def _outage_moments(self, count: int, rng: random.Random) -> list[datetime]:
        """Most of them in the first hour or so, none after it is over."""
        begun = outage_moment(self.anchor)
        hours = (rng.triangular(0.1, OUTAGE_HOURS, 0.9) for _ in range(count))
        return [begun + timedelta(seconds=int(hour * 3600)) for hour in hours]

    def _within(self, day: int, rng: random.Random) -> datetime:
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        hour = rng.choices(range(24), _HOURS)[0]
        return midnight + timedelta(days=day, hours=hour, seconds=rng.randrange(3600))

    def _weight(self, topic: Topic | None, day: int, phase: float) -> float:
        weekday = _WEEKDAYS[(self.start + timedelta(days=day)).weekday()]
        if topic is None or topic.kind in ("steady", "rare", "question"):
            return weekday * (1 + 0.5 * math.sin(phase + day / 13))
        after = {
            version: day - (moment - self.start).total_seconds() / 86_400
            for version, moment in self.releases.items()
        }
        return weekday * _curve(topic, after)


def _curve(topic: Topic, days_after: dict[str, float]) -> float:
    """How much a topic tied to releases is reported, given the days since each release."""
    since_cause = days_after[topic.caused_by] if topic.caused_by is not None else -1.0
    if topic.kind == "release_burst":
        if not -1 < since_cause < 16:
            return 0.0
        return (1.6 - math.exp(-(since_cause + 1) / 2)) * math.exp(-max(since_cause, 0) / 3.5)
    if since_cause > -1:
        return min(1.8, 0.5 + since_cause / 4)
    since_fix = days_after[topic.fixed_in] if topic.fixed_in is not None else -1.0
    if since_fix <= 0:
        return 1.0
    return math.exp(-since_fix / 3.5) if since_fix < _TAIL_DAYS else 0.0
