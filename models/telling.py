"""What tells one issue from another: the words that one's contacts use and the other's do not."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.stop_words import without_stop_words
from models.texts import clauses, words

_LEAST_SHARE = 0.1
_LEAST_GAP = 0.08
_SHORT = 2


def telling_terms(texts: Sequence[str], others: Sequence[str], *, limit: int = 4) -> list[str]:
    """Words and pairs of words that a larger share of the texts has than of the others.

    The largest difference first; a word is named once, alone or in a pair.
    """
    here, there = _shares(texts), _shares(others)
    gaps = {
        term: share - there.get(term, 0.0)
        for term, share in here.items()
        if share >= _LEAST_SHARE and share - there.get(term, 0.0) >= _LEAST_GAP
    }
    chosen: list[str] = []
    for term in sorted(gaps, key=lambda term: (-gaps[term], -len(term.split()), term)):
        if len(chosen) == limit:
            break
        if not any(set(term.split()) & set(other.split()) for other in chosen):
            chosen.append(term)
    return chosen


def _shares(texts: Sequence[str]) -> dict[str, float]:
    """For each term the share of the texts that use it."""
    counts = Counter(term for text in texts for term in set(_terms(text)))
    return {term: count / len(texts) for term, count in counts.items()}


def _terms(text: str) -> Iterator[str]:
    """Words with a meaning, and pairs of them that follow each other in a clause."""
    for clause in clauses(text):
        found = [word for word in without_stop_words(words(clause)) if len(word) > _SHORT]
        yield from found
        yield from (f"{a} {b}" for a, b in pairwise(found))
