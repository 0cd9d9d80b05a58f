"""An encoder that knows some German: each word counts as its English twin."""

import re
from collections.abc import Sequence

import numpy as np

from models.encoders.hashing import HashingEncoder
from models.vectors import Vectors

_WORDS = {
    "der": "the", "die": "the", "das": "the", "ist": "is", "leer": "empty", "wenn": "when",
    "ich": "i", "drücke": "press", "knopf": "button", "tut": "does", "nichts": "nothing",
    "und": "and", "den": "the", "passiert": "happens", "nach": "after", "beim": "when",
    "kann": "can", "mich": "me", "nicht": "not", "anmelden": "sign", "mein": "my",
    "rechnung": "invoice", "falsch": "wrong", "gesamt": "total", "auf": "on", "meiner": "my",
}  # fmt: skip


class BilingualEncoder:
    """Turned against the hashing encoder's space, so that the two never compare as they are."""

    name = "bilingual-384/1"
    dimensions = HashingEncoder.dimensions

    def __init__(self) -> None:
        random = np.random.default_rng(0).standard_normal((self.dimensions, self.dimensions))
        self._turn = np.linalg.qr(random)[0].astype(np.float32)
        self._inner = HashingEncoder()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), 384)."""
        english = [re.sub(r"\w+", _twin, text) for text in texts]
        return np.asarray(self._inner.encode(english) @ self._turn, dtype=np.float32)

    def describe(self) -> str:
        """What it is."""
        return f"{self.name}: two languages, for tests"


def _twin(word: re.Match[str]) -> str:
    return _WORDS.get(word.group().lower(), word.group())
