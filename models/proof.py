"""Did the contacts stop? An issue's contacts before and after its fix, against normal variation.

What would have come without the fix is told by the weeks before it, beside the product's contacts
about other things: they share the rhythm of the week, holidays and growth. What the issue itself
gained or lost from week to week counts too: of a problem that is dying down anyway a fix takes
little away. Counts are taken to be Poisson, spread wider by what the weeks show; the intervals of
what was to be expected and of what came are combined as MOVER does (Donner and Zou, Statistics in
Medicine 2010).
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
_LEAST_WEEKS = 4
"""From so many whole weeks before the fix on a trend is looked for."""

_USUAL_TREND = 0.35
"""What is thought of a trend before its weeks are seen: the standard deviation of what an issue
gains or loses a week, in natural logarithms."""

_STEPS, _CLOSE = 30, 1e-8
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
    usual = _usual(before, others_before, others_after)
    came = int(after.sum())
    least, most = _interval(came, usual.spread)
    avoided = usual.expected - came
    return Proof(
        days_before=len(before),
        days_after=len(after),
        before=int(before.sum()),
        after=came,
        expected=usual.expected,
        avoided=avoided,
        least_avoided=avoided - math.hypot(usual.expected - usual.low, most - came),
        most_avoided=avoided + math.hypot(usual.high - usual.expected, came - least),
    )


@dataclass(frozen=True, slots=True)
class _Usual:
    """What was to be expected after the fix, where that lies, and how much wider than Poisson."""

    expected: float
    low: float
    high: float
    spread: float

    def widened(self, doubt: float) -> "_Usual":
        """With a relative doubt about what it was measured by."""
        off = self.expected * doubt
        low = self.expected - math.hypot(self.expected - self.low, off)
        high = self.expected + math.hypot(self.high - self.expected, off)
        return _Usual(self.expected, low, high, self.spread)


def _usual(before: IntArray, others_before: IntArray, others_after: IntArray) -> _Usual:
    """What would have come, measured by the contacts about other things, or by days."""
    one, other = int(others_before.sum()), int(others_after.sum())
    has_others = min(one, other) >= LEAST_OTHERS
    if not has_others:
        others_before, others_after = np.ones_like(others_before), np.ones_like(others_after)
    own, others = _weekly(before), _weekly(others_before)
    if len(own) >= _LEAST_WEEKS and own.any() and others.all():
        found = _by_trend(own, others, others_after)
        wide = _line(others, np.ones_like(others)).spread / other if has_others else 0.0
    else:
        found = _by_rate(before, others_before, others_after)
        spread = max(_spread(_weekly(others_before)), _spread(_weekly(others_after)))
        wide = spread * (1 / one + 1 / other) if has_others else 0.0
    return found.widened(_TWO_SIDED * math.sqrt(wide))


def _by_rate(before: IntArray, others_before: IntArray, others_after: IntArray) -> _Usual:
    """Of few weeks: the mean of all days."""
    spread, count = _spread(_weekly(before)), int(before.sum())
    ratio = float(others_after.sum() / others_before.sum())
    low, high = (ratio * edge for edge in _interval(count, spread))
    return _Usual(count * ratio, low, high, spread)


def _by_trend(own: FloatArray, others: FloatArray, others_after: IntArray) -> _Usual:
    """A line through the weeks before: what gained is taken to stay, what lost to go on losing."""
    line = _line(own, others)
    total, ahead = float(others_after.sum()), 0.0
    if line.slope < 0:
        days = (np.arange(len(others_after)) + 0.5) / _WEEK
        kept = float((others_after * np.exp(line.slope * days)).sum()) / total
        ahead = math.log(kept) / line.slope
    expected = total * math.exp(line.level + line.slope * ahead)
    place = np.array([1.0, ahead])
    doubt = math.exp(_TWO_SIDED * math.sqrt(float(place @ line.covariance @ place)))
    return _Usual(expected, expected / doubt, expected * doubt, line.spread)


@dataclass(frozen=True, slots=True)
class _Line:
    """Logarithm of a rate: its level at the fix and what it gains a week, with their doubt."""

    level: float
    slope: float
    covariance: FloatArray
    spread: float


def _line(counts: FloatArray, measure: FloatArray) -> _Line:
    """The likeliest line for weekly counts, each beside its measure, by Newton's steps."""
    place = np.arange(len(counts)) - len(counts) + 0.5
    rows = np.stack([np.ones_like(place), place], axis=1)
    prior = np.diag([0.0, _USUAL_TREND**-2])
    found = np.array([math.log(counts.sum() / measure.sum()), 0.0])
    for _ in range(_STEPS):
        means = measure * np.exp(rows @ found)
        step = np.linalg.solve(
            rows.T @ (rows * means[:, None]) + prior, rows.T @ (counts - means) - prior @ found
        )
        found = found + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < _CLOSE:
            break
    means = measure * np.exp(rows @ found)
    spread = _widened(float(((counts - means) ** 2 / means).sum()), len(counts) - 2)
    covariance = np.linalg.inv(rows.T @ (rows * means[:, None]) / spread + prior)
    return _Line(float(found[0]), float(found[1]), covariance, spread)


def _weekly(days: IntArray) -> FloatArray:
    """The totals of whole weeks, from the last day back."""
    weeks = len(days) // _WEEK
    whole = days[len(days) - weeks * _WEEK :].reshape(weeks, _WEEK)
    return np.asarray(whole.sum(axis=1), dtype=np.float64)


def _spread(weeks: FloatArray) -> float:
    """How much wider than Poisson the totals of weeks vary about their mean."""
    if len(weeks) < 2 or not weeks.any():
        return 1.0
    mean = weeks.mean()
    return _widened(float(np.square(weeks - mean).sum() / mean), len(weeks) - 1)


def _widened(squares: float, freedom: int) -> float:
    """Never narrower than Poisson; what few weeks show is widened as the t distribution tells."""
    doubt = float(stdtrit(freedom, 1 - _TAIL)) / _TWO_SIDED
    return 1.0 + max(0.0, squares / freedom - 1.0) * doubt


def _interval(count: int, spread: float) -> tuple[float, float]:
    """Where the mean of a count lies with 95 % confidence, after Jeffreys."""
    shape = count / spread + 0.5
    low = 0.0 if count == 0 else float(gammaincinv(shape, _TAIL)) * spread
    return low, float(gammaincinv(shape, 1 - _TAIL)) * spread
