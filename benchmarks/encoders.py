"""How fast each encoder is and how well its nearest neighbours agree with people.

python -m benchmarks.encoders
"""

import os
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from benchmarks.loading import default_encoder
from benchmarks.measuring import LabelledContact, clock, labelled, middle, record, vectors_of
from models.encoders.base import Encoder
from models.vectors import IntArray, Vectors

_SHORT_WORDS = range(10, 15)
_LONG_WORDS = 150
_SHORT_TEXTS, _LONG_TEXTS = 1200, 100
_MANY = 20  # so many times more for an encoder that is done in no time
_REPEATS = 3
_NEIGHBORS = 5
_SAMPLE = 4000
_ROWS_AT_ONCE = 2000

KINDS = {
    "sentence-transformers (torch, 32 bits)": "sentence",
    "default (onnxruntime, 8 bits)": "minilm",
    "static, distilled from the default": "static",
}


def main() -> None:
    """Measure the three side by side; ratios are to sentence-transformers."""
    threads = os.cpu_count() or 1
    encoders = {row: default_encoder(kind, threads=threads) for row, kind in KINDS.items()}
    contacts = labelled("banking77")
    texts = {"12 words": short_texts(contacts), "150 words": long_texts(contacts)}
    rates = _rates(encoders, texts)
    reference = rates[next(iter(KINDS))]
    for row, encoder in encoders.items():
        cells = {"encoder": f"`{encoder.name}`"}
        for column, values in rates[row].items():
            ratio = float(np.median(np.divide(values, reference[column])))
            cells[column] = f"{middle(values, 0)} ({ratio:.1f} ×)"
        for name in ("banking77", "clinc150"):
            rows = _sample([one for one in labelled(name) if not one.is_out_of_scope])
            vectors = vectors_of(f"{name}-sample", rows, encoder)
            accuracy = neighbor_accuracy(vectors, [one.label for one in rows])
            cells[f"k-NN {name}"] = middle([accuracy], 4)
        record("encoders", row, cells)


def _sample(contacts: Sequence[LabelledContact]) -> list[LabelledContact]:
    """Enough rows to compare by; sentence-transformers would take long over all."""
    order = np.random.default_rng(0).permutation(len(contacts))
    return [contacts[row] for row in order[:_SAMPLE]]


def _rates(
    encoders: dict[str, Encoder], texts: dict[str, list[str]]
) -> dict[str, dict[str, list[float]]]:
    """Texts a second, encoder after encoder, several rounds so that other load hits all alike."""
    rates: dict[str, dict[str, list[float]]] = {row: defaultdict(list) for row in encoders}
    for encoder in encoders.values():
        encoder.encode(texts["12 words"][:64])
    for _ in range(_REPEATS):
        for row, encoder in encoders.items():
            for length, chosen in texts.items():
                many = chosen * _MANY if KINDS[row] == "static" else chosen
                with clock() as spent:
                    encoder.encode(many)
                rates[row][f"{length}, a second"].append(len(many) / spent["wall"])
                rates[row][f"{length}, a CPU second"].append(len(many) / spent["cpu"])
    return rates


def short_texts(contacts: Sequence[LabelledContact]) -> list[str]:
    """Real questions of about twelve words."""
    texts = [one.text for one in contacts if len(one.text.split()) in _SHORT_WORDS]
    return texts[:_SHORT_TEXTS]


def long_texts(contacts: Sequence[LabelledContact]) -> list[str]:
    """The words of the questions, 150 a text."""
    words = " ".join(one.text for one in contacts).split()
    starts = range(0, _LONG_TEXTS * _LONG_WORDS, _LONG_WORDS)
    return [" ".join(words[start : start + _LONG_WORDS]) for start in starts]


def neighbor_accuracy(vectors: Vectors, labels: Sequence[str]) -> float:
    """Share of rows whose label the five most similar others give, weighed by similarity."""
    names: IntArray
    _, names = np.unique(np.array(labels), return_inverse=True)
    right = 0
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = vectors[start : start + _ROWS_AT_ONCE]
        similarities = part @ vectors.T
        similarities[np.arange(len(part)), np.arange(start, start + len(part))] = -1
        nearest = np.argpartition(-similarities, _NEIGHBORS, axis=1)[:, :_NEIGHBORS]
        for row, others in enumerate(nearest):
            votes = np.bincount(names[others], weights=similarities[row, others])
            right += int(votes.argmax() == names[start + row])
    return right / len(vectors)


if __name__ == "__main__":
    main()
