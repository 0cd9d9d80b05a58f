"""Who is near whom, and the communities that such links form."""

from dataclasses import dataclass

import graspologic_native
import numpy as np

from models.vectors import BoolArray, IntArray, Vector, Vectors, unit_rows

_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Neighbors:
    """For each row those most like it, the nearest first; both of shape (rows, neighbours)."""

    rows: IntArray
    similarities: Vectors

    def nearest(self, count: int) -> "Neighbors":
        """Only so many of each."""
        return Neighbors(self.rows[:, :count], self.similarities[:, :count])

    def seen_in(self, space: Vectors) -> "Neighbors":
        """The same rows in the same order with their similarities in another space."""
        similarities = np.empty_like(self.similarities)
        for start in range(0, len(space), _BLOCK):
            block = slice(start, start + _BLOCK)
            similarities[block] = (space[self.rows[block]] @ space[block, :, None])[:, :, 0]
        return Neighbors(self.rows, similarities)


@dataclass(frozen=True, slots=True)
class Edges:
    """Undirected links between rows, each once; one entry a link, weights above 0."""

    ones: IntArray
    others: IntArray
    weights: Vector

    def only(self, kept: BoolArray) -> "Edges":
        """Those links that are marked."""
        return Edges(self.ones[kept], self.others[kept], self.weights[kept])


def find_neighbors(space: Vectors, count: int) -> Neighbors:
    """The nearest rows of each, itself left out; space: unit rows."""
    count = min(count, len(space) - 1)
    rows = np.zeros((len(space), count), dtype=np.int64)
    similarities = np.zeros((len(space), count), dtype=np.float32)
    for start in range(0, len(space), _BLOCK):
        block = slice(start, start + _BLOCK)
        similar = space[block] @ space.T
        lines = np.arange(len(similar))
        similar[lines, start + lines] = -np.inf
        near = np.argpartition(-similar, count - 1, axis=1)[:, :count]
        rows[block], similarities[block] = _best(near, similar[lines[:, None], near], count)
    return Neighbors(rows, similarities)


def seen_from(space: Vectors, candidates: Neighbors, dimensions: IntArray, count: int) -> Neighbors:
    """The nearest of the candidates when only some dimensions are looked at."""
    part = unit_rows(space[:, dimensions])
    count = min(count, candidates.rows.shape[1])
    rows = np.zeros((len(space), count), dtype=np.int64)
    similarities = np.zeros((len(space), count), dtype=np.float32)
    for start in range(0, len(space), _BLOCK):
        block = slice(start, start + _BLOCK)
        near = candidates.rows[block]
        similar = (part[near] @ part[block, :, None])[:, :, 0]
        rows[block], similarities[block] = _best(near, similar, count)
    return Neighbors(rows, similarities)


def _best(near: IntArray, similar: Vectors, count: int) -> tuple[IntArray, Vectors]:
    order = np.argsort(-similar, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(similar, order, axis=1)


def edges_of(neighbors: Neighbors, weights: Vectors) -> Edges:
    """A link wherever one row is among the nearest of the other; weights as `similarities`."""
    count, width = neighbors.rows.shape
    starts = np.repeat(np.arange(count), width)
    ends = neighbors.rows.ravel()
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    _, first = np.unique(low * count + high, return_index=True)
    links = Edges(low[first], high[first], weights.ravel()[first])
    return links.only(links.weights > 0)


def communities(links: Edges, count: int, *, resolution: float, seed: int) -> IntArray:
    """A community for each of `count` rows, by Leiden; a row without links is one by itself."""
    labels = np.full(count, -1, dtype=np.int64)
    if len(links.weights):
        edges = list(
            zip(
                map(str, links.ones.tolist()),
                map(str, links.others.tolist()),
                links.weights.tolist(),
                strict=True,
            )
        )
        _, part = graspologic_native.leiden(edges, resolution=resolution, seed=seed)
        labels[[int(row) for row in part]] = list(part.values())
    lonely = np.flatnonzero(labels < 0)
    labels[lonely] = labels.max() + 1 + np.arange(len(lonely))
    return labels
