"""Whether contacts fell after a fix: intervals that hold on series whose truth is known."""

from dataclasses import dataclass

import numpy as np
import pytest

from models.proof import LEAST_DAYS, MOST_DAYS, prove
from models.vectors import FloatArray, IntArray

RUNS = 500
_WEEK = np.array([1.3, 1.2, 1.1, 1.1, 1.0, 0.3, 0.2])


@dataclass(frozen=True, slots=True)
class Series:
    """A made-up issue; `effect` is the share of its contacts that the fix takes away."""

    rate: float
    effect: float
    weeks: int = 8
    days: int = 28
    others: float = 60
    swing: float = 0.0
    """How much one week differs from another beyond chance."""
    growth: float = 1.0
    """What the product's contacts grow by at the fix."""

    def truth(self) -> float:
        """Contacts avoided, on average."""
        return float((self._rhythm()[7 * self.weeks :] * self.rate * self.growth).sum()) * (
            self.effect
        )

    def draw(self, rng: np.random.Generator) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Daily counts as `prove` takes them."""
        rhythm, start = self._rhythm(), 7 * self.weeks
        weeks = np.exp(rng.normal(0, self.swing, len(rhythm) // 7 + 1) - self.swing**2 / 2)
        level = np.where(np.arange(len(rhythm)) < start, 1.0, self.growth)
        usual = self.rate * rhythm * level * np.repeat(weeks, 7)[: len(rhythm)]
        fixed = np.where(np.arange(len(rhythm)) < start, 1.0, 1 - self.effect)
        own, others = rng.poisson(usual * fixed), rng.poisson(self.others * rhythm * level)
        return own[:start], own[start:], others[:start], others[start:]

    def _rhythm(self) -> FloatArray:
        days = 7 * self.weeks + self.days
        return np.resize(_WEEK / _WEEK.mean(), days)


@pytest.mark.parametrize(
    "series",
    [
        Series(2, 0.8),
        Series(2, 0.8, weeks=4, days=14),
        Series(2, 0.8, weeks=3, days=14),
        Series(0.4, 0.9),
        Series(10, 0.5, weeks=6, days=21, others=200),
        Series(2, 0.0),
        Series(2, 1.0),
        Series(3, 0.8, swing=0.3),
        Series(3, 0.8, weeks=4, days=14, swing=0.3),
        Series(2, 0.8, growth=1.5),
        Series(2, 0.8, others=1),
        Series(1, 0.8, days=56, swing=0.2),
    ],
    ids=str,
)
def test_the_interval_covers_the_contacts_avoided(series: Series) -> None:
    rng = np.random.default_rng(0)
    proofs = [prove(*series.draw(rng)) for _ in range(RUNS)]
    truth = series.truth()
    covered = [one is not None and one.least_avoided <= truth <= one.most_avoided for one in proofs]
    assert 0.90 <= np.mean(covered) <= 0.98


def test_chance_is_seldom_taken_for_a_fix() -> None:
    rng = np.random.default_rng(1)
    proofs = [prove(*Series(2, 0.0).draw(rng)) for _ in range(RUNS)]
    assert np.mean([one is not None and one.is_proven for one in proofs]) <= 0.05


def test_a_quiet_holiday_is_no_fix() -> None:
    before, others = np.full(56, 3), np.full(56, 50)
    found = prove(before, np.full(14, 1), others, np.full(14, 17))
    assert found is not None
    assert not found.is_proven
    assert found.expected == pytest.approx(3 * 17 / 50 * 14)


def test_an_outage_before_the_fix_widens_the_interval() -> None:
    even, burst = np.full(28, 2), np.zeros(28, dtype=np.int64)
    burst[7:10] = [30, 20, 6]
    after, others = np.zeros(14, dtype=np.int64), np.full(28, 50)
    steady = prove(even, after, others, others[:14])
    outage = prove(burst, after, others, others[:14])
    assert steady is not None
    assert outage is not None
    assert steady.is_proven
    assert not outage.is_proven


@pytest.mark.parametrize(
    ("before", "after"),
    [(LEAST_DAYS - 1, 30), (30, LEAST_DAYS - 1), (0, 30), (30, 0)],
)
def test_too_few_days_tell_nothing(before: int, after: int) -> None:
    ones = np.ones(100, dtype=np.int64)
    assert prove(ones[:before], ones[:after], ones[:before], ones[:after]) is None


def test_nothing_before_tells_nothing() -> None:
    none = np.zeros(30, dtype=np.int64)
    assert prove(none, none, none + 9, none + 9) is None


def test_old_times_do_not_speak_for_the_last_ones() -> None:
    days = np.concatenate([np.full(100, 9), np.full(MOST_DAYS, 1)])
    found = prove(days, np.ones(14, dtype=np.int64), days * 50, np.full(14, 50))
    assert found is not None
    assert (found.days_before, found.before) == (MOST_DAYS, MOST_DAYS)
