"""Whether a clause says what is wrong or wanted, or something beside it.

"The other doors open normally" is about the doors and names no problem with them; compared by
meaning alone it is as near to the issue as what does. So a linear model learns the difference from
sentences of our own: those that `models.kinds` learns from, against `models.aside_examples`.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.aside_examples import ASIDES, CONTRARY
from models.encoders.base import Encoder
from models.kind_examples import EXAMPLES
from models.kinds import Kind, features
from models.vectors import BoolArray, FloatArray, Vectors

_STRENGTH = 4.0
"""Inverse of the regularisation: best of 1, 4, 8, 16, 32 by cross-validation on our sentences."""


class AsideModel:
    """Tells what names an issue from what stands beside it, for vectors of one encoder."""

    def __init__(self, texts: Sequence[str], vectors: Vectors, is_point: BoolArray) -> None:
        """Fit to labelled clauses, a unit row each; is_point: which say what is wrong or wanted."""
        fitted = LogisticRegression(C=_STRENGTH, max_iter=1000, class_weight="balanced").fit(
            features(texts, vectors), is_point
        )
        self._weights: FloatArray = fitted.coef_[0]
        self._intercept = float(fitted.intercept_[0])

    @classmethod
    def of_own_examples(cls, encoder: Encoder) -> "AsideModel":
        """Encodes our own sentences."""
        points = [text for kind in Kind if kind is not Kind.CHATTER for text in EXAMPLES[kind]]
        points += CONTRARY
        beside = [*EXAMPLES[Kind.CHATTER], *ASIDES]
        texts = points + beside
        return cls(texts, encoder.encode(texts), np.arange(len(texts)) < len(points))

    def points(self, texts: Sequence[str], vectors: Vectors) -> list[float]:
        """How likely each clause says what is wrong or wanted; vectors: its unit rows."""
        if not texts:
            return []
        odds = features(texts, vectors) @ self._weights + self._intercept
        return [float(one) for one in 1 / (1 + np.exp(-odds))]
