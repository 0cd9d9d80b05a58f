"""What speaks for two groups being one issue, and for a group being a new one, as log-odds.

Likeness of words alone cannot settle how fine issues are: two wordings of one trouble are often
no more alike than two troubles. People who write again within a day or two mostly do so about
the same trouble, so where their contacts fall tells what belongs together.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.follow_ups import FollowUps, crossing_by_chance, daily
from models.settings import FinderSettings
from models.vectors import FloatArray, IntArray, Vector, Vectors

_LEAST_SPAN_DAYS = 0.3
_SMALL = 0.1
_USUAL_MEMBERS = 10
_MOST = 0.6
_SUDDEN_DAYS = 0.5
"""A group is sudden when most of its contacts came within this time."""
_FAR_AWAY = -5.0
"""Log-odds of the same issue below which it makes no difference how far another one is."""
_NEAREST = 3
"""Which of `new_weights` goes with them."""
"""A small group's cohesion is pulled to the usual one, as if it had so many more members."""


@dataclass(slots=True)
class Group:
    """Contacts that stay together while groups are compared."""

    rows: list[int]
    """Loose contacts in it."""
    total: Vector
    """Sum of the members' centred unit vectors; `total / size` dots to mean similarities."""
    size: int
    issue: int | None = None
    """The fixed issue it is; None for a group that may become one."""
    ties: Counter[int] = field(default_factory=Counter)
    """Follow-ups shared with other groups, by their number, and with itself by its own."""
    ends: int = 0
    """Ends of follow-ups in the group, wherever the other end is."""
    shares: FloatArray | float = 0.0
    """Which share of all ends they are, day by day."""
    apart: set[int] = field(default_factory=set)
    """Groups that people keep apart from this one."""

    @property
    def mean(self) -> Vector:
        """Dots with a centred unit vector to the mean similarity to the members."""
        return np.asarray(self.total / self.size, dtype=np.float32)


def fixed_groups(members: Vectors, sizes: IntArray) -> list[Group]:
    """One group for each fixed issue; members: rows of `mean_members`."""
    return [
        Group([], np.asarray(mean * size, dtype=np.float32), int(size), issue=row)
        for row, (mean, size) in enumerate(zip(members, sizes, strict=True))
    ]


def cohesion(group_mean: Vector, size: int) -> float:
    """Mean similarity of the members to each other, without the pairs of one with itself."""
    if size < 2:
        return 1.0
    return float((size * (group_mean @ group_mean) - 1) / (size - 1))


def steady_cohesion(group_mean: Vector, size: int, settings: FinderSettings) -> float:
    """The cohesion to expect of more members: a few that are alike by chance do not count."""
    seen = cohesion(group_mean, size) * (size - 1) if size > 1 else 0.0
    return (seen + settings.usual_cohesion * _USUAL_MEMBERS) / (size - 1 + _USUAL_MEMBERS)


class Groups:
    """All groups of one look, with the follow-ups between them."""

    def __init__(self, groups: Sequence[Group], settings: FinderSettings) -> None:
        self.by_number = dict(enumerate(groups))
        self._settings = settings
        self._pairs: FloatArray = np.zeros(0)
        self._days: FloatArray | None = None

    def came(self, days: FloatArray | None) -> None:
        """Say when each loose contact came, in days."""
        self._days = days

    def tie(self, homes: IntArray, found: FollowUps) -> None:
        """Count the follow-ups; homes: for each contact the number of its group, or -1."""
        counted = daily(homes, found)
        self._pairs = counted.pairs
        for number, shares in counted.shares.items():
            self.by_number[number].shares = shares
        for one, other in homes[found.pairs].tolist():
            for end, far in ((one, other), (other, one)):
                if end >= 0:
                    self.by_number[end].ends += 1
                    if far >= 0 and far != end:
                        self.by_number[end].ties[far] += 1
            if one >= 0 and one == other:
                self.by_number[one].ties[one] += 1

    def keep_apart(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Groups of these numbers never become one."""
        for one, other in pairs:
            if one != other:
                self.by_number[one].apart.add(other)
                self.by_number[other].apart.add(one)

    def merge(self, kept: int, gone: int) -> None:
        """Put one group into another."""
        into, group = self.by_number[kept], self.by_number.pop(gone)
        into.rows += group.rows
        into.total = np.asarray(into.total + group.total, dtype=np.float32)
        into.size += group.size
        into.ends += group.ends
        into.shares = into.shares + group.shares
        into.ties[kept] += group.ties.pop(gone, 0) + into.ties.pop(gone, 0)
        for other, count in group.ties.items():
            if other != kept:
                into.ties[other] += count
                self.by_number[other].ties[kept] += count
                self.by_number[other].ties.pop(gone, None)
        for other in group.apart:
            self.by_number[other].apart.discard(gone)
            self.by_number[other].apart.add(kept)
        into.apart |= group.apart
        into.apart.discard(kept)

    def same_issue(self, one: int, other: int, similarity: float) -> float:
        """Log-odds that two groups are one issue.

        similarity: mean similarity of the members of one to those of the other. What comes all at
        once is seldom an issue that was there before.
        """
        a, b = self.by_number[one], self.by_number[other]
        crossing = a.ties[other]
        by_chance = crossing_by_chance(self._pairs, a.shares, b.shares)
        # Of the follow-ups inside one issue this share crosses when it is cut in two at random.
        share = 2 * a.size * b.size / (a.size + b.size) ** 2
        if_same = share * (a.ties[one] + b.ties[other] + crossing) / 2
        ratio = math.log((by_chance + if_same + _SMALL) / (by_chance + _SMALL))
        likelihood = crossing * ratio - if_same
        excess = math.log((by_chance + crossing + 0.5) / (by_chance + 0.5))
        weights = self._settings.same_weights
        terms = (similarity, likelihood, excess)
        log_odds = self._settings.same_intercept + sum(
            weight * term for weight, term in zip(weights, terms, strict=True)
        )
        is_joining = (a.issue is None) != (b.issue is None)
        if is_joining and self._is_sudden(a if a.issue is None else b):
            log_odds -= self._settings.sudden_apart
        return log_odds

    def _is_sudden(self, group: Group) -> bool:
        """Whether most of its contacts came at once, as in an outage."""
        if self._days is None or len(group.rows) < self._settings.burst_contacts:
            return False
        most = max(math.ceil(_MOST * len(group.rows)), self._settings.burst_contacts)
        days = self._days[group.rows]
        days = np.sort(days[np.isfinite(days)])
        if len(days) < most:
            return False
        spans = days[most - 1 :] - days[: len(days) - most + 1]
        return bool(spans.min() <= _SUDDEN_DAYS)

    def new_issue(self, number: int, *, nearest: float, span_days: float) -> float:
        """Log-odds that a group is a recurring issue which no fixed issue is yet.

        nearest: log-odds that it is the same as the likeliest fixed issue. span_days: between
        its first and its last contact.
        """
        group = self.by_number[number]
        by_chance = crossing_by_chance(self._pairs, group.shares, group.shares) / 2
        terms = (
            math.log(group.size),
            group.ends / group.size,
            math.log((group.ties[number] + 0.2) / (by_chance + 0.2)),
            max(nearest, _FAR_AWAY),
            math.log(span_days + _LEAST_SPAN_DAYS),
            cohesion(group.mean, group.size),
        )
        weights = self._settings.new_weights
        return self._settings.new_intercept + sum(
            weight * term for weight, term in zip(weights, terms, strict=True)
        )


def new_unless_same(new_issue: float, same: float, settings: FinderSettings) -> float:
    """Log-odds of a new issue, were it known not to be the same as the likeliest one.

    new_issue, same: the log-odds of both as `Groups` tells them.
    """
    return new_issue + settings.new_weights[_NEAREST] * (_FAR_AWAY - max(same, _FAR_AWAY))


def probability(log_odds: float) -> float:
    """Between 0 and 1."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))
