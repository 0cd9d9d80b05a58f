"""Messages to channels: one row for each thing told, sent alone or several as one.

Every change by a sender names the try it belongs to, so that one that slept past its lease changes
nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import IssueId
from bridge.domain.messages import WAITING, MessageState
from bridge.domain.people import NoticeKind
from bridge.store.lineage import lineage
from bridge.store.tables import NoticeRow, OutgoingRow

_TEMPLATE_VERSION = 1
_WAITING = [state.value for state in WAITING]
_TROUBLED = [MessageState.FAILED.value, MessageState.BOUNCED.value, MessageState.UNKNOWN.value]
DUE = [*_WAITING, MessageState.SENDING.value, MessageState.UNKNOWN.value]
"""States from which something follows by itself."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A message to plan: what happened, whom it is told through what, and when."""

    event: str
    recipient: str
    channel: str
    subject: str
    text: str
    due_at: datetime
    is_held: bool = False
    bundle: str | None = None
    """Rows of one bundle to one recipient go out as one message; None: alone."""
    notice_id: int | None = None
    connection_id: int | None = None
    addressee_id: int | None = None
    reply_to: str | None = None
    stop_url: str | None = None
    """Where one click ends all letters to this reader."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing told to one recipient through one channel."""

    id: int
    product_id: ProductId
    event: str
    recipient: str
    channel: str
    connection_id: int | None
    notice_id: int | None
    message_id: str | None
    subject: str
    text: str
    bundle: str
    state: MessageState
    attempts: int
    reason: str | None
    receipt: str | None
    due_at: datetime | None
    sent_at: datetime | None
    created_at: datetime
    addressee_id: int | None
    """Whose letter it carries; None for what is told to our own people."""
    reply_to: str | None
    stop_url: str | None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """Rows that go out as one message, claimed by one sender for the time of a lease."""

    message_id: str
    attempt: int
    rows: tuple[Outgoing, ...]
    was_lost: bool
    """An earlier try may have come through."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a try."""

    state: MessageState
    reason: str | None = None
    receipt: str | None = None
    due_at: datetime | None = None
    """When something follows by itself: another try, or a look."""


class Messages:
    """Reads and changes messages to channels."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def plan(self, product_id: ProductId, planned: Planned, *, now: datetime) -> int | None:
        """The new row's id; None when this was planned before."""
        state = MessageState.HELD if planned.is_held else MessageState.PLANNED
        statement = (
            insert(OutgoingRow)
            .values(
                product_id=product_id,
                notice_id=planned.notice_id,
                connection_id=planned.connection_id,
                addressee_id=planned.addressee_id,
                reply_to=planned.reply_to,
                stop_url=planned.stop_url,
                event=planned.event,
                recipient=planned.recipient,
                channel=planned.channel,
                template_version=_TEMPLATE_VERSION,
                bundle=planned.bundle or planned.event,
                subject=planned.subject,
                text=planned.text,
                state=state.value,
                due_at=planned.due_at,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(OutgoingRow.id)
        )
        return self._session.scalars(statement).first()

    def was_planned(
        self, product_id: ProductId, recipient: str, text: str, *, since: datetime
    ) -> bool:
        """Whether they were to be told just that since then."""
        query = select(OutgoingRow.id).where(
            OutgoingRow.product_id == product_id,
            OutgoingRow.recipient == recipient,
            OutgoingRow.text == text,
            OutgoingRow.created_at > since,
        )
        return self._session.scalars(query.limit(1)).first() is not None

    def get(self, product_id: ProductId, outgoing_id: int) -> Outgoing:
        """The row of that id in that product."""
        row = self._session.get(OutgoingRow, outgoing_id, populate_existing=True)
        if row is None or row.product_id != product_id:
            raise NotFound("no such message")
        return _outgoing(row)

    def claim(self, outgoing_id: int, *, now: datetime, lease_until: datetime) -> Dispatch | None:
        """Take a message for one try, with all that goes out with it.

        None when it is not its time, or somebody else has it. Its id is given with the first claim
        and its rows stay the same from then on: a repeat is the same message.
        """
        rows = [
            row
            for row in self._lock_with_mates(outgoing_id)
            if row.state in DUE and row.due_at is not None and row.due_at <= now
        ]
        if not rows:
            return None
        first = rows[0]
        # The moment too: ids of rows begin anew in a new database.
        made = f"m{first.id}-{first.created_at:%Y%m%d%H%M%S}"
        message_id = first.message_id or made
        was_lost = first.state in (MessageState.SENDING.value, MessageState.UNKNOWN.value)
        attempt = first.attempts + 1
        for row in rows:
            row.message_id = message_id
            row.state = MessageState.SENDING.value
            row.attempts = attempt
            row.lease_until = row.due_at = lease_until
        self._session.flush()
        return Dispatch(message_id, attempt, tuple(_outgoing(row) for row in rows), was_lost)

    def _lock_with_mates(self, outgoing_id: int) -> Sequence[OutgoingRow]:
        """The row and those it goes out with, locked in the order of their ids.

        Of a row that is done with, those of its bundle that wait: one job wakes for all of them.
        """
        row = self._session.get(OutgoingRow, outgoing_id, populate_existing=True)
        if row is None:
            return []
        query = select(OutgoingRow).order_by(OutgoingRow.id).with_for_update()
        if row.message_id is not None and row.state in DUE:
            query = query.where(OutgoingRow.message_id == row.message_id)
        else:
            query = query.where(
                OutgoingRow.product_id == row.product_id,
                OutgoingRow.channel == row.channel,
                OutgoingRow.recipient == row.recipient,
                OutgoingRow.bundle == row.bundle,
                OutgoingRow.message_id.is_(None),
                OutgoingRow.state.in_(_WAITING),
            )
        found = self._session.scalars(query, execution_options={"populate_existing": True})
        return found.all()

    def finish(
        self,
        dispatch: Dispatch,
        result: Result,
        *,
        now: datetime,
    ) -> bool:
        """Say what became of a try; False when somebody else has made another one since."""
        sent_at = now if result.state is MessageState.SENT else None
        statement = (
            update(OutgoingRow)
            .where(
                OutgoingRow.message_id == dispatch.message_id,
                OutgoingRow.state == MessageState.SENDING.value,
                OutgoingRow.attempts == dispatch.attempt,
            )
            .values(
                state=result.state.value,
                reason=result.reason,
                receipt=result.receipt,
                due_at=result.due_at,
                lease_until=None,
                sent_at=sent_at,
            )
            .returning(OutgoingRow.id)
        )
        return bool(self._session.scalars(statement).all())

    def retry(self, outgoing_id: int, *, now: datetime) -> None:
        """A person wants another series of tries, under the same id."""
        row = self._session.get_one(OutgoingRow, outgoing_id)
        again = _TROUBLED
        is_mate = (
            OutgoingRow.message_id == row.message_id
            if row.message_id is not None
            else OutgoingRow.id == row.id
        )
        self._session.execute(
            update(OutgoingRow)
            .where(is_mate, OutgoingRow.state.in_(again))
            .values(state=MessageState.PLANNED.value, attempts=0, due_at=now, reason=None)
        )

    def retry_all(self, connection_id: int, *, now: datetime) -> int:
        """The channel works again: what failed there starts anew; returns how many there were."""
        statement = (
            update(OutgoingRow)
            .where(
                OutgoingRow.connection_id == connection_id,
                OutgoingRow.state == MessageState.FAILED.value,
            )
            .values(state=MessageState.PLANNED.value, attempts=0, due_at=now, reason=None)
            .returning(OutgoingRow.id)
        )
        return len(self._session.scalars(statement).all())

    def give_up(self, outgoing_id: int, reason: str) -> None:
        """Nobody can carry it: what waits of it has failed."""
        self._session.execute(
            update(OutgoingRow)
            .where(OutgoingRow.id == outgoing_id, OutgoingRow.state.in_(DUE))
            .values(state=MessageState.FAILED.value, reason=reason, due_at=None, lease_until=None)
        )

    def acknowledge(self, *notice_ids: int) -> None:
        """The reader has read the notices: what was sent is read, what waits is not needed."""
        self._session.execute(
            update(OutgoingRow)
            .where(
                OutgoingRow.notice_id.in_(notice_ids),
                OutgoingRow.state == MessageState.SENT.value,
            )
            .values(state=MessageState.ACKNOWLEDGED.value)
        )
        self._suppress(OutgoingRow.notice_id.in_(notice_ids), reason="read in the inbox")

    def suppress_kind(self, issue_id: IssueId, kind: NoticeKind, *, reason: str) -> None:
        """Let what waits of one kind of notice about an issue, or one merged into it, go."""
        family = select(lineage([issue_id]).c.member)
        notices = select(NoticeRow.id).where(
            NoticeRow.issue_id.in_(family), NoticeRow.kind == kind.value
        )
        self._suppress(OutgoingRow.notice_id.in_(notices), reason=reason)

    def _suppress(self, condition: ColumnElement[bool], *, reason: str) -> None:
        # Not what was tried before: it may have come through.
        self._session.execute(
            update(OutgoingRow)
            .where(condition, OutgoingRow.state.in_(_WAITING), OutgoingRow.message_id.is_(None))
            .values(state=MessageState.SUPPRESSED.value, reason=reason, due_at=None)
        )

    def due(self, *, now: datetime, limit: int = 500) -> list[Outgoing]:
        """What should be on its way, one row a message, longest due first."""
        query = (
            select(OutgoingRow)
            .where(OutgoingRow.due_at <= now, OutgoingRow.state.in_(DUE))
            .order_by(OutgoingRow.due_at, OutgoingRow.id)
            .limit(limit)
        )
        return [_outgoing(row) for row in self._session.scalars(query)]

    def search(
        self,
        product_id: ProductId,
        states: Sequence[MessageState],
        *,
        limit: int,
        before: int | None = None,
    ) -> list[Outgoing]:
        """The product's messages in these states (all when empty), newest first."""
        query = (
            select(OutgoingRow)
            .where(OutgoingRow.product_id == product_id)
            .order_by(OutgoingRow.id.desc())
            .limit(limit)
        )
        if states:
            query = query.where(OutgoingRow.state.in_([one.value for one in states]))
        if before is not None:
            query = query.where(OutgoingRow.id < before)
        return [_outgoing(row) for row in self._session.scalars(query)]

    def troubled(self, *, limit: int = 50) -> list[Outgoing]:
        """What failed or may have been lost and waits for a person, newest first."""
        query = (
            select(OutgoingRow)
            .where(OutgoingRow.state.in_(_TROUBLED), OutgoingRow.due_at.is_(None))
            .order_by(OutgoingRow.id.desc())
            .limit(limit)
        )
        return [_outgoing(row) for row in self._session.scalars(query)]


def _outgoing(row: OutgoingRow) -> Outgoing:
    return Outgoing(
        id=row.id,
        product_id=ProductId(row.product_id),
        event=row.event,
        recipient=row.recipient,
        channel=row.channel,
        connection_id=row.connection_id,
        notice_id=row.notice_id,
        message_id=row.message_id,
        subject=row.subject,
        text=row.text,
        bundle=row.bundle,
        state=MessageState(row.state),
        attempts=row.attempts,
        reason=row.reason,
        receipt=row.receipt,
        due_at=row.due_at,
        sent_at=row.sent_at,
        created_at=row.created_at,
        addressee_id=row.addressee_id,
        reply_to=row.reply_to,
        stop_url=row.stop_url,
    )
