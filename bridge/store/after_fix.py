"""How an issue's contacts come before and after its fix."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactNature, ProductId
from bridge.domain.issues import IssueId
from bridge.store.arrays import is_any
from bridge.store.tables import AssignmentRow, ContactRow, TicketRow

DailyCounts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Days:
    """Contacts a day, the oldest day first; both count the same days."""

    on_issue: DailyCounts
    others: DailyCounts
    """Contacts of the product that are not on the issue."""


class AfterFix:
    """Reads the contacts around the moment of a fix."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def days(
        self, product_id: ProductId, issue_id: IssueId, *, since: datetime, count: int
    ) -> Days:
        """The `count` days of 24 hours that begin at `since`."""
        counts = np.zeros((2, max(count, 0)), dtype=np.int64)
        day = func.floor(func.extract("epoch", ContactRow.occurred_at - since) / 86_400)
        on_issue = AssignmentRow.issue_id.is_not(None)
        query = (
            select(day, on_issue, func.count(ContactRow.id.distinct()))
            .outerjoin(
                AssignmentRow,
                (AssignmentRow.contact_id == ContactRow.id)
                & (AssignmentRow.issue_id == issue_id)
                & AssignmentRow.ended_at.is_(None),
            )
            .where(
                ContactRow.product_id == product_id,
                ContactRow.nature == ContactNature.MESSAGE.value,
                ContactRow.occurred_at >= since,
                ContactRow.occurred_at < since + timedelta(days=count),
            )
            .group_by(day, on_issue)
        )
        for number, is_on_issue, contacts in self._session.execute(query):
            counts[0 if is_on_issue else 1, int(number)] += contacts
        return Days(counts[0], counts[1])

    def first_filed_at(self, ticket_ids: Iterable[int]) -> datetime | None:
        """When the first of these tickets became known; None without any."""
        query = select(func.min(TicketRow.created_at)).where(is_any(TicketRow.id, ticket_ids))
        return self._session.scalars(query).one()
