"""Lists of issues with their numbers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    RowMapping,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from bridge.domain.contacts import ProductId
from bridge.domain.customers import Counts
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId, IssueState, Outcome
from bridge.domain.rank import Impact, RankRules
from bridge.store.issue_impact import ImpactQuery, told_by
from bridge.store.issue_numbers import IssueNumbers
from bridge.store.tables import FilingRow, IssueRow, TicketRow

_RANK_STEPS = 1_000
"""Ranks that differ by less than a thousandth of a customer are one place of the list."""


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """An issue with its numbers as of now."""

    issue: Issue
    counts: Counts
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    impact: Impact
    """What its rank is made of."""
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
    rules: RankRules = field(default_factory=RankRules)
    """How the rank is made, for sorting by it."""
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
        return self._summaries(product_id, condition & _has(wanted.words), wanted)

    def count_by_state(self, product_id: ProductId, *, words: str = "") -> dict[IssueState, int]:
        """How many issues stand in each state, of those that a search for these words finds."""
        of_product = IssueRow.product_id == product_id
        query = (
            select(IssueRow.state, func.count())
            .where(of_product, IssueRow.merged_into.is_(None), _has(words))
            .group_by(IssueRow.state)
        )
        return {IssueState(state): count for state, count in self._session.execute(query)}

    def _summaries(
        self, product_id: ProductId, condition: ColumnElement[bool], wanted: IssueFilter
    ) -> list[IssueSummary]:
        impact = ImpactQuery(product_id, condition)
        seconds = func.extract("epoch", impact.last_seen_at)
        positions: dict[str, ColumnElement[Any]] = {
            "rank": cast(impact.score(wanted.rules) * _RANK_STEPS, BigInteger),
            "customers": impact.customers,
            "last_seen": func.coalesce(cast(seconds * 1_000_000, BigInteger), 0),
            "number": cast(IssueRow.number, BigInteger),
        }
        position = positions[wanted.sort]
        ready: list[ColumnElement[Any]] = []
        if wanted.ready_first is not None:
            contacts, customers = wanted.ready_first
            ready = [((impact.contacts >= contacts) & (impact.customers >= customers)).desc()]
        query = (
            select(IssueRow, position.label("position"), *impact.columns())
            .outerjoin(impact.people, impact.people.c.issue_id == IssueRow.id)
            .outerjoin(impact.accounts, impact.accounts.c.issue_id == IssueRow.id)
            .where(IssueRow.product_id == product_id, condition)
            .order_by(*ready, position.desc(), IssueRow.number)
            .limit(wanted.limit)
            .offset(wanted.offset)
        )
        if wanted.after is not None:
            query = query.where(_comes_after(position, wanted.after))
        rows = self._session.execute(query, execution_options={"populate_existing": True})
        return [_summary(row) for row in rows.mappings()]


def _summary(row: RowMapping) -> IssueSummary:
    issue: IssueRow = row["IssueRow"]
    told = told_by(row)
    return IssueSummary(
        issue=issue_from(issue),
        counts=told.counts,
        first_seen_at=told.first_seen_at,
        last_seen_at=told.last_seen_at,
        impact=told.impact,
        key_terms=tuple(issue.key_terms),
        position=int(row["position"]),
    )


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


def _has(words: str) -> ColumnElement[bool]:
    """Whether each word is in the title or a key word, in any order, or the issue is so called.

    It may also be called by its ticket, or by that of an issue that was merged into it.
    """
    name = words.strip()
    if not name:
        return true()
    terms = func.array_to_string(IssueRow.key_terms, " ")
    patterns = [f"%{_escape_like(one)}%" for one in name.split()]
    return or_(
        and_(*(or_(IssueRow.title.ilike(one), terms.ilike(one)) for one in patterns)),
        func.concat("ISS-", IssueRow.number).ilike(_escape_like(name)),
        _is_of_ticket(name),
    )


def _is_of_ticket(name: str) -> ColumnElement[bool]:
    member = aliased(IssueRow)
    key = TicketRow.key.ilike(_escape_like(name))
    return (
        select(FilingRow.id)
        .join(TicketRow, TicketRow.id == FilingRow.ticket_id)
        .join(member, member.id == FilingRow.issue_id)
        .where(key, or_(member.id == IssueRow.id, member.merged_into == IssueRow.id))
        .correlate(IssueRow)
        .exists()
    )


def _escape_like(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
