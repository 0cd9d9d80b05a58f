"""The arrays that everything in `models` takes and gives, and the little algebra they share."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]
"""One text or one group: shape (dimensions,)."""

Vectors: TypeAlias = NDArray[np.float32]
"""One row a text: shape (rows, dimensions)."""

IntArray: TypeAlias = NDArray[np.int64]
"""One whole number a row: shape (rows,)."""

FloatArray: TypeAlias = NDArray[np.float64]
"""One number a row: shape (rows,)."""

BoolArray: TypeAlias = NDArray[np.bool_]
"""One yes or no a row: shape (rows,)."""


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale each row to length one, so that a dot product is the cosine; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def centered(vectors: Vectors, center: Vector) -> Vectors:
    """Take away what all contacts of a product have in common; gives unit rows.

    What is left tells issues apart: without this, two texts about one bank are similar because
    both are about the bank.
    """
    return unit_rows(np.asarray(vectors, dtype=np.float32) - center)


def mean_members(means: Vectors, center: Vector) -> Vectors:
    """Rows whose dot product with a centred unit vector is its mean similarity to the members.

    means: plain means of each group's unit rows. A broad group gets shorter rows than a tight one,
    so it does not swallow its neighbours as a row of length one would.
    """
    moved = np.asarray(means, dtype=np.float32) - center
    return np.asarray(moved / member_lengths(means, center)[:, None], dtype=np.float32)


def member_lengths(means: Vectors, center: Vector) -> Vector:
    """How long the centred members of each group are, as the root of their mean square.

    Members have length one, so this follows from their mean.
    """
    squared = 1 - 2 * dots(means, center) + center @ center
    return np.asarray(np.sqrt(np.maximum(squared, 1e-6)), dtype=np.float32)


def dots(rows: Vectors, vector: Vector) -> Vector:
    """`rows @ vector` on one thread: those of a BLAS wait for each other when cores are busy."""
    return np.asarray(np.einsum("ij,j->i", rows, vector), dtype=np.float32)


def grow_mean(mean: Vector, count: int, vector: Vector) -> Vector:
    """The plain mean of `count` vectors after one more has joined them."""
    return np.asarray(mean + (vector - mean) / (count + 1), dtype=np.float32)


def distinct_rows(vectors: Vectors, similarity: float) -> IntArray:
    """Row numbers of the first of each near-identical lot, in their order.

    vectors: unit rows. A row counts as distinct when no distinct row before it is as similar.
    """
    kept: list[int] = []
    chosen = np.empty_like(vectors)
    for row, vector in enumerate(vectors):
        if not kept or float((chosen[: len(kept)] @ vector).max()) < similarity:
            chosen[len(kept)] = vector
            kept.append(row)
    return np.array(kept, dtype=np.int64)
