"""Numbers of issues as of now: always queries over living assignments, never counters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.customers import Counts
from bridge.domain.issues import IssueId
from bridge.store.identities import living_customer
from bridge.store.tables import AssignmentRow, ContactRow, CustomerRow


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """One product version among an issue's contacts; None where no version was told."""

    version: str | None
    contact_count: int
    customer_count: int
    first_seen_at: datetime
    last_seen_at: datetime


class IssueNumbers:
    """Counts what the contacts of issues tell."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def counts(self, issue_id: IssueId) -> Counts:
        """How many are affected now, from living assignments."""
        return self.counts_together([issue_id])

    def counts_together(self, issue_ids: Iterable[int]) -> Counts:
        """How many would be affected if these issues were one: who is on several counts once."""
        row = self._session.execute(
            select(*count_columns())
            .select_from(AssignmentRow)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(AssignmentRow.issue_id.in_(list(issue_ids)), AssignmentRow.ended_at.is_(None))
        ).one()
        return Counts(row[0], row[1], row[2], row[3])

    def trend(
        self, issue_ids: Sequence[int], *, until: datetime, days: int
    ) -> dict[int, list[int]]:
        """Contacts a day for the last `days` days up to `until`, oldest first, per issue."""
        start = until - timedelta(days=days)
        day = func.floor(func.extract("epoch", ContactRow.occurred_at - start) / 86400)
        query = (
            select(AssignmentRow.issue_id, day, func.count(ContactRow.id.distinct()))
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .where(
                AssignmentRow.issue_id.in_(list(issue_ids)),
                AssignmentRow.ended_at.is_(None),
                ContactRow.occurred_at > start,
                ContactRow.occurred_at <= until,
            )
            .group_by(AssignmentRow.issue_id, day)
        )
        trends = {issue_id: [0] * days for issue_id in issue_ids}
        for issue_id, index, count in self._session.execute(query):
            trends[issue_id][min(int(index), days - 1)] += count
        return trends

    def versions(self, issue_id: IssueId) -> list[str]:
        """Product versions named by the issue's contacts."""
        query = (
            select(ContactRow.version)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                ContactRow.version.is_not(None),
            )
            .distinct()
        )
        return [version for version in self._session.scalars(query) if version]

    def versions_seen(self, issue_ids: Sequence[int]) -> dict[int, list[VersionSeen]]:
        """The versions told by the contacts of each of these issues, most contacts first."""
        contacts, customers, _, _ = count_columns()
        first, last = func.min(ContactRow.occurred_at), func.max(ContactRow.occurred_at)
        query = (
            select(AssignmentRow.issue_id, ContactRow.version, contacts, customers, first, last)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(AssignmentRow.issue_id.in_(list(issue_ids)), AssignmentRow.ended_at.is_(None))
            .group_by(AssignmentRow.issue_id, ContactRow.version)
            .order_by(contacts.desc(), ContactRow.version)
        )
        found: dict[int, list[VersionSeen]] = {issue_id: [] for issue_id in issue_ids}
        for row in self._session.execute(query):
            found[row[0]].append(VersionSeen(row[1], row[2], row[3], row[4], row[5]))
        return found

    def agents(self, issue_id: IssueId) -> tuple[list[int], bool]:
        """User ids of agents who handled its contacts, and whether some contact had no agent."""
        query = (
            select(ContactRow.agent_id)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .where(AssignmentRow.issue_id == issue_id, AssignmentRow.ended_at.is_(None))
            .distinct()
        )
        found = self._session.scalars(query).all()
        return sorted(value for value in found if value is not None), None in found

    def agents_since(self, issue_id: IssueId, since: datetime) -> list[int]:
        """User ids of agents who handled a contact of it that came since then."""
        query = (
            select(ContactRow.agent_id)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                ContactRow.occurred_at >= since,
                ContactRow.agent_id.is_not(None),
            )
            .distinct()
            .order_by(ContactRow.agent_id)
        )
        return [value for value in self._session.scalars(query) if value is not None]

    def of_customers(self, customer_ids: Sequence[int]) -> list[IssueId]:
        """The issues that these customers, or whoever was merged into them, are counted on."""
        query = (
            select(AssignmentRow.issue_id)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                AssignmentRow.ended_at.is_(None),
                # Not `living_customer()`: these two have an index each.
                or_(CustomerRow.id.in_(customer_ids), CustomerRow.merged_into.in_(customer_ids)),
            )
            .distinct()
            .order_by(AssignmentRow.issue_id)
        )
        return [IssueId(value) for value in self._session.scalars(query)]

    def newest_contact_at(self, product_id: ProductId) -> datetime | None:
        """When the product's newest contact occurred; trends end there."""
        query = select(func.max(ContactRow.occurred_at)).where(ContactRow.product_id == product_id)
        return self._session.scalars(query).one()


def count_columns() -> tuple[
    ColumnElement[int], ColumnElement[int], ColumnElement[int], ColumnElement[int]
]:
    """Contacts, customers, accounts and anonymous reports over joined rows."""
    return (
        func.count(ContactRow.id.distinct()),
        func.count(living_customer().distinct()).filter(CustomerRow.is_shared.is_(False)),
        func.count(ContactRow.account_id.distinct()),
        func.count(ContactRow.id.distinct()).filter(ContactRow.customer_id.is_(None)),
    )
