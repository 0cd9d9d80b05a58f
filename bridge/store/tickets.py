"""Tickets: the records in the tracker that our filings point to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import IssueId, Outcome
from bridge.domain.tickets import StatusCategory, TicketId, TicketRef, TicketStatus
from bridge.store.lineage import lineage, lineage_of
from bridge.store.tables import FilingAttemptRow, FilingRow, IssueRow, TicketRow
from bridge.store.trips import Statement, run


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as we last saw it."""

    id: TicketId
    product_id: ProductId
    connection_id: int
    ref: TicketRef
    category: StatusCategory
    outcome: Outcome | None
    versions: tuple[str, ...]
    is_deleted: bool
    written_customers: int | None
    written_at: datetime | None
    written_digest: str | None
    """Of the draft that stands on it."""


@dataclass(frozen=True, slots=True)
class LastWrite:
    """When we last wrote a ticket that still exists."""

    ticket_id: TicketId
    written_at: datetime | None


def _last_writes() -> Select[int, datetime | None]:
    """Made once: it is asked whenever a contact joins a filed issue."""
    family = lineage_of(IssueRow.id == bindparam("issue_id"))
    return (
        select(TicketRow.id, TicketRow.written_at)
        .join(FilingRow, FilingRow.ticket_id == TicketRow.id)
        .join(family, FilingRow.issue_id == family.c.member)
        .where(TicketRow.is_deleted.is_(False))
        .distinct()
        .order_by(TicketRow.id)
    )


_LAST_WRITES = Statement(_last_writes())


class Tickets:
    """Reads and changes tickets."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(
        self, product_id: ProductId, connection_id: int, ref: TicketRef, *, now: datetime
    ) -> Ticket:
        """The ticket of that remote id, made known if new."""
        statement = insert(TicketRow).values(
            product_id=product_id,
            connection_id=connection_id,
            remote_id=ref.remote_id,
            key=ref.key,
            url=ref.url,
            category=StatusCategory.NEW.value,
            created_at=now,
        )
        self._session.execute(statement.on_conflict_do_nothing())
        found = self.by_remote_id(connection_id, ref.remote_id)
        if found is None:
            raise NotFound("the ticket just stored is gone")
        return found

    def get(self, ticket_id: int) -> Ticket:
        """The ticket of that id."""
        row = self._session.get(TicketRow, ticket_id, populate_existing=True)
        if row is None:
            raise NotFound("no such ticket")
        return _ticket(row)

    def by_remote_id(
        self, connection_id: int, remote_id: str, *, lock: bool = False
    ) -> Ticket | None:
        """The ticket the tracker names so, if we know it."""
        query = select(TicketRow).where(
            TicketRow.connection_id == connection_id, TicketRow.remote_id == remote_id
        )
        if lock:
            query = query.with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        return _ticket(row) if row else None

    def remote_ids(self, connection_id: int) -> list[str]:
        """Remote ids of all tickets that still exist in a connection."""
        query = select(TicketRow.remote_id).where(
            TicketRow.connection_id == connection_id, TicketRow.is_deleted.is_(False)
        )
        return list(self._session.scalars(query))

    def with_filing(self, connection_id: int) -> set[str]:
        """Remote ids of the tickets that filings of a connection point to."""
        query = (
            select(TicketRow.remote_id)
            .join(FilingRow, FilingRow.ticket_id == TicketRow.id)
            .where(TicketRow.connection_id == connection_id)
        )
        return set(self._session.scalars(query))

    def elsewhere(self, connection_id: int, project: str) -> list[str]:
        """Remote ids of tickets with a filing that lie in another project than the connection's."""
        is_here = func.upper(TicketRow.key).startswith(f"{project.upper()}-", autoescape=True)
        query = (
            select(TicketRow.remote_id)
            .join(FilingRow, FilingRow.ticket_id == TicketRow.id)
            .where(
                TicketRow.connection_id == connection_id,
                TicketRow.is_deleted.is_(False),
                ~is_here,
            )
            .distinct()
        )
        return list(self._session.scalars(query))

    def of_issue(self, issue_id: IssueId) -> list[Ticket]:
        """The tickets of an issue and of what was merged into it, oldest first."""
        return self.of_issues([issue_id])[issue_id]

    def of_issues(self, issue_ids: list[IssueId]) -> dict[IssueId, list[Ticket]]:
        """The tickets of several issues, each with those of what was merged into it."""
        family = lineage(issue_ids)
        query = (
            select(family.c.root, TicketRow)
            .join(FilingRow, FilingRow.issue_id == family.c.member)
            .join(TicketRow, FilingRow.ticket_id == TicketRow.id)
            .order_by(TicketRow.id)
        )
        found: dict[IssueId, list[Ticket]] = {issue_id: [] for issue_id in issue_ids}
        for issue_id, row in self._session.execute(query):
            ticket = _ticket(row)
            if ticket not in found[IssueId(issue_id)]:
                found[IssueId(issue_id)].append(ticket)
        return found

    def last_writes(self, issue_id: IssueId) -> list[LastWrite]:
        """The tickets of an issue and of what was merged into it that still exist, oldest first."""
        rows = run(self._session, _LAST_WRITES, {"issue_id": issue_id})
        return [LastWrite(TicketId(row[0]), row[1]) for row in rows]

    def has_own(self, issue_id: IssueId) -> bool:
        """Whether a ticket was filed for this very issue, not for one merged into it."""
        query = (
            select(FilingRow.id)
            .where(FilingRow.issue_id == issue_id, FilingRow.ticket_id.is_not(None))
            .limit(1)
        )
        return self._session.scalars(query).first() is not None

    def filed(self, product_id: ProductId) -> list[tuple[Ticket, IssueId, datetime]]:
        """Every ticket ever filed with its issue and when it was sent for, oldest first."""
        sent = func.min(FilingAttemptRow.sent_at)
        query = (
            select(TicketRow, FilingRow.issue_id, sent)
            .join(FilingRow, FilingRow.ticket_id == TicketRow.id)
            .join(FilingAttemptRow, FilingAttemptRow.filing_id == FilingRow.id)
            .where(TicketRow.product_id == product_id)
            .group_by(TicketRow.id, FilingRow.id)
            .order_by(sent)
        )
        return [
            (_ticket(row), IssueId(issue_id), moment)
            for row, issue_id, moment in self._session.execute(query)
        ]

    def issues_of(self, ticket_id: TicketId) -> list[IssueId]:
        """The issues that a ticket was filed for, merged ones among them."""
        query = (
            select(FilingRow.issue_id)
            .where(FilingRow.ticket_id == ticket_id)
            .distinct()
            .order_by(FilingRow.issue_id)
        )
        return [IssueId(value) for value in self._session.scalars(query)]

    def note_status(self, ticket_id: TicketId, status: TicketStatus) -> None:
        """Store what the tracker says now; an old key stays known."""
        row = self._session.get_one(TicketRow, ticket_id)
        if row.key != status.ref.key:
            row.old_keys = [*row.old_keys, row.key]
            row.key, row.url = status.ref.key, status.ref.url
        row.category = status.category.value
        row.outcome = status.outcome.value if status.outcome else None
        row.versions = [version.name for version in status.versions]
        row.is_deleted = False
        self._session.flush()

    def mark_deleted(self, ticket_id: TicketId) -> None:
        """The tracker has it no more."""
        self._session.execute(
            update(TicketRow).where(TicketRow.id == ticket_id).values(is_deleted=True)
        )

    def begin_write(self, ticket_id: TicketId) -> int:
        """The turn of a writer who is about to write; whoever had one before has lost it."""
        statement = (
            update(TicketRow)
            .where(TicketRow.id == ticket_id)
            .values(write_turn=TicketRow.write_turn + 1)
            .returning(TicketRow.write_turn)
        )
        return self._session.scalars(statement).one()

    def end_write(
        self, ticket_id: TicketId, turn: int, *, customers: int, digest: str, now: datetime
    ) -> bool:
        """These numbers stand on the ticket since now.

        False when somebody began to write after us: nobody knows whose numbers stand there, so
        the next writer must write whatever they are.
        """
        is_ours = TicketRow.write_turn == turn
        statement = (
            update(TicketRow)
            .where(TicketRow.id == ticket_id)
            .values(
                written_customers=customers,
                written_at=now,
                written_digest=case((is_ours, digest), else_=None),
            )
            .returning(is_ours)
        )
        return self._session.scalars(statement).one()

    def forget_write(self, ticket_id: TicketId) -> None:
        """Let the next refresh write, whether anything changed or not."""
        self._session.execute(
            update(TicketRow).where(TicketRow.id == ticket_id).values(written_digest=None)
        )

    def move_site(self, connection_id: int, url: str) -> None:
        """The tracker answers at another address now: the links to its tickets follow."""
        self._session.execute(
            update(TicketRow)
            .where(TicketRow.connection_id == connection_id)
            .values(url=func.concat(url.rstrip("/"), "/browse/", TicketRow.key))
        )

    def count(self, product_id: ProductId) -> int:
        """How many tickets the product has in trackers."""
        query = select(func.count()).where(
            TicketRow.product_id == product_id, TicketRow.is_deleted.is_(False)
        )
        return self._session.scalars(query).one()


def _ticket(row: TicketRow) -> Ticket:
    return Ticket(
        id=TicketId(row.id),
        product_id=ProductId(row.product_id),
        connection_id=row.connection_id,
        ref=TicketRef(row.remote_id, row.key, row.url),
        category=StatusCategory(row.category),
        outcome=Outcome(row.outcome) if row.outcome else None,
        versions=tuple(row.versions),
        is_deleted=row.is_deleted,
        written_customers=row.written_customers,
        written_at=row.written_at,
        written_digest=row.written_digest,
    )
