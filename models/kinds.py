"""What kind of contact it is: a problem, a question, a request, or chatter that founds no issue.

A linear model over the encoder's vectors and a few marks that every language has. It learns from
sentences of our own (`models.kind_examples`) and from what people decide about a product's issues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.encoders.base import Encoder
from models.kind_examples import EXAMPLES
from models.settings import FinderSettings
from models.texts import words
from models.vectors import FloatArray, IntArray, Vectors

_STRENGTH = 8.0
"""Inverse of the regularisation: best of 1, 4, 8, 16 by cross-validation on our own sentences."""
_MARKS_WEIGHT = 0.3
"""So that the marks weigh about as much as a vector's larger differences."""
_LONG = 60
_TAUGHT_WEIGHT = 0.5
"""What people decided about a whole issue is less sure for one of its contacts."""


class Kind(StrEnum):
    """What a contact is, as far as its words tell."""

    PROBLEM = "problem"
    """Something does not work, is wrong or is missing."""
    QUESTION = "question"
    REQUEST = "request"
    """Wants something done, sold or built."""
    CHATTER = "chatter"
    """Thanks, small talk, answers without their question, absence notes, advertising."""


_KINDS = tuple(Kind)
_CHATTER = _KINDS.index(Kind.CHATTER)


@dataclass(frozen=True, slots=True)
class Judged:
    """The likeliest kind of a text, and how likely it is, between 0 and 1."""

    kind: Kind
    confidence: float

    def is_chatter(self, settings: FinderSettings) -> bool:
        """Whether it surely states no problem."""
        return self.kind is Kind.CHATTER and self.confidence > settings.least_chatter


@dataclass(frozen=True, slots=True)
class Lesson:
    """Contacts of issues that people decided about."""

    texts: Sequence[str]
    vectors: Vectors
    """One unit row a text."""
    is_chatter: Sequence[bool]
    """Whether a person said that these state no problem; else that they are a real issue."""


@dataclass(frozen=True, slots=True)
class _Examples:
    features: FloatArray
    kinds: IntArray
    """Places in `_KINDS`."""
    weights: FloatArray


class KindModel:
    """Tells kinds apart, for vectors of one encoder; see `of_own_examples` and `learned`."""

    def __init__(self, examples: _Examples) -> None:
        self._examples = examples
        fitted = LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced").fit(
            examples.features, examples.kinds, sample_weight=examples.weights
        )
        self._weights: FloatArray = fitted.coef_.T
        self._intercepts: FloatArray = fitted.intercept_

    @classmethod
    def of_own_examples(cls, encoder: Encoder) -> "KindModel":
        """What is known before anybody decides; encodes our own sentences."""
        texts = [text for kind in _KINDS for text in EXAMPLES[kind]]
        kinds = [place for place, kind in enumerate(_KINDS) for _ in EXAMPLES[kind]]
        return cls.of_examples(texts, encoder.encode(texts), np.array(kinds, dtype=np.int64))

    @classmethod
    def of_examples(cls, texts: Sequence[str], vectors: Vectors, kinds: IntArray) -> "KindModel":
        """Fit to labelled texts; vectors: a unit row each, kinds: the place of each in `Kind`."""
        return cls(_Examples(features(texts, vectors), kinds, np.ones(len(texts))))

    def learned(self, lesson: Lesson) -> "KindModel":
        """A model that has learned from people too; what it knew before still counts."""
        if not lesson.texts:
            return self
        marked = features(lesson.texts, lesson.vectors)
        # That it is a real issue leaves open which kind: the likeliest that is no chatter.
        likeliest = np.delete(self._shares(marked), _CHATTER, axis=1).argmax(axis=1)
        kinds = np.where(lesson.is_chatter, _CHATTER, likeliest)
        before = self._examples
        return KindModel(
            _Examples(
                np.concatenate([before.features, marked]),
                np.concatenate([before.kinds, kinds]),
                np.concatenate([before.weights, np.full(len(kinds), _TAUGHT_WEIGHT)]),
            )
        )

    def judge(self, texts: Sequence[str], vectors: Vectors) -> list[Judged]:
        """The kind of each text; vectors: its unit rows, shape (len(texts), dimensions)."""
        if not texts:
            return []
        shares = self._shares(features(texts, vectors))
        return [
            Judged(_KINDS[place], float(row[place]))
            for row, place in zip(shares, shares.argmax(axis=1).tolist(), strict=True)
        ]

    def _shares(self, features: FloatArray) -> FloatArray:
        """How likely each kind is, one row a text."""
        odds = features @ self._weights + self._intercepts
        grown = np.exp(odds - odds.max(axis=1, keepdims=True))
        return np.asarray(grown / grown.sum(axis=1, keepdims=True), dtype=np.float64)


def features(texts: Sequence[str], vectors: Vectors) -> FloatArray:
    """The vectors with five marks each."""
    marks = np.array([_marks(text) for text in texts], dtype=np.float64)
    return np.hstack([np.asarray(vectors, dtype=np.float64), marks * _MARKS_WEIGHT])


def _marks(text: str) -> tuple[float, float, float, float, float]:
    """Whether it asks, exclaims, or sends somewhere, and in two ways how long it is."""
    length = len(words(text))
    return (
        float(any(mark in text for mark in "?¿？")),
        float("!" in text),
        float("://" in text or "www." in text),
        3 * min(length, _LONG) / _LONG,
        float(np.log1p(length)) / 3,
    )
