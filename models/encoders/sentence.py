"""sentence-transformers: the reference encoder, and the way to load any other model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.encoders.base import EncoderError
from models.vectors import Vectors, unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 64


class SentenceEncoder:
    """Any sentence-transformers model by name or folder; torch is imported when first used."""

    def __init__(
        self, model: str | Path, *, name: str | None = None, threads: int = 1, why: str = ""
    ) -> None:
        self.name = name or f"sentence-transformers/{Path(model).name}"
        self._model = str(model)
        self._threads = threads
        self._why = why
        self._loaded: SentenceTransformer | None = None

    @property
    def dimensions(self) -> int:
        """Length of each vector; loads the model."""
        size = self.transformer().get_embedding_dimension()
        if not isinstance(size, int):
            raise EncoderError(f"{self._model} does not tell the length of its vectors")
        return size

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), dimensions)."""
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        rows = self.transformer().encode(
            list(texts), batch_size=_BATCH, convert_to_numpy=True, show_progress_bar=False
        )
        return unit_rows(np.asarray(rows, dtype=np.float32))

    def describe(self) -> str:
        """One line for people."""
        return f"{self.name}: sentence-transformers on torch{self._why and f' ({self._why})'}"

    def transformer(self) -> SentenceTransformer:
        """The loaded model; raises EncoderError if there is none of that name."""
        if self._loaded is None:
            self._loaded = _load(self._model, self._threads)
        return self._loaded


def _load(model: str, threads: int) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as talk

    talk.disable_progress_bar()  # data goes to standard output, and talk is ours to choose
    torch.set_num_threads(threads)
    try:
        return SentenceTransformer(model, device=None)
    except (OSError, ValueError) as error:
        raise EncoderError(f"cannot load the model {model}: {error}") from error
