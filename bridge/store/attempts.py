"""Attempts: what the worker that holds a filing's token may change, and nobody else.

Each change names the state and the token it starts from, so that a late writer changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from bridge.domain.tickets import Attempt, Filing, FilingId, FilingState
from bridge.store.tables import FilingAttemptRow, FilingRow


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the newest attempt of a filing has come; the token fences what follows."""

    token: str | None
    not_before: datetime | None
    lease_until: datetime | None
    empty_looks: int


class Attempts:
    """Takes filings for one request each, and writes down what came of it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def progress(self, filing_id: FilingId) -> Progress:
        """Where the newest attempt stands."""
        row = self._session.get_one(FilingRow, filing_id, populate_existing=True)
        return Progress(row.token, row.not_before, row.lease_until, row.empty_looks)

    def of_filing(self, filing_id: FilingId) -> list[Attempt]:
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

    def start(
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

    def end(
        self,
        attempt: Attempt,
        state: FilingState,
        *,
        reason: str,
        not_before: datetime | None = None,
    ) -> bool:
        """Move our sending filing on; False when it is not ours any more."""
        held = _held(attempt.filing_id, FilingState.SENDING, attempt.token)
        moved = self._move(held, state=state.value, reason=reason, not_before=not_before)
        self._session.execute(
            update(FilingAttemptRow)
            .where(
                FilingAttemptRow.filing_id == attempt.filing_id,
                FilingAttemptRow.number == attempt.number,
            )
            .values(result=f"{state.value}: {reason}")
        )
        return moved

    def doubt(self, filing_id: FilingId, *, token: str | None, now: datetime) -> bool:
        """Turn a sending filing whose lease is over into an uncertain one."""
        held = _held(filing_id, FilingState.SENDING, token)
        return self._move(
            and_(held, FilingRow.lease_until <= now),
            state=FilingState.UNCERTAIN.value,
            reason="the request was under way when its worker stopped",
            not_before=now,
        )

    def look_again(self, filing: Filing, seen: Progress, *, at: datetime) -> bool:
        """A first look found nothing: look once more then; False when somebody else looked."""
        return self._move(_looked(filing, seen), empty_looks=seen.empty_looks + 1, not_before=at)

    def give_up_looking(
        self, filing: Filing, seen: Progress, to: FilingState, *, reason: str | None = None
    ) -> bool:
        """The last look found nothing either; False when somebody else has moved it on."""
        return self._move(
            _looked(filing, seen),
            state=to.value,
            empty_looks=seen.empty_looks + 1,
            not_before=None,
            reason=reason,
        )

    def _move(self, held: ColumnElement[bool], **values: object) -> bool:
        statement = update(FilingRow).where(held).values(**values).returning(FilingRow.id)
        return self._session.scalars(statement).first() is not None


def _held(filing_id: FilingId, state: FilingState, token: str | None) -> ColumnElement[bool]:
    return and_(FilingRow.id == filing_id, FilingRow.state == state.value, FilingRow.token == token)


def _looked(filing: Filing, seen: Progress) -> ColumnElement[bool]:
    """The filing as it was when the look began: of two that look at once, one counts."""
    held = _held(filing.id, FilingState.UNCERTAIN, seen.token)
    return and_(held, FilingRow.empty_looks == seen.empty_looks)
