"""Many issues, of which only the likely ones are looked at closely."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from models.clues import Fixed
from models.matching import Placement, place
from models.settings import FinderSettings
from models.sketches import Sketches
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

_MANY = 2048
"""With no more issues than that, all are compared by their means."""

_LIKELY = 512
"""Of more, so many go on from their sketches to their means."""

_CLOSE = 32
"""So many go on to `place`."""

_LOT = 8192
_NO_BONUS: Mapping[int, float] = {}


class Issues:
    """The issues of a product by number, in memory: plain means of unit rows, and sizes.

    The sketch of an issue is that of its row of `mean_members`.
    """

    def __init__(self, dimensions: int) -> None:
        self._rows: dict[int, int] = {}
        self._numbers = np.zeros(0, dtype=np.int64)
        self._sizes = np.zeros(0, dtype=np.int64)
        self._means = np.zeros((0, dimensions), dtype=np.float32)
        self._sketches = Sketches(dimensions)
        self._scales = np.zeros(0, dtype=np.float32)
        """What the mean less the centre is multiplied with to be a row of `mean_members`."""
        self._center: Vector | None = None
        """What sketches and scales were made with; None before there are any."""
        self._stale: set[int] = set()
        """Rows that have changed since sketches and scales were made."""

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: int) -> bool:
        return number in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def size(self, number: int) -> int:
        """How many contacts an issue has that is known."""
        return int(self._sizes[self._rows[number]])

    def put(self, number: int, mean: Vector, size: int) -> None:
        """Add an issue, or say what has become of it."""
        row = self._rows.setdefault(number, len(self._rows))
        if row == len(self._numbers):
            self._grow()
        self._numbers[row], self._sizes[row], self._means[row] = number, size, mean
        self._stale.add(row)

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
        for array in (self._numbers, self._sizes, self._means):
            array[row] = array[last]
        self._rows[int(self._numbers[row])] = row
        self._stale.add(row)

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
            likely: IntArray | slice = slice(count)
            if count > _MANY:
                likely = _best(self._sketches.similarities(moved, count), max(_LIKELY, most))
            near = (dots(self._means[likely], moved) - center @ moved) * self._scales[likely]
            rows = rows[likely][_best(near, most)]
            extra = [self._rows[number] for number in also if number in self._rows]
            rows = np.union1d(rows, np.array(extra, dtype=np.int64))
        return rows[np.argsort(self._numbers[rows])]

    def _look_at_all(self, center: Vector) -> None:
        """Make the sketches and scales that are missing."""
        if self._center is None or not np.array_equal(center, self._center):
            self._stale, self._center = set(self._rows.values()), center
        # Of rows at the end some may have gone again.
        stale = [row for row in sorted(self._stale) if row < len(self._rows)]
        for start in range(0, len(stale), _LOT):
            rows = np.array(stale[start : start + _LOT], dtype=np.int64)
            means = self._means[rows]
            self._scales[rows] = 1 / member_lengths(means, center)
            self._sketches.put(rows, mean_members(means, center))
        self._stale.clear()

    def _grow(self) -> None:
        more = max(_CLOSE, len(self._numbers))
        self._numbers = np.concatenate([self._numbers, np.zeros(more, dtype=np.int64)])
        self._sizes = np.concatenate([self._sizes, np.zeros(more, dtype=np.int64)])
        self._means = _longer(self._means, more)
        self._sketches.grow(more)
        self._scales = np.concatenate([self._scales, np.zeros(more, dtype=np.float32)])


def _longer(rows: Vectors, more: int) -> Vectors:
    return np.concatenate([rows, np.zeros((more, rows.shape[1]), dtype=np.float32)])


def _best(similarities: Vector, most: int) -> IntArray:
    """Rows of the largest, in any order."""
    start = max(0, len(similarities) - most)
    return np.argpartition(similarities, start)[start:]
