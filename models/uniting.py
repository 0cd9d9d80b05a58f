"""Groups become one, the best proven first, until the evidence gives out."""

import heapq

import numpy as np

from models.evidence import Groups
from models.settings import FinderSettings
from models.vectors import IntArray, Vectors

NEIGHBOURS = 7
"""A group is compared with so many that are most like it."""

_LEAST_SIMILARITY = 0.1
_BLOCK = 256


def unite(groups: Groups, settings: FinderSettings) -> None:
    """Merge groups while the log-odds for one issue reach `settings.least_same`.

    Two fixed issues never become one here, nor what people keep apart.
    """
    if groups.by_number:
        _Uniting(groups, settings).run()


def nearest_columns(similar: Vectors, count: int) -> IntArray:
    """For each row the columns of its largest values, in no order."""
    count = min(count, similar.shape[1])
    return np.argpartition(-similar, count - 1, axis=1)[:, :count]


class _Uniting:
    def __init__(self, groups: Groups, settings: FinderSettings) -> None:
        self._groups = groups
        self._settings = settings
        self._numbers = list(groups.by_number)
        living = groups.by_number.values()
        self._means = np.array([group.mean for group in living], dtype=np.float32)
        self._fixed = np.array([group.issue is not None for group in living])
        self._changes = np.zeros(len(self._numbers), dtype=np.int64)
        self._heap: list[tuple[float, int, int, int, int]] = []

    def run(self) -> None:
        """Take the best pair again and again."""
        loose = np.flatnonzero(~self._fixed)
        for start in range(0, len(loose), _BLOCK):
            rows = loose[start : start + _BLOCK]
            for row, similarities in zip(rows, self._means[rows] @ self._means.T, strict=True):
                self._look(int(row), similarities)
        while self._heap:
            _, one, other, changes, other_changes = heapq.heappop(self._heap)
            if self._changes[one] == changes and self._changes[other] == other_changes:
                self._merge(one, other)

    def _look(self, row: int, similarities: Vectors) -> None:
        """Note the pairs of this group that are one issue by the evidence."""
        group = self._groups.by_number[self._numbers[row]]
        similarities[row] = -1.0
        if group.issue is not None:
            similarities = np.where(self._fixed, -1.0, similarities)
        for other in nearest_columns(similarities[None], NEIGHBOURS)[0].tolist():
            number = self._numbers[other]
            if similarities[other] < _LEAST_SIMILARITY or number in group.apart:
                continue
            odds = self._groups.same_issue(self._numbers[row], number, float(similarities[other]))
            if odds >= self._settings.least_same:
                note = (-odds, row, other, self._changes[row], self._changes[other])
                heapq.heappush(self._heap, note)

    def _merge(self, one: int, other: int) -> None:
        if self._fixed[other] or (not self._fixed[one] and self._size(other) > self._size(one)):
            one, other = other, one
        self._groups.merge(self._numbers[one], self._numbers[other])
        self._changes[one] += 1
        self._changes[other] += 1
        self._means[one] = self._groups.by_number[self._numbers[one]].mean
        self._means[other] = 0.0
        self._look(one, self._means @ self._means[one])

    def _size(self, row: int) -> int:
        return self._groups.by_number[self._numbers[row]].size
