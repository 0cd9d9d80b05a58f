"""What tells languages apart is taken away before contacts are grouped."""

import numpy as np

from models.languages import LEAST_CONTACTS, level_languages
from models.vectors import Vectors, unit_rows

_DIMENSIONS = 48


def _texts_in(language: int, topics: int, each: int, random: np.random.Generator) -> Vectors:
    """Contacts about the same topics; a strong direction of their own language in all of them."""
    means = np.random.default_rng(1).standard_normal((topics, _DIMENSIONS))
    accent = np.random.default_rng(100 + language).standard_normal(_DIMENSIONS) * 3
    noise = random.standard_normal((topics * each, _DIMENSIONS)) * 0.3
    return unit_rows((np.repeat(means, each, axis=0) + accent + noise).astype(np.float32))


def test_the_same_problem_in_two_languages_comes_together() -> None:
    random = np.random.default_rng(0)
    one, other = _texts_in(1, 10, 10, random), _texts_in(2, 10, 6, random)
    levelled = level_languages(np.concatenate([one, other]), ["en"] * 100 + ["de"] * 60)
    before = (other @ one.T).argmax(axis=1) // 10
    after = (levelled[100:] @ levelled[:100].T).argmax(axis=1) // 10
    truth = np.repeat(np.arange(10), 6)
    assert (after == truth).mean() >= 0.95
    assert (after == truth).mean() > (before == truth).mean()


def test_one_language_stays_as_it_is() -> None:
    vectors = _texts_in(1, 4, 10, np.random.default_rng(0))
    assert level_languages(vectors, ["en"] * 30 + [None] * 10) is vectors


def test_rare_and_unknown_languages_stay_as_they_are() -> None:
    vectors = _texts_in(1, 10, 10, np.random.default_rng(0))
    few = LEAST_CONTACTS - 1
    languages = ["en"] * 40 + ["de"] * 30 + ["fr"] * few + [None]
    levelled = level_languages(vectors, languages)
    assert np.allclose(levelled[70:], vectors[70:], atol=1e-6)
    assert np.allclose(levelled[:40], vectors[:40], atol=1e-6)
    assert not np.allclose(levelled[40:70], vectors[40:70], atol=1e-3)
    assert np.allclose(np.linalg.norm(levelled, axis=1), 1, atol=1e-5)
