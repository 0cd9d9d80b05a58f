"""How an issue is shown to people: a title and terms in the customers' words, the best quotes."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from models.stop_words import small_talk, without_stop_words
from models.texts import clauses, cut, has_placeholder, words
from models.vectors import BoolArray, Vector, Vectors, unit_rows

TITLE_CHARACTERS = 120
"""Longer ones are cut off, which may take away what is wrong."""

_TITLE_TEXTS = 8
_GOOD_WORDS = range(4, 15)
_ELSEWHERE = 0.5
"""What being near another issue costs, against being near one's own: 0.5 and 1 hardly differ."""
_NEAREST = 3
"""So many others count: the very next one may be the same problem, not yet merged."""
_WORDS = 0.35
_POINT = 0.3
"""What it is worth that a clause says what is wrong: 0.2 and 0.5 hardly differ."""
_AWKWARD = 0.15
_HANDY_CHARACTERS = 80
_REDACTED = 0.4
_LOWER = 0.02
_NAMED = 0.6
_TAKEN = 0.5
_SAME_TITLE = 0.8
_SAME_MEANING = 0.9
_LATER = 0.005
_AFTER = 0.04
"""What each sentence before it costs a clause: people say first what is wrong."""
_MOST_AFTER = 3
_CLOSING = ".,;:! "
_SIGNS = " \t*#>-"
"""What a line of a list or a quote begins with."""
_QUOTES = "\"'“”„‘’‚«»"
_QUOTE = re.compile(rf"(?<!\w)[{_QUOTES}]|[{_QUOTES}](?!\w)")
"""A quotation mark, and no apostrophe inside a word."""
_QUOTE_CHARACTERS = range(20, 400)
_SAME_QUOTE = 0.95
_RECENT_WEIGHT = 0.1
_LENGTH_WEIGHT = 0.3
_PLACEHOLDER_WEIGHT = 0.1
_NOT_GOOD = 0.5
_SENTENCE_WORDS = 6


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


Points = Callable[[Sequence[str]], Sequence[float]]
"""How likely each of some clauses says what is wrong or wanted, and not something beside it."""


@dataclass(frozen=True, slots=True)
class Sense:
    """What clauses mean, and what they are held against."""

    rows: Callable[[Sequence[str]], Vectors]
    """A unit row a clause, in the space of the issue's own vectors."""
    others: Vectors
    """Unit rows: the middles of the product's other issues, at least of the nearest."""
    points: Points
    titles: Sequence[str] = ()
    """Of other issues: two must not have the same."""
    named: Callable[[str], bool] = lambda clause: False
    """Whether a clause names a person."""


def title(
    texts: Sequence[str],
    vectors: Vectors,
    elsewhere: WordUse = NO_WORDS,
    *,
    sense: Sense | None = None,
    first: Sequence[bool] | None = None,
) -> str:
    """The clause that says best what the contacts of an issue have in common, and no others.

    texts: cleaned and redacted; vectors: their unit rows, less what all contacts share. elsewhere:
    of other contacts of the product; what all of them say tells nothing about the issue. sense:
    without it only words are compared. first: which texts a customer wrote first on this issue;
    later ones ask after it. In the customers' own words, at most 120 characters, whole words. Empty
    without texts.

    A remark that fits any issue (how urgent it is, what was tried) is about as near to other
    issues as to its own, so the clause wins that is nearer to its own than to others. One about
    this issue that says only what works is told by its meaning (`models.asides`), and because
    people first say what is wrong.
    """
    options = _options(texts, vectors, first)
    if not options:
        return ""
    found = list(options)
    common = _telling_shares(texts, elsewhere)
    worth = np.array([_title_worth(one, common) for one in found])
    worth -= np.array(list(options.values()))
    if sense is not None:
        worth += _distinct(sense.rows(found), vectors, sense.others)
        worth -= _NAMED * np.array([sense.named(one) for one in found])
        worth -= _TAKEN * _are_taken(found, sense)
        worth += _POINT * np.log(np.array(sense.points(found)) + 1e-3)
    return _as_title(found[int(worth.argmax())])


def _options(
    texts: Sequence[str], vectors: Vectors, first: Sequence[bool] | None
) -> dict[str, float]:
    """The clauses of the most typical texts, with what it costs how late each of them comes."""
    if not texts:
        return {}
    order = np.argsort(-_typicality(vectors), kind="stable").tolist()
    if first is not None and any(first):
        order = [row for row in order if first[row]]
    options: dict[str, float] = {}
    for place, row in enumerate(order[:_TITLE_TEXTS]):
        for number, clause in enumerate(clauses(texts[row])):
            later = _LATER * place + _AFTER * min(number, _MOST_AFTER)
            options[clause] = min(later, options.get(clause, later))
    return options


def _distinct(rows: Vectors, vectors: Vectors, others: Vectors) -> Vector:
    """How much nearer each clause is to the middle of its own issue than to the nearest others."""
    own = np.asarray(rows @ unit_rows(vectors.mean(axis=0)), dtype=np.float32)
    if not len(others):
        return own
    nearest = np.sort(rows @ others.T, axis=1)[:, -_NEAREST:].mean(axis=1)
    return np.asarray(own - _ELSEWHERE * nearest, dtype=np.float32)


def are_same_title(one: str, other: str) -> bool:
    """Whether two titles have nearly the same words, so that they tell nobody what differs."""
    here, there = set(words(one)), set(words(other))
    return len(here & there) >= _SAME_TITLE * len(here | there)


def _are_taken(found: Sequence[str], sense: Sense) -> BoolArray:
    """Which clauses say nearly what the title of another issue says."""
    if not sense.titles:
        return np.zeros(len(found), dtype=bool)
    alike = sense.rows(found) @ sense.rows(sense.titles).T > _SAME_MEANING
    same = [any(are_same_title(one, other) for other in sense.titles) for one in found]
    return np.asarray(alike.any(axis=1) | np.array(same), dtype=bool)


def key_terms(texts: Sequence[str], elsewhere: WordUse = NO_WORDS, *, limit: int = 5) -> list[str]:
    """Words and word pairs that are frequent in an issue and rare elsewhere (c-TF-IDF).

    Stop words and politeness are none.

    texts: of the issue; elsewhere: of other contacts of the product, the issue's own allowed.
    """
    inside = word_use(texts).counts
    small = small_talk(word for text in texts for word in words(text))
    outside = elsewhere.counts
    average = sum(outside.values()) / max(1, len(outside)) + 1
    worth = {
        term: count * math.log1p(average / (count + outside.get(term, 0)))
        for term, count in inside.items()
        if (count > 1 or len(texts) == 1) and small.isdisjoint(term.split())
    }
    chosen: list[str] = []
    for term in sorted(worth, key=lambda term: (-worth[term], term)):
        if len(chosen) == limit:
            break
        if not any(set(term.split()) & set(other.split()) for other in chosen):
            chosen.append(term)
    return chosen


def best_quotes(
    texts: Sequence[str],
    vectors: Vectors,
    moments: Sequence[datetime],
    *,
    limit: int = 5,
    good: Sequence[bool] | None = None,
) -> list[int]:
    """Row numbers of the contacts to quote: typical, recent, complete, each different.

    texts, vectors (unit rows) and moments (aware) belong together row by row; best first. good:
    which speak for themselves; others ask after something or name somebody, and come last.
    """
    if not texts:
        return []
    recency = np.argsort(np.argsort([moment.timestamp() for moment in moments], kind="stable"))
    good_length = np.array([len(text) in _QUOTE_CHARACTERS for text in texts])
    worth = (
        _typicality(vectors) + _RECENT_WEIGHT * recency / len(texts) - _LENGTH_WEIGHT * ~good_length
    )
    worth -= _PLACEHOLDER_WEIGHT * np.array([has_placeholder(text) for text in texts])
    if good is not None:
        worth -= _NOT_GOOD * ~np.array(good)
    said: set[str] = set()
    chosen: list[int] = []
    for row in np.argsort(-worth, kind="stable").tolist():
        if len(chosen) == limit:
            break
        is_new = not chosen or float((vectors[chosen] @ vectors[row]).max()) < _SAME_QUOTE
        telling = _sentences(texts[row])
        if is_new and not telling & said:
            chosen.append(row)
            said |= telling
    return chosen


def _sentences(text: str) -> set[str]:
    """The longer sentences of a text by their words: whoever quotes one twice says nothing new."""
    found = [words(clause) for clause in clauses(text)]
    return {" ".join(one) for one in found if len(one) >= _SENTENCE_WORDS}


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
    meaning = set(_meaning_words(clause))
    if not meaning:
        return -2.0
    shared = sorted((common.get(word, 0.0) for word in meaning), reverse=True)
    worth = _WORDS * (sum(shared[:4]) / 4 + sum(shared) / len(shared) / 2)
    worth -= _AWKWARD * (len(words(clause)) not in _GOOD_WORDS)
    worth -= _AWKWARD * (len(clause) > _HANDY_CHARACTERS)
    worth -= _LOWER * (clause == clause.lower())
    return worth - _REDACTED * has_placeholder(clause)


def _as_title(clause: str) -> str:
    """Capitalised, without closing full stop or comma, and not too long."""
    bare = _unquoted(clause.strip(_SIGNS).rstrip(_CLOSING)).strip(_SIGNS).rstrip(_CLOSING)
    # What is cut off may have been the other quotation mark.
    text = _unquoted(cut(bare, TITLE_CHARACTERS))
    return text[:1].upper() + text[1:]


def _unquoted(text: str) -> str:
    """Without quotes around all of it, or at an end without the other; those of a word stay."""
    marks = [one.start() for one in _QUOTE.finditer(text)]
    ends = {0, len(text) - 1}
    is_around = len(marks) == 2 and set(marks) == ends
    is_alone = len(marks) == 1 and set(marks) <= ends
    return text.strip(_QUOTES).strip() if is_around or is_alone else text


def _meaning_words(text: str) -> list[str]:
    return without_stop_words(words(text))


def _terms(text: str) -> list[str]:
    """Meaning words and pairs of them that follow each other."""
    single = _meaning_words(text)
    return single + [f"{a} {b}" for a, b in pairwise(single)]
