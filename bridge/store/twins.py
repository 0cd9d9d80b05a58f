"""Twins: tickets that were made twice for one filing, and tickets that no filing points to."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.issues import Outcome
from bridge.domain.tickets import FilingId, FilingState, StatusCategory, TicketId
from bridge.store.tables import FilingRow, TicketRow


class Twins:
    """Reads and changes who is a duplicate of whom."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def strays(self, connection_id: int) -> list[str]:
        """Remote ids of tickets that no filing points to and that are not dealt with yet."""
        has_filing = select(FilingRow.id).where(FilingRow.ticket_id == TicketRow.id).exists()
        query = select(TicketRow.remote_id).where(
            TicketRow.connection_id == connection_id,
            TicketRow.is_deleted.is_(False),
            or_(TicketRow.duplicate_of.is_(None), TicketRow.duplicate_told_at.is_(None)),
            ~has_filing,
        )
        return list(self._session.scalars(query.order_by(TicketRow.id)))

    def settled(self, connection_id: int, remote_ids: Sequence[str]) -> set[str]:
        """Those of the remote ids that are known as duplicates and have been dealt with."""
        query = select(TicketRow.remote_id).where(
            TicketRow.connection_id == connection_id,
            TicketRow.remote_id.in_(remote_ids),
            TicketRow.duplicate_of.is_not(None),
            TicketRow.duplicate_told_at.is_not(None),
        )
        return set(self._session.scalars(query))

    def linked_to(self, connection_id: int, fingerprints: Sequence[str]) -> list[str]:
        """Remote ids of the tickets that the filings of these fingerprints point to."""
        query = (
            select(TicketRow.remote_id)
            .join(FilingRow, FilingRow.ticket_id == TicketRow.id)
            .where(
                FilingRow.connection_id == connection_id, FilingRow.fingerprint.in_(fingerprints)
            )
            .distinct()
        )
        return list(self._session.scalars(query))

    def mark(self, ticket_id: TicketId, *, of: TicketId, words: str | None = None) -> bool:
        """Know a ticket as the duplicate of another; False when it is known already.

        words: what its comment says; None for a ticket that we made twice.
        """
        statement = (
            update(TicketRow)
            .where(TicketRow.id == ticket_id, TicketRow.duplicate_of.is_distinct_from(of))
            .values(duplicate_of=of, duplicate_told_at=None, duplicate_words=words)
            .returning(TicketRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def acquit(self, ticket_id: TicketId) -> None:
        """The ticket that others are duplicates of is none itself."""
        self._session.execute(
            update(TicketRow)
            .where(TicketRow.id == ticket_id)
            .values(duplicate_of=None, duplicate_told_at=None, duplicate_words=None)
        )

    def original_of(self, ticket_id: TicketId) -> TicketId | None:
        """The ticket it is known as a duplicate of."""
        query = select(TicketRow.duplicate_of).where(TicketRow.id == ticket_id)
        found = self._session.scalars(query).one()
        return None if found is None else TicketId(found)

    def words_of(self, ticket_id: TicketId) -> str | None:
        """What the comment of a duplicate says; None for a ticket that we made twice."""
        query = select(TicketRow.duplicate_words).where(TicketRow.id == ticket_id)
        return self._session.scalars(query).one()

    def known(self, connection_id: int, remote_ids: Sequence[str]) -> set[str]:
        """Those of the remote ids that are known as duplicates, whether told or not."""
        query = select(TicketRow.remote_id).where(
            TicketRow.connection_id == connection_id,
            TicketRow.remote_id.in_(remote_ids),
            TicketRow.duplicate_of.is_not(None),
        )
        return set(self._session.scalars(query))

    def point(self, filing_ids: Sequence[FilingId], *, to: TicketId) -> None:
        """Let these linked filings point to a ticket."""
        self._session.execute(
            update(FilingRow)
            .where(FilingRow.id.in_(filing_ids), FilingRow.state == FilingState.LINKED.value)
            .values(ticket_id=to)
        )

    def repoint(self, ticket_id: TicketId, *, to: TicketId) -> int:
        """Let every filing of a ticket point to another one; returns how many did."""
        statement = (
            update(FilingRow)
            .where(FilingRow.ticket_id == ticket_id, FilingRow.state == FilingState.LINKED.value)
            .values(ticket_id=to)
            .returning(FilingRow.id)
        )
        return len(self._session.scalars(statement).all())

    def note_told(self, ticket_id: TicketId, *, of: TicketId, now: datetime) -> bool:
        """The tracker shows what it duplicates; False when that is not so any more."""
        statement = (
            update(TicketRow)
            .where(TicketRow.id == ticket_id, TicketRow.duplicate_of == of)
            .values(duplicate_told_at=now)
            .returning(TicketRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def open(self) -> list[tuple[str, str]]:
        """Keys of tickets made twice that are still open, each with its original's."""
        original = TicketRow.__table__.alias("original")
        query = (
            select(TicketRow.key, original.c.key)
            .join(original, original.c.id == TicketRow.duplicate_of)
            .where(
                TicketRow.is_deleted.is_(False),
                TicketRow.duplicate_words.is_(None),
                TicketRow.category != StatusCategory.DONE.value,
            )
            .order_by(TicketRow.id)
        )
        return [(row[0], row[1]) for row in self._session.execute(query)]

    def lost(self) -> list[tuple[str, int, ProductId]]:
        """Keys of tickets closed as duplicates that lead nowhere, with issue and product."""
        query = (
            select(TicketRow.key, FilingRow.issue_id, TicketRow.product_id)
            .join(FilingRow, FilingRow.ticket_id == TicketRow.id)
            .where(TicketRow.is_deleted.is_(False), TicketRow.outcome == Outcome.DUPLICATE.value)
            .order_by(TicketRow.id, FilingRow.id)
        )
        return [(row[0], row[1], ProductId(row[2])) for row in self._session.execute(query)]
