"""Labelled contacts grouped all at once, the number of issues unknown: ours beside others.

python -m benchmarks.grouping [--method NAME ...] [--set NAME ...] [--runs 3]
"""

import argparse
from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.loading import default_encoder
from benchmarks.measuring import LabelledContact, clock, labelled, middle, record, vectors_of
from benchmarks.rivals import ALONE, METHODS, Method
from models.evaluation import ami, bcubed
from models.vectors import IntArray, Vectors

SETS = ("banking77", "clinc150", "hwu64", "hint3_retail", "multidogo_tech")
IN_SCOPE_ONLY = ("clinc150",)
RUNS = 3


def main() -> None:
    """Run the chosen methods over the chosen sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", action="append", choices=list(METHODS))
    parser.add_argument("--set", action="append", choices=SETS)
    parser.add_argument("--runs", type=int, default=RUNS)
    chosen = parser.parse_args()
    encoder = default_encoder()
    for name in chosen.set or SETS:
        contacts = labelled(name)
        vectors = vectors_of(name, contacts, encoder)
        if name in IN_SCOPE_ONLY:
            kept = np.array([not contact.is_out_of_scope for contact in contacts])
            contacts = [contact for contact, keep in zip(contacts, kept, strict=True) if keep]
            vectors = vectors[kept]
        for method in chosen.method or METHODS:
            cells = measured(METHODS[method], contacts, vectors, runs=chosen.runs)
            record(f"grouping {name}", method, cells)


def measured(
    method: Method, contacts: Sequence[LabelledContact], vectors: Vectors, *, runs: int = RUNS
) -> dict[str, str]:
    """Medians over several orders of the same contacts."""
    results = []
    for seed in range(runs):
        order = np.random.default_rng(seed).permutation(len(contacts))
        mixed = [contacts[row] for row in order]
        count = len({contact.label for contact in mixed if not contact.is_out_of_scope})
        with clock() as spent:
            labels = method([contact.text for contact in mixed], vectors[order], count, seed)
        results.append({**agreement(mixed, labels), "cpu": spent["cpu"]})
    cells = {
        "AMI": middle([result["ami"] for result in results]),
        "B-cubed F1": middle([result["f1"] for result in results]),
        "groups": middle([result["groups"] for result in results], 0),
    }
    if any(contact.is_out_of_scope for contact in contacts):
        cells["out of scope left alone"] = middle([result["left"] for result in results])
    cells["runs"] = str(runs)
    return {**cells, "CPU seconds": middle([result["cpu"] for result in results], 1)}


def agreement(contacts: Sequence[LabelledContact], labels: IntArray) -> dict[str, float]:
    """Against the gold labels of what is in scope; of the rest, the share left alone."""
    sizes = Counter(int(label) for label in labels)
    # A group of one is no group: the leader, for one, has no other way to leave alone.
    alone = {ALONE, *(label for label, size in sizes.items() if size == 1)}
    groups = [None if int(label) in alone else int(label) for label in labels]
    pairs = list(zip(contacts, groups, strict=True))
    gold = [contact.label for contact, _ in pairs if not contact.is_out_of_scope]
    found = [group for contact, group in pairs if not contact.is_out_of_scope]
    others = [group is None for contact, group in pairs if contact.is_out_of_scope]
    return {
        "ami": ami(gold, found),
        "f1": bcubed(gold, found).f1,
        "groups": len({group for group in groups if group is not None}),
        "left": sum(others) / len(others) if others else 0.0,
    }


if __name__ == "__main__":
    main()
