"""Which centroids have changed: for a process that keeps them in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, case, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.issues import IssueId, IssueState
from bridge.store.tables import CentroidRow, IssueRow
from bridge.store.trips import Answer, Statement, Trip
from bridge.store.vectors import TOTAL, Array, Centroid, floats

_MOST = 4096


@dataclass(frozen=True, slots=True)
class Change:
    """A centroid that was written, by the number of that change."""

    number: int
    issue_id: IssueId
    centroid: Centroid | None
    """None when the issue does not stand for itself any more: emptied or merged."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The first changes after a number, in their order."""

    rows: Sequence[Change] = ()
    is_all: bool = False
    """Else there may be more."""


_LIVES = and_(CentroidRow.size > 0, IssueRow.merged_into.is_(None))
_CENTROID = (
    CentroidRow.issue_id,
    IssueRow.state,
    case((_LIVES, TOTAL)),
    CentroidRow.size,
    CentroidRow.burst_at,
)
_FOUND = select(CentroidRow.changed, *_CENTROID).join(IssueRow, IssueRow.id == CentroidRow.issue_id)
_AFTER = _FOUND.where(
    CentroidRow.product_id == bindparam("product_id"),
    CentroidRow.encoder == bindparam("encoder"),
    CentroidRow.changed > bindparam("after"),
).order_by(CentroidRow.changed)
_CHANGES = _AFTER.limit(_MOST)
_FIRST = 8
_FIRST_CHANGES = Statement(_AFTER.limit(literal_column(str(_FIRST))))
"""Few, and written out: so the database keeps its plan instead of planning each time."""
_OF = _FOUND.where(
    CentroidRow.issue_id == func.any(bindparam("issues", type_=ARRAY(BigInteger))),
    CentroidRow.encoder == bindparam("encoder"),
    _LIVES,
).order_by(CentroidRow.issue_id)

_LOOKED = (
    update(CentroidRow)
    .where(
        CentroidRow.issue_id == bindparam("of_issue"),
        CentroidRow.encoder == bindparam("of_encoder"),
    )
    .values(looked_size=bindparam("now"))
)


class Centroids:
    """Reads single centroids, and what has changed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def changes(self, product_id: ProductId, encoder: str, *, after: int) -> Iterator[Change]:
        """The centroids that were written after that change, in the order of their changes.

        Complete only while the caller holds the product's grouping lock: all who write hold it.
        """
        while True:
            given = {"product_id": product_id, "encoder": encoder, "after": after}
            rows = self._session.connection().execute(_CHANGES, given).all()
            for row in rows:
                yield _change(row)
                after = row[0]
            if len(rows) < _MOST:
                return

    def of(self, encoder: str, issue_ids: Collection[int]) -> list[Centroid]:
        """Those of these issues that still stand for themselves, in the order of their ids."""
        if not issue_ids:
            return []
        given = {"encoder": encoder, "issues": list(issue_ids)}
        rows = self._session.connection().execute(_OF, given)
        return [centroid_of(*row[1:]) for row in rows]

    def nearest(
        self, product_id: ProductId, encoder: str, mean: Array, *, but: IssueId, most: int
    ) -> list[Centroid]:
        """The other issues whose direction is nearest to a mean, the nearest first."""
        direction = CentroidRow.total.cosine_distance(mean)
        query = (
            select(*_CENTROID)
            .join(IssueRow, IssueRow.id == CentroidRow.issue_id)
            .where(
                CentroidRow.product_id == product_id,
                CentroidRow.encoder == encoder,
                CentroidRow.issue_id != but,
                _LIVES,
            )
            .order_by(direction, CentroidRow.issue_id)
            .limit(most)
        )
        return [centroid_of(*row) for row in self._session.execute(query)]

    def thought_same(self, one: IssueId, other: IssueId) -> float | None:
        """The log-odds that two issues are one, as the finder last told them of one of them."""
        pair = or_(
            and_(CentroidRow.issue_id == one, CentroidRow.nearest_id == other),
            and_(CentroidRow.issue_id == other, CentroidRow.nearest_id == one),
        )
        query = select(CentroidRow.same_as_nearest).where(
            pair, CentroidRow.same_as_nearest.is_not(None)
        )
        return self._session.scalars(query.order_by(CentroidRow.issue_id).limit(1)).first()

    def changed_by_half(
        self,
        product_id: ProductId,
        encoder: str,
        *,
        states: Collection[IssueState],
        least: int,
        limit: int,
    ) -> list[Centroid]:
        """Issues of at least that size that grew or shrank by half since `mark_looked`."""
        grown = CentroidRow.size * 2 >= CentroidRow.looked_size * 3
        shrunk = CentroidRow.size * 3 <= CentroidRow.looked_size * 2
        query = (
            select(*_CENTROID)
            .join(IssueRow, IssueRow.id == CentroidRow.issue_id)
            .where(
                CentroidRow.product_id == product_id,
                CentroidRow.encoder == encoder,
                CentroidRow.size >= least,
                IssueRow.state.in_([state.value for state in states]),
                _LIVES,
                or_(grown, shrunk),
            )
            .order_by(CentroidRow.size.desc(), CentroidRow.issue_id)
            .limit(limit)
        )
        return [centroid_of(*row) for row in self._session.execute(query)]

    def mark_looked(self, encoder: str, sizes: Mapping[IssueId, int]) -> None:
        """These issues were looked at when they had so many contacts."""
        given = [{"of_issue": one, "of_encoder": encoder, "now": sizes[one]} for one in sizes]
        if given:
            self._session.connection().execute(_LOOKED, given)


def send_first_changes(trip: Trip, product_id: ProductId, encoder: str, *, after: int) -> Answer:
    """Read the first centroids that were written after that change; see `Centroids.changes`."""
    given = {"product_id": product_id, "encoder": encoder, "after": after}
    return trip.send(_FIRST_CHANGES, given)


def first_changes(answer: Answer) -> Changes:
    """What `send_first_changes` has read."""
    rows = [_change(row) for row in answer]
    return Changes(rows, is_all=len(rows) < _FIRST)


def _change(row: Sequence[Any]) -> Change:
    centroid = None if row[3] is None else centroid_of(*row[1:])
    return Change(row[0], IssueId(row[1]), centroid)


def centroid_of(
    issue_id: int, state: str, total: bytes, size: int, burst_at: datetime | None
) -> Centroid:
    """A centroid from its columns."""
    return Centroid(IssueId(issue_id), IssueState(state), floats(total), size, burst_at)
