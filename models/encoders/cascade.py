"""A first pass over much text: the transformer reads a part, the rest is told from static vectors.

The texts that were read teach a map from what is cheap to see in a text (its static vector, its
words and word pairs) to the transformer's space; a Gaussian process, so that a text like one that
was read gets nearly the vector of that one. The map fits these texts alone. Its vectors are good
for grouping them once, under a name of their own; they are no substitute for the transformer's,
so they are never stored as if they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from models.encoders.base import Encoder
from models.vectors import BoolArray, IntArray, Vectors, unit_rows

_SHARE = 0.2
_LEAST_READ = 400
_MOST_READ = 4000
"""The map's cost grows with their square; more would hardly make it better."""

_NOISE = 0.1
_STEEPNESS = 5.0
_ROWS_AT_ONCE = 2000
_VERSION = 1


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
    chosen = _chosen(len(distinct), share, seed)
    vectors = np.zeros((len(distinct), full.dimensions), dtype=np.float32)
    vectors[chosen] = full.encode([distinct[row] for row in chosen])
    read = np.zeros(len(distinct), dtype=bool)
    read[chosen] = True
    if not read.all():
        _foretell(vectors, read, _Traits.of(distinct, static))
    places = {text: row for row, text in enumerate(distinct)}
    rows = np.array([places[text] for text in texts], dtype=np.int64)
    return FirstPass(f"{full.name}/first-pass/{_VERSION}", vectors[rows], read[rows])


def _chosen(count: int, share: float, seed: int) -> IntArray:
    """Rows to read, drawn at random: choosing the odd ones taught the map less."""
    most = min(max(round(share * count), _LEAST_READ), _MOST_READ, count)
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


@dataclass(frozen=True, slots=True)
class _Traits:
    """What is cheap to see in each text."""

    static: Vectors
    words: csr_matrix

    @classmethod
    def of(cls, texts: Sequence[str], static: Encoder) -> _Traits:
        # The full stop keeps a text without words from being an empty row, or all from being none.
        words = TfidfVectorizer(
            ngram_range=(1, 2),
            sublinear_tf=True,
            token_pattern=r"\S+",  # noqa: S106  # of words, no password
            dtype=np.float32,
        )
        return cls(static.encode(texts), words.fit_transform([f"{text} ." for text in texts]))

    def at(self, rows: IntArray) -> _Traits:
        return _Traits(self.static[rows], self.words[rows])

    def likeness(self, other: _Traits) -> Vectors:
        """The covariance of the process: three ways in which two texts can be alike."""
        cosines = self.static @ other.static.T
        shared = (self.words @ other.words.T).toarray()
        return np.asarray(cosines + np.exp(_STEEPNESS * (cosines - 1)) + shared, dtype=np.float32)


def _foretell(vectors: Vectors, read: BoolArray, traits: _Traits) -> None:
    """Fill the rows that were not read."""
    known = traits.at(np.flatnonzero(read))
    mean = vectors[read].mean(axis=0)
    covariance = known.likeness(known)
    covariance[np.diag_indices_from(covariance)] += _NOISE
    weights = cho_solve(cho_factor(covariance), vectors[read] - mean)
    for rows in _parts(np.flatnonzero(~read)):
        vectors[rows] = unit_rows(traits.at(rows).likeness(known) @ weights + mean)


def _parts(rows: IntArray) -> Iterator[IntArray]:
    for start, end in pairwise([*range(0, len(rows), _ROWS_AT_ONCE), len(rows)]):
        yield rows[start:end]
