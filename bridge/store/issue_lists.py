"""Lists of issues with their numbers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, literal, or_, select

from bridge.domain.contacts import ProductId
from bridge.domain.customers import Counts
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId, IssueState, Outcome
from bridge.store.identities import living_customer
from bridge.store.issue_numbers import IssueNumbers, count_columns
from bridge.store.tables import AssignmentRow, ContactRow, CustomerRow, IssueRow

_GROWTH = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """An issue with its numbers as of now; `rank` sorts what to look at first."""

    issue: Issue
    counts: Counts
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    rank: float
    """Affected customers, plus those who wrote in the seven days before `last_seen_at` overall."""
    key_terms: tuple[str, ...] = ()
    position: int = 0
    """The value this list is sorted by, for IssueFilter.after."""


@dataclass(frozen=True, slots=True)
class IssueFilter:
    """Which issues to list; empty members do not filter."""

    states: tuple[IssueState, ...] = ()
    words: str = ""
    sort: str = "rank"
    """rank, number, customers or last_seen."""
    limit: int = 50
    offset: int = 0
    after: tuple[int, int] | None = None
    """Position and number of the last issue of the page before; pages stay stable under inserts."""
    trend_days: int = field(default=14)
    ready_first: tuple[int, int] | None = None
    """(contacts, customers): issues with at least as many of both come before all others."""


class IssueLists(IssueNumbers):
    """Finds issues and tells their numbers."""

    def summary(self, product_id: ProductId, issue_id: IssueId) -> IssueSummary:
        """One issue with its numbers."""
        wanted = IssueRow.id == issue_id
        found = self._summaries(product_id, wanted, IssueFilter(limit=1))
        if not found:
            raise NotFound("no such issue")
        return found[0]

    def search(self, product_id: ProductId, wanted: IssueFilter) -> list[IssueSummary]:
        """Issues with their numbers; merged ones are left out."""
        condition: ColumnElement[bool] = IssueRow.merged_into.is_(None)
        if wanted.states:
            condition &= IssueRow.state.in_([state.value for state in wanted.states])
        if wanted.words.strip():
            pattern = f"%{_escape_like(wanted.words.strip())}%"
            condition &= or_(
                IssueRow.title.ilike(pattern),
                func.array_to_string(IssueRow.key_terms, " ").ilike(pattern),
                func.concat("ISS-", IssueRow.number).ilike(_escape_like(wanted.words.strip())),
            )
        return self._summaries(product_id, condition, wanted)

    def count_by_state(self, product_id: ProductId) -> dict[IssueState, int]:
        """How many issues stand in each state."""
        query = (
            select(IssueRow.state, func.count())
            .where(IssueRow.product_id == product_id, IssueRow.merged_into.is_(None))
            .group_by(IssueRow.state)
        )
        return {IssueState(state): count for state, count in self._session.execute(query)}

    def _summaries(
        self, product_id: ProductId, condition: ColumnElement[bool], wanted: IssueFilter
    ) -> list[IssueSummary]:
        newest = (
            select(func.max(ContactRow.occurred_at))
            .where(ContactRow.product_id == product_id)
            .scalar_subquery()
        )
        contacts, customers, accounts, anonymous = count_columns()
        recent = func.count(living_customer().distinct()).filter(
            CustomerRow.is_shared.is_(False), ContactRow.occurred_at > newest - _GROWTH
        )
        rank = (customers + recent).label("rank")
        last_seen = func.max(ContactRow.occurred_at).label("last_seen")
        seconds = func.extract("epoch", func.max(ContactRow.occurred_at))
        positions: dict[str, ColumnElement[Any]] = {
            "rank": customers + recent,
            "customers": customers,
            "last_seen": func.coalesce(cast(seconds * 1_000_000, BigInteger), 0),
            "number": cast(IssueRow.number, BigInteger),
        }
        position = positions[wanted.sort]
        ready: list[ColumnElement[Any]] = []
        if wanted.ready_first is not None:
            least_contacts, least_customers = wanted.ready_first
            ready = [((contacts >= least_contacts) & (customers >= least_customers)).desc()]
        query = (
            select(
                IssueRow,
                contacts,
                customers,
                accounts,
                anonymous,
                func.min(ContactRow.occurred_at),
                last_seen,
                rank,
                position.label("position"),
            )
            .outerjoin(
                AssignmentRow,
                (AssignmentRow.issue_id == IssueRow.id) & AssignmentRow.ended_at.is_(None),
            )
            .outerjoin(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(IssueRow.product_id == product_id, condition)
            .group_by(IssueRow.id)
            .order_by(*ready, position.desc(), IssueRow.number)
            .limit(wanted.limit)
            .offset(wanted.offset)
        )
        if wanted.after is not None:
            query = query.having(_comes_after(position, wanted.after))
        rows = self._session.execute(query, execution_options={"populate_existing": True})
        return [
            IssueSummary(
                issue=issue_from(row[0]),
                counts=Counts(row[1], row[2], row[3], row[4]),
                first_seen_at=row[5],
                last_seen_at=row[6],
                rank=float(row[7]),
                key_terms=tuple(row[0].key_terms),
                position=int(row[8]),
            )
            for row in rows
        ]


def issue_from(row: IssueRow) -> Issue:
    """The domain object of a row."""
    return Issue(
        id=IssueId(row.id),
        product_id=ProductId(row.product_id),
        number=row.number,
        state=IssueState(row.state),
        title=row.title,
        outcome=Outcome(row.outcome) if row.outcome else None,
        episode=row.episode,
        version=row.version,
        merged_into=IssueId(row.merged_into) if row.merged_into else None,
        created_at=row.created_at,
        fixed_in=row.fixed_in,
        shipped_at=row.shipped_at,
        snoozed_until=row.snoozed_until,
        snoozed_customers=row.snoozed_customers,
        suggested_title=row.suggested_title,
    )


def _comes_after(position: ColumnElement[Any], last: tuple[int, int]) -> ColumnElement[bool]:
    at, number = literal(last[0], BigInteger), literal(last[1], BigInteger)
    return or_(position < at, and_(position == at, IssueRow.number > number))


def _escape_like(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
