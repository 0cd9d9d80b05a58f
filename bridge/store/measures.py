"""Numbers over all products, for operators."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactOutcome
from bridge.store.tables import ContactRow, FilingRow


@dataclass(frozen=True, slots=True)
class Measured:
    """How much there is of each, now."""

    contacts_waiting: int
    contacts_quarantined: int
    jobs: Mapping[str, int]
    """By status: todo, doing, failed ..."""
    filings: Mapping[str, int]
    """By state."""


class Measures:
    """Counts what an operator watches."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self) -> Measured:
        """The numbers as of now."""
        quarantined = ContactRow.outcome == ContactOutcome.QUARANTINED.value
        waiting = select(func.count()).where(ContactRow.placed_at.is_(None), ~quarantined)
        aside = select(func.count()).where(quarantined)
        jobs = text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
        filings = select(FilingRow.state, func.count()).group_by(FilingRow.state)
        return Measured(
            contacts_waiting=self._session.scalars(waiting).one(),
            contacts_quarantined=self._session.scalars(aside).one(),
            jobs={row[0]: row[1] for row in self._session.execute(jobs)},
            filings={row[0]: row[1] for row in self._session.execute(filings)},
        )
