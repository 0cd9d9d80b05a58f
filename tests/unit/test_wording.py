"""Words beside vectors: what they add where vectors alone cannot tell issues apart."""

import numpy as np
import pytest

from models import IssueFinder
from models.evaluation import ami
from models.vectors import Vectors, unit_rows
from models.wording import pulled_by_words

_WORDS = ("card", "parcel", "invoice", "password", "refund", "battery", "screen", "printer")
_RANDOM = np.random.default_rng(5)
LABELS = [number % len(_WORDS) for number in range(800)]
TEXTS = [f"my {_WORDS[label]} number {row}" for row, label in enumerate(LABELS)]


def _blurred(noise: float) -> Vectors:
    """Vectors in which the issues can hardly be told apart."""
    middles = _RANDOM.standard_normal((len(_WORDS), 32))
    rows = middles[LABELS] + noise * _RANDOM.standard_normal((len(LABELS), 32))
    return unit_rows(rows.astype(np.float32))


def _margin(space: Vectors) -> float:
    """How much more alike rows of one label are than rows of two."""
    same = np.equal.outer(LABELS, LABELS)
    similar = space @ space.T
    return float(similar[same].mean() - similar[~same].mean())


def test_rows_come_nearer_to_those_that_share_their_words() -> None:
    space = _blurred(2.0)
    pulled = pulled_by_words(space, TEXTS, seed=0)
    np.testing.assert_allclose(np.linalg.norm(pulled, axis=1), 1, rtol=1e-5)
    assert _margin(pulled) > 1.2 * _margin(space)


def test_words_that_tell_nothing_move_nothing() -> None:
    space = _blurred(2.0)
    pulled = pulled_by_words(space, [f"w{row}" for row in range(len(space))], seed=0)
    assert np.einsum("ij,ij->i", space, pulled).min() > 0.99


def test_words_hardly_move_what_has_others_near_it() -> None:
    lonely = _blurred(2.0)
    beside = np.repeat(lonely, 6, axis=0) + 1e-3 * _RANDOM.standard_normal((4800, 32))
    moved = [
        np.einsum("ij,ij->i", rows, pulled_by_words(rows, texts, seed=0)).mean()
        for rows, texts in (
            (lonely, TEXTS),
            (unit_rows(beside.astype(np.float32)), [text for text in TEXTS for _ in range(6)]),
        )
    ]
    assert moved[0] < 0.98
    assert moved[1] > 0.999


def test_texts_without_words_do_not_stop_it() -> None:
    pulled = pulled_by_words(_blurred(1.0), ["", "🙂", " \n", "?"] * 200, seed=0)
    assert np.isfinite(pulled).all()


def test_fit_with_texts_finds_blurred_issues_better() -> None:
    vectors = _blurred(1.5)

    def found(labels: np.ndarray) -> float:
        return ami(LABELS, [None if label < 0 else int(label) for label in labels])

    alone = found(IssueFinder().fit(vectors).labels_)
    with_words = found(IssueFinder().fit(vectors, texts=TEXTS).labels_)
    assert with_words > alone + 0.1


def test_as_many_texts_as_vectors_are_needed() -> None:
    with pytest.raises(ValueError, match="800 contacts have 799 texts"):
        IssueFinder().fit(_blurred(1.0), texts=TEXTS[1:])
