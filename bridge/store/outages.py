"""Outages that a lead declared on an issue."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import RedactedText
from bridge.domain.issues import Issue, IssueId
from bridge.store.tables import OutageRow


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage of an issue; its number counts from 1."""

    number: int
    text: RedactedText
    declared_at: datetime
    cleared_at: datetime | None
    reason: str | None


class Outages:
    """Reads and changes outages; callers hold the lock on the issue."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def declare(self, issue: Issue, text: RedactedText, *, now: datetime) -> Outage:
        """A new one, which is open."""
        query = select(func.coalesce(func.max(OutageRow.number), 0)).where(
            OutageRow.issue_id == issue.id
        )
        row = OutageRow(
            product_id=issue.product_id,
            issue_id=issue.id,
            number=self._session.scalars(query).one() + 1,
            text=text,
            declared_at=now,
        )
        self._session.add(row)
        self._session.flush()
        return _outage(row)

    def open_of(self, issue_id: IssueId) -> Outage | None:
        """The one that is not over yet."""
        query = select(OutageRow).where(
            OutageRow.issue_id == issue_id, OutageRow.cleared_at.is_(None)
        )
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        return _outage(row) if row else None

    def clear(self, issue_id: IssueId, *, reason: str, now: datetime) -> None:
        """It is over."""
        self._session.execute(
            update(OutageRow)
            .where(OutageRow.issue_id == issue_id, OutageRow.cleared_at.is_(None))
            .values(cleared_at=now, reason=reason)
        )


def _outage(row: OutageRow) -> Outage:
    return Outage(
        number=row.number,
        text=RedactedText(row.text),
        declared_at=row.declared_at,
        cleared_at=row.cleared_at,
        reason=row.reason,
    )
