"""Issues and the assignments of contacts to them; counts are always queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.customers import Counts
from bridge.domain.errors import NotFound, Outdated
from bridge.domain.issues import Issue, IssueId, IssueState, Outcome
from bridge.store.customers import living_customer
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
class Place:
    """Where a contact goes, and why."""

    contact_id: ContactId
    issue_id: IssueId
    similarity: float
    threshold: float
    encoder: str
    actor: str
    reason: str
    runner_up_id: int | None = None
    runner_up_similarity: float | None = None

    def values(self, product_id: ProductId, *, now: datetime) -> dict[str, object]:
        """Column values of the assignment."""
        return {**asdict(self), "part": 0, "product_id": product_id, "created_at": now}


@dataclass(frozen=True, slots=True)
class VersionSeen:
    """One product version among an issue's contacts; None where no version was told."""

    version: str | None
    contact_count: int
    customer_count: int
    first_seen_at: datetime
    last_seen_at: datetime


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


class Issues:
    """Reads and changes issues."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, product_id: ProductId, issue_id: int, *, lock: bool = False) -> Issue:
        """The issue of that id in that product, locked until the block ends if asked."""
        query = select(IssueRow).where(IssueRow.id == issue_id, IssueRow.product_id == product_id)
        if lock:
            query = query.with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        if row is None:
            raise NotFound("no such issue")
        return _issue(row)

    def by_number(self, product_id: ProductId, number: int) -> Issue:
        """The issue ISS-<number> of that product."""
        query = select(IssueRow).where(IssueRow.product_id == product_id, IssueRow.number == number)
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        if row is None:
            raise NotFound(f"no issue is called ISS-{number}")
        return _issue(row)

    def names(self, product_id: ProductId, issue_ids: Iterable[int]) -> dict[int, str]:
        """The public names (ISS-<number>) of these issues."""
        query = select(IssueRow.id, IssueRow.number).where(
            IssueRow.product_id == product_id, IssueRow.id.in_(set(issue_ids))
        )
        return {row[0]: f"ISS-{row[1]}" for row in self._session.execute(query)}

    def add(
        self, product_id: ProductId, *, number: int, title: str, terms: Sequence[str], now: datetime
    ) -> IssueId:
        """A new candidate."""
        row = IssueRow(
            product_id=product_id,
            number=number,
            state=IssueState.CANDIDATE.value,
            title=title,
            key_terms=list(terms),
            created_at=now,
        )
        self._session.add(row)
        self._session.flush()
        return IssueId(row.id)

    def change(self, issue: Issue, changes: Mapping[str, object]) -> Issue:
        """Change columns, unless somebody changed the issue since it was read."""
        statement = (
            update(IssueRow)
            .where(IssueRow.id == issue.id, IssueRow.version == issue.version)
            .values({**changes, "version": IssueRow.version + 1})
            .returning(IssueRow.id)
        )
        if self._session.scalars(statement).first() is None:
            raise Outdated(f"{issue.name} was changed by somebody else meanwhile: look again")
        return self.get(issue.product_id, issue.id)

    def rename(self, issue_id: IssueId, title: str, terms: Sequence[str]) -> None:
        """Write the machine's newest title; no change of the issue itself."""
        self._session.execute(
            update(IssueRow)
            .where(IssueRow.id == issue_id)
            .values(title=title, key_terms=list(terms))
        )

    def assign_all(self, product_id: ProductId, places: Sequence[Place], *, now: datetime) -> None:
        """Put contacts on issues, ending where they were before."""
        if not places:
            return
        self.unassign([place.contact_id for place in places], now=now)
        rows = [one.values(product_id, now=now) for one in places]
        self._session.execute(insert(AssignmentRow).values(rows))

    def unassign(self, contact_ids: Sequence[int], *, now: datetime) -> list[IssueId]:
        """End the living assignments of these contacts; returns the issues they were on."""
        statement = (
            update(AssignmentRow)
            .where(AssignmentRow.contact_id.in_(contact_ids), AssignmentRow.ended_at.is_(None))
            .values(ended_at=now)
            .returning(AssignmentRow.issue_id)
        )
        return [IssueId(value) for value in self._session.scalars(statement)]

    def homes_at_arrival(self, product_id: ProductId) -> dict[ContactId, IssueId]:
        """Where each contact was put the first time the finder looked at it, if anywhere."""
        query = (
            select(AssignmentRow.contact_id, AssignmentRow.issue_id)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .where(
                AssignmentRow.product_id == product_id,
                AssignmentRow.created_at == ContactRow.placed_at,
            )
            .order_by(AssignmentRow.id.desc())
        )
        # Written last, the oldest assignment of that moment is the one of the arrival.
        return {ContactId(row[0]): IssueId(row[1]) for row in self._session.execute(query)}

    def homes(self, product_id: ProductId) -> dict[ContactId, IssueId]:
        """Where every assigned contact of a product is now."""
        query = select(AssignmentRow.contact_id, AssignmentRow.issue_id).where(
            AssignmentRow.product_id == product_id, AssignmentRow.ended_at.is_(None)
        )
        return {ContactId(row[0]): IssueId(row[1]) for row in self._session.execute(query)}

    def survivors(self, product_id: ProductId) -> dict[IssueId, IssueId]:
        """For each merged issue the one that stands for it now, however long the chain."""
        query = select(IssueRow.id, IssueRow.merged_into).where(
            IssueRow.product_id == product_id, IssueRow.merged_into.is_not(None)
        )
        into = {row[0]: row[1] for row in self._session.execute(query) if row[1] is not None}
        found: dict[IssueId, IssueId] = {}
        for start in into:
            end = start
            while end in into:
                end = into[end]
            found[IssueId(start)] = IssueId(end)
        return found

    def counts(self, issue_id: IssueId) -> Counts:
        """How many are affected now, from living assignments."""
        row = self._session.execute(
            select(*_count_columns())
            .select_from(AssignmentRow)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(AssignmentRow.issue_id == issue_id, AssignmentRow.ended_at.is_(None))
        ).one()
        return Counts(row[0], row[1], row[2], row[3])

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
        contacts, customers, _, _ = _count_columns()
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

    def newest_contact_at(self, product_id: ProductId) -> datetime | None:
        """When the product's newest contact occurred; trends end there."""
        query = select(func.max(ContactRow.occurred_at)).where(ContactRow.product_id == product_id)
        return self._session.scalars(query).one()

    def _summaries(
        self, product_id: ProductId, condition: ColumnElement[bool], wanted: IssueFilter
    ) -> list[IssueSummary]:
        newest = (
            select(func.max(ContactRow.occurred_at))
            .where(ContactRow.product_id == product_id)
            .scalar_subquery()
        )
        contacts, customers, accounts, anonymous = _count_columns()
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
                issue=_issue(row[0]),
                counts=Counts(row[1], row[2], row[3], row[4]),
                first_seen_at=row[5],
                last_seen_at=row[6],
                rank=float(row[7]),
                key_terms=tuple(row[0].key_terms),
                position=int(row[8]),
            )
            for row in rows
        ]


def _count_columns() -> tuple[
    ColumnElement[int], ColumnElement[int], ColumnElement[int], ColumnElement[int]
]:
    """Contacts, customers, accounts and anonymous reports over joined rows."""
    return (
        func.count(ContactRow.id.distinct()),
        func.count(living_customer().distinct()).filter(CustomerRow.is_shared.is_(False)),
        func.count(ContactRow.account_id.distinct()),
        func.count(ContactRow.id.distinct()).filter(ContactRow.customer_id.is_(None)),
    )


def _comes_after(position: ColumnElement[Any], last: tuple[int, int]) -> ColumnElement[bool]:
    at, number = literal(last[0], BigInteger), literal(last[1], BigInteger)
    return or_(position < at, and_(position == at, IssueRow.number > number))


def _escape_like(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _issue(row: IssueRow) -> Issue:
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
    )
