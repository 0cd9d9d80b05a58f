"""How much a first pass saves, and what its vectors lose when they are grouped.

python -m benchmarks.cascade
"""

import os
from collections.abc import Sequence

import numpy as np

from benchmarks.encoders import KINDS
from benchmarks.loading import default_encoder
from benchmarks.measuring import LabelledContact, clock, labelled, middle, record, vectors_of
from benchmarks.rivals import METHODS
from models.encoders.base import Encoder
from models.encoders.cascade import first_pass
from models.evaluation import ami
from models.vectors import Vectors

_SETS = ("banking77", "hint3_retail")
_SHARES = (0.2, 0.3, 0.5)
_REFERENCE_TEXTS = 2000
_GROUPERS = ("IssueFinder", "Leiden, 15 neighbours, resolution 4")


def main() -> None:
    """One row a set and share."""
    threads = os.cpu_count() or 1
    kinds = ("minilm", "static", "sentence")
    full, static, torch = (default_encoder(kind, threads=threads) for kind in kinds)
    torch.encode(list(KINDS))
    for name in _SETS:
        contacts = labelled(name)
        texts = [contact.text for contact in contacts]
        whole = _agreements(contacts, vectors_of(name, contacts, full))
        for share in _SHARES:
            with clock() as spent:
                passed = first_pass(texts, static, full, share=share)
            ratio = len(texts) / spent["wall"] / _rate(torch, texts)
            cells = {
                "read": f"{passed.read.mean():.0%}",
                "contacts a second": f"{len(texts) / spent['wall']:.0f} ({ratio:.1f} ×)",
            }
            for grouper, found in _agreements(contacts, passed.vectors).items():
                cells[f"AMI, {grouper}"] = (
                    f"{middle([found])} (all read {middle([whole[grouper]])})"
                )
            record("cascade", f"{name}, share {share}", cells)


def _rate(torch: Encoder, texts: Sequence[str]) -> float:
    """Texts a second of sentence-transformers, on a part of the same texts."""
    part = [texts[row] for row in np.random.default_rng(0).permutation(len(texts))]
    part = part[:_REFERENCE_TEXTS]
    with clock() as spent:
        torch.encode(part)
    return len(part) / spent["wall"]


def _agreements(contacts: Sequence[LabelledContact], vectors: Vectors) -> dict[str, float]:
    """AMI of what is in scope, by grouper."""
    texts = [contact.text for contact in contacts]
    kept = [row for row, contact in enumerate(contacts) if not contact.is_out_of_scope]
    found = {}
    for grouper in _GROUPERS:
        labels = METHODS[grouper](texts, vectors, 0, 0)
        groups = [None if labels[row] < 0 else int(labels[row]) for row in kept]
        found[grouper] = ami([contacts[row].label for row in kept], groups)
    return found


if __name__ == "__main__":
    main()
