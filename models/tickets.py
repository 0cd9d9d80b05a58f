"""Which ticket of a tracker is about the same as a text: likeness of meaning and of words.

Neither is enough alone. The encoder finds the ticket in other words; the words it shares with the
text, weighed against its neighbours in the tracker, tell it from those that are nearly the same.
`benchmarks/tickets.py` measures both, and where the two limits below come from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from models.stop_words import without_stop_words
from models.texts import words
from models.vectors import Vector, Vectors, centered, dots

WORTH_SHOWING = 0.9
"""From this closeness on a person should see the ticket: two of three filings show none."""

_SHORTLIST = 100
"""So many of the nearest by meaning are compared by words."""
_SAME_SIMILARITY = 0.85
_LEAST_WORDS = 3
"""Shorter titles say too little to be sure that they mean the same."""
_MOST_SHARED = 5
_NUMBERED = re.compile(r"\S*\d\S*")
"""Versions, sizes, numbers of other tickets: whole, since a single digit tells them apart."""


@dataclass(frozen=True, slots=True)
class Described:
    """What is looked for: an issue, as a title, typical words of customers, and a vector."""

    title: str
    text: str
    vector: Vector
    """From `joined`, not centred."""


@dataclass(frozen=True, slots=True)
class Near:
    """One ticket and how close it is."""

    row: int
    similarity: float
    """Cosine of the centred vectors."""
    closeness: float
    """Similarity and likeness of words together, at most 2."""
    shared: tuple[str, ...]
    """The words that tell most among those they share."""


def joined(title: Vector, text: Vector) -> Vector:
    """The vector of a thing with a title: a title counts as much as all the rest."""
    return np.asarray((title + text) / 2, dtype=np.float32)


def nearest_by_meaning(wanted: Described, vectors: Vectors, *, center: Vector) -> list[int]:
    """Rows of the tickets that are compared by words, the most similar first."""
    if len(vectors) == 0:
        return []
    similarities = dots(centered(vectors, center), _unit(wanted.vector, center))
    return [int(row) for row in np.argsort(-similarities, kind="stable")[:_SHORTLIST]]


def closest(
    wanted: Described,
    titles: Sequence[str],
    texts: Sequence[str],
    vectors: Vectors,
    *,
    center: Vector,
) -> list[Near]:
    """The tickets of a shortlist, the closest first; how rare a word is, is told by the list."""
    if not titles:
        return []
    similarities = dots(centered(vectors, center), _unit(wanted.vector, center))
    documents = [
        f"{title}\n{title}\n{text}"
        for title, text in zip([*titles, wanted.title], [*texts, wanted.text], strict=True)
    ]
    likeness, shared = _likeness(documents)
    closeness = similarities + likeness
    order = np.argsort(-closeness, kind="stable")
    return [
        Near(int(row), float(similarities[row]), float(closeness[row]), shared[row])
        for row in order
    ]


def says_the_same(near: Near, title: str, other: str) -> bool:
    """Whether two titles are the same words, whatever their order, and their texts agree.

    A number or a name that only one of them has makes them two: "Upgrade to 3.4.1" is another
    ticket than "Upgrade to 3.4.0", however similar they are.
    """
    one, two = _telling(title), _telling(other)
    return one == two and len(one) >= _LEAST_WORDS and near.similarity >= _SAME_SIMILARITY


def _telling(title: str) -> frozenset[str]:
    numbered = (one.strip(".,:;!?()[]").casefold() for one in _NUMBERED.findall(title))
    # "[DE]" before a title is a word of it; only what redaction leaves is no word.
    spoken = title.replace("[", " ").replace("]", " ")
    return frozenset([*without_stop_words(words(spoken)), *numbered])


def _likeness(documents: Sequence[str]) -> tuple[Vector, list[tuple[str, ...]]]:
    """Cosine of word weights of each but the last document with the last, and words of both."""
    weigh = TfidfVectorizer(analyzer=_meaning_words, sublinear_tf=True)
    try:
        weights = weigh.fit_transform(documents)
    except ValueError:
        # No document has a word with a meaning.
        return np.zeros(len(documents) - 1, dtype=np.float32), [()] * (len(documents) - 1)
    names = weigh.get_feature_names_out()
    products = weights[:-1].multiply(weights[-1]).tocsr()
    likeness = np.asarray(products.sum(axis=1), dtype=np.float32).ravel()
    shared = []
    for row in products:
        strongest = row.indices[np.argsort(-row.data, kind="stable")[:_MOST_SHARED]]
        shared.append(tuple(str(names[column]) for column in strongest))
    return likeness, shared


@lru_cache(maxsize=4_000)
def _meaning_words(document: str) -> tuple[str, ...]:
    """Kept, since the tickets of a project come up again and again."""
    return tuple(without_stop_words(words(document)))


def _unit(vector: Vector, center: Vector) -> Vector:
    return np.asarray(centered(vector[None, :], center)[0], dtype=np.float32)
