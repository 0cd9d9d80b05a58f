"""Messages that carry letters: held back when a customer wants none, or when it is not true."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bridge.domain.messages import WAITING, MessageState
from bridge.store.messages import DUE
from bridge.store.tables import OutgoingRow

_WAITING = [state.value for state in WAITING]


class LetterMessages:
    """Reads and changes the messages of letters."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def hold_back(self, outgoing_id: int, reason: str, *, now: datetime) -> None:
        """Send it no more, tried before or not; a try that is under way comes to its end."""
        self._session.execute(
            update(OutgoingRow)
            .where(
                OutgoingRow.id == outgoing_id,
                OutgoingRow.state.in_(DUE),
                or_(OutgoingRow.state.in_(_WAITING), OutgoingRow.due_at <= now),
            )
            .values(
                state=MessageState.SUPPRESSED.value, reason=reason, due_at=None, lease_until=None
            )
        )

    def unsent(self, addressee_ids: Sequence[int]) -> list[int]:
        """The messages that carry these letters and are not sent."""
        query = select(OutgoingRow.id).where(
            OutgoingRow.addressee_id.in_(addressee_ids), OutgoingRow.state.in_(DUE)
        )
        return list(self._session.scalars(query))
