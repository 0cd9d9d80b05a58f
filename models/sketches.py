"""Short stand-ins for vectors: they tell quickly which of very many may be alike.

A sketch keeps of a vector only on which side of each of some planes it lies, a bit a plane. The
share of the planes that two vectors lie on different sides of tells the angle between them.
"""

import numpy as np
from numpy.typing import NDArray

from models.vectors import IntArray, Vector, Vectors, dots

_BITS = 384
"""Measured on 75,000 real contacts as if each were an issue: the nearest two were always among the
512 best by their sketches (of 1,500 contacts). Products of 96 numbers, eight times as long, missed
one in a thousand."""

_WORD = 64
_LOT = 8192
_COSINES = np.cos(np.pi * np.arange(_BITS + 1) / _BITS).astype(np.float32)
"""By the number of bits that differ."""


class Sketches:
    """The sketches and lengths of rows, in memory."""

    def __init__(self, dimensions: int) -> None:
        self._normals = _normals(dimensions)
        # Word by word, so that each is compared for many rows at once.
        self._words = np.zeros((_BITS // _WORD, 0), dtype=np.uint64)
        self._lengths = np.zeros(0, dtype=np.float32)

    def grow(self, more: int) -> None:
        """Make room for so many rows more."""
        room = np.zeros((len(self._words), more), dtype=np.uint64)
        self._words = np.concatenate([self._words, room], axis=1)
        self._lengths = np.concatenate([self._lengths, np.zeros(more, dtype=np.float32)])

    def put(self, rows: IntArray, vectors: Vectors) -> None:
        """Say what is at these rows."""
        if len(rows) == 1:  # on one thread, like all that is done for each contact
            heights = dots(self._normals, vectors[0])[None]
        else:
            heights = vectors @ self._normals.T
        self._words[:, rows] = _packed(heights).T
        self._lengths[rows] = np.linalg.norm(vectors, axis=1)

    def similarities(self, vector: Vector, count: int) -> Vector:
        """About what a unit vector gives as dot products with the first rows."""
        words = _packed(dots(self._normals, vector)[None])[0]
        found = np.empty(count, dtype=np.float32)
        # Lot by lot, so that what is between stays close to the processor.
        for start in range(0, count, _LOT):
            end = min(start + _LOT, count)
            counts = np.bitwise_count(self._words[:, start:end] ^ words[:, None])
            differ = counts.sum(axis=0, dtype=np.intp)
            found[start:end] = _COSINES.take(differ) * self._lengths[start:end]
        return found


def _normals(dimensions: int) -> Vectors:
    """Normals of the planes, drawn at random once for all; at right angles where they can be."""
    random = np.random.default_rng(0)
    turns = -(-_BITS // dimensions)
    drawn = [
        np.linalg.qr(random.standard_normal((dimensions, dimensions)))[0].T for _ in range(turns)
    ]
    return np.ascontiguousarray(np.concatenate(drawn)[:_BITS], dtype=np.float32)


def _packed(heights: Vectors) -> NDArray[np.uint64]:
    """One bit a plane, one row a vector; heights: above each plane."""
    return np.packbits(heights > 0, axis=1).view(np.uint64)
