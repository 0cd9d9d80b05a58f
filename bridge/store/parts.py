"""Further problems that contacts state beside their main one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.issues import IssueId
from bridge.store.arrays import is_any
from bridge.store.tables import AssignmentRow, ContactRow, PartRow
from bridge.store.vectors import Array, halves

_EMBEDDING = func.halfvec_send(PartRow.embedding, type_=LargeBinary)


@dataclass(frozen=True, slots=True)
class ContactPart:
    """A passage of a contact that states a problem of its own."""

    contact_id: ContactId
    part: int
    """1 for the second problem; the main one is 0 and is kept with the contact."""
    text: str
    vector: Array


class Parts:
    """Keeps the passages, and tells which are on no issue."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, product_id: ProductId, encoder: str, parts: Sequence[ContactPart]) -> None:
        """Store passages; the same one again changes nothing."""
        if not parts:
            return
        rows = [
            {
                "contact_id": one.contact_id,
                "part": one.part,
                "encoder": encoder,
                "product_id": product_id,
                "text": one.text,
                "embedding": one.vector,
            }
            for one in parts
        ]
        self._session.execute(insert(PartRow).on_conflict_do_nothing(), rows)

    def unassigned(
        self, product_id: ProductId, encoder: str, *, since: datetime, limit: int
    ) -> list[ContactPart]:
        """The newest passages on no issue whose contacts occurred after `since`."""
        query = (
            select(PartRow.contact_id, PartRow.part, PartRow.text, _EMBEDDING)
            .join(ContactRow, ContactRow.id == PartRow.contact_id)
            .outerjoin(
                AssignmentRow,
                and_(
                    AssignmentRow.contact_id == PartRow.contact_id,
                    AssignmentRow.part == PartRow.part,
                    AssignmentRow.ended_at.is_(None),
                ),
            )
            .where(
                PartRow.product_id == product_id,
                PartRow.encoder == encoder,
                ContactRow.occurred_at >= since,
                AssignmentRow.id.is_(None),
            )
            .order_by(PartRow.contact_id.desc(), PartRow.part)
            .limit(limit)
        )
        return [
            ContactPart(ContactId(row[0]), row[1], row[2], halves(row[3]))
            for row in self._session.execute(query)
        ]

    def been_on(self, contact_ids: Iterable[int]) -> set[tuple[int, int]]:
        """Issues that each of these contacts is on, or a further problem of it has been on."""
        query = select(AssignmentRow.contact_id, AssignmentRow.issue_id).where(
            is_any(AssignmentRow.contact_id, contact_ids),
            or_(AssignmentRow.ended_at.is_(None), AssignmentRow.part > 0),
        )
        return {(row[0], row[1]) for row in self._session.execute(query)}

    def leave(self, issue_id: IssueId, *, now: datetime) -> None:
        """Take further problems off an issue that stands for itself no more."""
        self._session.execute(
            update(AssignmentRow)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.part > 0,
                AssignmentRow.ended_at.is_(None),
            )
            .values(ended_at=now)
            .execution_options(synchronize_session=False)
        )

    def drop(self, contact_id: ContactId) -> None:
        """Forget a contact's passages."""
        self._session.execute(delete(PartRow).where(PartRow.contact_id == contact_id))
