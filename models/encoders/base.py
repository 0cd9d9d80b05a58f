"""What every encoder can do."""

from collections.abc import Sequence
from typing import Protocol

from models.vectors import Vectors


class EncoderError(Exception):
    """No encoder can run, or its files are not what they should be; the text says what to do."""


class Encoder(Protocol):
    """Turns texts into unit vectors; a text gets the same vector in any company.

    Up to rounding: padding may move the last digits (cosine above .999).
    """

    @property
    def name(self) -> str:
        """Names model, precision and version: vectors of two names are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows in the order of the texts, shape (len(texts), dimensions), float32."""
        ...

    def describe(self) -> str:
        """One line for people: what runs, and why if it is not the first choice."""
        ...
