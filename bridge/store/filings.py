"""Filings: our will to have a ticket, planned by people and settled by evidence.

What the sender of a request may change is in `bridge.store.attempts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.tickets import (
    FieldKind,
    Filing,
    FilingId,
    FilingState,
    TicketField,
    TicketId,
)
from bridge.store.lineage import lineage
from bridge.store.tables import FilingRow

_OPEN = (FilingState.PLANNED.value, FilingState.SENDING.value, FilingState.UNCERTAIN.value)


_CLOSED = (FilingState.LINKED.value, FilingState.UNLINKED.value)
"""No evidence links these: the one has its ticket, the other was taken off it by a person."""


class Filings:
    """Reads and changes filings."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def plan(self, issue: Issue, connection_id: int, *, fingerprint: str, now: datetime) -> Filing:
        """The filing of this issue's episode: a new one, or the one that exists already."""
        statement = insert(FilingRow).values(
            product_id=issue.product_id,
            issue_id=issue.id,
            connection_id=connection_id,
            episode=issue.episode,
            state=FilingState.PLANNED.value,
            fingerprint=fingerprint,
            created_at=now,
        )
        self._session.execute(statement.on_conflict_do_nothing())
        query = select(FilingRow).where(
            FilingRow.issue_id == issue.id,
            FilingRow.connection_id == connection_id,
            FilingRow.episode == issue.episode,
        )
        return _filing(self._session.scalars(query).one())

    def find(self, filing_id: int) -> Filing | None:
        """The filing of that id, unless it was given up."""
        row = self._session.get(FilingRow, filing_id, populate_existing=True)
        return _filing(row) if row is not None else None

    def get(self, filing_id: int) -> Filing:
        """The filing of that id."""
        found = self.find(filing_id)
        if found is None:
            raise NotFound("no such filing")
        return found

    def product_of(self, filing_id: FilingId) -> ProductId:
        """The product a filing belongs to."""
        query = select(FilingRow.product_id).where(FilingRow.id == filing_id)
        return ProductId(self._session.scalars(query).one())

    def of_issue(self, issue_id: IssueId) -> list[Filing]:
        """All filings of an issue and of what was merged into it, its own last, oldest first."""
        family = lineage([issue_id])
        query = (
            select(FilingRow)
            .join(family, family.c.member == FilingRow.issue_id)
            .order_by(FilingRow.issue_id == issue_id, FilingRow.id)
        )
        return [_filing(row) for row in self._session.scalars(query)]

    def of_episode(self, issue: Issue) -> Filing | None:
        """The filing of its present episode: its own, else that of an issue merged into it."""
        filings = reversed(self.of_issue(issue.id))
        return next((one for one in filings if one.episode == issue.episode), None)

    def newest_of_issues(self, issue_ids: Sequence[IssueId]) -> dict[IssueId, Filing]:
        """The newest filing of each of these issues that has one; its own before a merged one's."""
        family = lineage(issue_ids)
        query = (
            select(family.c.root, FilingRow)
            .join(FilingRow, FilingRow.issue_id == family.c.member)
            .order_by(FilingRow.issue_id == family.c.root, FilingRow.id)
        )
        return {IssueId(root): _filing(row) for root, row in self._session.execute(query)}

    def planned(self, issue_ids: Sequence[IssueId]) -> list[FilingId]:
        """Filings of these very issues for which surely no ticket was made."""
        query = select(FilingRow.id).where(*_nothing_made(issue_ids))
        return [FilingId(value) for value in self._session.scalars(query)]

    def drop_planned(self, issue_ids: Sequence[IssueId]) -> list[FilingId]:
        """Give up filings for which surely no ticket was made; returns them."""
        statement = delete(FilingRow).where(*_nothing_made(issue_ids)).returning(FilingRow.id)
        return [FilingId(value) for value in self._session.scalars(statement)]

    def of_ticket(self, ticket_id: int) -> list[Filing]:
        """The filings that point to a ticket."""
        query = select(FilingRow).where(FilingRow.ticket_id == ticket_id).order_by(FilingRow.id)
        return [_filing(row) for row in self._session.scalars(query)]

    def by_fingerprint(self, connection_id: int, fingerprint: str) -> Filing | None:
        """The filing whose tickets carry that fingerprint."""
        query = (
            select(FilingRow)
            .where(FilingRow.connection_id == connection_id, FilingRow.fingerprint == fingerprint)
            .order_by(FilingRow.id)
        )
        row = self._session.scalars(query).first()
        return _filing(row) if row else None

    def unsettled(self) -> list[FilingId]:
        """Filings that still have to be sent or looked for, over all products."""
        query = select(FilingRow.id).where(FilingRow.state.in_(_OPEN)).order_by(FilingRow.id)
        return [FilingId(value) for value in self._session.scalars(query)]

    def refused(self, connection_id: int) -> list[Filing]:
        """Filings of a connection that the tracker refused, oldest first."""
        query = select(FilingRow).where(
            FilingRow.connection_id == connection_id,
            FilingRow.state == FilingState.REFUSED.value,
        )
        return [_filing(row) for row in self._session.scalars(query.order_by(FilingRow.id))]

    def troubled(self) -> list[Filing]:
        """Filings a person must look at, and those we are checking, over all products."""
        states = [s.value for s in (FilingState.REFUSED, FilingState.PARKED, FilingState.UNCERTAIN)]
        query = select(FilingRow).where(FilingRow.state.in_(states)).order_by(FilingRow.id)
        return [_filing(row) for row in self._session.scalars(query)]

    def link(self, filing_id: FilingId, ticket_id: TicketId) -> bool:
        """Point the filing at its ticket, whoever brings the evidence; False if it had one."""
        statement = (
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state.not_in(_CLOSED))
            .values(
                state=FilingState.LINKED.value, ticket_id=ticket_id, reason=None, not_before=None
            )
            .returning(FilingRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def plan_again(self, filing_id: FilingId, *, after: FilingState) -> bool:
        """A person wants a refused or parked filing tried again; False when it is not so now."""
        statement = (
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state == after.value)
            .values(state=FilingState.PLANNED.value, reason=None, not_before=None, asks=[])
            .returning(FilingRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def choose(self, filing_id: FilingId, fields: Mapping[str, str]) -> None:
        """A person chose values for fields of the ticket; those chosen before stay."""
        row = self._session.get_one(FilingRow, filing_id, populate_existing=True)
        row.fields = {**row.fields, **fields}

    def chosen(self, filing_id: FilingId) -> tuple[tuple[str, str], ...]:
        """What people chose for fields of the ticket, by id or name."""
        row = self._session.get_one(FilingRow, filing_id, populate_existing=True)
        return tuple((name, str(value)) for name, value in row.fields.items())

    def ask(self, filing_id: FilingId, fields: Sequence[TicketField]) -> None:
        """Note which fields a person has to fill in before a refused filing can go on."""
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state == FilingState.REFUSED.value)
            .values(asks=[asdict(one) for one in fields])
        )

    def note_look(
        self, filing_id: FilingId, *, now: datetime, hold: datetime | None = None, reason: str = ""
    ) -> bool:
        """Existing tickets were looked through; with `hold` it waits for an answer, and says why.

        False when it is not planned any more, or another worker was faster.
        """
        values: dict[str, object] = {"looked_at": now}
        if hold is not None:
            values |= {"not_before": hold, "reason": reason}
        statement = (
            update(FilingRow)
            .where(
                FilingRow.id == filing_id,
                FilingRow.state == FilingState.PLANNED.value,
                FilingRow.looked_at.is_(None),
            )
            .values(values)
            .returning(FilingRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def hold(self, filing_id: FilingId, *, until: datetime | None, reason: str | None) -> None:
        """Let a planned filing wait until then, and say why; None: it may be sent."""
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state == FilingState.PLANNED.value)
            .values(not_before=until, reason=reason)
        )

    def explain(self, filing_id: FilingId, reason: str) -> None:
        """Say why a filing that waits for a person stands where it stands."""
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state != FilingState.LINKED.value)
            .values(reason=reason)
        )

    def replan(self, filing_id: FilingId) -> None:
        """A person wants another ticket in place of one that is gone from the tracker."""
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state == FilingState.LINKED.value)
            .values(state=FilingState.PLANNED.value, ticket_id=None, reason=None, not_before=None)
        )

    def unlink(self, filing_ids: Sequence[FilingId], *, reason: str) -> None:
        """A person took them off their ticket, which still carries our marks."""
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id.in_(filing_ids), FilingRow.state == FilingState.LINKED.value)
            .values(
                state=FilingState.UNLINKED.value,
                left_ticket_id=FilingRow.ticket_id,
                ticket_id=None,
                reason=reason,
                looked_at=None,
            )
        )

    def left(self, ticket_id: int) -> list[Filing]:
        """Filings taken off a ticket that still carries their marks."""
        query = (
            select(FilingRow).where(FilingRow.left_ticket_id == ticket_id).order_by(FilingRow.id)
        )
        return [_filing(row) for row in self._session.scalars(query)]

    def forget_left(self, filing_ids: Sequence[FilingId]) -> None:
        """Our marks are off the tickets that these filings were taken off."""
        self._session.execute(
            update(FilingRow).where(FilingRow.id.in_(filing_ids)).values(left_ticket_id=None)
        )

    def marked_tickets(self) -> list[TicketId]:
        """Tickets that still carry marks of filings taken off them, over all products."""
        query = select(FilingRow.left_ticket_id).where(FilingRow.left_ticket_id.is_not(None))
        return [TicketId(value) for value in self._session.scalars(query.distinct()) if value]

    def count(self, product_id: ProductId, state: FilingState) -> int:
        """How many filings of the product are in that state."""
        query = select(func.count()).where(
            FilingRow.product_id == product_id, FilingRow.state == state.value
        )
        return self._session.scalars(query).one()

    def count_issues(self, product_id: ProductId, state: FilingState) -> int:
        """How many issues of the product have a filing in that state."""
        query = select(func.count(FilingRow.issue_id.distinct())).where(
            FilingRow.product_id == product_id, FilingRow.state == state.value
        )
        return self._session.scalars(query).one()


def _nothing_made(issue_ids: Sequence[IssueId]) -> tuple[ColumnElement[bool], ...]:
    states = (FilingState.PLANNED.value, FilingState.REFUSED.value)
    return (
        FilingRow.issue_id.in_(issue_ids),
        FilingRow.state.in_(states),
        FilingRow.ticket_id.is_(None),
    )


def _filing(row: FilingRow) -> Filing:
    return Filing(
        id=FilingId(row.id),
        issue_id=IssueId(row.issue_id),
        connection_id=row.connection_id,
        episode=row.episode,
        state=FilingState(row.state),
        fingerprint=row.fingerprint,
        reason=row.reason,
        ticket_id=TicketId(row.ticket_id) if row.ticket_id else None,
        created_at=row.created_at,
        looked_at=row.looked_at,
        left_ticket_id=TicketId(row.left_ticket_id) if row.left_ticket_id else None,
        asks=tuple(_ticket_field(one) for one in row.asks),
    )


def _ticket_field(stored: Mapping[str, Any]) -> TicketField:
    kind, choices = FieldKind(stored["kind"]), tuple(stored["choices"])
    return TicketField(stored["id"], stored["name"], kind, choices, stored["told"])
