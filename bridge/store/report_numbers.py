"""The numbers of reports: what came up to a moment, and what happened within a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactNature, ProductId
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.people import NoticeKind
from bridge.domain.tickets import FilingState
from bridge.store.identities import living_customer
from bridge.store.issue_lists import issue_from
from bridge.store.tables import (
    AssignmentRow,
    ContactRow,
    CustomerRow,
    DecisionRow,
    FilingRow,
    IssueRow,
    NoticeRow,
    OutgoingRow,
)

_WEEK_SECONDS = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Affected:
    """Whom an issue has reached up to a moment."""

    customers: int
    contacts: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class CameIn:
    """Contacts of customers within a time."""

    contacts: int
    customers: int
    channels: Mapping[str, int]
    """Most contacts first."""


@dataclass(frozen=True, slots=True)
class Move:
    """An issue reached a state, the last time within a time."""

    issue_id: IssueId
    state: IssueState
    at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that did not get out."""

    what: str
    reason: str
    issue_id: IssueId | None = None


class ReportNumbers:
    """Reads, never writes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def issues(self, product_id: ProductId) -> dict[IssueId, Issue]:
        """Every issue that stands for itself."""
        query = select(IssueRow).where(
            IssueRow.product_id == product_id, IssueRow.merged_into.is_(None)
        )
        rows = self._session.scalars(query, execution_options={"populate_existing": True})
        return {IssueId(row.id): issue_from(row) for row in rows}

    def affected(self, product_id: ProductId, *, until: datetime) -> dict[IssueId, Affected]:
        """The numbers of every issue that stands for itself, from contacts before a moment."""
        who = living_customer().distinct()
        query = (
            select(
                AssignmentRow.issue_id,
                func.count(who).filter(CustomerRow.is_shared.is_(False)),
                func.count(ContactRow.id.distinct()),
                func.min(ContactRow.occurred_at),
                func.max(ContactRow.occurred_at),
            )
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .join(IssueRow, IssueRow.id == AssignmentRow.issue_id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                AssignmentRow.product_id == product_id,
                AssignmentRow.ended_at.is_(None),
                ContactRow.occurred_at < until,
                IssueRow.merged_into.is_(None),
            )
            .group_by(AssignmentRow.issue_id)
        )
        return {
            IssueId(row[0]): Affected(row[1], row[2], row[3], row[4])
            for row in self._session.execute(query)
        }

    def weeks(
        self, product_id: ProductId, *, until: datetime, count: int
    ) -> dict[IssueId, list[int]]:
        """Contacts of each issue in the `count` weeks of seven days up to a moment, oldest first.

        An issue without contacts in them is not in it.
        """
        since = until - timedelta(weeks=count)
        passed = func.extract("epoch", ContactRow.occurred_at - since)
        week = cast(func.floor(passed / _WEEK_SECONDS), Integer)
        query = (
            select(AssignmentRow.issue_id, week, func.count(ContactRow.id.distinct()))
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .where(
                AssignmentRow.product_id == product_id,
                AssignmentRow.ended_at.is_(None),
                ContactRow.occurred_at >= since,
                ContactRow.occurred_at < until,
            )
            .group_by(AssignmentRow.issue_id, week)
        )
        found: dict[IssueId, list[int]] = {}
        for issue_id, index, contacts in self._session.execute(query):
            found.setdefault(IssueId(issue_id), [0] * count)[index] += contacts
        return found

    def came_in(self, product_id: ProductId, *, since: datetime, until: datetime) -> CameIn:
        """What customers wrote within a time, machine mail and the like left out."""
        when = (
            ContactRow.product_id == product_id,
            ContactRow.nature == ContactNature.MESSAGE.value,
            ContactRow.occurred_at >= since,
            ContactRow.occurred_at < until,
        )
        number = func.count()
        channels = (
            select(ContactRow.channel, number)
            .where(*when)
            .group_by(ContactRow.channel)
            .order_by(number.desc(), ContactRow.channel)
        )
        people = (
            select(func.count(living_customer().distinct()))
            .select_from(ContactRow)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(*when, CustomerRow.is_shared.is_(False))
        )
        by_channel = {row[0]: row[1] for row in self._session.execute(channels)}
        customers = self._session.scalars(people).one()
        return CameIn(sum(by_channel.values()), customers, by_channel)

    def moves(
        self,
        product_id: ProductId,
        states: Collection[IssueState],
        *,
        since: datetime,
        until: datetime,
    ) -> list[Move]:
        """Issues that reached one of these states within a time, as the record of decisions says.

        Of each issue and state the last time; what was merged away meanwhile is left out.
        """
        at = func.max(DecisionRow.at)
        query = (
            select(DecisionRow.issue_id, DecisionRow.action, at)
            .join(IssueRow, IssueRow.id == DecisionRow.issue_id)
            .where(
                DecisionRow.product_id == product_id,
                DecisionRow.action.in_([one.value for one in states]),
                DecisionRow.at >= since,
                DecisionRow.at < until,
                IssueRow.merged_into.is_(None),
            )
            .group_by(DecisionRow.issue_id, DecisionRow.action)
            .order_by(at, DecisionRow.issue_id)
        )
        return [
            Move(IssueId(row[0]), IssueState(row[1]), row[2])
            for row in self._session.execute(query)
            if row[0] is not None
        ]

    def told(
        self, product_id: ProductId, kind: NoticeKind, *, since: datetime, until: datetime
    ) -> dict[IssueId, int]:
        """How many people got a notice of that kind about each issue within a time."""
        query = (
            select(NoticeRow.issue_id, func.count(NoticeRow.recipient_id.distinct()))
            .where(
                NoticeRow.product_id == product_id,
                NoticeRow.kind == kind.value,
                NoticeRow.created_at >= since,
                NoticeRow.created_at < until,
            )
            .group_by(NoticeRow.issue_id)
        )
        return {IssueId(row[0]): row[1] for row in self._session.execute(query)}

    def trouble(self, product_id: ProductId) -> list[Trouble]:
        """Messages and tickets that did not get out and wait for a person, oldest first."""
        messages = (
            select(OutgoingRow.recipient, OutgoingRow.channel, OutgoingRow.reason)
            .where(
                OutgoingRow.product_id == product_id,
                OutgoingRow.state.in_(["failed", "unknown"]),
            )
            .order_by(OutgoingRow.id)
        )
        filings = (
            select(FilingRow.issue_id, FilingRow.reason)
            .where(
                FilingRow.product_id == product_id,
                FilingRow.state.in_([FilingState.REFUSED.value, FilingState.PARKED.value]),
            )
            .order_by(FilingRow.id)
        )
        found = [
            Trouble("A ticket that was not filed", row[1] or "", IssueId(row[0]))
            for row in self._session.execute(filings)
        ]
        return found + [
            Trouble(f"A message to {row[0]} by {row[1]}", row[2] or "")
            for row in self._session.execute(messages)
        ]
