"""Vectors of contacts and centroids of issues, one encoder at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import LargeBinary, and_, bindparam, delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ContactNature, ProductId
from bridge.domain.grouping import KEPT_APART, LEAVES_LOOSE
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.store.tables import (
    AssignmentRow,
    CentroidRow,
    ContactRow,
    DecisionRow,
    IssueRow,
    VectorRow,
)

Array = npt.NDArray[np.float32]

# pgvector's own send functions give the bytes of a vector: parsing its text form takes 20 times
# as long. The bytes are two 16-bit numbers (dimensions, unused) and then the values, big-endian.
_HEADER_BYTES = 4
EMBEDDING = func.halfvec_send(VectorRow.embedding, type_=LargeBinary)
TOTAL = func.vector_send(CentroidRow.total, type_=LargeBinary)


def halves(sent: bytes) -> Array:
    """The vector in what halfvec_send gave."""
    return np.frombuffer(sent, dtype=">f2", offset=_HEADER_BYTES).astype(np.float32)


def rows_of_halves(sent: Sequence[bytes]) -> Array:
    """The vectors in what halfvec_send gave for some of one length, one a row."""
    values = np.frombuffer(b"".join(sent), dtype=">f2").reshape(len(sent), -1)
    return values[:, _HEADER_BYTES // 2 :].astype(np.float32)


def floats(sent: bytes) -> Array:
    """The vector in what vector_send gave."""
    return np.frombuffer(sent, dtype=">f4", offset=_HEADER_BYTES).astype(np.float32)


@dataclass(slots=True)
class Centroid:
    """The sum of an issue's member vectors and how many there are."""

    issue_id: IssueId
    state: IssueState
    total: Array
    size: int
    burst_at: datetime | None = None
    """When it began as a burst of contacts."""

    @property
    def mean(self) -> Array:
        """The plain mean of the members, not made unit length."""
        return np.asarray(self.total / self.size, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class SeenOutlook:
    """What the finder thinks of a candidate, as log-odds."""

    new_issue: float
    """That it is a recurring issue of its own."""
    nearest_id: IssueId | None
    """The issue it is likeliest the same as."""
    same_as_nearest: float | None


@dataclass(frozen=True, slots=True)
class LooseContact:
    """A contact that grouping may move: unassigned, or on an untouched candidate."""

    id: ContactId
    issue_id: IssueId | None
    text_hash: bytes
    vector: Array


_CENTROIDS = (
    select(CentroidRow.issue_id, IssueRow.state, TOTAL, CentroidRow.size, CentroidRow.burst_at)
    .join(IssueRow, IssueRow.id == CentroidRow.issue_id)
    .where(
        CentroidRow.product_id == bindparam("product_id"),
        CentroidRow.encoder == bindparam("encoder"),
        CentroidRow.size > 0,
        IssueRow.merged_into.is_(None),
    )
    .order_by(CentroidRow.issue_id)
)


_KEEP_CENTROID = insert(CentroidRow)
_KEEP_CENTROID = _KEEP_CENTROID.on_conflict_do_update(
    index_elements=["issue_id", "encoder"],
    set_={"total": _KEEP_CENTROID.excluded.total, "size": _KEEP_CENTROID.excluded.size},
)


_OUTLOOK = (CentroidRow.new_issue, CentroidRow.nearest_id, CentroidRow.same_as_nearest)
_SEEN = tuple(bindparam(column.key, type_=column.type) for column in _OUTLOOK)
_SAVE_OUTLOOK = (
    update(CentroidRow)
    .where(
        CentroidRow.issue_id == bindparam("of_issue"),
        CentroidRow.encoder == bindparam("of_encoder"),
        tuple_(*_OUTLOOK).is_distinct_from(tuple_(*_SEEN)),
    )
    .values({column.key: seen for column, seen in zip(_OUTLOOK, _SEEN, strict=True)})
)
_IS_TOUCHED = (
    select(DecisionRow.seq)
    .where(
        DecisionRow.issue_id == AssignmentRow.issue_id,
        DecisionRow.actor_kind != MACHINE.kind,
        DecisionRow.action.not_in(sorted(LEAVES_LOOSE)),
    )
    .correlate(AssignmentRow)
    .exists()
)
_STANDS_APART = (
    select(DecisionRow.seq)
    .join(CentroidRow, CentroidRow.issue_id == DecisionRow.issue_id)
    .where(
        DecisionRow.issue_id == AssignmentRow.issue_id,
        DecisionRow.actor_kind == MACHINE.kind,
        DecisionRow.action == KEPT_APART,
        CentroidRow.encoder == bindparam("of_encoder"),
        or_(
            CentroidRow.burst_at >= bindparam("young_since"), CentroidRow.size >= bindparam("least")
        ),
    )
    .correlate(AssignmentRow)
    .exists()
)
"""A surge that was told apart; one that came to nothing is grouped like all others."""
_EMPTY_CENTROIDS = text(
    "UPDATE centroid SET total = total * array_fill(0, ARRAY[vector_dims(total)])::vector, size = 0"
    " WHERE product_id = :product_id AND issue_id = ANY(:issues)"
)
_RECOUNT = text("""
    INSERT INTO centroid (issue_id, encoder, product_id, total, size)
    SELECT member.issue_id, contact_vector.encoder, :product_id,
        sum(contact_vector.embedding::vector), count(*)
    FROM (
        SELECT issue_id, contact_id FROM assignment
        WHERE issue_id = ANY(:issues) AND ended_at IS NULL AND part = 0
    ) AS member
    JOIN contact_vector ON contact_vector.contact_id = member.contact_id
    WHERE contact_vector.product_id = :product_id
    GROUP BY member.issue_id, contact_vector.encoder
    ON CONFLICT (issue_id, encoder) DO UPDATE SET total = excluded.total, size = excluded.size
""")


class Vectors:
    """Reads and writes vectors; every method names the encoder, so two are never mixed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def first(self, product_id: int, encoder: str, *, limit: int) -> list[Array]:
        """Vectors of the product's first contacts, in order of arrival."""
        query = (
            select(EMBEDDING)
            .where(VectorRow.product_id == product_id, VectorRow.encoder == encoder)
            .order_by(VectorRow.contact_id)
            .limit(limit)
        )
        return [halves(value) for value in self._session.scalars(query)]

    def count(self, product_id: int, encoder: str, *, limit: int) -> int:
        """How many contacts of the product have a vector, counted up to `limit`."""
        some = (
            select(VectorRow.contact_id)
            .where(VectorRow.product_id == product_id, VectorRow.encoder == encoder)
            .limit(limit)
        )
        return self._session.scalars(select(func.count()).select_from(some.subquery())).one()

    def centroids(self, product_id: ProductId, encoder: str) -> list[Centroid]:
        """Centroids of all issues that still stand for themselves, by issue id."""
        given = {"product_id": product_id, "encoder": encoder}
        return [
            Centroid(IssueId(issue_id), IssueState(state), floats(total), size, burst_at)
            for issue_id, state, total, size, burst_at in self._session.connection().execute(
                _CENTROIDS, given
            )
        ]

    def save_centroid(
        self, product_id: ProductId, encoder: str, issue_id: IssueId, total: Array, size: int
    ) -> None:
        """Write the sum of the member vectors and their number."""
        values = {
            "issue_id": issue_id,
            "encoder": encoder,
            "product_id": product_id,
            "total": total,
            "size": size,
        }
        self._session.connection().execute(_KEEP_CENTROID, values)

    def save_outlooks(self, encoder: str, seen: Mapping[IssueId, SeenOutlook]) -> None:
        """Write what the finder thinks of these candidates now, where that has changed."""
        rows = [
            {
                "of_issue": issue_id,
                "of_encoder": encoder,
                "new_issue": one.new_issue,
                "nearest_id": one.nearest_id,
                "same_as_nearest": one.same_as_nearest,
            }
            for issue_id, one in seen.items()
        ]
        if rows:
            self._session.connection().execute(_SAVE_OUTLOOK, rows)

    def mark_burst(self, encoder: str, issue_id: IssueId, at: datetime) -> None:
        """Remember that an issue began as a burst."""
        self._session.execute(
            update(CentroidRow)
            .where(CentroidRow.issue_id == issue_id, CentroidRow.encoder == encoder)
            .values({"burst_at": at})
        )

    def burst_at(self, encoder: str, issue_id: IssueId) -> datetime | None:
        """When an issue began as a burst; None when it did not."""
        found = self._session.get(CentroidRow, (issue_id, encoder))
        return None if found is None else found.burst_at

    def outlook(self, encoder: str, issue_id: IssueId) -> SeenOutlook | None:
        """What the finder last thought of a candidate; None when it never looked."""
        found = self._session.get(CentroidRow, (issue_id, encoder))
        if found is None or found.new_issue is None:
            return None
        return SeenOutlook(found.new_issue, issue_of(found.nearest_id), found.same_as_nearest)

    def recount(self, product_id: ProductId, issue_ids: Iterable[int]) -> None:
        """Add up the centroids of these issues anew, from the contacts that are on them now."""
        given = {"product_id": product_id, "issues": list(issue_ids)}
        self._session.execute(_EMPTY_CENTROIDS, given)
        self._session.execute(_RECOUNT, given)

    def loose(  # noqa: PLR0913 - all but two by name
        self,
        product_id: ProductId,
        encoder: str,
        *,
        since: datetime,
        limit: int,
        young_since: datetime,
        least_apart: int,
    ) -> list[LooseContact]:
        """What grouping may move, in order of arrival.

        All members of candidates that no person decided about, but for contacts that a person
        placed, and the newest unassigned contacts that occurred after `since`. A surge that was
        told apart keeps its contacts while it began after `young_since`, and once it has
        `least_apart` of them.
        """
        base = (
            select(ContactRow.id, AssignmentRow.issue_id, VectorRow.text_hash, EMBEDDING)
            .join(VectorRow, VectorRow.contact_id == ContactRow.id)
            .outerjoin(
                AssignmentRow,
                and_(
                    AssignmentRow.contact_id == ContactRow.id,
                    AssignmentRow.ended_at.is_(None),
                    AssignmentRow.part == 0,
                ),
            )
            .where(
                ContactRow.product_id == product_id,
                ContactRow.placed_at.is_not(None),
                VectorRow.encoder == encoder,
            )
        )
        unassigned = (
            base.where(
                AssignmentRow.id.is_(None),
                ContactRow.occurred_at >= since,
                ContactRow.nature == ContactNature.MESSAGE.value,
            )
            .order_by(ContactRow.id.desc())
            .limit(limit)
        )
        candidates = base.join(IssueRow, IssueRow.id == AssignmentRow.issue_id).where(
            IssueRow.state == IssueState.CANDIDATE.value,
            AssignmentRow.actor == MACHINE.name,
            ~_IS_TOUCHED,
            ~_STANDS_APART,
        )
        apart = {"of_encoder": encoder, "young_since": young_since, "least": least_apart}
        found = [
            LooseContact(
                id=ContactId(row[0]),
                issue_id=issue_of(row[1]),
                text_hash=row[2],
                vector=halves(row[3]),
            )
            for query in (unassigned, candidates.params(apart))
            for row in self._session.execute(query)
        ]
        return sorted(found, key=lambda contact: contact.id)

    def of_issue(
        self, issue_id: IssueId, encoder: str, *, limit: int
    ) -> list[tuple[ContactId, str, datetime, Array]]:
        """(contact, text, moment, vector) of an issue's newest members."""
        query = (
            select(ContactRow.id, ContactRow.text, ContactRow.occurred_at, EMBEDDING)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .join(VectorRow, VectorRow.contact_id == ContactRow.id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                AssignmentRow.part == 0,
                VectorRow.encoder == encoder,
            )
            .order_by(ContactRow.id.desc())
            .limit(limit)
        )
        return [
            (ContactId(row[0]), row[1], row[2], halves(row[3]))
            for row in self._session.execute(query)
        ]

    def of_contacts(self, contact_ids: Sequence[ContactId], encoder: str) -> dict[ContactId, Array]:
        """The vectors of these contacts, as far as they have one."""
        query = select(VectorRow.contact_id, EMBEDDING).where(
            VectorRow.contact_id.in_(contact_ids), VectorRow.encoder == encoder
        )
        return {ContactId(row[0]): halves(row[1]) for row in self._session.execute(query)}

    def drop(self, contact_id: ContactId) -> None:
        """Forget a contact's vectors."""
        self._session.execute(delete(VectorRow).where(VectorRow.contact_id == contact_id))


def issue_of(value: int | None) -> IssueId | None:
    """An issue id out of an outer join."""
    return None if value is None else IssueId(value)
