"""What the words of contacts add to their vectors when all are grouped at once.

An encoder tells close issues apart by their sense and may miss the one word that sets them apart;
words alone miss the sense. So a map from words to vectors is learned from some of the very
contacts, and each vector is moved a little to where the words of its text would put it. No map
sees the contacts that it moves.
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from models.neighbors import find_neighbors
from models.vectors import IntArray, Vectors, unit_rows

_MOST_TAUGHT = 3000
"""A map's cost grows with their square."""

_NOISE = 0.3
_PULL = 1.5
"""How much the words count beside the vector of a contact that is unlike all others.

Where others are near its vector tells enough, and the words of close issues are much the same.
"""
_NEAR = 5
"""So many nearest contacts tell how near others are."""

_ROWS_AT_ONCE = 2000


def word_weights(texts: Sequence[str]) -> csr_matrix:
    """Words and word pairs of each text, the rarer the heavier; unit rows."""
    # The full stop keeps a text without words from being an empty row, or all from being none.
    words = TfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        token_pattern=r"\S+",  # noqa: S106  # of words, no password
        dtype=np.float32,
    )
    weights: csr_matrix = words.fit_transform([f"{text} ." for text in texts])
    return weights


def pulled_by_words(space: Vectors, texts: Sequence[str], *, seed: int) -> Vectors:
    """Unit rows moved to where their words would put them, the more the lonelier they are.

    What words cannot tell moves less.

    space: unit rows, centred, all different. texts: one a row.
    """
    words = word_weights(texts)
    halves = np.array_split(np.random.default_rng(seed).permutation(len(space)), 2)
    told = np.zeros_like(space)
    for taught, others in (halves, halves[::-1]):
        told[others] = _told(space, words, taught[:_MOST_TAUGHT], others)
    apart = 1 - find_neighbors(space, _NEAR).similarities.mean(axis=1, keepdims=True)
    return unit_rows(space + _PULL * apart * told)


def _told(space: Vectors, words: csr_matrix, taught: IntArray, others: IntArray) -> Vectors:
    """The vectors of some rows as the words of other rows tell them (a Gaussian process)."""
    known = words[taught]
    covariance = (known @ known.T).toarray()
    covariance[np.diag_indices_from(covariance)] += _NOISE
    weights = cho_solve(cho_factor(covariance, overwrite_a=True), space[taught])
    starts = range(0, len(others), _ROWS_AT_ONCE)
    parts = [words[others[start : start + _ROWS_AT_ONCE]] @ known.T @ weights for start in starts]
    return np.concatenate(parts)
