"""Whether contacts fell after a fix: intervals that hold on series whose truth is known."""

import numpy as np
import pytest

from benchmarks.avoided import SERIES, Series, held
from models.proof import LEAST_DAYS, MOST_DAYS, prove


@pytest.mark.parametrize("series", SERIES[::3], ids=lambda one: one.name)
def test_the_interval_covers_the_contacts_avoided(series: Series) -> None:
    assert 0.90 <= held(series).covered <= 0.98


@pytest.mark.parametrize("trend", [0.0, -0.1])
def test_chance_and_a_problem_that_dies_down_are_seldom_taken_for_a_fix(trend: float) -> None:
    assert held(Series(effect=0, trend=trend), seed=1).proven <= 0.05


def test_what_an_issue_had_gained_counts_and_what_it_was_losing_goes_on() -> None:
    level, others = np.full(56, 4), np.full(28, 50)
    grown = np.repeat(np.arange(1, 9), 7)
    found = [
        prove(days, np.zeros(28, dtype=np.int64), np.full(56, 50), others)
        for days in (level, grown, grown[::-1].copy())
    ]
    assert all(one is not None for one in found)
    usual, gained, lost = [round(one.expected) for one in found if one is not None]
    assert usual == 112
    assert gained > 180
    assert lost < 40


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
