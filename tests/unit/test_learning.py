"""What answers teach: ten that agree move the finder, one that is wrong hardly does."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evidence import probability
from models.learning import LEAST_ANSWERS, MOST_SHIFT, Lesson, learned_shift

_ODDS = st.floats(-6, 6)
_LESSONS = st.lists(st.builds(Lesson, _ODDS, st.booleans(), st.floats(0.1, 1)), max_size=60)


def test_ten_consistent_answers_move_it() -> None:
    for is_yes, sign in ((True, 1), (False, -1)):
        shift = learned_shift([Lesson(0.0, is_yes)] * 10)
        assert 0.3 < sign * shift <= MOST_SHIFT


def test_fewer_than_ten_teach_nothing() -> None:
    assert learned_shift([]) == 0.0
    assert learned_shift([Lesson(0.0, True)] * (LEAST_ANSWERS - 1)) == 0.0
    # What nobody asked for counts by its weight.
    assert learned_shift([Lesson(0.0, True, 0.25)] * 39) == 0.0
    assert learned_shift([Lesson(0.0, True, 0.25)] * 40) > 0.3


@pytest.mark.parametrize("tens", [1, 4, 20])
def test_one_wrong_answer_in_ten_hardly_moves_it(tens: int) -> None:
    right = [Lesson(2.0, True)] * 5 + [Lesson(-2.0, False)] * 5
    assert learned_shift(right * tens) == 0.0
    one_way = [Lesson(2.0, False), *right[1:]]
    other_way = [*right[:-1], Lesson(-2.0, True)]
    both_ways = [one_way, other_way]
    assert all(learned_shift(one) == 0.0 for one in both_ways)
    mixed = [lesson for ten in range(tens) for lesson in both_ways[ten % 2]]
    assert abs(learned_shift(mixed)) < 0.1


def test_one_wrong_answer_less_or_more_makes_little_difference() -> None:
    told = [Lesson(0.0, True)] * 20
    turned = [Lesson(0.0, False), *told[1:]]
    assert 0 < learned_shift(told) - learned_shift(turned) < 0.2


def test_what_was_expected_teaches_nothing() -> None:
    # Of answers with a probability of .8 four in five are yes.
    told = [Lesson(1.386, number % 5 != 0) for number in range(100)]
    assert learned_shift(told) == pytest.approx(0.0, abs=0.01)


def test_many_answers_find_the_true_shift() -> None:
    rng = random.Random(3)
    for true in (-0.6, 0.4):
        told = []
        for _ in range(4_000):
            odds = rng.gauss(0, 2)
            told.append(Lesson(odds, rng.random() < probability(odds + true)))
        assert learned_shift(told) == pytest.approx(true, abs=0.1)


@given(_LESSONS)
def test_it_is_bounded_and_symmetric(lessons: list[Lesson]) -> None:
    shift = learned_shift(lessons)
    assert abs(shift) <= MOST_SHIFT
    turned = [Lesson(-one.log_odds, not one.is_yes, one.weight) for one in lessons]
    assert learned_shift(turned) == pytest.approx(-shift, abs=1e-9)


@given(_LESSONS, _ODDS)
def test_a_yes_never_lowers_it(lessons: list[Lesson], odds: float) -> None:
    no, yes = (learned_shift([*lessons, Lesson(odds, is_yes)]) for is_yes in (False, True))
    assert no <= yes + 1e-9
