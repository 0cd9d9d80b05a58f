"""A first pass over much text: the transformer reads a part, the rest is told from static vectors.

The texts that were read teach a map from what is cheap to see in a text (its static vector, its
words and word pairs) to the transformer's space; a Gaussian process, so that a text like one that
was read gets nearly the vector of that one. Half of the part is drawn at random; the other half is
what a first map can tell least about. The map fits these texts alone. Its vectors are good for
grouping them once, under a name of their own; they are no substitute for the transformer's, so
they are never stored as if they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from models.encoders.base import Encoder
from models.vectors import BoolArray, IntArray, Vectors, unit_rows
from models.wording import word_weights

_SHARE = 0.5
_LEAST_READ = 400
_MOST_TAUGHT = 4000
"""The map's cost grows with their square; more would hardly make it better."""

_NOISE = 0.1
_STEEPNESS = 5.0
_ROWS_AT_ONCE = 2000
_VERSION = 2


@dataclass(frozen=True, slots=True)
class FirstPass:
    """Vectors of all texts in one space, most of them foretold."""

    name: str
    """Not the transformer's: never compare these with vectors of another name or another pass."""

    vectors: Vectors
    """Unit rows in the order of the texts."""

    read: BoolArray
    """Which rows the transformer itself made."""


def first_pass(
    texts: Sequence[str], static: Encoder, full: Encoder, *, share: float = _SHARE, seed: int = 0
) -> FirstPass:
    """Vectors for texts of which `full` reads only a share.

    Equal texts are read once. With few texts `full` reads most of them: below some hundred there
    is nothing to learn a map from.
    """
    distinct = list(dict.fromkeys(texts))
    vectors = np.zeros((len(distinct), full.dimensions), dtype=np.float32)
    order = np.random.default_rng(seed).permutation(len(distinct))
    most = max(round(share * len(distinct)), _LEAST_READ)

    def look_at(rows: IntArray) -> None:
        vectors[rows] = full.encode([distinct[row] for row in rows])

    if most < len(distinct):
        drawn, rest = np.split(order, [most // 2])
        look_at(drawn)
        traits = _Traits.of(distinct, static)
        told = _Map(vectors, drawn[:_MOST_TAUGHT], traits).moves(rest)
        unsure, rest = np.split(rest[_shortest_first(told)], [most - len(drawn)])
        look_at(unsure)
        taught = [part[: _MOST_TAUGHT // 2] for part in (drawn, unsure)]
        final = _Map(vectors, np.concatenate(taught), traits)
        vectors[rest] = unit_rows(final.moves(rest) + final.mean)
    else:
        look_at(order)
        rest = order[:0]
    read = np.ones(len(distinct), dtype=bool)
    read[rest] = False
    places = {text: row for row, text in enumerate(distinct)}
    rows = np.array([places[text] for text in texts], dtype=np.int64)
    return FirstPass(f"{full.name}/first-pass/{_VERSION}", vectors[rows], read[rows])


def _shortest_first(moves: Vectors) -> IntArray:
    """What is like nothing that was read stays near the mean: its move away from it is short."""
    return np.argsort(np.linalg.norm(moves, axis=1), kind="stable")


@dataclass(frozen=True, slots=True)
class _Traits:
    """What is cheap to see in each text."""

    static: Vectors
    words: csr_matrix

    @classmethod
    def of(cls, texts: Sequence[str], static: Encoder) -> _Traits:
        return cls(static.encode(texts), word_weights(texts))

    def at(self, rows: IntArray) -> _Traits:
        return _Traits(self.static[rows], self.words[rows])

    def likeness(self, other: _Traits) -> Vectors:
        """The covariance of the process: three ways in which two texts can be alike."""
        cosines = self.static @ other.static.T
        shared = (self.words @ other.words.T).toarray()
        return np.asarray(cosines + np.exp(_STEEPNESS * (cosines - 1)) + shared, dtype=np.float32)


class _Map:
    """From the traits of texts to the transformer's space, taught by rows that were read."""

    def __init__(self, vectors: Vectors, taught: IntArray, traits: _Traits) -> None:
        self._traits = traits
        self._known = traits.at(taught)
        self.mean = vectors[taught].mean(axis=0)
        """Of the vectors that taught it."""
        covariance = self._known.likeness(self._known)
        covariance[np.diag_indices_from(covariance)] += _NOISE
        self._weights = cho_solve(
            cho_factor(covariance, overwrite_a=True), vectors[taught] - self.mean
        )

    def moves(self, rows: IntArray) -> Vectors:
        """How far from the mean, and in which direction, the vector of each row is expected."""
        parts = [
            self._traits.at(part).likeness(self._known) @ self._weights for part in _parts(rows)
        ]
        return np.concatenate(parts)


def _parts(rows: IntArray) -> Iterator[IntArray]:
    for start, end in pairwise([*range(0, len(rows), _ROWS_AT_ONCE), len(rows)]):
        yield rows[start:end]
