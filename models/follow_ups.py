"""Who writes again within days: mostly about the same trouble, and sometimes by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from models.settings import FinderSettings
from models.vectors import FloatArray, IntArray

_USUAL = 20
"""A day's few pairs tell little: it is as if so many more fell as they do on all days."""


def _no_pairs() -> IntArray:
    return np.zeros((0, 2), dtype=np.int64)


def _no_days() -> FloatArray:
    return np.zeros(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Pairs of contacts by one customer within a few days."""

    pairs: IntArray = field(default_factory=_no_pairs)
    """Shape (pairs, 2): the number of each contact, or of what it is on."""

    days: FloatArray = field(default_factory=_no_days)
    """When the later one of each pair was written, in days."""

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.pairs)

    def told(self, numbers: IntArray) -> FollowUps:
        """The same pairs by other numbers. numbers: for each present one the other."""
        return replace(self, pairs=numbers[self.pairs])


def follow_ups(customers: IntArray, days: FloatArray, settings: FinderSettings) -> FollowUps:
    """The follow-ups among contacts, by row number.

    customers: who wrote each contact, -1 for nobody known. days: when, in days. A contact is
    paired with at most the `follow_up_most` before it.
    """
    order = np.lexsort((days, customers))
    order = order[customers[order] >= 0]
    found = [_no_pairs()]
    for lag in range(1, settings.follow_up_most + 1):
        before, after = order[:-lag], order[lag:]
        is_one = customers[before] == customers[after]
        is_near = days[after] - days[before] < settings.follow_up_days
        found.append(np.stack([before, after], axis=1)[is_one & is_near])
    pairs = np.concatenate(found)
    return FollowUps(pairs, np.asarray(days[pairs[:, 1]], dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Daily:
    """Whose follow-ups those of each day are."""

    pairs: FloatArray
    """How many follow-ups there are, day by day."""

    shares: Mapping[int, FloatArray]
    """For each group with any, the share of their ends that are in it, day by day."""


def daily(homes: IntArray, found: FollowUps) -> Daily:
    """Count the ends by day and group. homes: for each number the group it is in, or -1."""
    if not len(found):
        return Daily(_no_days(), {})
    day = np.floor(found.days - found.days.min()).astype(np.int64)
    pairs = np.bincount(day).astype(np.float64)
    ends, at = homes[found.pairs].ravel(), np.repeat(day, 2)
    is_known = ends >= 0
    groups, rows = np.unique(ends[is_known], return_inverse=True)
    counts = np.zeros((len(groups), len(pairs)))
    np.add.at(counts, (rows, at[is_known]), 1)
    usual = counts.sum(axis=1, keepdims=True) / pairs.sum()
    shares = (counts + _USUAL * usual) / (2 * (pairs + _USUAL))
    return Daily(pairs, dict(zip(groups.tolist(), shares, strict=True)))


def crossing_by_chance(
    pairs: FloatArray, one: FloatArray | float, other: FloatArray | float
) -> float:
    """How many follow-ups have an end in each of two groups when each end falls as it may.

    pairs: of each day. one, other: the share of the ends that are in each group, day by day. Two
    outages of one evening have many of the same customers write again about either.
    """
    return float(2 * (pairs * one * other).sum())
