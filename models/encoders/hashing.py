"""Words and letters hashed into a vector: no weights, for fast tests and as a last resort."""

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

from models.vectors import Vectors, unit_rows

_DIMENSIONS = 384
_LETTER_WEIGHT = 0.5


class HashingEncoder:
    """Texts with the same words and word parts are similar; it knows no meaning."""

    name = "hashing-384/1"
    dimensions = _DIMENSIONS

    def __init__(self) -> None:
        self._words = _vectorizer(analyzer="word", ngram_range=(1, 2), stop_words="english")
        self._letters = _vectorizer(analyzer="char_wb", ngram_range=(3, 4))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), 384); a text without words gets a fixed direction."""
        if not texts:
            return np.zeros((0, _DIMENSIONS), dtype=np.float32)
        words = unit_rows(self._words.transform(texts).toarray())
        letters = unit_rows(self._letters.transform(texts).toarray())
        rows = unit_rows(words + _LETTER_WEIGHT * letters)
        rows[~rows.any(axis=1), 0] = 1.0
        return rows

    def describe(self) -> str:
        """One line for people."""
        return f"{self.name}: hashed words, no meaning; for tests only"


def _vectorizer(
    *, analyzer: str, ngram_range: tuple[int, int], stop_words: str | None = None
) -> HashingVectorizer:
    """Signed hashing straight into few features: collisions cancel out on average."""
    return HashingVectorizer(
        analyzer=analyzer,
        ngram_range=ngram_range,
        stop_words=stop_words,
        n_features=_DIMENSIONS,
        norm=None,
        dtype=np.float32,
    )
