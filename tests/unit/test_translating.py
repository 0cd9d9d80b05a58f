"""Texts in other languages get vectors of the default space, English ones those they always had."""

from collections.abc import Sequence

import numpy as np
import pytest

from models.encoders.base import Encoder, EncoderError
from models.encoders.hashing import HashingEncoder
from models.encoders.routed import (
    LEAST_FOREIGN,
    NO_READER,
    CannotRead,
    RoutedEncoder,
    first_lesson,
    taught_by,
)
from models.kind_examples import EXAMPLES
from models.spoken import is_foreign
from models.translating import Translation
from models.vectors import Vectors, unit_rows
from tests.bilingual import BilingualEncoder

ENGLISH = [text for told in EXAMPLES.values() for text in told if not is_foreign(text)]
GERMAN = "Der Export ist leer, wenn ich drücke"
TWIN = "The export is empty, when I press"


def _translation(*more: str) -> Translation:
    own, foreign = HashingEncoder(), BilingualEncoder()
    given, wanted = first_lesson(own, foreign)
    if more:
        given = np.concatenate([given, foreign.encode(more)])
        wanted = np.concatenate([wanted, own.encode(more)])
    return Translation(given, wanted)


def _routed(translation: Translation) -> RoutedEncoder:
    return RoutedEncoder(HashingEncoder(), BilingualEncoder, lambda: translation)


def test_what_taught_comes_out_nearly_as_the_other_encoder_has_it() -> None:
    own, foreign = HashingEncoder(), BilingualEncoder()
    translation = _translation()
    told = translation.of(foreign.encode(ENGLISH))
    assert translation.taught_by == len(ENGLISH)
    assert np.einsum("ij,ij->i", told, own.encode(ENGLISH)).mean() > 0.9
    np.testing.assert_allclose(np.linalg.norm(told, axis=1), 1, atol=1e-5)


def test_a_foreign_text_comes_beside_its_english_twin_once_that_has_taught() -> None:
    twin = HashingEncoder().encode([TWIN])[0]
    before = _routed(_translation()).encode([GERMAN])[0]
    after = _routed(_translation(TWIN)).encode([GERMAN])[0]
    assert after @ twin > 0.9
    assert after @ twin > before @ twin


def test_english_has_the_very_vectors_it_had_in_any_company() -> None:
    routed = _routed(_translation())
    rows = routed.encode([TWIN, GERMAN, ENGLISH[0]])
    np.testing.assert_array_equal(rows[[0, 2]], HashingEncoder().encode([TWIN, ENGLISH[0]]))
    assert list(routed.read) == [GERMAN]
    assert routed.read[GERMAN].language == "de"
    assert routed.name == HashingEncoder.name
    assert routed.encode([]).shape == (0, routed.dimensions)


def test_english_alone_loads_no_second_encoder() -> None:
    def never() -> Encoder:
        raise AssertionError("nobody asked for it")

    routed = RoutedEncoder(HashingEncoder(), never, lambda: _translation())
    np.testing.assert_array_equal(routed.encode([TWIN]), HashingEncoder().encode([TWIN]))


def test_without_the_second_encoder_foreign_texts_are_refused_and_english_is_not() -> None:
    def missing() -> Encoder:
        raise EncoderError("install it")

    routed = RoutedEncoder(HashingEncoder(), missing, lambda: _translation())
    with pytest.raises(CannotRead, match=f"{NO_READER}: install it"):
        routed.encode([TWIN, GERMAN])
    assert routed.encode([TWIN]).shape == (1, routed.dimensions)


def test_one_text_is_enough_to_teach() -> None:
    def rows(texts: Sequence[str]) -> Vectors:
        return HashingEncoder().encode(texts)

    translation = Translation(rows([TWIN]), rows([TWIN]))
    np.testing.assert_allclose(translation.of(rows(["Where is my parcel?"])), rows([TWIN]), atol=1)


def test_texts_unlike_all_that_taught_are_no_more_alike_than_others_are() -> None:
    dice = np.random.default_rng(0)

    def made(count: int, in_common: float) -> Vectors:
        rows = dice.standard_normal((count, 64)) / 8
        rows[:, 0] += in_common
        return unit_rows(rows.astype(np.float32))

    translation = Translation(made(100, 0.3), made(100, 0.6))
    told = translation.of(made(50, 0.3))
    np.testing.assert_allclose(np.linalg.norm(told, axis=1), 1, atol=1e-5)
    assert _alike(told) == pytest.approx(_alike(made(50, 0.6)), abs=0.1)


def _alike(rows: Vectors) -> float:
    return float((rows @ rows.T)[~np.eye(len(rows), dtype=bool)].mean())


def test_of_texts_at_hand_the_english_ones_teach() -> None:
    german = [f"{GERMAN}{'!' * number}" for number in range(LEAST_FOREIGN)]
    own, foreign = HashingEncoder(), BilingualEncoder()
    reader = taught_by([*german, TWIN], own, foreign)
    assert (reader.encode(german) @ own.encode([TWIN])[0]).min() > 0.85
    # Few foreign texts are mostly mistakes about the language.
    assert taught_by([*german[1:], TWIN], own, foreign) is own
