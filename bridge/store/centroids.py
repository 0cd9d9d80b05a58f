"""Which centroids have changed: for a process that keeps them in memory."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import BigInteger, and_, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.issues import IssueId, IssueState
from bridge.store.tables import CentroidRow, IssueRow
from bridge.store.vectors import TOTAL, Centroid, floats

_MOST = 4096


@dataclass(frozen=True, slots=True)
class Change:
    """A centroid that was written, by the number of that change."""

    number: int
    issue_id: IssueId
    centroid: Centroid | None
    """None when the issue does not stand for itself any more: emptied or merged."""


_LIVES = and_(CentroidRow.size > 0, IssueRow.merged_into.is_(None))
_CENTROID = (
    CentroidRow.issue_id,
    IssueRow.state,
    case((_LIVES, TOTAL)),
    CentroidRow.size,
    CentroidRow.burst_at,
)
_FOUND = select(CentroidRow.changed, *_CENTROID).join(IssueRow, IssueRow.id == CentroidRow.issue_id)
_CHANGES = (
    _FOUND.where(
        CentroidRow.product_id == bindparam("product_id"),
        CentroidRow.encoder == bindparam("encoder"),
        CentroidRow.changed > bindparam("after"),
    )
    .order_by(CentroidRow.changed)
    .limit(_MOST)
)
_OF = _FOUND.where(
    CentroidRow.issue_id == func.any(bindparam("issues", type_=ARRAY(BigInteger))),
    CentroidRow.encoder == bindparam("encoder"),
    _LIVES,
).order_by(CentroidRow.issue_id)


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
            for changed, issue_id, state, total, size, burst_at in rows:
                found = None
                if total is not None:
                    found = Centroid(issue_id, IssueState(state), floats(total), size, burst_at)
                yield Change(changed, IssueId(issue_id), found)
                after = changed
            if len(rows) < _MOST:
                return

    def of(self, encoder: str, issue_ids: Collection[int]) -> list[Centroid]:
        """Those of these issues that still stand for themselves, in the order of their ids."""
        if not issue_ids:
            return []
        given = {"encoder": encoder, "issues": list(issue_ids)}
        return [
            Centroid(IssueId(issue_id), IssueState(state), floats(total), size, burst_at)
            for _, issue_id, state, total, size, burst_at in self._session.connection().execute(
                _OF, given
            )
        ]
