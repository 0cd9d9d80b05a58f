"""The append-only record of who or what did each thing, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import IssueId
from bridge.domain.people import Actor
from bridge.store.tables import DecisionRow


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry of an issue's history."""

    seq: int
    issue_id: IssueId | None
    at: datetime
    actor: Actor
    action: str
    before: Mapping[str, object]
    after: Mapping[str, object]
    reason: str
    origin: str


class Decisions:
    """Writes and reads the record."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(  # noqa: PLR0913 - a decision is told by all of these or not at all
        self,
        product_id: ProductId,
        action: str,
        *,
        at: datetime,
        actor: Actor,
        issue_id: IssueId | None = None,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        reason: str = "",
        origin: str = "",
    ) -> int:
        """Append one entry, in the transaction of what it tells about; returns its number."""
        values = insert(DecisionRow).values(
            product_id=product_id,
            issue_id=issue_id,
            at=at,
            actor_kind=actor.kind,
            actor_name=actor.name,
            action=action,
            before=dict(before or {}),
            after=dict(after or {}),
            reason=reason,
            origin=origin,
        )
        return self._session.scalars(values.returning(DecisionRow.seq)).one()

    def get(self, product_id: ProductId, seq: int) -> Decision:
        """The entry of that number."""
        query = select(DecisionRow).where(
            DecisionRow.product_id == product_id, DecisionRow.seq == seq
        )
        for found in self._read(query):
            return found
        raise NotFound("no such decision")

    def history(self, issue_id: IssueId) -> list[Decision]:
        """Everything decided about an issue, oldest first."""
        query = select(DecisionRow).where(DecisionRow.issue_id == issue_id)
        return self._read(query)

    def has(self, issue_id: IssueId, action: str, **after: str) -> bool:
        """Whether this was recorded about the issue, with these members."""
        query = select(DecisionRow.seq).where(
            DecisionRow.issue_id == issue_id,
            DecisionRow.action == action,
            DecisionRow.after.contains(after),
        )
        return self._session.scalars(query.limit(1)).first() is not None

    def page(self, issue_id: IssueId, *, limit: int, after: int = 0) -> list[Decision]:
        """Part of an issue's history, oldest first, after that entry."""
        query = select(DecisionRow).where(DecisionRow.issue_id == issue_id, DecisionRow.seq > after)
        return self._read(query.limit(limit))

    def of_product(self, product_id: ProductId) -> list[Decision]:
        """Everything decided in a product, oldest first."""
        query = select(DecisionRow).where(DecisionRow.product_id == product_id)
        return self._read(query)

    def _read(self, query: Select[DecisionRow]) -> list[Decision]:
        return [
            Decision(
                seq=row.seq,
                issue_id=IssueId(row.issue_id) if row.issue_id else None,
                at=row.at,
                actor=Actor(row.actor_kind, row.actor_name),
                action=row.action,
                before=row.before,
                after=row.after,
                reason=row.reason,
                origin=row.origin,
            )
            for row in self._session.scalars(query.order_by(DecisionRow.seq))
        ]
