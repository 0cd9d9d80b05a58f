"""Is one issue two? Cut its contacts in two as well as can be, and weigh whether both are one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from models.clues import Clues
from models.evidence import Group, Groups
from models.follow_ups import FollowUps
from models.settings import FinderSettings
from models.vectors import BoolArray, IntArray, Vector, Vectors, centered

_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Weighed:
    """What speaks for two sides of an issue being one."""

    same_issue: float
    """Log-odds that they are."""

    similarity: float
    """Mean similarity of the contacts of one side to those of the other."""

    inside: int
    """Follow-ups from a side to itself."""

    crossing: int
    """Follow-ups from one side to the other."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An issue cut in two: rows of its members, in their order."""

    smaller: IntArray
    larger: IntArray
    weighed: Weighed


def cut_in_two(
    members: Vectors, *, center: Vector, settings: FinderSettings, clues: Clues
) -> Cut | None:
    """The cut after which the contacts of each side are most alike, and what speaks against it.

    members: unit rows of one issue, which `clues` number first. What people put together, and the
    same text, stays on one side; None when that leaves nothing to cut.
    """
    space = centered(members, center)
    side = _sides(space, _inseparable(members, clues.together))
    if side is None:
        return None
    one, other = np.flatnonzero(side), np.flatnonzero(~side)
    smaller, larger = sorted((one, other), key=lambda rows: (len(rows), -rows[0]))
    weighed = weigh(members, side, center=center, settings=settings, clues=clues)
    return Cut(smaller, larger, weighed)


def weigh(
    members: Vectors, side: BoolArray, *, center: Vector, settings: FinderSettings, clues: Clues
) -> Weighed:
    """What speaks for both sides of an issue being one; neither may be empty.

    members: unit rows, which `clues` number first. side: for each of them on which it is.
    """
    space = centered(members, center)
    sides = [_group(np.flatnonzero(chosen), space) for chosen in (~side, side)]
    groups = Groups(sides, settings)
    # The last one is for what is on neither side.
    groups.tie(np.append(side.astype(np.int64), -1), _on_no_other(clues.follow_ups, len(side)))
    one, other = sides
    similarity = float(one.mean @ other.mean)
    return Weighed(
        same_issue=groups.same_issue(0, 1, similarity),
        similarity=similarity,
        inside=one.ties[0] + other.ties[1],
        crossing=one.ties[1],
    )


def _on_no_other(found: FollowUps, count: int) -> FollowUps:
    """The ends that are on another issue, as -1."""
    return replace(found, pairs=np.where(found.pairs < count, found.pairs, -1))


def _group(rows: IntArray, space: Vectors) -> Group:
    total = np.asarray(space[rows].sum(axis=0), dtype=np.float32)
    return Group([int(row) for row in rows], total, len(rows))


def _inseparable(members: Vectors, together: Sequence[tuple[int, int]]) -> IntArray:
    """For each member the number of the lot it stays in."""
    count = len(members)
    first: dict[bytes, int] = {}
    pairs = [(row, first.setdefault(one.tobytes(), row)) for row, one in enumerate(members)]
    pairs += [(one, other) for one, other in together if one < count and other < count]
    ends = np.array(pairs, dtype=np.int64).reshape(len(pairs), 2).T
    graph = coo_matrix((np.ones(len(pairs), dtype=np.int8), tuple(ends)), shape=(count, count))
    lots: IntArray = connected_components(graph, directed=False)[1].astype(np.int64)
    return lots


def _sides(space: Vectors, lots: IntArray) -> BoolArray | None:
    """Two means, begun along the direction in which the lots differ most."""
    sizes = np.bincount(lots).astype(np.float32)
    if len(sizes) < 2:
        return None
    totals = np.zeros((len(sizes), space.shape[1]), dtype=np.float32)
    np.add.at(totals, lots, space)
    means = totals / sizes[:, None]
    moved = means - totals.sum(axis=0) / sizes.sum()
    side: BoolArray = moved @ _main_direction(moved * np.sqrt(sizes)[:, None]) > 0
    for _ in range(_ROUNDS):
        if side.all() or not side.any():
            return None
        one = totals[side].sum(axis=0) / sizes[side].sum()
        other = totals[~side].sum(axis=0) / sizes[~side].sum()
        nearer: BoolArray = means @ (one - other) > (one @ one - other @ other) / 2
        if np.array_equal(nearer, side):
            break
        side = nearer
    return None if side.all() or not side.any() else side[lots]


def _main_direction(rows: Vectors) -> Vector:
    """The direction in which the rows differ most; a whole decomposition takes much longer."""
    is_wide = len(rows) < rows.shape[1]
    gram = rows @ rows.T if is_wide else rows.T @ rows
    last = len(gram) - 1
    main = eigh(gram, subset_by_index=[last, last])[1][:, 0]
    return np.asarray(rows.T @ main if is_wide else main, dtype=np.float32)
