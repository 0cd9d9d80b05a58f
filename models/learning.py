"""What the answers of people teach about log-odds that were fitted elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.evidence import probability

LEAST_ANSWERS = 10
"""Fewer teach nothing: one mood must not move a product."""

MOST_SHIFT = 1.0
"""However clear the answers, the log-odds move no further."""

_SPREAD = 0.5
"""Standard deviation of the shift before anybody has answered."""

_CHANCE = 1.64
"""So many standard deviations of surprise are taken for chance: one in twenty goes beyond."""

_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Lesson:
    """An answer, and how likely the finder had thought it without any shift."""

    log_odds: float
    """Of a yes."""

    is_yes: bool

    weight: float = 1.0
    """Of the answer, beside one that was asked for."""


def learned_shift(lessons: Sequence[Lesson]) -> float:
    """What to add to the log-odds so that they fit the answers: between -1 and 1.

    The likeliest intercept of a logistic curve, held near zero by a prior. What chance alone could
    have made of the answers is taken off first: a few wrong ones teach nothing.
    """
    if math.fsum(one.weight for one in lessons) < LEAST_ANSWERS:
        return 0.0
    surprise = _surprise(lessons, 0.0)
    chance = _CHANCE * math.sqrt(math.fsum(_variance(one) for one in lessons))
    if abs(surprise) <= chance:
        return 0.0
    explained = math.copysign(chance, surprise)
    low, high = sorted((0.0, math.copysign(MOST_SHIFT, surprise)))
    # The slope falls all the way, so halving finds where it is zero, or the bound.
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if _surprise(lessons, middle) - explained > middle / _SPREAD**2:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _surprise(lessons: Sequence[Lesson], shift: float) -> float:
    """How many more said yes than expected."""
    return math.fsum(
        one.weight * (one.is_yes - probability(one.log_odds + shift)) for one in lessons
    )


def _variance(lesson: Lesson) -> float:
    likely = probability(lesson.log_odds)
    return lesson.weight**2 * likely * (1 - likely)
