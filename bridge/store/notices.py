"""Notices in people's inboxes, and the messages that carry them outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.people import Notice, NoticeKind, NoticeState, UserId
from bridge.store.tables import IssueRow, NoticeRow, OutgoingRow, UserRow


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one channel, under one stable id."""

    id: int
    state: str
    attempts: int
    receipt: str | None


class Notices:
    """Reads and changes notices and outgoing messages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(  # noqa: PLR0913 - a notice is told by all of these
        self,
        issue: Issue,
        recipient_id: UserId,
        kind: NoticeKind,
        *,
        text: str,
        now: datetime,
        about: str = "",
    ) -> int | None:
        """The new notice's id; None when this person was told this before.

        about: tells apart what one episode may bring several times, such as new workarounds.
        """
        statement = (
            insert(NoticeRow)
            .values(
                product_id=issue.product_id,
                recipient_id=recipient_id,
                issue_id=issue.id,
                kind=kind.value,
                episode=issue.episode,
                about=about,
                text=text,
                state=NoticeState.UNREAD.value,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(NoticeRow.id)
        )
        return self._session.scalars(statement).first()

    def told(self, issue_id: IssueId, kinds: Sequence[NoticeKind], episode: int) -> list[UserId]:
        """Who was told one of these in that episode, in the order they were."""
        query = (
            select(NoticeRow.recipient_id)
            .where(
                NoticeRow.issue_id == issue_id,
                NoticeRow.kind.in_([kind.value for kind in kinds]),
                NoticeRow.episode == episode,
            )
            .order_by(NoticeRow.id)
        )
        return [UserId(value) for value in dict.fromkeys(self._session.scalars(query))]

    def is_overtaken(self, notice: Notice) -> bool:
        """Whether it promises a fix that has been taken back, or does not hold, since."""
        if notice.kind not in (NoticeKind.FIX, NoticeKind.ROLLOUT):
            return False
        query = select(IssueRow.episode).where(IssueRow.id == notice.issue_id)
        return self._session.scalars(query).one() > notice.episode

    def get(self, product_id: ProductId, notice_id: int) -> Notice:
        """The notice of that id in that product."""
        row = self._session.get(NoticeRow, notice_id, populate_existing=True)
        if row is None or row.product_id != product_id:
            raise NotFound("no such notice")
        return self._notice(row)

    def of_person(
        self,
        product_id: ProductId,
        email: str | None,
        *,
        limit: int = 50,
        before: int | None = None,
    ) -> list[Notice]:
        """A person's inbox, or everybody's when None, newest first."""
        query = (
            select(NoticeRow)
            .where(NoticeRow.product_id == product_id)
            .order_by(NoticeRow.id.desc())
            .limit(limit)
        )
        if email is not None:
            query = query.join(UserRow, UserRow.id == NoticeRow.recipient_id).where(
                UserRow.email == email.strip().lower()
            )
        if before is not None:
            query = query.where(NoticeRow.id < before)
        return [self._notice(row) for row in self._session.scalars(query)]

    def acknowledge(self, notice_id: int, *, now: datetime) -> None:
        """The reader has read it; the first time counts."""
        self._session.execute(
            update(NoticeRow)
            .where(NoticeRow.id == notice_id, NoticeRow.state == NoticeState.UNREAD.value)
            .values(state=NoticeState.ACKNOWLEDGED.value, acknowledged_at=now)
        )

    def unread_count(self, product_id: ProductId, email: str) -> int:
        """How many of a person's notices wait to be read."""
        query = (
            select(func.count())
            .select_from(NoticeRow)
            .join(UserRow, UserRow.id == NoticeRow.recipient_id)
            .where(
                NoticeRow.product_id == product_id,
                UserRow.email == email.strip().lower(),
                NoticeRow.state == NoticeState.UNREAD.value,
            )
        )
        return self._session.scalars(query).one()

    def count(self, product_id: ProductId) -> int:
        """How many notices the product has."""
        query = select(func.count()).where(NoticeRow.product_id == product_id)
        return self._session.scalars(query).one()

    def plan_message(
        self, notice_id: int, product_id: ProductId, *, recipient: str, channel: str, now: datetime
    ) -> Outgoing:
        """The outgoing message of a notice in a channel, locked; made if new."""
        event = f"notice-{notice_id}"
        statement = insert(OutgoingRow).values(
            product_id=product_id,
            event=event,
            recipient=recipient,
            channel=channel,
            template_version=1,
            state="planned",
            created_at=now,
        )
        self._session.execute(statement.on_conflict_do_nothing())
        query = (
            select(OutgoingRow)
            .where(
                OutgoingRow.event == event,
                OutgoingRow.recipient == recipient,
                OutgoingRow.channel == channel,
            )
            .with_for_update()
        )
        row = self._session.scalars(query, execution_options={"populate_existing": True}).one()
        return Outgoing(row.id, row.state, row.attempts, row.receipt)

    def note_message(
        self, outgoing_id: int, state: str, *, reason: str | None = None, receipt: str | None = None
    ) -> None:
        """Say what became of an outgoing message: sending, sent, failed or unknown."""
        tried = 1 if state == "sending" else 0
        self._session.execute(
            update(OutgoingRow)
            .where(OutgoingRow.id == outgoing_id)
            .values(
                state=state, reason=reason, receipt=receipt, attempts=OutgoingRow.attempts + tried
            )
        )

    def troubled_messages(self) -> list[tuple[int, str, str]]:
        """(id, state, reason) of messages that failed or may have been lost."""
        query = select(OutgoingRow.id, OutgoingRow.state, OutgoingRow.reason).where(
            OutgoingRow.state.in_(["failed", "unknown"])
        )
        return [(row[0], row[1], row[2] or "") for row in self._session.execute(query)]

    def _notice(self, row: NoticeRow) -> Notice:
        return Notice(
            id=row.id,
            recipient=self._session.get_one(UserRow, row.recipient_id).email,
            issue_id=IssueId(row.issue_id),
            kind=NoticeKind(row.kind),
            episode=row.episode,
            text=row.text,
            state=NoticeState(row.state),
            created_at=row.created_at,
        )
