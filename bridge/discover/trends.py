"""Contacts over time: the same bars for every issue of a file, and the course in a word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, sqrt

_MOST_DAYS = 42
_MOST_WEEKS = 53
_MOST_BARS = 60
_CHANGE = 1.25
_CHANCE = 1.5
"""A difference of so many standard deviations is more than chance."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time a file covers, cut into equal bars that end with its last day."""

    first: date
    """Where the first bar begins, which may be before the first contact."""
    first_contact: date
    last: date
    days: int
    """How many days one bar covers."""

    @property
    def bars(self) -> int:
        """How many bars there are."""
        return ((self.last - self.first).days + 1) // self.days

    def counts(self, moments: Iterable[datetime]) -> list[int]:
        """How many of the moments fall into each bar."""
        counts = [0] * self.bars
        for moment in moments:
            counts[(moment.date() - self.first).days // self.days] += 1
        return counts

    @property
    def unit(self) -> str:
        """What one bar covers, in words."""
        return {1: "day", 7: "week"}.get(self.days, f"{self.days} days")


def period_of(moments: Sequence[datetime]) -> Period | None:
    """The period of all contacts of a file; None when their times are not at least two days."""
    if not moments:
        return None
    first, last = min(moments).date(), max(moments).date()
    span = (last - first).days + 1
    if span < 2:
        return None
    days = 1 if span <= _MOST_DAYS else 7
    if span > _MOST_WEEKS * 7:
        days = max(30, ceil(span / _MOST_BARS))
    return Period(last - timedelta(days=ceil(span / days) * days - 1), first, last, days)


def course(counts: Sequence[int]) -> str:
    """rising, falling or steady: the later half of the bars against the earlier one.

    Few contacts differ by chance, so a small difference counts as steady.
    """
    half = len(counts) // 2
    before, lately = sum(counts[:half]), sum(counts[-half:]) if half else 0
    if abs(lately - before) <= _CHANCE * sqrt(before + lately):
        return "steady"
    if lately > before * _CHANGE:
        return "rising"
    return "falling" if before > lately * _CHANGE else "steady"
