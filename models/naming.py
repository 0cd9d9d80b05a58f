"""How an issue is shown to people: a title and terms in the customers' words, the best quotes."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from models.stop_words import without_stop_words
from models.texts import clauses, cut, has_placeholder, words
from models.vectors import Vector, Vectors, unit_rows

TITLE_CHARACTERS = 80

_TITLE_TEXTS = 7
_TITLE_LOOKS = 4
_GOOD_WORDS = range(4, 15)
_QUOTE_CHARACTERS = range(20, 400)
_SAME_QUOTE = 0.95
_RECENT_WEIGHT = 0.1
_LENGTH_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class WordUse:
    """How many of some texts use each term."""

    counts: Mapping[str, int]
    texts: int

    def share(self, term: str) -> float:
        """The share of the texts that use a term."""
        return self.counts.get(term, 0) / self.texts if self.texts else 0.0


def word_use(texts: Sequence[str]) -> WordUse:
    """Count the terms of texts: meaning words, and pairs of them that follow each other."""
    return WordUse(Counter(term for text in texts for term in set(_terms(text))), len(texts))


NO_WORDS = WordUse({}, 0)


States = Callable[[Sequence[str]], Sequence[float]]
"""How likely each of some clauses is to state something, and not to be chatter."""


def title(
    texts: Sequence[str],
    vectors: Vectors,
    elsewhere: WordUse = NO_WORDS,
    *,
    states: States | None = None,
) -> str:
    """The clause that says best what the contacts of an issue have in common.

    texts: cleaned and redacted; vectors: their unit rows. elsewhere: of other contacts of the
    product; what all of them say tells nothing about the issue. states: asked about the best few.
    Taken from the texts nearest to the middle, in the customers' own words, at most 80 characters,
    whole words. Empty without texts.
    """
    if not texts:
        return ""
    typical = np.argsort(-_typicality(vectors), kind="stable")[:_TITLE_TEXTS]
    common = _telling_shares(texts, elsewhere)
    options = [
        (_title_worth(clause, common) - 0.02 * place, -place, clause)
        for place, row in enumerate(typical)
        for clause in clauses(texts[row])
    ]
    if not options:
        return ""
    best = sorted(options, reverse=True)[:_TITLE_LOOKS]
    sure = states([clause for *_, clause in best]) if states else [1.0] * len(best)
    chosen = max(range(len(best)), key=lambda place: best[place][0] * sure[place])
    return _as_title(best[chosen][2])


def key_terms(texts: Sequence[str], elsewhere: WordUse = NO_WORDS, *, limit: int = 5) -> list[str]:
    """Words and word pairs that are frequent in an issue and rare elsewhere (c-TF-IDF).

    texts: of the issue; elsewhere: of other contacts of the product, the issue's own allowed.
    """
    inside = word_use(texts).counts
    outside = elsewhere.counts
    average = sum(outside.values()) / max(1, len(outside)) + 1
    worth = {
        term: count * math.log1p(average / (count + outside.get(term, 0)))
        for term, count in inside.items()
        if count > 1 or len(texts) == 1
    }
    chosen: list[str] = []
    for term in sorted(worth, key=lambda term: (-worth[term], term)):
        if len(chosen) == limit:
            break
        if not any(set(term.split()) & set(other.split()) for other in chosen):
            chosen.append(term)
    return chosen


def best_quotes(
    texts: Sequence[str], vectors: Vectors, moments: Sequence[datetime], *, limit: int = 5
) -> list[int]:
    """Row numbers of the contacts to quote: typical, recent, complete, each different.

    texts, vectors (unit rows) and moments (aware) belong together row by row; best first.
    """
    if not texts:
        return []
    recency = np.argsort(np.argsort([moment.timestamp() for moment in moments], kind="stable"))
    good_length = np.array([len(text) in _QUOTE_CHARACTERS for text in texts])
    worth = (
        _typicality(vectors) + _RECENT_WEIGHT * recency / len(texts) - _LENGTH_WEIGHT * ~good_length
    )
    chosen: list[int] = []
    for row in np.argsort(-worth, kind="stable").tolist():
        if len(chosen) == limit:
            break
        if not chosen or float((vectors[chosen] @ vectors[row]).max()) < _SAME_QUOTE:
            chosen.append(row)
    return chosen


def _typicality(vectors: Vectors) -> Vector:
    """Similarity of each row to the middle of all."""
    return np.asarray(vectors @ unit_rows(vectors.mean(axis=0)), dtype=np.float32)


def _telling_shares(texts: Sequence[str], elsewhere: WordUse) -> dict[str, float]:
    """For each meaning word by how much larger a share of the texts uses it than elsewhere."""
    counts = Counter(word for text in texts for word in set(_meaning_words(text)))
    return {
        word: max(0.0, count / len(texts) - elsewhere.share(word)) for word, count in counts.items()
    }


def _title_worth(clause: str, common: dict[str, float]) -> float:
    """High for a clause of handy length made of words that many of the texts share."""
    meaning = _meaning_words(clause)
    if not meaning:
        return -1.0
    shared = sorted((common.get(word, 0.0) for word in set(meaning)), reverse=True)
    worth = sum(shared[:4]) / 4 + sum(shared) / len(shared) / 2
    if len(words(clause)) not in _GOOD_WORDS:
        worth *= 0.7
    if len(clause) > TITLE_CHARACTERS:
        worth *= 0.7
    return worth * 0.3 if has_placeholder(clause) else worth


def _as_title(clause: str) -> str:
    """Capitalised, without closing full stop or comma, and not too long."""
    text = cut(clause.strip(" \t\"'“”„*#>-").rstrip(".,;:! "), TITLE_CHARACTERS)
    return text[:1].upper() + text[1:]


def _meaning_words(text: str) -> list[str]:
    return without_stop_words(words(text))


def _terms(text: str) -> list[str]:
    """Meaning words and pairs of them that follow each other."""
    single = _meaning_words(text)
    return single + [f"{a} {b}" for a, b in pairwise(single)]
