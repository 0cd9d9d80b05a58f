"""Did the contacts stop? An issue's contacts before and after its fix, against normal variation.

What would have come without the fix is told by the rate before it, beside the product's contacts
about other things: they share the rhythm of the week, holidays and growth. Counts are taken to be
Poisson, spread wider by what the weeks before show; the two intervals are combined as MOVER does
(Donner and Zou, Statistics in Medicine 2010).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, ndtri, stdtrit

from models.vectors import FloatArray, IntArray

LEAST_DAYS = 7
"""Fewer days on either side tell nothing: a week has its rhythm."""

MOST_DAYS = 56
"""Days before the fix that are looked at, so that old times do not speak for the last ones."""

LEAST_OTHERS = 50
"""With fewer contacts about other things on either side, days are the measure and not contacts."""

_WEEK = 7
_TAIL = 0.025
"""Left out at either end of a 95 % interval."""

_TWO_SIDED = float(ndtri(1 - _TAIL))
"""Standard deviations to its ends."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the contacts since the fix say of it."""

    days_before: int
    days_after: int
    before: int
    """Contacts in the days before."""
    after: int
    """Contacts since."""
    expected: float
    """Contacts that would have come since, had nothing changed."""
    avoided: float
    """`expected` without those that came; negative when more came."""
    least_avoided: float
    most_avoided: float
    """Where the number avoided lies with 95 % confidence."""

    @property
    def is_proven(self) -> bool:
        """Whether fewer contacts came than normal variation explains."""
        return self.least_avoided > 0


def prove(
    before: IntArray, after: IntArray, others_before: IntArray, others_after: IntArray
) -> Proof | None:
    """Compare an issue's daily contacts on both sides of its fix; None when it is too early.

    before, after: contacts of the issue a day, the day of the fix in neither. others_*: contacts of
    the product about other things on the same days. The issue's first day should be the first.
    """
    before, others_before = before[-MOST_DAYS:], others_before[-MOST_DAYS:]
    if len(before) < LEAST_DAYS or len(after) < LEAST_DAYS or not before.sum():
        return None
    ratio, doubt = _ratio(others_before, others_after)
    spread = _spread(before)
    count, came = int(before.sum()), int(after.sum())
    expected = count * ratio
    low, high = (ratio * edge for edge in _interval(count, spread))
    least, most = _interval(came, spread)
    off = (expected * doubt) ** 2
    avoided = expected - came
    return Proof(
        days_before=len(before),
        days_after=len(after),
        before=count,
        after=came,
        expected=expected,
        avoided=avoided,
        least_avoided=avoided - math.sqrt((expected - low) ** 2 + off + (most - came) ** 2),
        most_avoided=avoided + math.sqrt((high - expected) ** 2 + off + (came - least) ** 2),
    )


def _ratio(before: IntArray, after: IntArray) -> tuple[float, float]:
    """How much longer or busier the time after is, and half the relative width of its interval."""
    one, other = int(before.sum()), int(after.sum())
    if min(one, other) < LEAST_OTHERS:
        return len(after) / len(before), 0.0
    spread = max(_spread(before), _spread(after))
    return other / one, _TWO_SIDED * math.sqrt(spread * (1 / one + 1 / other))


def _spread(days: IntArray) -> float:
    """How much wider than Poisson the counts vary: by whole weeks, from the last day back.

    What few weeks show is widened as the t distribution tells.
    """
    weeks = len(days) // _WEEK
    if weeks < 2 or not days.sum():
        return 1.0
    totals: FloatArray = days[len(days) - weeks * _WEEK :].reshape(weeks, _WEEK).sum(axis=1) * 1.0
    mean = totals.mean()
    if not mean:
        return 1.0
    seen = float(np.square(totals - mean).sum() / mean) / (weeks - 1)
    doubt = float(stdtrit(weeks - 1, 1 - _TAIL)) / _TWO_SIDED
    return 1.0 + max(0.0, seen - 1.0) * doubt


def _interval(count: int, spread: float) -> tuple[float, float]:
    """Where the mean of a count lies with 95 % confidence, after Jeffreys."""
    shape = count / spread + 0.5
    low = 0.0 if count == 0 else float(gammaincinv(shape, _TAIL)) * spread
    return low, float(gammaincinv(shape, 1 - _TAIL)) * spread
