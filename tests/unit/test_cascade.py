"""First passes: what is read, what is foretold, and that the two agree."""

from collections.abc import Sequence

import numpy as np

from models.encoders.cascade import first_pass
from models.encoders.hashing import HashingEncoder
from models.vectors import Vectors, unit_rows

_THINGS = ("card", "parcel", "invoice", "password", "refund", "battery", "screen", "printer")
_TROUBLES = ("is broken", "never came", "was lost", "does not work", "costs too much")
_TAILS = [f"since {day} and order {number}" for day in ("monday", "friday") for number in range(20)]
TEXTS = [
    f"my {thing} {trouble} {tail}" for thing in _THINGS for trouble in _TROUBLES for tail in _TAILS
]


class CountingEncoder:
    """A linear view of the hashing encoder with other dimensions, which counts what it reads."""

    name = "counting/1"
    dimensions = 64

    def __init__(self) -> None:
        self.read: list[str] = []
        self._turn = np.random.default_rng(1).standard_normal((384, 64)).astype(np.float32)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows."""
        self.read += texts
        return unit_rows(HashingEncoder().encode(texts) @ self._turn)

    def describe(self) -> str:
        """One line."""
        return self.name


def test_only_a_share_is_read_and_equal_texts_once() -> None:
    full = CountingEncoder()
    found = first_pass([*TEXTS, *TEXTS], HashingEncoder(), full, share=0.3)
    assert len(full.read) == len(set(full.read)) == 480
    assert found.read.sum() == 960
    np.testing.assert_array_equal(found.vectors[: len(TEXTS)], found.vectors[len(TEXTS) :])


def test_what_was_read_keeps_its_vector_and_the_rest_comes_near() -> None:
    full = CountingEncoder()
    found = first_pass(TEXTS, HashingEncoder(), full, share=0.3)
    true = CountingEncoder().encode(TEXTS)
    cosines = np.einsum("ij,ij->i", found.vectors, true)
    np.testing.assert_allclose(cosines[found.read], 1, atol=1e-5)
    mean = unit_rows(true.mean(axis=0, keepdims=True))[0]
    assert cosines[~found.read].mean() > 0.9
    assert cosines[~found.read].mean() > float((true @ mean).mean()) + 0.1
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, rtol=1e-5)


def test_the_same_seed_gives_the_same_pass_under_a_name_of_its_own() -> None:
    first, again = (first_pass(TEXTS, HashingEncoder(), CountingEncoder(), seed=3) for _ in "ab")
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert first.name == "counting/1/first-pass/2"


def test_few_texts_are_all_read() -> None:
    texts = [*TEXTS[:50], "", "  ", "🙂"]
    found = first_pass(texts, HashingEncoder(), CountingEncoder())
    assert found.read.all()
    np.testing.assert_array_equal(found.vectors, CountingEncoder().encode(texts))
    assert first_pass([], HashingEncoder(), CountingEncoder()).vectors.shape == (0, 64)


def test_texts_without_words_do_not_stop_a_pass() -> None:
    found = first_pass([*TEXTS, "", " \n", "?"], HashingEncoder(), CountingEncoder())
    assert np.isfinite(found.vectors).all()


def test_what_a_first_map_can_tell_least_about_is_read() -> None:
    odd = [f"qu{number}x zz{number * 7}y vv{number * 13}w" for number in range(60)]
    texts = [text for pair in zip(TEXTS[: 20 * 60 : 20], odd, strict=True) for text in pair]
    texts += [text for text in TEXTS if text not in texts]
    full = CountingEncoder()
    found = first_pass(texts, HashingEncoder(), full, share=0.4)
    is_odd = np.isin(np.array(texts), odd)
    assert found.read[is_odd].mean() > 0.9
    assert found.read[~is_odd].mean() < 0.45
