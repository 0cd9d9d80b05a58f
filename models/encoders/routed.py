"""English by the default encoder, other languages by another, all in the default's space."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.encoders.base import Encoder, EncoderError
from models.kind_examples import EXAMPLES
from models.spoken import is_foreign, is_plain_english, spoken
from models.translating import Translation
from models.vectors import Vector, Vectors

NO_READER = "no encoder for its language"
"""How the reason begins for which such a text is set aside."""

LEAST_FOREIGN = 10
"""Fewer texts in other languages are mostly mistakes about the language."""
MOST_TEACHERS = 1_000


class CannotRead(RuntimeError):
    """A text is in a language for which no encoder is at hand; the reason is the same for all."""


@dataclass(frozen=True, slots=True)
class ForeignText:
    """What the encoder of many languages made of a text."""

    language: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class RoutedEncoder:
    """An encoder that sends each text the way its language asks for."""

    own: Encoder
    """The default one: its vectors are what all others are translated to."""
    foreign: Callable[[], Encoder]
    """The one of many languages, loaded when first needed; raises EncoderError if it cannot be."""
    translation: Callable[[], Translation]
    """From the second one's vectors to the first one's."""
    read: dict[str, ForeignText] = field(default_factory=dict)
    """Texts in other languages that came by, with what they looked like before translation."""

    @property
    def name(self) -> str:
        """The default encoder's: whatever comes out compares with its vectors."""
        return self.own.name

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self.own.dimensions

    def describe(self) -> str:
        """Which encoders run."""
        return f"{self.own.describe()}; other languages: {self.foreign().describe()}"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), dimensions); raises CannotRead."""
        away = [row for row, text in enumerate(texts) if is_foreign(text)]
        if not away:
            return self.own.encode(texts)
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        here = sorted(set(range(len(texts))) - set(away))
        if here:
            rows[here] = self.own.encode([texts[row] for row in here])
        read = self._read([texts[row] for row in away])
        rows[away] = self.translation().of(read)
        return rows

    def _read(self, texts: list[str]) -> Vectors:
        try:
            vectors = self.foreign().encode(texts)
        except EncoderError as error:
            raise CannotRead(f"{NO_READER}: {error}") from error
        for text, vector in zip(texts, vectors, strict=True):
            self.read[text] = ForeignText(spoken(text).language or "", vector)
        return vectors


def first_lesson(own: Encoder, foreign: Encoder) -> tuple[Vectors, Vectors]:
    """What both encoders make of our own English sentences: all that a young product has."""
    texts = [text for told in EXAMPLES.values() for text in told if not is_foreign(text)]
    return foreign.encode(texts), own.encode(texts)


def taught_by(texts: Sequence[str], own: Encoder, foreign: Encoder) -> Encoder:
    """The encoder for texts that are all at hand: their English ones teach; `own` for few others.

    The teachers are spread over the texts, so that each subject has some.
    """
    distinct = list(dict.fromkeys(texts))
    if sum(map(is_foreign, distinct)) < LEAST_FOREIGN:
        return own
    english = [text for text in distinct if is_plain_english(text)]
    english = english[:: len(english) // MOST_TEACHERS + 1]
    given, wanted = first_lesson(own, foreign)
    if english:
        given = np.concatenate([given, foreign.encode(english)])
        wanted = np.concatenate([wanted, own.encode(english)])
    translation = Translation(given, wanted)
    return RoutedEncoder(own, lambda: foreign, lambda: translation)
