"""A vector a word piece, distilled from the default encoder: no transformer at run time.

A hundred times faster and blind to word order: for near-duplicates and for first passes over much
text, where it decides which texts the transformer has to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from models.encoders.base import EncoderError
from models.encoders.check_sentences import CHECK_SENTENCES
from models.encoders.onnx import Manifest, OnnxEncoder, load_tokenizer
from models.encoders.weights import file_hash
from models.vectors import Vectors, unit_rows

FILES = ("table.npy", "tokenizer.json", "reference.npy")
"""What a distilled folder holds beside its manifest; reference.npy: vectors of the sentences."""

DIMENSIONS = 256

_VERSION = 1
_PIECES_AT_ONCE = 4096
_COMMON_SHARE = 4e-5
"""A piece of this share of all text gets half weight (SIF): common words say little."""

_MOST_CHARACTERS = 10_000
_MOST_WORDS = 100_000
_LONGEST_KEPT = 40
_LEAST_AGREEMENT = 0.999


class StaticEncoder:
    """Adds up the vectors of a text's word pieces."""

    def __init__(self, folder: Path) -> None:
        """Raise EncoderError when the folder's files are missing, altered or give other vectors."""
        self._manifest = Manifest.read(folder, files=FILES)
        self._folder = folder
        self._adder = _PieceAdder(folder)
        reference = np.load(folder / "reference.npy", allow_pickle=False)
        if np.einsum("ij,ij->i", self.encode(CHECK_SENTENCES), reference).min() < _LEAST_AGREEMENT:
            raise EncoderError(f"{folder} does not give the vectors it was made with")

    @property
    def name(self) -> str:
        """The encoder it was distilled from, dimensions and version."""
        return self._manifest.name

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._manifest.dimensions

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), dimensions); a text without words: a fixed direction."""
        return self._adder.rows(texts)

    def describe(self) -> str:
        """One line for people."""
        return f"{self.name}: a vector a word piece, no transformer, from {self._folder}"


class _PieceAdder:
    """The table of a folder and the word pieces of the words seen so far."""

    def __init__(self, folder: Path) -> None:
        self._table = np.load(folder / "table.npy", allow_pickle=False).astype(np.float32)
        self._tokenizer = load_tokenizer(folder / "tokenizer.json", _MOST_CHARACTERS)
        self._known: dict[str, list[int]] = {}

    def rows(self, texts: Sequence[str]) -> Vectors:
        """Unit rows in the order of the texts."""
        pieces = [self._pieces_of(text) for text in texts]
        ends = np.cumsum([0, *map(len, pieces)])
        columns = np.fromiter(chain.from_iterable(pieces), np.int32, ends[-1])
        counts = csr_matrix(
            (np.ones(len(columns), np.float32), columns, ends), (len(texts), len(self._table))
        )
        rows = unit_rows(counts @ self._table)
        rows[~rows.any(axis=1), 0] = 1.0
        return rows

    def _pieces_of(self, text: str) -> list[int]:
        """Word by word, because looking a known word up is far quicker than taking it apart."""
        known = self._known
        found: list[int] = []
        for word in text[:_MOST_CHARACTERS].lower().split():
            found += known[word] if word in known else self._learn(word)
        return found

    def _learn(self, word: str) -> list[int]:
        pieces: list[int] = self._tokenizer.encode(word, add_special_tokens=False).ids
        if len(self._known) >= _MOST_WORDS:
            self._known.clear()  # rare words fill it up; the common ones are back at once
        if len(word) <= _LONGEST_KEPT:
            self._known[word] = pieces
        return pieces


def distil(source: OnnxEncoder, folder: Path) -> None:
    """Write the static encoder of `source` into an empty folder: about half a minute."""
    np.save(folder / "table.npy", _weighed(_principal(_piece_vectors(source))).astype(np.float16))
    (folder / "tokenizer.json").write_bytes(source.tokenizer_file.read_bytes())
    np.save(folder / "reference.npy", _PieceAdder(folder).rows(CHECK_SENTENCES))
    Manifest(
        name=static_name(source.name),
        precision="static",
        dimensions=DIMENSIONS,
        most_tokens=_MOST_CHARACTERS,
        hashes={file: file_hash(folder / file) for file in FILES},
    ).write(folder)


def static_name(source: str) -> str:
    """The name of the static encoder distilled from the encoder of that name."""
    return f"{source}/static-{DIMENSIONS}/{_VERSION}"


def _piece_vectors(source: OnnxEncoder) -> Vectors:
    """What the source makes of each word piece of its vocabulary alone."""
    starts = range(0, source.vocabulary_size, _PIECES_AT_ONCE)
    parts = [
        source.encode_pieces(range(start, min(start + _PIECES_AT_ONCE, source.vocabulary_size)))
        for start in starts
    ]
    return np.concatenate(parts)


def _principal(vectors: Vectors) -> Vectors:
    """Centred, along the directions in which they differ most; each direction's sign is fixed."""
    moved = (vectors - vectors.mean(axis=0)).astype(np.float64)
    _, directions = np.linalg.eigh(moved.T @ moved)
    chosen = directions[:, ::-1][:, :DIMENSIONS]
    largest = np.abs(chosen).argmax(axis=0)
    chosen = chosen * np.sign(chosen[largest, np.arange(DIMENSIONS)])
    return np.asarray(moved @ chosen, dtype=np.float32)


def _weighed(vectors: Vectors) -> Vectors:
    """Common pieces count less; the vocabulary is ordered by how common a piece is (Zipf)."""
    shares = 1 / np.arange(2, len(vectors) + 2)
    weights = _COMMON_SHARE / (_COMMON_SHARE + shares / shares.sum())
    return np.asarray(vectors * weights[:, None], dtype=np.float32)
