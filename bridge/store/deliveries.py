"""Deliveries of ship signals: what came, what it said, and what it led to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.store.tables import ConnectionRow, DeliveryRow

_NOTED_EVERY = timedelta(minutes=1)
_MOST_REASON = 2_000


class DeliveryState(StrEnum):
    """How far a delivery has come."""

    RECEIVED = "received"
    WAITING = "waiting"
    """It speaks of a day to come, and is read again then."""
    DONE = "done"
    IGNORED = "ignored"
    UNMAPPED = "unmapped"
    """Nothing says what it means here; read again once the mapping is mended."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SignalDelivery:
    """A delivery; `sealed` is its encrypted envelope."""

    id: int
    connection_id: int
    event_id: str
    state: DeliveryState
    told: str | None
    reason: str | None
    received_at: datetime
    handled_at: datetime | None
    sealed: bytes = field(repr=False)


class Deliveries:
    """Reads deliveries and writes what came of them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, delivery_id: int) -> SignalDelivery | None:
        """The delivery, locked until the block ends; None when it is forgotten by now."""
        query = select(DeliveryRow).where(DeliveryRow.id == delivery_id).with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        return _delivery(row) if row else None

    def get(self, product_id: ProductId, delivery_id: int) -> SignalDelivery:
        """The delivery of that id to a connection of that product."""
        query = (
            select(DeliveryRow)
            .join(ConnectionRow, ConnectionRow.id == DeliveryRow.connection_id)
            .where(DeliveryRow.id == delivery_id, ConnectionRow.product_id == product_id)
        )
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        if row is None:
            raise NotFound("no such delivery")
        return _delivery(row)

    def note(
        self, delivery_id: int, state: DeliveryState, *, told: str, reason: str, now: datetime
    ) -> None:
        """Write down what it says and what came of it."""
        self._session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id)
            .values(state=state, told=told, reason=reason[:_MOST_REASON], handled_at=now)
        )

    def again(self, delivery_ids: Collection[int]) -> None:
        """Let deliveries be read again."""
        self._session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(delivery_ids))
            .values(state=DeliveryState.RECEIVED)
        )

    def log(
        self,
        connection_ids: Collection[int],
        states: Sequence[DeliveryState] = (),
        *,
        limit: int,
        before: int | None = None,
    ) -> list[SignalDelivery]:
        """What came for these connections, newest first."""
        query = select(DeliveryRow).where(DeliveryRow.connection_id.in_(connection_ids))
        if states:
            query = query.where(DeliveryRow.state.in_(states))
        if before is not None:
            query = query.where(DeliveryRow.id < before)
        found = self._session.scalars(query.order_by(DeliveryRow.id.desc()).limit(limit))
        return [_delivery(row) for row in found]

    def counts(self, connection_id: int) -> dict[DeliveryState, int]:
        """How many deliveries are kept of each state."""
        query = (
            select(DeliveryRow.state, func.count())
            .where(DeliveryRow.connection_id == connection_id)
            .group_by(DeliveryRow.state)
        )
        return {DeliveryState(state): count for state, count in self._session.execute(query)}

    def unmapped(self, connection_id: int) -> list[int]:
        """Those that nothing says the meaning of, in the order they came."""
        return self._ids(
            DeliveryRow.connection_id == connection_id,
            DeliveryRow.state == DeliveryState.UNMAPPED.value,
        )

    def left(self, integrations: Sequence[str], *, before: datetime) -> list[int]:
        """Those that nobody has read since then, or that waited for a day: in their order."""
        waits = DeliveryRow.state == DeliveryState.WAITING.value
        is_left = DeliveryRow.state == DeliveryState.RECEIVED.value
        ours = select(ConnectionRow.id).where(ConnectionRow.integration.in_(integrations))
        return self._ids(
            DeliveryRow.connection_id.in_(ours),
            or_(waits, is_left),
            DeliveryRow.received_at < before,
        )

    def note_refusal(self, connection_id: int, *, now: datetime) -> None:
        """A delivery with a wrong signature came; written down once a minute."""
        self._session.execute(
            update(ConnectionRow)
            .where(
                ConnectionRow.id == connection_id,
                or_(
                    ConnectionRow.refused_at.is_(None),
                    ConnectionRow.refused_at < now - _NOTED_EVERY,
                ),
            )
            .values(refused_at=now)
        )

    def refused_at(self, connection_id: int) -> datetime | None:
        """When such a delivery came last."""
        query = select(ConnectionRow.refused_at).where(ConnectionRow.id == connection_id)
        return self._session.scalars(query).one()

    def _ids(self, *conditions: ColumnElement[bool]) -> list[int]:
        query = select(DeliveryRow.id).where(*conditions).order_by(DeliveryRow.id)
        return list(self._session.scalars(query))


def _delivery(row: DeliveryRow) -> SignalDelivery:
    return SignalDelivery(
        id=row.id,
        connection_id=row.connection_id,
        event_id=row.event_id,
        state=DeliveryState(row.state),
        told=row.told,
        reason=row.reason,
        received_at=row.received_at,
        handled_at=row.handled_at,
        sealed=row.body,
    )
