"""Placing contacts on issues: all that is read in one trip to the database, all written in another.

Every contact passes here once, most of them alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.issues import IssueId
from bridge.domain.products import Product
from bridge.store.arrays import sent_halves, sent_singles
from bridge.store.centroids import Changes, centroid_of, first_changes, send_first_changes
from bridge.store.evidence import RecentContact, recent_contacts, send_unassigned
from bridge.store.issues import Place
from bridge.store.products import locked_product, send_lock
from bridge.store.tables import AssignmentRow
from bridge.store.trips import Statement, Trip, one_trip
from bridge.store.vectors import Array, Centroid
from bridge.store.waiting import JudgedContact, WaitingContact, send_waiting, waiting_contacts

_ASSIGN = Statement(
    insert(AssignmentRow).inline(),
    columns=[*(field.name for field in fields(Place)), "product_id", "created_at"],
)
_GROW = Statement(
    text("""
    UPDATE centroid
    SET total = centroid.total + CAST(:total AS vector), size = centroid.size + :size
    FROM issue
    WHERE centroid.issue_id = :issue_id AND centroid.encoder = :encoder AND centroid.size > 0
        AND issue.id = centroid.issue_id AND issue.merged_into IS NULL
    RETURNING centroid.issue_id, issue.state, vector_send(centroid.total), centroid.size,
        centroid.burst_at
    """)
)
_KEEP = Statement(
    text("""
    INSERT INTO contact_vector (contact_id, encoder, product_id, text_hash, embedding)
    VALUES (:contact_id, :encoder, :product_id, :text_hash, :vector)
    ON CONFLICT (contact_id, encoder) DO UPDATE
    SET text_hash = excluded.text_hash, embedding = excluded.embedding
    """)
)
_PLACED = Statement(
    text("""
    UPDATE contact
    SET nature = :nature, kind = :kind, kind_confidence = :confidence, placed_at = :now
    WHERE id = :contact_id
    """)
)
_MOST_RECENT = 150


@dataclass(frozen=True, slots=True)
class Taken:
    """What placing some contacts begins with."""

    product: Product
    waiting: Sequence[WaitingContact]
    changes: Changes
    """Centroids that were written meanwhile."""


@dataclass(frozen=True, slots=True)
class KeptVector:
    """The vector of a contact's text."""

    contact_id: ContactId
    text_hash: bytes
    vector: Array


@dataclass(slots=True)
class Joined:
    """Contacts that have joined one issue: the sum of their vectors, and how many they are."""

    total: Array
    size: int


@dataclass(frozen=True, slots=True)
class Placed:
    """What came of it."""

    grown: Sequence[Centroid]
    """The issues that contacts have joined; one is missing if it does not stand for itself."""
    recent: Sequence[RecentContact]
    """The newest contacts on no issue, if they were asked for."""


class Placing:
    """Reads and writes what every contact needs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(  # noqa: PLR0913 - all that is read for a batch
        self,
        product_id: ProductId,
        encoder: str,
        *,
        limit: int,
        within: timedelta,
        most: int,
        seen: int,
    ) -> Taken:
        """Lock the product's grouping until the block ends, and read what waits to be placed.

        within, most: as for `send_waiting`. seen: number of the last change of a centroid that
        is known.
        """
        with one_trip(self._session) as trip:
            # Each statement sees what is committed when it begins, so these see what those who
            # had the lock before have done.
            locked = send_lock(trip, product_id)
            waiting = send_waiting(trip, product_id, encoder, limit=limit, within=within, most=most)
            changes = send_first_changes(trip, product_id, encoder, after=seen)
        return Taken(locked_product(locked), waiting_contacts(waiting), first_changes(changes))

    def keep_vectors(
        self, product_id: ProductId, encoder: str, vectors: Iterable[KeptVector]
    ) -> None:
        """Store vectors ahead of `save`, replacing what these contacts had."""
        with one_trip(self._session) as trip:
            _send_vectors(trip, product_id, encoder, vectors)

    def save(  # noqa: PLR0913 - all that is written for a batch
        self,
        product_id: ProductId,
        encoder: str,
        *,
        vectors: Iterable[KeptVector],
        judged: Iterable[JudgedContact],
        places: Iterable[Place],
        joined: Mapping[IssueId, Joined],
        now: datetime,
        recent_since: datetime | None = None,
    ) -> Placed:
        """Write what the finder thinks of contacts and where they went.

        recent_since: read the contacts on no issue that occurred after this moment, too.
        """
        with one_trip(self._session) as trip:
            _send_vectors(trip, product_id, encoder, vectors)
            trip.send_each(_ASSIGN, [one.values(product_id, now=now) for one in places])
            grown = [
                trip.send(
                    _GROW,
                    {
                        "issue_id": issue_id,
                        "encoder": encoder,
                        "total": sent_singles(one.total),
                        "size": one.size,
                    },
                )
                for issue_id, one in joined.items()
            ]
            trip.send_each(_PLACED, [_columns(one, now) for one in judged])
            recent = None
            if recent_since is not None:
                recent = send_unassigned(
                    trip, product_id, encoder, since=recent_since, limit=_MOST_RECENT
                )
        return Placed(
            [centroid_of(*row) for answer in grown for row in answer],
            [] if recent is None else recent_contacts(recent),
        )


def _send_vectors(
    trip: Trip, product_id: ProductId, encoder: str, vectors: Iterable[KeptVector]
) -> None:
    rows = [
        {
            "contact_id": one.contact_id,
            "encoder": encoder,
            "product_id": product_id,
            "text_hash": one.text_hash,
            "vector": sent_halves(one.vector),
        }
        for one in vectors
    ]
    trip.send_each(_KEEP, rows)


def _columns(one: JudgedContact, now: datetime) -> dict[str, object]:
    return {
        "contact_id": one.id,
        "nature": one.nature.value,
        "kind": one.kind,
        "confidence": one.confidence,
        "now": now,
    }
