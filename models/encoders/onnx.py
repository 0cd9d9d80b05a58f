"""An exported sentence encoder on onnxruntime: the default, without torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.encoders.base import EncoderError
from models.encoders.check_sentences import CHECK_SENTENCES
from models.encoders.weights import file_hash
from models.vectors import IntArray, Vectors, unit_rows

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILES = ("model.onnx", "tokenizer.json", "reference.npy")
"""What an exported folder holds beside its manifest; reference.npy: vectors of the sentences."""

LEAST_MEAN = 0.99
LEAST_SINGLE = 0.97

MOST_TOKENS = 256
"""Longer texts are cut; the length the model was trained with."""

TokenArray: TypeAlias = NDArray[np.int64]

_BATCH_TOKENS = 256  # larger batches are slower: they fall out of the cache
_MOST_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an exported folder says about itself."""

    name: str
    precision: str
    dimensions: int
    most_tokens: int
    hashes: dict[str, str]
    why: str = ""

    def write(self, folder: Path) -> None:
        """Put it into the folder as manifest.json."""
        text = json.dumps(asdict(self), indent=1)
        (folder / "manifest.json").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, *, files: Sequence[str] = FILES) -> Manifest:
        """Raise EncoderError when it is missing or a file is not the one it was written for."""
        try:
            manifest = cls(**json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
            altered = [file for file in files if manifest.hashes[file] != file_hash(folder / file)]
        except FileNotFoundError as error:
            raise EncoderError(f"{error.filename} is missing") from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise EncoderError(f"{folder / 'manifest.json'} is damaged: {error}") from error
        if altered:
            raise EncoderError(f"{folder / altered[0]} was altered (SHA-256 differs)")
        return manifest


@dataclass(frozen=True, slots=True)
class Agreement:
    """How near an encoder is to the reference over the built-in sentences (cosines)."""

    mean: float
    least: float

    def is_enough(self) -> bool:
        """Near enough that both find the same issues."""
        return self.mean >= LEAST_MEAN and self.least >= LEAST_SINGLE


class OnnxEncoder:
    """Runs an exported folder: mean over the tokens and unit length are done here."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Raise EncoderError when the folder's files are missing, altered or do not run."""
        import onnxruntime

        self._manifest = Manifest.read(folder)
        self._folder = folder
        options = onnxruntime.SessionOptions()
        # Batches run side by side instead: products this small gain little from two threads.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._threads = threads
        try:
            self._session = onnxruntime.InferenceSession(folder / "model.onnx", options)
        except _load_errors() as error:
            raise EncoderError(f"{folder / 'model.onnx'} does not run: {error}") from error
        self._inputs = [item.name for item in self._session.get_inputs()]
        self._tokenizer = load_tokenizer(folder / "tokenizer.json", self._manifest.most_tokens)

    @property
    def name(self) -> str:
        """Model, precision and version of the export."""
        return self._manifest.name

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._manifest.dimensions

    @property
    def precision(self) -> str:
        """int8 or fp32."""
        return self._manifest.precision

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit rows, shape (len(texts), dimensions)."""
        return self._encode_tokens(
            [self._tokenizer.encode(text[:_MOST_CHARACTERS]).ids for text in texts]
        )

    def _encode_tokens(self, tokens: list[list[int]]) -> Vectors:
        rows = np.zeros((len(tokens), self.dimensions), dtype=np.float32)

        def fill(batch: IntArray) -> None:
            rows[batch] = self._encode_batch([tokens[row] for row in batch])

        batches = list(token_batches([len(ids) for ids in tokens]))
        if self._threads == 1 or len(batches) == 1:
            for batch in batches:
                fill(batch)
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(fill, batches))  # a list, so that an error is raised here
        return rows

    @property
    def vocabulary_size(self) -> int:
        """How many word pieces the tokenizer knows."""
        return int(self._tokenizer.get_vocab_size())

    @property
    def tokenizer_file(self) -> Path:
        """Its tokenizer, for encoders distilled from this one."""
        return self._folder / "tokenizer.json"

    def encode_pieces(self, pieces: Iterable[int]) -> Vectors:
        """Unit rows of word pieces by their numbers, each as a text of its own."""
        first, last = self._tokenizer.encode("").ids
        return self._encode_tokens([[first, piece, last] for piece in pieces])

    def agreement(self) -> Agreement:
        """Compare with the reference's vectors, which were written at the export."""
        reference = np.load(self._folder / "reference.npy", allow_pickle=False)
        cosines = np.einsum("ij,ij->i", self.encode(CHECK_SENTENCES), reference)
        return Agreement(float(cosines.mean()), float(cosines.min()))

    def describe(self) -> str:
        """One line for people."""
        why = f" ({self._manifest.why})" if self._manifest.why else ""
        return f"{self.name}: onnxruntime {self.precision} from {self._folder}{why}"

    def _encode_batch(self, tokens: list[list[int]]) -> Vectors:
        known = model_inputs(tokens)
        (states,) = self._session.run(None, {name: known[name] for name in self._inputs})
        weights = known["attention_mask"][:, :, None].astype(np.float32)
        return unit_rows((states * weights).sum(axis=1) / weights.sum(axis=1))


def load_tokenizer(file: Path, most_tokens: int = MOST_TOKENS) -> Tokenizer:
    """The tokenizer of an exported folder: no padding, longer texts are cut."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(most_tokens)
    return tokenizer


def model_inputs(tokens: Sequence[Sequence[int]]) -> dict[str, TokenArray]:
    """What the transformer takes, each of shape (texts, longest text), padded with zeros."""
    shape = (len(tokens), max(len(ids) for ids in tokens))
    ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for row, numbers in enumerate(tokens):
        ids[row, : len(numbers)] = numbers
        mask[row, : len(numbers)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def _load_errors() -> tuple[type[Exception], ...]:
    """What onnxruntime raises for a model it cannot run; these share no base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NotImplemented")
    return (RuntimeError, state.RuntimeException, *(getattr(state, name) for name in names))


def token_batches(lengths: Sequence[int], most_tokens: int = _BATCH_TOKENS) -> Iterator[IntArray]:
    """Rows in batches of similar length, padding included at most that many tokens each.

    A text longer than that is a batch by itself.
    """
    order = np.argsort(np.asarray(lengths, dtype=np.int64), kind="stable")
    start = 0
    for end in range(1, len(order) + 1):
        # Sorted, so the next text would be the longest of the batch.
        if end == len(order) or (end + 1 - start) * lengths[order[end]] > most_tokens:
            yield order[start:end]
            start = end
