"""How sure a share, a net promoter score, a mean, or a change of one of them is.

Shares have Wilson's interval, means Student's. A net promoter score is a difference of two shares
of the same answers, which cannot both be large: its interval takes their correlation into account
(method 10 of Newcombe, Statistics in Medicine 1998, 17:2635-2650). Differences of two independent
numbers combine their intervals the same way, which for shares is method 10 of Newcombe,
Statistics in Medicine 1998, 17:873-890.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

LEAST_ANSWERS = 10
"""Fewer answers are counted but not reckoned with."""

_TAIL = 0.025
_TWO_SIDED = float(ndtri(1 - _TAIL))
"""Standard deviations to the ends of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> "Measured":
        """The same in another unit, such as percent; `factor` is positive."""
        return Measured(self.value * factor, self.low * factor, self.high * factor)


def share(hits: int, answers: int) -> Measured:
    """The share of hits among answers, from 0 to 1, after Wilson; needs one answer."""
    if not 0 <= hits <= answers or not answers:
        raise ValueError("hits must lie between none and all of at least one answer")
    found, square = hits / answers, _TWO_SIDED**2
    middle = (found + square / (2 * answers)) / (1 + square / answers)
    spread = found * (1 - found) / answers + square / (4 * answers**2)
    reach = _TWO_SIDED * math.sqrt(spread) / (1 + square / answers)
    # Rounding must not put the ends beside the share itself at none and at all.
    low = 0.0 if hits == 0 else middle - reach
    return Measured(found, low, 1.0 if hits == answers else middle + reach)


def net_promoters(promoters: int, detractors: int, answers: int) -> Measured:
    """The share of promoters without that of detractors, from -1 to 1; needs one answer."""
    if min(promoters, detractors) < 0 or promoters + detractors > answers:
        raise ValueError("promoters and detractors are parts of the answers")
    one, other = share(promoters, answers), share(detractors, answers)
    odds = one.value * other.value / ((1 - one.value) * (1 - other.value) or math.inf)
    return _apart(one, other, correlation=-math.sqrt(odds))


def mean(scores: Sequence[float], *, least: float, most: float) -> Measured:
    """The mean of scores on a scale from `least` to `most`, after Student; needs two scores."""
    if len(scores) < 2:
        raise ValueError("a mean of fewer than two scores has no interval")
    found = float(np.mean(scores))
    error = float(np.std(scores, ddof=1)) / math.sqrt(len(scores))
    reach = float(stdtrit(len(scores) - 1, 1 - _TAIL)) * error
    return Measured(found, max(least, found - reach), min(most, found + reach))


def change(before: Measured, after: Measured) -> Measured:
    """By how much `after` is more than `before`; the two share no answers."""
    return _apart(after, before, correlation=0.0)


def _apart(one: Measured, other: Measured, *, correlation: float) -> Measured:
    """`one` without `other`, by the way their intervals reach."""
    apart = one.value - other.value
    down, up = one.value - one.low, one.high - one.value
    other_down, other_up = other.value - other.low, other.high - other.value
    below = down**2 + other_up**2 - 2 * correlation * down * other_up
    above = up**2 + other_down**2 - 2 * correlation * up * other_down
    return Measured(apart, apart - math.sqrt(below), apart + math.sqrt(above))
