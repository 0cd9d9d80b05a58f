"""Contacts that pour in on an issue: are they far more than usual, and another trouble?"""

import numpy as np
import pytest
from numpy.random import default_rng

from models.settings import FinderSettings
from models.surges import Surge, is_surge, other_trouble
from models.vectors import Vector, Vectors, unit_rows

SETTINGS = FinderSettings()
NOWHERE = np.zeros(32, dtype=np.float32)


def around(*directions: int, count: int, seed: int = 0, spread: float = 0.18) -> Vectors:
    """Unit rows scattered around the sum of these axes."""
    middle = np.zeros(32)
    middle[list(directions)] = 1 / np.sqrt(len(directions))
    noise = default_rng(seed).normal(scale=spread, size=(count, 32))
    return unit_rows((middle + noise).astype(np.float32))


def told_apart(
    recent: Vectors, older: Vectors, settings: FinderSettings = SETTINGS
) -> Surge | None:
    return other_trouble(recent, older, center=NOWHERE, settings=settings)


@pytest.mark.parametrize(
    ("count", "usual", "expected"),
    [(5, 0.0, True), (5, 0.3, True), (5, 1.5, False), (8, 1.5, True), (30, 25.0, False)],
)
def test_a_surge_is_far_more_than_chance_brings(count: int, usual: float, expected: bool) -> None:
    assert is_surge(count, usual, SETTINGS) is expected


def test_a_near_trouble_is_told_apart_from_the_older_contacts() -> None:
    older, recent = around(0, 1, count=40), around(0, 2, count=8, seed=1)
    found = told_apart(recent, older)
    assert found is not None
    assert found.likeness < min(found.inside_recent, found.inside_older) - 0.05


@pytest.mark.parametrize("seed", range(20))
def test_more_of_the_same_is_not(seed: int) -> None:
    contacts = around(0, 1, count=48, seed=seed)
    assert told_apart(contacts[:8], contacts[8:]) is None


def test_few_contacts_tell_nothing() -> None:
    older, recent = around(0, 1, count=40), around(0, 2, count=8, seed=1)
    assert told_apart(recent[:3], older) is None
    assert told_apart(recent, older[:4]) is None


def test_a_large_distance_that_chance_gives_too_is_not_enough() -> None:
    older, recent = around(0, 1, count=40, spread=0.5), around(0, 1, count=4, seed=1, spread=0.5)
    lax = FinderSettings(surge_apart=-1.0)
    assert told_apart(recent, older, lax) is None
    assert told_apart(recent, older, FinderSettings(surge_apart=-1.0, surge_cuts=1.0)) is not None


@pytest.mark.parametrize(
    ("directions", "expected"), [((0, 2), True), ((0, 1), False)], ids=["surge", "older trouble"]
)
def test_it_takes_most_but_what_is_about_the_older_trouble(
    directions: tuple[int, int],
    expected: bool,
) -> None:
    found = told_apart(around(0, 2, count=8, seed=1), around(0, 1, count=40))
    assert found is not None
    some: list[Vector] = list(around(*directions, count=50, seed=7))
    taken = np.mean([found.takes(one) for one in some])
    assert taken == 1.0 if expected else taken < 0.6
