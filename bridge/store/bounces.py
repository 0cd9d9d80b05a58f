"""Mails that came back, and addresses to which nothing can be sent any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.messages import MessageState
from bridge.store.tables import DeadAddressRow, OutgoingRow

_TOOK_IT = [
    MessageState.SENDING.value,
    MessageState.UNKNOWN.value,
    MessageState.SENT.value,
    MessageState.ACKNOWLEDGED.value,
]
"""The mail server took it, or may have."""
_sent_as = func.coalesce(
    OutgoingRow.message_id, OutgoingRow.event + "." + cast(OutgoingRow.id, Text)
)
"""What a mail was sent as; reports are named after their row."""


@dataclass(frozen=True, slots=True)
class DeadAddress:
    """An address that mails come back from for good."""

    id: int
    email: str
    reason: str
    created_at: datetime


class Bounces:
    """Reads and changes what came back."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def candidates(
        self,
        product_id: ProductId,
        channel: str,
        *,
        recipients: Collection[str],
        message_id: str | None,
    ) -> list[tuple[str, str]]:
        """(message id, recipient) of mails to these addresses, and of the one so named."""
        query = select(_sent_as, OutgoingRow.recipient).where(
            OutgoingRow.product_id == product_id, OutgoingRow.channel == channel
        )
        to_them = query.where(func.lower(OutgoingRow.recipient).in_(recipients))
        named = query.where(OutgoingRow.message_id == message_id)
        rows = [*self._session.execute(to_them), *self._session.execute(named)]
        return list(dict.fromkeys((row[0], row[1]) for row in rows))

    def mark(
        self, product_id: ProductId, message_id: str, *, recipient: str, reason: str
    ) -> list[int]:
        """That mail came back; the rows that change by it. A read notice stays read."""
        found = self._session.execute(
            select(OutgoingRow.id, OutgoingRow.state)
            .where(
                OutgoingRow.product_id == product_id,
                OutgoingRow.recipient == recipient,
                _sent_as == message_id,
            )
            .with_for_update()
        ).all()
        ids = [row[0] for row in found if row[1] in _TOOK_IT]
        is_read = [row[0] for row in found if row[1] == MessageState.ACKNOWLEDGED.value]
        changed = sorted(set(ids) - set(is_read))
        self._session.execute(
            update(OutgoingRow)
            .where(OutgoingRow.id.in_(changed))
            .values(state=MessageState.BOUNCED.value, reason=reason, due_at=None, lease_until=None)
        )
        return changed

    def end(self, product_id: ProductId, email: str, *, reason: str, now: datetime) -> bool:
        """Send nothing there any more; False when that was known."""
        statement = (
            insert(DeadAddressRow)
            .values(product_id=product_id, email=email, reason=reason, created_at=now)
            .on_conflict_do_nothing()
            .returning(DeadAddressRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def revive(self, product_id: ProductId, email: str) -> bool:
        """It takes mails again; whether it was on the list."""
        statement = delete(DeadAddressRow).where(
            DeadAddressRow.product_id == product_id, DeadAddressRow.email == email
        )
        return self._session.scalars(statement.returning(DeadAddressRow.id)).first() is not None

    def dead(self, product_id: ProductId, emails: Collection[str]) -> dict[str, str]:
        """Those of these addresses that take no mails, with the reason."""
        query = select(DeadAddressRow.email, DeadAddressRow.reason).where(
            DeadAddressRow.product_id == product_id,
            DeadAddressRow.email.in_({one.lower() for one in emails}),
        )
        return {row[0]: row[1] for row in self._session.execute(query)}

    def count(self, product_id: ProductId) -> int:
        """How many addresses take no mails."""
        query = select(func.count()).where(DeadAddressRow.product_id == product_id)
        return self._session.scalars(query).one()

    def search(
        self, product_id: ProductId, *, limit: int | None = None, before: int | None = None
    ) -> Sequence[DeadAddress]:
        """The list, newest first."""
        query = (
            select(DeadAddressRow)
            .where(DeadAddressRow.product_id == product_id)
            .order_by(DeadAddressRow.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(DeadAddressRow.id < before)
        return [
            DeadAddress(row.id, row.email, row.reason, row.created_at)
            for row in self._session.scalars(query)
        ]
