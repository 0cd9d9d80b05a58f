"""A new contact against the living issues."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from models.clues import Fixed
from models.evidence import probability
from models.matching import find_center, near_misses, place
from models.settings import FinderSettings
from models.vectors import (
    Vectors,
    centered,
    distinct_rows,
    grow_mean,
    mean_members,
    unit_rows,
)

_SETTINGS = FinderSettings(join_threshold=0.6, join_slope=0.0)
_ZERO = np.zeros(4, dtype=np.float32)


def _rows(*rows: tuple[float, ...]) -> Vectors:
    return unit_rows(np.array(rows, dtype=np.float32))


def _issues(means: Vectors, size: int = 10) -> Fixed:
    return Fixed(means, np.full(len(means), size, dtype=np.int64))


def test_a_contact_joins_the_nearest_issue_that_is_near_enough() -> None:
    issues = _rows((1, 0, 0, 0), (0, 1, 0, 0))
    placement = place(_rows((0.9, 0.3, 0, 0))[0], _issues(issues), center=_ZERO, settings=_SETTINGS)
    assert placement.group == placement.nearest == 0
    assert placement.similarity > 0.9
    assert placement.threshold == 0.6
    assert placement.runner_up == 1
    assert placement.runner_up_similarity == pytest.approx(0.316, abs=0.01)


def test_near_misses_are_those_just_under_the_threshold_of_their_nearest_issue() -> None:
    issues = _rows((1, 0, 0, 0), (0, 1, 0, 0))
    similarities = (0.4, 0.47, 0.55, 0.59)
    rows = _rows(
        (0, 0, 1, 0),
        *((one, 0, (1 - one**2) ** 0.5, 0) for one in similarities),
        # It is nearer to the second issue.
        (0.4, 0.58, 0.5, 0.5),
    )
    found = near_misses(rows, _issues(issues), center=_ZERO, settings=_SETTINGS)
    assert [(one.row, one.issue) for one in found] == [(2, 0), (3, 0), (4, 0), (5, 1)]
    for one in found[:3]:
        assert one.similarity == pytest.approx(similarities[one.row - 1])
    # At the far end one in two belongs, and the nearer the likelier.
    likely = [probability(one.log_odds) for one in found[:3]]
    assert 0.5 < likely[0] < 0.55
    assert likely == sorted(likely)


def test_without_issues_or_contacts_nothing_is_missed() -> None:
    some, none = _rows((1, 0, 0, 0)), np.zeros((0, 4), dtype=np.float32)
    for vectors, means in ((some, none), (none, some), (none, none)):
        assert near_misses(vectors, _issues(means), center=_ZERO, settings=_SETTINGS) == []


def test_near_misses_of_many_contacts_are_those_of_each() -> None:
    rows = unit_rows(default_rng(1).normal(size=(600, 4)).astype(np.float32))
    issues = _issues(_rows((1, 0, 0, 0), (0, 1, 1, 0)))
    found = near_misses(rows, issues, center=_ZERO, settings=_SETTINGS)
    alone = [
        replace(one, row=row)
        for row in range(600)
        for one in near_misses(rows[row : row + 1], issues, center=_ZERO, settings=_SETTINGS)
    ]
    assert len(found) > 50
    assert [(one.row, one.issue) for one in found] == [(one.row, one.issue) for one in alone]


def test_below_the_threshold_it_stays_unassigned_but_says_what_was_nearest() -> None:
    placement = place(
        _rows((0.5, 0, 0.8, 0))[0], _issues(_rows((1, 0, 0, 0))), center=_ZERO, settings=_SETTINGS
    )
    assert placement.group is None
    assert placement.nearest == 0
    assert 0 < placement.similarity < 0.6
    assert placement.runner_up is None
    assert placement.runner_up_similarity is None


def test_the_threshold_itself_is_near_enough() -> None:
    vector = _rows((1, 0, 0, 0))[0]
    settings = FinderSettings(join_threshold=1.0, join_slope=0.0)
    assert place(vector, _issues(vector[None]), center=_ZERO, settings=settings).group == 0


def test_without_issues_nothing_is_joined() -> None:
    issues = np.zeros((0, 4), dtype=np.float32)
    placement = place(_rows((1, 0, 0, 0))[0], _issues(issues), center=_ZERO, settings=_SETTINGS)
    assert placement.group is None
    assert placement.similarity == 0.0


def test_a_broad_issue_pulls_less_than_a_tight_one() -> None:
    """Both means point the same way, but the broad one's contacts are less like the newcomer."""
    tight, broad = np.array([0.95, 0, 0, 0]), np.array([0.5, 0, 0, 0])
    issues = np.array([broad, tight], dtype=np.float32)
    placement = place(_rows((1, 0, 0, 0))[0], _issues(issues), center=_ZERO, settings=_SETTINGS)
    assert placement.group == 1
    assert placement.runner_up_similarity == pytest.approx(0.5)


def test_a_tight_issue_asks_for_more_than_a_loose_one() -> None:
    settings = FinderSettings(join_threshold=0.5, join_slope=0.5, join_least=0.4)
    thresholds = [
        place(
            _rows((0, 1, 0, 0))[0],
            _issues(np.array([[length, 0, 0, 0]], dtype=np.float32), 100),
            center=_ZERO,
            settings=settings,
        ).threshold
        for length in (0.95, 0.74, 0.1)
    ]
    assert thresholds[0] > 0.6 > thresholds[1] > thresholds[2] == 0.4


def test_few_contacts_tell_little_about_how_tight_an_issue_is() -> None:
    alike = np.array([[0.99, 0, 0, 0]], dtype=np.float32)
    few, many = (
        place(_rows((1, 0, 0, 0))[0], _issues(alike, size), center=_ZERO, settings=FinderSettings())
        for size in (2, 200)
    )
    assert few.threshold < many.threshold


def test_a_bonus_lowers_what_is_asked_and_not_the_similarity_told() -> None:
    vector, issues = _rows((0.58, 0, 0.81, 0))[0], _issues(_rows((1, 0, 0, 0)))
    without = place(vector, issues, center=_ZERO, settings=_SETTINGS)
    bonus = np.array([0.1], dtype=np.float32)
    helped = place(vector, issues, center=_ZERO, settings=_SETTINGS, bonus=bonus)
    assert (without.group, helped.group) == (None, 0)
    assert helped.similarity == without.similarity
    assert helped.threshold == pytest.approx(without.threshold - 0.1)


def test_the_mean_vector_tells_the_mean_similarity_to_the_members() -> None:
    random = default_rng(3)
    members = unit_rows(random.normal(1, 1, (20, 8)).astype(np.float32))
    center = np.full(8, 0.1, dtype=np.float32)
    vector = centered(unit_rows(random.normal(1, 1, 8).astype(np.float32)), center)
    exact = float((centered(members, center) @ vector).mean())
    quick = float(mean_members(members.mean(axis=0, keepdims=True), center)[0] @ vector)
    assert quick == pytest.approx(exact, abs=0.02)


def test_centring_takes_away_what_all_contacts_share() -> None:
    rows = default_rng(0).normal(0, 0.4, (300, 32))
    rows[:, 0] += 3
    contacts = unit_rows(rows.astype(np.float32))
    center = find_center(contacts, settings=_SETTINGS)
    before = float((contacts @ contacts.T).mean())
    moved = centered(contacts, center)
    assert before > 0.5
    assert abs(float((moved @ moved.T).mean())) < before / 2


def test_later_contacts_do_not_change_the_center() -> None:
    contacts = unit_rows(default_rng(1).normal(size=(50, 4)).astype(np.float32))
    settings = FinderSettings(center_contacts=30)
    np.testing.assert_array_equal(
        find_center(contacts[:30], settings=settings), find_center(contacts, settings=settings)
    )


def test_a_burst_has_one_vote_on_the_center() -> None:
    burst = np.repeat(_rows((1, 0, 0, 0)), 200, axis=0)
    others = _rows((0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
    center = find_center(np.concatenate([burst, others]), settings=_SETTINGS)
    np.testing.assert_allclose(center, np.full(4, 1 / 24), rtol=1e-5)


def test_no_contacts_give_a_zero_center() -> None:
    assert not find_center(np.zeros((0, 4), dtype=np.float32), settings=_SETTINGS).any()


def test_near_identical_rows_count_once() -> None:
    rows = _rows((1, 0, 0, 0), (1, 0.01, 0, 0), (0, 1, 0, 0), (1, 0, 0, 0))
    assert distinct_rows(rows, 0.97).tolist() == [0, 2]


def test_a_mean_grows_to_the_mean_of_all() -> None:
    rows = default_rng(2).normal(size=(5, 4)).astype(np.float32)
    mean = rows[0]
    for count in range(1, 5):
        mean = grow_mean(mean, count, rows[count])
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-5, atol=1e-6)
