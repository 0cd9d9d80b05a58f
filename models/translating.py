"""From the vectors of one encoder to those of another, learned from texts that both have read.

The encoder of many languages puts a German text beside its English twin, but tells close problems
apart less well than the default one, and the two do not compare. English texts that both encoders
have read teach a map between their spaces: a Gaussian process, so that a text beside one that
taught gets nearly the default vector of that one, in whatever language it is written.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from models.vectors import FloatArray, Vectors, unit_rows

_STEEPNESS = 5.0
_NEARNESS_WEIGHT = 2.0
"""What counts beside the plain cosine: nearly the same text, much more than a somewhat alike one.

Chosen on the demo's contacts in English, German and Spanish; on `xsid_valid`, which had no part in
the choice, 3 does as well."""
_NOISE = 0.1


class Translation:
    """A map from the vectors of one encoder to unit vectors of another."""

    def __init__(self, given: Vectors, wanted: Vectors) -> None:
        """Learn it. given, wanted: what each encoder made of the same texts; one text at least."""
        self._given = np.asarray(given, dtype=np.float64)
        targets = np.asarray(wanted, dtype=np.float64)
        self._mean = targets.mean(axis=0)
        covariance = self._likeness(self._given)
        covariance[np.diag_indices_from(covariance)] += _NOISE
        self._weights = cho_solve(cho_factor(covariance), targets - self._mean)

    @property
    def taught_by(self) -> int:
        """How many texts it has learned from."""
        return len(self._given)

    def of(self, vectors: Vectors) -> Vectors:
        """Unit rows in the other space, one a row of `vectors`."""
        told = self._likeness(np.asarray(vectors, dtype=np.float64)) @ self._weights
        return unit_rows(np.asarray(self._mean + _stretched(told, self._mean), dtype=np.float32))

    def _likeness(self, vectors: FloatArray) -> FloatArray:
        cosines = vectors @ self._given.T
        return np.asarray(cosines + _NEARNESS_WEIGHT * np.exp(_STEEPNESS * (cosines - 1)))


def _stretched(told: FloatArray, mean: FloatArray) -> FloatArray:
    """Rows made so long that with the mean they are unit vectors, as those of other texts are.

    A text that is like none that taught is told to be near the mean. Made a unit vector as it is,
    the mean would be most of it, and all such texts would look alike.
    """
    along = told @ mean
    squares = np.maximum(np.einsum("ij,ij->i", told, told), np.finfo(np.float64).tiny)
    missing = max(0.0, 1.0 - float(mean @ mean))
    factors = (np.sqrt(along**2 + squares * missing) - along) / squares
    return np.asarray(told * factors[:, None])
