"""The nearest among many issues: the same as looking at each of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from models.clues import Fixed
from models.matching import Placement, place
from models.nearest import Issues
from models.settings import FinderSettings
from models.vectors import Vector, Vectors, unit_rows

_SETTINGS = FinderSettings()


class _Brute:
    """All issues in a dictionary, compared one with all."""

    def __init__(self) -> None:
        self.of: dict[int, tuple[Vector, int]] = {}

    def place(self, vector: Vector, center: Vector, bonus: dict[int, float]) -> Placement:
        """The same question put to `place`, told by number."""
        numbers = sorted(self.of)
        means = np.array([self.of[one][0] for one in numbers], dtype=np.float32)
        issues = Fixed(
            means.reshape(len(numbers), len(vector)),
            np.array([self.of[one][1] for one in numbers], dtype=np.int64),
        )
        added = np.array([bonus.get(one, 0.0) for one in numbers], dtype=np.float32)
        found = place(vector, issues, center=center, settings=_SETTINGS, bonus=added)
        group, nearest, second = (
            None if row is None else numbers[row]
            for row in (found.group, found.nearest, found.runner_up)
        )
        return Placement(
            group,
            found.similarity,
            found.threshold,
            nearest,
            second,
            found.runner_up_similarity,
        )


def _means(count: int, dimensions: int, seed: int) -> Vectors:
    random = default_rng(seed)
    rows = unit_rows(random.normal(size=(count, dimensions)).astype(np.float32))
    return np.asarray(rows * random.uniform(0.5, 1, (count, 1)), dtype=np.float32)


@given(st.integers(0, 1000), st.lists(st.integers(0, 79), max_size=120))
def test_issues_that_come_change_and_go_are_found_as_by_looking_at_all(
    seed: int, moves: list[int]
) -> None:
    """A number that comes again goes, then comes back changed, and so on."""
    random, issues, brute = default_rng(seed), Issues(8), _Brute()
    means = _means(len(moves) + 20, 8, seed)
    for place_, number in enumerate([*moves, *range(200, 220)]):
        if number in brute.of and random.random() < 0.5:
            issues.drop(number)
            issues.drop(number)
            del brute.of[number]
        else:
            size = int(random.integers(1, 30))
            issues.put(number, means[place_], size)
            brute.of[number] = (means[place_], size)
        if place_ % 10 == 0:  # the search keeps things of its own: use it meanwhile
            issues.place(means[0], center=means[1] * 0.1, settings=_SETTINGS)
    center = means[2] * 0.1
    for vector in unit_rows(_means(5, 8, seed + 1)):
        bonus = {int(one): 0.2 for one in random.integers(0, 230, 5)}
        found = issues.place(vector, center=center, settings=_SETTINGS, bonus=bonus)
        assert found == brute.place(vector, center, bonus)
    assert sorted(issues) == sorted(brute.of)
    assert len(issues) == len(brute.of)


@pytest.fixture(scope="module")
def many() -> tuple[Issues, _Brute, Vectors]:
    """So many issues that only sketches of them are compared at first."""
    issues, brute = Issues(384), _Brute()
    means = _means(6000, 384, 5)
    for number, mean in enumerate(means):
        issues.put(number, mean, 10)
        brute.of[number] = (mean, 10)
    return issues, brute, means


def test_among_many_the_nearest_two_are_the_same(many: tuple[Issues, _Brute, Vectors]) -> None:
    issues, brute, means = many
    random = default_rng(2)
    center = means[:300].mean(axis=0)
    firsts, seconds = [], []
    for _ in range(200):
        about, beside = random.integers(0, 6000, 2)
        vector = unit_rows(means[about] + 0.5 * means[beside] + random.normal(0, 0.02, 384))
        found = issues.place(vector, center=center, settings=_SETTINGS)
        true = brute.place(vector, center, {})
        firsts.append((found.group, found.nearest) == (true.group, true.nearest))
        seconds.append(found.runner_up == true.runner_up)
    assert all(firsts)
    assert np.mean(seconds) >= 0.98


def test_an_issue_with_a_bonus_is_never_missed(many: tuple[Issues, _Brute, Vectors]) -> None:
    issues, brute, means = many
    center = np.zeros(384, dtype=np.float32)
    for number in range(0, 6000, 300):
        vector, bonus = unit_rows(-means[number]), {number: 2.0, 70_000: 9.0}
        found = issues.place(vector, center=center, settings=_SETTINGS, bonus=bonus)
        true = brute.place(vector, center, bonus)
        assert found.nearest == true.nearest == number
        assert (found.similarity, found.threshold) == (true.similarity, true.threshold)


def test_a_new_center_counts_at_once(many: tuple[Issues, _Brute, Vectors]) -> None:
    issues, brute, means = many
    vector = unit_rows(means[17] + means[18])
    for center in (means[17] * 0.9, means[18] * 0.9, means[17] * 0.9):
        found = issues.place(vector, center=center, settings=_SETTINGS)
        assert found == brute.place(vector, center, {})


def test_the_nearest_come_in_order_of_their_numbers() -> None:
    issues = Issues(4)
    for number in (9, 3, 7):
        issues.put(number, np.eye(4, dtype=np.float32)[number % 4], 1)
    center = np.zeros(4, dtype=np.float32)
    assert issues.near(np.ones(4, dtype=np.float32), center=center, most=5) == [3, 7, 9]
    assert issues.near(np.eye(4, dtype=np.float32)[1], center=center, most=1) == [9]


def test_as_many_are_near_as_are_asked_for(many: tuple[Issues, _Brute, Vectors]) -> None:
    issues, _, means = many
    center = means[:300].mean(axis=0)
    for most in (1, 40, 1024, 3000):
        found = issues.near(means[5], center=center, most=most)
        assert len(found) == most
        assert 5 in found
    assert issues.near(means[5], center=center, most=9000) == list(range(6000))


def test_without_issues_nothing_is_near() -> None:
    vector, center = np.ones(4, dtype=np.float32), np.zeros(4, dtype=np.float32)
    found = Issues(4).place(vector, center=center, settings=_SETTINGS)
    assert (found.group, found.nearest, found.runner_up) == (None, None, None)
