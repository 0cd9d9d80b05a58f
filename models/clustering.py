"""Many contacts at once: which of those that belong to no fixed issue form a group."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import graspologic_native
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering

from models.settings import FinderSettings
from models.vectors import (
    IntArray,
    Vector,
    Vectors,
    centered,
    distinct_rows,
    mean_members,
    unit_rows,
)

ALONE = -1

_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Where each loose contact belongs after a consolidation; one entry a loose row."""

    joined: IntArray
    """Row of the fixed issue it joins, else -1."""

    candidates: IntArray
    """The candidate it is in: a number of `current`, or a new one above them all; else -1."""

    similarities: Vector
    """Mean similarity to the contacts of what it is in; 0.0 where it is alone."""


def consolidate(
    loose: Vectors,
    centroids: Vectors,
    *,
    current: IntArray,
    center: Vector,
    settings: FinderSettings,
) -> Regrouping:
    """Look at all loose contacts and the fixed issues together.

    loose: unit rows of unassigned contacts and members of untouched candidates, by arrival.
    centroids: plain means of the fixed issues that may receive contacts. current: for each loose
    row the number (>= 0) of the candidate it is in now, or -1; candidates keep their number by
    largest overlap. center: from `find_center`.
    """
    space = centered(loose, center) if len(loose) else np.asarray(loose, dtype=np.float32)
    issues = mean_members(centroids, center) if len(centroids) else centroids[:0]
    joined = _join(space, issues, settings.join_threshold)
    candidates = np.full(len(loose), ALONE, dtype=np.int64)
    groups = []
    for members in find_groups(loose, space, rows=np.flatnonzero(joined < 0), settings=settings):
        row = _join(
            unit_rows(space[members].mean(axis=0, keepdims=True)), issues, settings.join_threshold
        )[0]
        if row >= 0:
            joined[members] = row
        else:
            groups.append(members)
    for number, members in _named(groups, current):
        candidates[members] = number
    similarities = _similarities(space, issues, joined, candidates)
    return Regrouping(joined, candidates, similarities)


def find_groups(
    loose: Vectors, space: Vectors, *, rows: IntArray, settings: FinderSettings
) -> list[IntArray]:
    """Groups of contacts that are alike enough to be one new issue, largest first.

    loose and space: the same contacts before and after centring. rows: those that may be used.
    """
    # The same text many times over counts once here and shares one fate.
    _, first, copies = np.unique(loose[rows], axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    distinct, copies = rows[first[order]], np.argsort(order)[copies.reshape(-1)]
    groups = []
    for piece in _linked_pieces(space[distinct], settings):
        for members in _average_linkage(space[distinct[piece]], settings.found_threshold):
            group = rows[np.isin(copies, piece[members])]
            if len(group) >= settings.least_contacts and is_varied(loose[group], settings=settings):
                groups.append(group)
    return sorted(groups, key=lambda group: (-len(group), int(group[0])))


def is_varied(members: Vectors, *, settings: FinderSettings) -> bool:
    """Tell people, who word the same trouble differently, from templates and auto-replies.

    members: unit rows of one group, not centred.
    """
    wordings = len(distinct_rows(members, settings.same_wording))
    return wordings >= settings.least_contacts and (
        wordings >= settings.least_variety * len(members)
    )


def _join(space: Vectors, issues: Vectors, threshold: float) -> IntArray:
    """For each row the most similar issue that reaches the threshold, else -1."""
    if len(issues) == 0 or len(space) == 0:
        return np.full(len(space), ALONE, dtype=np.int64)
    similarities = space @ issues.T
    best = similarities.argmax(axis=1).astype(np.int64)
    return np.where(similarities.max(axis=1) >= threshold, best, ALONE).astype(np.int64)


def _linked_pieces(space: Vectors, settings: FinderSettings) -> Iterator[IntArray]:
    """Cut the contacts into pieces that can be grouped by themselves.

    Two clusters merge only if at least one pair of theirs reaches the threshold, so groups never
    cross connected components: cutting there changes no result and saves most of the work.
    """
    for piece in _components(space, settings.found_threshold):
        if len(piece) > settings.most_linked:
            yield from _communities(piece, space[piece], settings)
        elif len(piece) > 1:
            yield piece


def _components(space: Vectors, threshold: float) -> Iterator[IntArray]:
    """Rows linked by pairs that are at least that similar, block by block to save memory."""
    rows = np.arange(len(space))
    count, labels, links = len(rows), rows, rows
    for start in range(0, len(rows), _BLOCK):
        near = np.argwhere(space[start : start + _BLOCK] @ space[start:].T >= threshold) + start
        ends = (np.concatenate([near[:, 0], rows]), np.concatenate([near[:, 1], links]))
        graph = coo_matrix((np.ones(len(ends[0]), dtype=np.int8), ends), shape=[len(rows)] * 2)
        count, labels = connected_components(graph, directed=False)
        links = np.unique(labels, return_index=True)[1][labels]
    yield from _parts(labels, count)


def _communities(piece: IntArray, space: Vectors, settings: FinderSettings) -> Iterator[IntArray]:
    """Cut rows too many for linkage along the communities of their neighbours (Leiden)."""
    edges = [
        (str(start + row), str(other), float(similar[row, other]))
        for start in range(0, len(space), _BLOCK)
        for similar in [space[start : start + _BLOCK] @ space.T]
        for row, others in enumerate(_nearest_columns(similar, settings.neighbors + 1))
        for other in others.tolist()
        if start + row != other and similar[row, other] >= settings.found_threshold
    ]
    _, part = graspologic_native.leiden(edges, seed=settings.seed)
    labels = np.array([part[str(row)] for row in range(len(piece))])
    for members in _parts(labels, int(labels.max()) + 1):
        for start in range(0, len(members), settings.most_linked):
            yield piece[members[start : start + settings.most_linked]]


def _nearest_columns(similar: Vectors, count: int) -> IntArray:
    count = min(count, similar.shape[1])
    return np.argpartition(-similar, count - 1, axis=1)[:, :count]


def _average_linkage(space: Vectors, threshold: float) -> list[IntArray]:
    if len(space) < 2:
        return []
    linkage = AgglomerativeClustering(
        n_clusters=None, distance_threshold=1 - threshold, metric="cosine", linkage="average"
    )
    labels = linkage.fit_predict(space)
    return list(_parts(labels, linkage.n_clusters_))


def _parts(labels: IntArray, count: int) -> Iterator[IntArray]:
    """Row numbers of each label, in their order."""
    order = np.argsort(labels, kind="stable").astype(np.int64)
    yield from np.split(order, np.searchsorted(labels[order], np.arange(1, count)))


def _named(groups: list[IntArray], current: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Give each group the number of the candidate it shares most with; new ones count on."""
    shared = [
        (-overlap, position, number)
        for position, members in enumerate(groups)
        for number, overlap in Counter(current[members].tolist()).items()
        if number >= 0
    ]
    names: dict[int, int] = {}
    for _, position, number in sorted(shared):
        if position not in names and number not in names.values():
            names[position] = number
    following = max([ALONE, *current.tolist()]) + 1
    for position, members in enumerate(groups):
        if position not in names:
            names[position], following = following, following + 1
        yield names[position], members


def _similarities(
    space: Vectors, issues: Vectors, joined: IntArray, candidates: IntArray
) -> Vector:
    result = np.zeros(len(space), dtype=np.float32)
    in_issue = joined >= 0
    if in_issue.any():
        result[in_issue] = np.einsum("ij,ij->i", space[in_issue], issues[joined[in_issue]])
    for number in np.unique(candidates[candidates >= 0]):
        members = candidates == number
        result[members] = space[members] @ space[members].mean(axis=0)
    return result
