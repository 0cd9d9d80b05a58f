"""What is told about each issue that was found: title, terms, quotes, times, its neighbour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from bridge.discover.grouping import Grouping
from bridge.discover.preparing import FileContact
from models.naming import Sense, best_quotes, key_terms, title, word_use
from models.telling import telling_terms
from models.texts import cut
from models.vectors import IntArray, Vectors, unit_rows

_QUOTES = 3
_QUOTE_CHARACTERS = 320
_BACKGROUND = 2000
_MOST_COMPARED = 300
_COMPARED_ISSUES = 12
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Quote:
    """A contact's own words, redacted."""

    id: str
    text: str
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Neighbor:
    """The issue that is most similar to another, and what tells the two apart."""

    number: int
    title: str
    similarity: float
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoundIssue:
    """An issue found in a file."""

    number: int
    """From 1 for the biggest."""
    title: str
    terms: tuple[str, ...]
    contact_count: int
    moments: tuple[datetime, ...]
    """When its contacts came, where the file says."""
    quotes: tuple[Quote, ...]
    nearest: Neighbor | None

    @property
    def first_seen_at(self) -> datetime | None:
        """When its first contact came."""
        return min(self.moments, default=None)

    @property
    def last_seen_at(self) -> datetime | None:
        """When its last contact came."""
        return max(self.moments, default=None)


def middles(grouping: Grouping) -> Vectors:
    """The unit middle of each issue."""
    if not grouping.groups:
        return grouping.vectors[:0]
    return unit_rows(np.array([grouping.vectors[rows].mean(axis=0) for rows in grouping.groups]))


def describe(contacts: Sequence[FileContact], grouping: Grouping) -> list[FoundIssue]:
    """Every issue in its own customers' words, the biggest first."""
    texts = [[contacts[row].text for row in rows] for rows in grouping.groups]
    every = [text for own in texts for text in own]
    elsewhere = word_use(every[:: len(every) // _BACKGROUND + 1])
    centers = middles(grouping)
    titles = [
        title(own, grouping.vectors[rows], elsewhere, sense=_sense(place, centers, grouping))
        for place, (own, rows) in enumerate(zip(texts, grouping.groups, strict=True))
    ]
    neighbors = _neighbors(texts, titles, centers)
    return [
        FoundIssue(
            number=place + 1,
            title=titles[place],
            terms=tuple(key_terms(texts[place], elsewhere)),
            contact_count=len(rows),
            moments=tuple(at for row in rows if (at := contacts[row].occurred_at) is not None),
            quotes=_quotes(contacts, rows, grouping.vectors),
            nearest=neighbors[place],
        )
        for place, rows in enumerate(grouping.groups)
    ]


def _sense(place: int, centers: Vectors, grouping: Grouping) -> Sense:
    """What the clauses of an issue are held against: the issues next to it."""
    nearest = np.argsort(-(centers @ centers[place]), kind="stable")
    others = centers[nearest[nearest != place][:_COMPARED_ISSUES]]
    return Sense(grouping.rows_of, others, grouping.points)


def _quotes(contacts: Sequence[FileContact], rows: IntArray, vectors: Vectors) -> tuple[Quote, ...]:
    own = [contacts[row] for row in rows]
    best = best_quotes(
        [contact.text for contact in own],
        vectors[rows],
        [contact.occurred_at or _NO_TIME for contact in own],
        limit=_QUOTES,
    )
    return tuple(
        Quote(own[at].shown_id, cut(own[at].text, _QUOTE_CHARACTERS), own[at].occurred_at)
        for at in best
    )


def _neighbors(
    texts: Sequence[Sequence[str]], titles: Sequence[str], centers: Vectors
) -> list[Neighbor | None]:
    if len(centers) < 2:
        return [None] * len(centers)
    similarities = centers @ centers.T
    np.fill_diagonal(similarities, -np.inf)
    found: list[Neighbor | None] = []
    for own, row in zip(texts, similarities, strict=True):
        other = int(row.argmax())
        here, there = own[:_MOST_COMPARED], texts[other][:_MOST_COMPARED]
        found.append(
            Neighbor(
                number=other + 1,
                title=titles[other],
                similarity=round(float(row[other]), 2),
                only_here=tuple(telling_terms(here, there)),
                only_there=tuple(telling_terms(there, here)),
            )
        )
    return found
