"""How well groups agree with gold labels."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from sklearn.metrics import adjusted_mutual_info_score


class BCubed(NamedTuple):
    """Per contact: how much of its group is its label, and how much of its label its group."""

    precision: float
    recall: float
    f1: float


def ami(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> float:
    """Adjusted mutual information, 1 for the same partition and about 0 for chance.

    None as a group means left alone: each such contact is a group of its own.
    """
    return float(adjusted_mutual_info_score(_numbered(labels), _numbered(groups)))


def bcubed(labels: Sequence[Hashable], groups: Sequence[Hashable]) -> BCubed:
    """B-cubed precision, recall and F1; None as a group means left alone. Raises on no contacts."""
    gold, found = _numbered(labels), _numbered(groups)
    if not gold:
        raise ValueError("nothing to compare")
    cells = Counter(zip(gold, found, strict=True))
    gold_sizes, found_sizes = Counter(gold), Counter(found)
    pairs = cells.items()
    precision = sum(count**2 / found_sizes[group] for (_, group), count in pairs) / len(gold)
    recall = sum(count**2 / gold_sizes[label] for (label, _), count in pairs) / len(gold)
    return BCubed(precision, recall, 2 * precision * recall / (precision + recall))


def _numbered(values: Sequence[Hashable]) -> list[int]:
    """A number for each distinct value, and a number of its own for each None."""
    numbers: dict[Hashable, int] = {}
    return [
        numbers.setdefault(("alone", row) if value is None else ("group", value), len(numbers))
        for row, value in enumerate(values)
    ]
