"""Contacts that are nearly the same, by average linkage inside linked pieces."""

from collections.abc import Iterator

import graspologic_native
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from models.settings import FinderSettings
from models.uniting import nearest_columns
from models.vectors import IntArray, Vectors

_BLOCK = 256


def linked_pieces(space: Vectors, settings: FinderSettings) -> Iterator[IntArray]:
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
        for row, others in enumerate(nearest_columns(similar, settings.neighbors + 1))
        for other in others.tolist()
        if start + row != other and similar[row, other] >= settings.found_threshold
    ]
    _, part = graspologic_native.leiden(edges, seed=settings.seed)
    labels = np.array([part[str(row)] for row in range(len(piece))])
    for members in _parts(labels, int(labels.max()) + 1):
        for start in range(0, len(members), settings.most_linked):
            yield piece[members[start : start + settings.most_linked]]


def average_linkage(space: Vectors, threshold: float) -> list[IntArray]:
    """Rows of each group whose members are on average that similar to each other."""
    if len(space) < 2:
        return []
    tree = linkage(space, method="average", metric="cosine")
    labels = fcluster(tree, np.nextafter(1 - threshold, -np.inf), criterion="distance") - 1
    return list(_parts(labels, int(labels.max()) + 1))


def _parts(labels: IntArray, count: int) -> Iterator[IntArray]:
    """Row numbers of each label, in their order."""
    order = np.argsort(labels, kind="stable").astype(np.int64)
    yield from np.split(order, np.searchsorted(labels[order], np.arange(1, count)))
