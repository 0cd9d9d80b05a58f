"""Texts that a replay has not foreseen are encoded together, and once."""

from collections.abc import Sequence

import numpy as np

from bridge.replay.encoding import EncoderAhead
from models.encoders.hashing import HashingEncoder
from models.vectors import Vectors


class _Counting(HashingEncoder):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.append(list(texts))
        return super().encode(texts)


def test_what_was_not_foreseen_is_encoded_together_and_once() -> None:
    inner = _Counting()
    ahead = EncoderAhead(inner, ["the export fails"])
    texts = ["no sound", "the export fails", "it is slow", "no sound"]
    first, again = ahead.encode(texts), ahead.encode(texts)
    assert np.array_equal(first, HashingEncoder().encode(texts))
    assert np.array_equal(again, first)
    assert sorted(inner.asked) == [["no sound", "it is slow"], ["the export fails"]]


def test_nothing_is_encoded_for_no_texts() -> None:
    inner = _Counting()
    assert EncoderAhead(inner, []).encode([]).shape == (0, inner.dimensions)
    assert inner.asked == []
