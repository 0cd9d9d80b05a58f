"""Must-link and cannot-link pairs: what people said about two contacts holds, whatever is alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from models.clustering import ALONE
from models.vectors import BoolArray, IntArray, Vectors

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of contacts, as row numbers."""

    together: tuple[Pair, ...] = ()
    """Must-link: the issues of both are one."""
    apart: tuple[Pair, ...] = ()
    """Cannot-link: never on one issue."""

    def with_more(self, together: Iterable[Sequence[int]], apart: Iterable[Sequence[int]]) -> Links:
        """These pairs and further ones."""
        return Links((*self.together, *map(_pair, together)), (*self.apart, *map(_pair, apart)))

    def check(self, count: int) -> None:
        """Raise ValueError unless the pairs are among `count` contacts and can all hold."""
        for pair in (*self.together, *self.apart):
            if not all(0 <= row < count for row in pair):
                raise ValueError(f"the pair {pair} names a contact that is not there")
        parts = self._parts(count)
        for one, other in self.apart:
            if parts[one] == parts[other]:
                raise ValueError(f"contacts {one} and {other} cannot be both together and apart")

    def keep(self, labels: IntArray, vectors: Vectors) -> IntArray:
        """The labels with every pair kept; labels: issue of each contact, or -1 for none.

        Issues tied by a must-link become the older one of them, unless a cannot-link is between
        them: then only the tied contacts move. Of a cannot-link on one issue the contact less
        like the others leaves, and those tied to it with it.
        """
        kept = labels.copy()
        parts = self._parts(len(labels))
        for part in np.unique(parts[list({row for pair in self.together for row in pair})]):
            self._unite(kept, np.flatnonzero(parts == part))
        for one, other in self.apart:
            if kept[one] == kept[other] != ALONE:
                leaver = _less_typical(one, other, vectors, kept == kept[one])
                members = np.flatnonzero(parts == parts[leaver])
                kept[members] = _next(kept) if len(members) > 1 else ALONE
        return kept

    def _unite(self, kept: IntArray, members: IntArray) -> None:
        found = sorted({int(label) for label in kept[members]} - {ALONE})
        home = found[0] if found else _next(kept)
        for label in found[1:]:
            if not self._forbids(kept, home, label):
                kept[kept == label] = home
        kept[members] = home

    def _forbids(self, kept: IntArray, label: int, other: int) -> bool:
        return any({kept[one], kept[far]} == {label, other} for one, far in self.apart)

    def _parts(self, count: int) -> IntArray:
        """For each contact the number of the must-links' component it is in."""
        ends = np.array(self.together, dtype=np.int64).reshape(-1, 2)
        graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _pair(given: Sequence[int]) -> Pair:
    one, other = (int(row) for row in given)
    if one == other:
        raise ValueError(f"contact {one} cannot be paired with itself")
    return one, other


def _next(labels: IntArray) -> int:
    return int(labels.max(initial=ALONE)) + 1


def _less_typical(one: int, other: int, vectors: Vectors, members: BoolArray) -> int:
    mean = vectors[members].mean(axis=0)
    return one if vectors[one] @ mean < vectors[other] @ mean else other
