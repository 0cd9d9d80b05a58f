"""What waited beside an issue joins it once its fix is out, and nothing else does."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from models.clues import Clues, Fixed
from models.clustering import Regrouping, consolidate
from models.settings import FinderSettings
from models.vectors import Vector, Vectors, unit_rows

_SIZE = 64
_SETTINGS = FinderSettings()
_CENTER = np.zeros(_SIZE, dtype=np.float32)
_FIXED = 100.0
"""When the fix came out, in days."""


def _subject(number: int, count: int, *, seed: int = 0) -> Vectors:
    rows = default_rng([seed, number]).normal(0, 0.11, (count, _SIZE))
    rows[:, number] += 1
    return unit_rows(rows.astype(np.float32))


_ISSUE = _subject(1, 20)
_MEAN = _ISSUE.mean(axis=0)


def _beside(similarity: float, other: int) -> Vector:
    """A contact so similar to the contacts of the issue; what else it says is its own."""
    length = float(np.linalg.norm(_MEAN))
    rest = np.zeros(_SIZE, dtype=np.float32)
    rest[other] = 1
    rest -= (rest @ _MEAN) * _MEAN / length**2
    share = similarity / length
    rest *= np.sqrt(1 - share**2) / np.linalg.norm(rest)
    return np.asarray(share * _MEAN / length + rest, dtype=np.float32)


def _look(
    loose: Vectors,
    days: list[float],
    *,
    until: float = _FIXED,
    clues: Clues | None = None,
    settings: FinderSettings = _SETTINGS,
    asked: tuple[int, ...] = (),
) -> Regrouping:
    takes = np.array([until])
    return consolidate(
        loose,
        Fixed(_MEAN[None], np.array([20])),
        current=np.full(len(loose), -1, dtype=np.int64),
        center=_CENTER,
        settings=settings,
        clues=replace(clues or Clues(), days=np.array(days), takes_until=takes, asked=asked),
    )


def test_a_contact_from_before_the_fix_joins_below_the_threshold() -> None:
    rows = np.stack([_beside(0.44, 40), _beside(0.44, 41), _beside(0.2, 42)])
    found = _look(rows, [_FIXED - 3, _FIXED + 1, _FIXED - 9])
    assert found.joined.tolist() == [0, -1, -1]
    assert set(found.late) == {0}
    assert found.similarities[0] == pytest.approx(0.44, abs=0.01)


def test_nothing_joins_late_where_there_is_no_fix_or_people_say_no() -> None:
    rows = _beside(0.44, 40)[None]
    assert _look(rows, [_FIXED - 3], until=-np.inf).joined.tolist() == [-1]
    assert _look(rows, [_FIXED - 3], clues=Clues(apart=[(1, 0)])).joined.tolist() == [-1]
    assert _look(rows, [_FIXED - 3], clues=Clues(apart=[(0, 1)])).joined.tolist() == [-1]


_LIKENESS = 1.0
_DULL = replace(_SETTINGS, new_intercept=-5.0)
"""For which no candidate here is surely new."""


def _candidate() -> Vectors:
    """Four alike contacts, a little below even odds of being one with the issue at first sight."""
    own = _subject(30, 4)
    return unit_rows(np.asarray(_LIKENESS * _MEAN + own, dtype=np.float32))


def test_a_candidate_that_is_likely_the_fixed_issue_joins_it() -> None:
    rows, days = _candidate(), [_FIXED - 3] * 4
    open_issue = _look(rows, days, settings=_DULL, until=-np.inf)
    (seen,) = open_issue.outlooks.values()
    assert -_SETTINGS.asked_shift <= seen.same_as_nearest < 0
    assert set(open_issue.joined.tolist()) == {-1}
    found = _look(rows, days, settings=_DULL)
    assert found.joined.tolist() == [0] * 4
    assert found.outlooks == {}
    assert set(found.late) == {0, 1, 2, 3}


def test_a_candidate_that_is_asked_about_surely_new_or_younger_than_the_fix_stays() -> None:
    rows, days = _candidate(), [_FIXED - 3] * 4
    assert _look(rows, days, settings=_DULL, asked=(0,)).joined.tolist() == [-1] * 4
    after = [*days[:3], _FIXED + 1]
    assert _look(rows, after, settings=_DULL).joined.tolist() == [-1] * 4
    sure = replace(_SETTINGS, new_intercept=10.0)
    assert _look(rows, days, settings=sure).joined.tolist() == [-1] * 4
