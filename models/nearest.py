"""Many issues, of which only the likely ones are looked at closely."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from models.clues import Fixed
from models.matching import Placement, place
from models.settings import FinderSettings
from models.vectors import (
    IntArray,
    Vector,
    Vectors,
    centered,
    dots,
    grow_mean,
    mean_members,
    member_lengths,
)

_LIKELY = 1024
"""So many issues go on from their sketches to their means; with no more than that, all do."""

_CLOSE = 32
"""So many go on to `place`."""

_SKETCH = 96
"""Numbers in the sketch of an issue. Measured on 37,000 real contacts as if each were an issue:
the nearest was always among the `_LIKELY` best, the second in 99.95 % of cases."""

_LOT = 8192
_NO_BONUS: Mapping[int, float] = {}


class Issues:
    """The issues of a product by number, in memory: plain means of unit rows, and sizes.

    A sketch of an issue is its row of `mean_members` in a few directions drawn at random, once
    for all: dot products of sketches tell which issues may be the nearest.
    """

    def __init__(self, dimensions: int) -> None:
        random = np.random.default_rng(0).standard_normal((dimensions, dimensions))
        directions = np.linalg.qr(random)[0].T[:_SKETCH]
        self._directions = np.ascontiguousarray(directions, dtype=np.float32)
        self._rows: dict[int, int] = {}
        self._numbers = np.zeros(0, dtype=np.int64)
        self._sizes = np.zeros(0, dtype=np.int64)
        self._means = np.zeros((0, dimensions), dtype=np.float32)
        self._sketches = np.zeros((0, len(self._directions)), dtype=np.float32)
        self._scales = np.zeros(0, dtype=np.float32)
        """What the mean less the centre is multiplied with to be a row of `mean_members`."""
        self._center: Vector | None = None
        """What sketches and scales were made with; None before there are any."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def put(self, number: int, mean: Vector, size: int) -> None:
        """Add an issue, or say what has become of it."""
        row = self._rows.setdefault(number, len(self._rows))
        if row == len(self._numbers):
            self._grow()
        self._numbers[row], self._sizes[row], self._means[row] = number, size, mean
        if self._center is not None:
            self._look_at(slice(row, row + 1), self._center)

    def join(self, number: int, vector: Vector) -> None:
        """One more contact is on an issue that is known."""
        row = self._rows[number]
        size = int(self._sizes[row])
        self.put(number, grow_mean(self._means[row], size, vector), size + 1)

    def drop(self, number: int) -> None:
        """Forget an issue; unknown ones are forgotten already."""
        row = self._rows.pop(number, None)
        last = len(self._rows)
        if row is None or row == last:
            return
        for array in (self._numbers, self._sizes, self._means, self._sketches, self._scales):
            array[row] = array[last]
        self._rows[int(self._numbers[row])] = row

    def place(
        self,
        vector: Vector,
        *,
        center: Vector,
        settings: FinderSettings,
        bonus: Mapping[int, float] = _NO_BONUS,
    ) -> Placement:
        """What `models.matching.place` says, with the numbers of the issues.

        bonus: what is added for some issues, by number.
        """
        rows = self._near(vector, center, _CLOSE, bonus)
        numbers = self._numbers[rows]
        found = place(
            vector,
            Fixed(self._means[rows], self._sizes[rows]),
            center=center,
            settings=settings,
            bonus=np.array([bonus.get(one, 0.0) for one in numbers.tolist()], dtype=np.float32),
        )
        return replace(
            found,
            group=None if found.group is None else int(numbers[found.group]),
            nearest=None if found.nearest is None else int(numbers[found.nearest]),
            runner_up=None if found.runner_up is None else int(numbers[found.runner_up]),
        )

    def near(self, vector: Vector, *, center: Vector, most: int) -> list[int]:
        """The numbers of the nearest issues, in order of the numbers."""
        numbers: list[int] = self._numbers[self._near(vector, center, most, ())].tolist()
        return numbers

    def _near(self, vector: Vector, center: Vector, most: int, also: Iterable[int]) -> IntArray:
        """Rows of the nearest issues and of those in `also`, in the order of their numbers."""
        count, moved = len(self._rows), centered(vector, center)
        rows = np.arange(count)
        if count > most:
            self._look_at_all(center)
            means, scales = self._means[:count], self._scales[:count]
            if count > _LIKELY:
                likely = dots(self._sketches[:count], dots(self._directions, moved))
                rows = _best(likely, _LIKELY)
                means, scales = means[rows], scales[rows]
            rows = rows[_best((dots(means, moved) - center @ moved) * scales, most)]
            extra = [self._rows[number] for number in also if number in self._rows]
            rows = np.union1d(rows, np.array(extra, dtype=np.int64))
        return rows[np.argsort(self._numbers[rows])]

    def _look_at_all(self, center: Vector) -> None:
        if self._center is None or not np.array_equal(center, self._center):
            for start in range(0, len(self._rows), _LOT):
                self._look_at(slice(start, start + _LOT), center)
            self._center = center

    def _look_at(self, rows: slice, center: Vector) -> None:
        means = self._means[rows]
        self._scales[rows] = 1 / member_lengths(means, center)
        members = mean_members(means, center)
        if len(members) == 1:  # on one thread, like all that is done for each contact
            self._sketches[rows] = dots(self._directions, members[0])
        else:
            self._sketches[rows] = members @ self._directions.T

    def _grow(self) -> None:
        more = max(_CLOSE, len(self._numbers))
        self._numbers = np.concatenate([self._numbers, np.zeros(more, dtype=np.int64)])
        self._sizes = np.concatenate([self._sizes, np.zeros(more, dtype=np.int64)])
        self._means = _longer(self._means, more)
        self._sketches = _longer(self._sketches, more)
        self._scales = np.concatenate([self._scales, np.zeros(more, dtype=np.float32)])


def _longer(rows: Vectors, more: int) -> Vectors:
    return np.concatenate([rows, np.zeros((more, rows.shape[1]), dtype=np.float32)])


def _best(similarities: Vector, most: int) -> IntArray:
    """Rows of the largest, in any order."""
    start = max(0, len(similarities) - most)
    return np.argpartition(similarities, start)[start:]
