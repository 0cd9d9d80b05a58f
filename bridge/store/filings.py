"""Filings: our will to have a ticket, changed only by whoever holds its token.

Each change names the state it starts from, so that a late writer changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.tickets import Attempt, Filing, FilingId, FilingState, TicketId
from bridge.store.lineage import lineage
from bridge.store.tables import FilingAttemptRow, FilingRow

_OPEN = (FilingState.PLANNED.value, FilingState.SENDING.value, FilingState.UNCERTAIN.value)


class Filings:
    """Reads and changes filings and their attempts."""

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

    def newest_of_issues(self, issue_ids: Sequence[IssueId]) -> dict[IssueId, Filing]:
        """The newest filing of each of these issues that has one; its own before a merged one's."""
        family = lineage(issue_ids)
        query = (
            select(family.c.root, FilingRow)
            .join(FilingRow, FilingRow.issue_id == family.c.member)
            .order_by(FilingRow.issue_id == family.c.root, FilingRow.id)
        )
        return {IssueId(root): _filing(row) for root, row in self._session.execute(query)}

    def drop_planned(self, issue_ids: Sequence[IssueId]) -> list[FilingId]:
        """Give up filings that nothing was sent for; returns them."""
        nothing_sent = (FilingState.PLANNED, FilingState.REFUSED, FilingState.PARKED)
        statement = (
            delete(FilingRow)
            .where(
                FilingRow.issue_id.in_(issue_ids),
                FilingRow.state.in_([state.value for state in nothing_sent]),
                FilingRow.ticket_id.is_(None),
            )
            .returning(FilingRow.id)
        )
        return [FilingId(value) for value in self._session.scalars(statement)]

    def of_ticket(self, ticket_id: int) -> list[Filing]:
        """The filings that point to a ticket."""
        query = select(FilingRow).where(FilingRow.ticket_id == ticket_id).order_by(FilingRow.id)
        return [_filing(row) for row in self._session.scalars(query)]

    def unsettled(self) -> list[FilingId]:
        """Filings that still have to be sent or looked for, over all products."""
        query = select(FilingRow.id).where(FilingRow.state.in_(_OPEN)).order_by(FilingRow.id)
        return [FilingId(value) for value in self._session.scalars(query)]

    def troubled(self) -> list[Filing]:
        """Filings a person must look at, and those we are checking, over all products."""
        states = [s.value for s in (FilingState.REFUSED, FilingState.PARKED, FilingState.UNCERTAIN)]
        query = select(FilingRow).where(FilingRow.state.in_(states)).order_by(FilingRow.id)
        return [_filing(row) for row in self._session.scalars(query)]

    def start_sending(
        self,
        filing_id: FilingId,
        *,
        token: str,
        lower_bound: int,
        now: datetime,
        lease_until: datetime,
    ) -> Attempt | None:
        """Take a planned filing for one request; None when somebody else has it."""
        taken = (
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state == FilingState.PLANNED.value)
            .values(
                state=FilingState.SENDING.value,
                token=token,
                lease_until=lease_until,
                empty_looks=0,
                reason=None,
            )
            .returning(FilingRow.id)
        )
        if self._session.scalars(taken).first() is None:
            return None
        newest = select(func.coalesce(func.max(FilingAttemptRow.number), 0)).where(
            FilingAttemptRow.filing_id == filing_id
        )
        number = self._session.scalars(newest).one() + 1
        self._session.add(
            FilingAttemptRow(
                filing_id=filing_id,
                number=number,
                token=token,
                lower_bound=lower_bound,
                sent_at=now,
            )
        )
        return Attempt(filing_id, number, token, lower_bound, now)

    def end_attempt(
        self,
        attempt: Attempt,
        state: FilingState,
        *,
        reason: str,
        not_before: datetime | None = None,
    ) -> bool:
        """Move our sending filing on; False when it is not ours any more."""
        statement = (
            update(FilingRow)
            .where(
                FilingRow.id == attempt.filing_id,
                FilingRow.state == FilingState.SENDING.value,
                FilingRow.token == attempt.token,
            )
            .values(state=state.value, reason=reason, not_before=not_before)
            .returning(FilingRow.id)
        )
        moved = self._session.scalars(statement).first() is not None
        self._note(attempt, f"{state.value}: {reason}")
        return moved

    def doubt(self, filing_id: FilingId, *, now: datetime) -> bool:
        """Turn a sending filing whose lease is over into an uncertain one."""
        statement = (
            update(FilingRow)
            .where(
                FilingRow.id == filing_id,
                FilingRow.state == FilingState.SENDING.value,
                FilingRow.lease_until <= now,
            )
            .values(
                state=FilingState.UNCERTAIN.value,
                reason="the request was under way when its worker stopped",
                not_before=now,
            )
            .returning(FilingRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def link(self, filing_id: FilingId, ticket_id: TicketId) -> bool:
        """Point the filing at its ticket, whoever brings the evidence; False if it had one."""
        statement = (
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state != FilingState.LINKED.value)
            .values(
                state=FilingState.LINKED.value, ticket_id=ticket_id, reason=None, not_before=None
            )
            .returning(FilingRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def note_empty_look(self, filing_id: FilingId, *, look_again_at: datetime | None) -> None:
        """A proof found nothing: look again then, or plan a new attempt when None."""
        state = FilingState.UNCERTAIN if look_again_at else FilingState.PLANNED
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state == FilingState.UNCERTAIN.value)
            .values(
                state=state.value,
                empty_looks=FilingRow.empty_looks + 1,
                not_before=look_again_at,
            )
        )

    def timing(self, filing_id: FilingId) -> tuple[datetime | None, datetime | None, int]:
        """(not before, lease until, empty looks so far)."""
        row = self._session.get_one(FilingRow, filing_id, populate_existing=True)
        return row.not_before, row.lease_until, row.empty_looks

    def attempts(self, filing_id: FilingId) -> list[Attempt]:
        """Every attempt, oldest first."""
        query = (
            select(FilingAttemptRow)
            .where(FilingAttemptRow.filing_id == filing_id)
            .order_by(FilingAttemptRow.number)
        )
        return [
            Attempt(filing_id, row.number, row.token, row.lower_bound, row.sent_at)
            for row in self._session.scalars(query)
        ]

    def retry(self, filing_id: FilingId) -> bool:
        """A person wants a refused or parked filing tried again."""
        states = (FilingState.REFUSED.value, FilingState.PARKED.value)
        statement = (
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state.in_(states))
            .values(state=FilingState.PLANNED.value, reason=None, not_before=None)
            .returning(FilingRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def replan(self, filing_id: FilingId) -> None:
        """A person wants another ticket in place of one that is gone from the tracker."""
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id == filing_id, FilingRow.state == FilingState.LINKED.value)
            .values(state=FilingState.PLANNED.value, ticket_id=None, reason=None, not_before=None)
        )

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

    def _note(self, attempt: Attempt, result: str) -> None:
        self._session.execute(
            update(FilingAttemptRow)
            .where(
                FilingAttemptRow.filing_id == attempt.filing_id,
                FilingAttemptRow.number == attempt.number,
            )
            .values(result=result)
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
    )
