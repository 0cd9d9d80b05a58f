"""Tickets that are opened again after a regression: who began, and what came of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.issues import Issue
from bridge.domain.tickets import TicketId
from bridge.store.tables import ReopeningRow

_SENDING, _DONE, _BY_HAND = "sending", "done", "by_hand"


class Begun(StrEnum):
    """What `begin` found."""

    NOW = "now"
    """It is ours to send the request."""
    BEFORE = "before"
    """Somebody was about to, and nobody has said what came of it."""
    BY_HAND = "by_hand"
    """A person was asked."""


class Reopenings:
    """Writes and reads them; one an issue and episode."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, issue: Issue, ticket_id: TicketId, *, now: datetime) -> tuple[Begun, datetime]:
        """Say that the request is about to be sent, and when that was said first."""
        statement = insert(ReopeningRow).values(
            product_id=issue.product_id,
            issue_id=issue.id,
            episode=issue.episode,
            ticket_id=ticket_id,
            state=_SENDING,
            created_at=now,
        )
        made = statement.on_conflict_do_nothing().returning(ReopeningRow.id)
        if self._session.scalars(made).first() is not None:
            return Begun.NOW, now
        row = self._session.scalars(
            select(ReopeningRow).where(
                ReopeningRow.issue_id == issue.id, ReopeningRow.episode == issue.episode
            )
        ).one()
        return Begun.BEFORE if row.state == _SENDING else Begun.BY_HAND, row.created_at

    def ticket_of(self, issue: Issue) -> TicketId | None:
        """The ticket of its present episode that was to be opened; None if none was."""
        query = select(ReopeningRow.ticket_id).where(
            ReopeningRow.issue_id == issue.id, ReopeningRow.episode == issue.episode
        )
        found = self._session.scalars(query).first()
        return None if found is None else TicketId(found)

    def settle(self, issue_id: int, episode: int) -> bool:
        """It is open again; False when that was known, or was not ours to do."""
        return self._become(issue_id, episode, _DONE)

    def leave(self, issue_id: int, episode: int) -> None:
        """A person is asked."""
        self._become(issue_id, episode, _BY_HAND)

    def forget(self, issue_id: int, episode: int) -> None:
        """Nothing was sent after all."""
        self._session.execute(
            delete(ReopeningRow).where(
                ReopeningRow.issue_id == issue_id,
                ReopeningRow.episode == episode,
                ReopeningRow.state == _SENDING,
            )
        )

    def _become(self, issue_id: int, episode: int, state: str) -> bool:
        changed = (
            update(ReopeningRow)
            .where(
                ReopeningRow.issue_id == issue_id,
                ReopeningRow.episode == episode,
                ReopeningRow.state != state,
            )
            .values(state=state)
        )
        return self._session.scalars(changed.returning(ReopeningRow.id)).first() is not None
