"""What comes in on an issue now, and what it usually gets."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId
from bridge.domain.issues import IssueId
from bridge.store.evidence import CUSTOMER
from bridge.store.tables import AssignmentRow, ContactRow, CustomerRow, VectorRow
from bridge.store.vectors import EMBEDDING, Array, rows_of_halves

_ON_ISSUE = and_(
    AssignmentRow.contact_id == ContactRow.id,
    AssignmentRow.issue_id == bindparam("of_issue"),
    AssignmentRow.ended_at.is_(None),
    AssignmentRow.part == 0,
)
_IS_RECENT = ContactRow.occurred_at >= bindparam("since")
_INFLOW = (
    select(
        func.count().filter(_IS_RECENT),
        func.count(CUSTOMER.distinct()).filter(_IS_RECENT),
        func.count().filter(ContactRow.occurred_at >= bindparam("before"), ~_IS_RECENT),
        func.min(ContactRow.occurred_at),
    )
    .join(AssignmentRow, _ON_ISSUE)
    .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
)
_NEWEST = (
    select(ContactRow.id, _IS_RECENT, EMBEDDING)
    .join(AssignmentRow, _ON_ISSUE)
    .join(VectorRow, VectorRow.contact_id == ContactRow.id)
    .where(VectorRow.encoder == bindparam("encoder"))
    .order_by(ContactRow.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Inflow:
    """How many contacts came on an issue."""

    recent: int
    customers: int
    """How many people that are known wrote the recent ones."""
    before: int
    """In the days before the recent ones."""
    first_at: datetime | None
    """When the very first one came."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The newest contacts of an issue in two: unit rows, shape (contacts, dimensions)."""

    recent_contacts: tuple[ContactId, ...]
    recent: Array
    older: Array


class Surges:
    """Reads what tells a surge of an issue."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def inflow(self, issue_id: IssueId, *, since: datetime, before: datetime) -> Inflow:
        """Counts of what occurred after `since`, and from `before` to then."""
        given = {"of_issue": issue_id, "since": since, "before": before}
        return Inflow(*self._session.connection().execute(_INFLOW, given).one())

    def sides(self, issue_id: IssueId, encoder: str, *, since: datetime, limit: int) -> Sides:
        """The newest contacts of an issue, by whether they occurred after `since`."""
        given = {"of_issue": issue_id, "encoder": encoder, "since": since, "most": limit}
        rows = self._session.connection().execute(_NEWEST, given).all()
        if not rows:
            nothing = np.zeros((0, 0), dtype=np.float32)
            return Sides((), nothing, nothing)
        is_recent = np.array([row[1] for row in rows], dtype=bool)
        vectors = rows_of_halves([row[2] for row in rows])
        contacts = tuple(ContactId(row[0]) for row in rows if row[1])
        return Sides(contacts, vectors[is_recent], vectors[~is_recent])
