"""Sketches tell about how similar vectors are."""

import numpy as np
import pytest
from numpy.random import default_rng

from models.sketches import Sketches
from models.vectors import Vectors, unit_rows


def _rows(count: int, dimensions: int, seed: int = 0) -> Vectors:
    return unit_rows(default_rng(seed).normal(size=(count, dimensions)).astype(np.float32))


@pytest.mark.parametrize("dimensions", [2, 100, 384, 500])
def test_they_are_about_the_dot_products(dimensions: int) -> None:
    vectors = _rows(300, dimensions)
    vectors *= default_rng(1).uniform(0.4, 1, (300, 1)).astype(np.float32)
    sketches = Sketches(dimensions)
    sketches.grow(400)
    sketches.put(np.arange(300), vectors)
    asked = unit_rows(vectors[7] + 0.3 * vectors[8])
    found = sketches.similarities(asked, 300)
    assert found.shape == (300,)
    assert np.abs(found - vectors @ asked).max() < 0.3
    assert np.abs(found - vectors @ asked).mean() < 0.08


def test_one_row_at_a_time_is_the_same_as_many() -> None:
    vectors, alone, together = _rows(20, 64), Sketches(64), Sketches(64)
    for sketches in (alone, together):
        sketches.grow(10)
        sketches.grow(10)
    together.put(np.arange(20), vectors)
    for row, vector in enumerate(vectors):
        alone.put(np.array([row]), vector[None])
    asked = _rows(1, 64, seed=3)[0]
    # Sums in another order may tip a bit.
    assert np.allclose(alone.similarities(asked, 20), together.similarities(asked, 20), atol=0.02)


def test_a_vector_is_as_similar_to_itself_as_it_is_long() -> None:
    vectors = _rows(3, 384) * np.array([[1.0], [0.5], [0.25]], dtype=np.float32)
    sketches = Sketches(384)
    sketches.grow(3)
    sketches.put(np.arange(3), vectors)
    own = [
        sketches.similarities(unit_rows(one[None])[0], 3)[row] for row, one in enumerate(vectors)
    ]
    assert own == pytest.approx([1, 0.5, 0.25])


def test_more_rows_than_a_lot_are_all_compared() -> None:
    vectors, sketches = _rows(20_000, 16), Sketches(16)
    sketches.grow(20_000)
    sketches.put(np.arange(20_000), vectors)
    for row in (0, 8191, 8192, 19_999):
        assert int(sketches.similarities(vectors[row], 20_000).argmax()) == row
