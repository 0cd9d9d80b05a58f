"""Who wrote when, and about which issue: what the finder weighs beside the texts."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import and_, bindparam, case, func, select, text
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ContactNature, ProductId
from bridge.store.identities import living_customer
from bridge.store.tables import AssignmentRow, ContactRow, CustomerRow, VectorRow
from bridge.store.trips import Answer, Statement, Trip
from bridge.store.vectors import EMBEDDING, Array, rows_of_halves

_SECONDS_A_DAY = 86_400
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Timeline:
    """Contacts of a product with a vector, one entry a contact, in order of arrival."""

    contacts: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    """The person counted for it, -1 for nobody known."""
    issues: npt.NDArray[np.int64]
    """The issue it is on, -1 for none."""
    days: npt.NDArray[np.float64]
    """When it came, in days since 1970."""


@dataclass(frozen=True, slots=True)
class RecentContact:
    """A contact on no issue that came a short while ago."""

    id: ContactId
    customer_id: int | None
    day: float
    vector: Array


CUSTOMER = case((CustomerRow.is_shared.is_(True), None), else_=living_customer())
"""The person counted for a contact; null for nobody known, such as of a shared mailbox."""
_DAY = func.extract("epoch", ContactRow.occurred_at) / _SECONDS_A_DAY
_TIMELINE = (
    select(
        ContactRow.id,
        func.coalesce(CUSTOMER, NOBODY),
        func.coalesce(AssignmentRow.issue_id, NOBODY),
        _DAY,
    )
    .join(VectorRow, VectorRow.contact_id == ContactRow.id)
    .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
    .outerjoin(
        AssignmentRow,
        and_(
            AssignmentRow.contact_id == ContactRow.id,
            AssignmentRow.ended_at.is_(None),
            AssignmentRow.part == 0,
        ),
    )
    .where(
        ContactRow.product_id == bindparam("product_id"),
        ContactRow.occurred_at >= bindparam("since"),
        VectorRow.encoder == bindparam("encoder"),
    )
    .order_by(ContactRow.id)
)
_ON_ISSUE = select(AssignmentRow.id).where(
    AssignmentRow.contact_id == ContactRow.id,
    AssignmentRow.ended_at.is_(None),
    AssignmentRow.part == 0,
)
_UNASSIGNED_SINCE = Statement(
    select(ContactRow.id, CUSTOMER, _DAY, EMBEDDING)
    .join(VectorRow, VectorRow.contact_id == ContactRow.id)
    .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
    .where(
        ContactRow.product_id == bindparam("product_id"),
        ContactRow.occurred_at >= bindparam("since"),
        VectorRow.encoder == bindparam("encoder"),
        ContactRow.nature == ContactNature.MESSAGE.value,
        ~_ON_ISSUE.exists(),
    )
    .order_by(ContactRow.id.desc())
    .limit(bindparam("most"))
)
RECENT_HOMES = text("""ARRAY(
    SELECT assignment.issue_id
    FROM customer
    JOIN LATERAL (
        SELECT earlier.id
        FROM (
            SELECT coalesce(customer.merged_into, customer.id) AS id
            UNION ALL
            SELECT alias.id FROM customer AS alias
            WHERE alias.merged_into = coalesce(customer.merged_into, customer.id)
        ) AS person
        -- Limited for each of them, so that the index by customer and time is what serves it.
        JOIN LATERAL (
            SELECT one.id, one.occurred_at
            FROM contact AS one
            WHERE one.customer_id = person.id
                AND one.occurred_at <= contact.occurred_at
                AND one.occurred_at > contact.occurred_at - :within
                AND one.id <> contact.id
                AND one.nature = 'message'
            ORDER BY one.occurred_at DESC
            LIMIT :most
        ) AS earlier ON true
        ORDER BY earlier.occurred_at DESC
        LIMIT :most
    ) AS follow ON true
    JOIN assignment ON assignment.contact_id = follow.id AND assignment.ended_at IS NULL
    WHERE customer.id = contact.customer_id AND NOT customer.is_shared
)""")
"""For a row of `contact`: the issues of what its customer wrote shortly before."""


class Evidence:
    """Reads what speaks for contacts belonging together."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def timeline(self, product_id: ProductId, encoder: str, *, since: datetime) -> Timeline:
        """Every contact with a vector that occurred after `since`."""
        given = {"product_id": product_id, "encoder": encoder, "since": since}
        rows = self._session.connection().execute(_TIMELINE, given).all()
        table = np.array([tuple(row) for row in rows], dtype=np.float64).reshape(len(rows), 4)
        whole = table[:, :3].astype(np.int64)
        return Timeline(whole[:, 0], whole[:, 1], whole[:, 2], table[:, 3])


def send_unassigned(
    trip: Trip, product_id: ProductId, encoder: str, *, since: datetime, limit: int
) -> Answer:
    """Read contacts on no issue that occurred after `since`, the newest first."""
    given = {"product_id": product_id, "encoder": encoder, "since": since, "most": limit}
    return trip.send(_UNASSIGNED_SINCE, given)


def recent_contacts(answer: Answer) -> list[RecentContact]:
    """What `send_unassigned` has read."""
    rows = answer.fetchall()
    if not rows:
        return []
    vectors = rows_of_halves([sent for *_, sent in rows])
    return [
        RecentContact(ContactId(contact_id), customer_id, float(day), vector)
        for (contact_id, customer_id, day, _), vector in zip(rows, vectors, strict=True)
    ]
