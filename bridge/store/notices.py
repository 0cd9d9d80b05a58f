"""Notices in people's inboxes, who follows what, and how people want to be told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.messages import Preferences
from bridge.domain.people import Notice, NoticeKind, NoticeState, UserId
from bridge.store.lineage import lineage
from bridge.store.tables import (
    FollowRow,
    IssueRow,
    NoticePreferenceRow,
    NoticeRow,
    OutgoingRow,
    UserRow,
)


class Notices:
    """Reads and changes notices."""

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
        reasons: Sequence[str] = (),
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
                reasons=list(reasons),
                state=NoticeState.UNREAD.value,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(NoticeRow.id)
        )
        return self._session.scalars(statement).first()

    def get(self, product_id: ProductId, notice_id: int) -> Notice:
        """The notice of that id in that product."""
        row = self._session.get(NoticeRow, notice_id, populate_existing=True)
        if row is None or row.product_id != product_id:
            raise NotFound("no such notice")
        return self._notice(row)

    def product_of(self, notice_id: int) -> ProductId:
        """The product whose notice this is."""
        return ProductId(self._session.get_one(NoticeRow, notice_id).product_id)

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

    def acknowledge_all(
        self, product_id: ProductId, recipient_id: UserId, *, up_to: int, now: datetime
    ) -> list[int]:
        """The reader has read all of theirs up to that one; the ids of those that are new to it."""
        statement = (
            update(NoticeRow)
            .where(
                NoticeRow.product_id == product_id,
                NoticeRow.recipient_id == recipient_id,
                NoticeRow.id <= up_to,
                NoticeRow.state == NoticeState.UNREAD.value,
            )
            .values(state=NoticeState.ACKNOWLEDGED.value, acknowledged_at=now)
            .returning(NoticeRow.id)
        )
        return sorted(self._session.scalars(statement))

    def in_message(self, connection_id: int, message_id: str) -> list[int]:
        """The notices that went out in one message of a connection."""
        query = (
            select(OutgoingRow.notice_id)
            .where(OutgoingRow.connection_id == connection_id, OutgoingRow.message_id == message_id)
            .order_by(OutgoingRow.notice_id)
        )
        return [one for one in self._session.scalars(query) if one is not None]

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

    def preferences(self, user_id: UserId) -> Preferences:
        """How a person wants to be told outside the inbox."""
        row = self._session.get(NoticePreferenceRow, user_id, populate_existing=True)
        if row is None:
            return Preferences()
        return Preferences(
            channels=None if row.channels is None else frozenset(row.channels),
            digest_hour=row.digest_hour,
            quiet_from=row.quiet_from,
            quiet_until=row.quiet_until,
            zone=row.zone,
        )

    def prefer(self, user_id: UserId, wanted: Preferences) -> None:
        """Remember how a person wants to be told from now on."""
        channels = None if wanted.channels is None else sorted(wanted.channels)
        values = {
            "channels": channels,
            "digest_hour": wanted.digest_hour,
            "quiet_from": wanted.quiet_from,
            "quiet_until": wanted.quiet_until,
            "zone": wanted.zone,
        }
        statement = insert(NoticePreferenceRow).values(user_id=user_id, **values)
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["user_id"], set_=values)
        )

    def told(self, issue_id: IssueId, kind: NoticeKind, episode: int) -> dict[UserId, list[str]]:
        """Who has that notice, and why they got it."""
        query = (
            select(NoticeRow.recipient_id, NoticeRow.reasons)
            .where(
                NoticeRow.issue_id == issue_id,
                NoticeRow.kind == kind.value,
                NoticeRow.episode == episode,
            )
            .order_by(NoticeRow.recipient_id)
        )
        return {UserId(row[0]): row[1] for row in self._session.execute(query)}

    def told_of_fix(self, issue: Issue, kinds: Sequence[NoticeKind]) -> dict[UserId, list[str]]:
        """Who has notices of these kinds about the present fix of an issue, and why they got them.

        Those count too who were told of the last fix of what was merged into it, unless they heard
        since that it does not hold: one that was merged away may have stepped down by itself.
        """
        family, member, later = lineage([issue.id]), aliased(IssueRow), aliased(NoticeRow)
        taken_back = select(later.id).where(
            later.recipient_id == NoticeRow.recipient_id,
            later.issue_id == NoticeRow.issue_id,
            later.kind.in_([NoticeKind.CORRECTION.value, NoticeKind.REGRESSION.value]),
            later.episode > NoticeRow.episode,
        )
        is_own = (member.id == issue.id) & (NoticeRow.episode == issue.episode)
        came_along = (member.id != issue.id) & (NoticeRow.episode >= member.episode - 1)
        query = (
            select(NoticeRow.recipient_id, NoticeRow.reasons)
            .join(member, member.id == NoticeRow.issue_id)
            .join(family, family.c.member == member.id)
            .where(
                NoticeRow.kind.in_([kind.value for kind in kinds]),
                or_(is_own, came_along & ~taken_back.exists()),
            )
            .order_by(NoticeRow.id.desc())
        )
        found = {UserId(row[0]): row[1] for row in self._session.execute(query)}
        return dict(sorted(found.items()))

    def follow(self, user_id: UserId, issue_id: IssueId) -> None:
        """This person wants to be told about the issue."""
        statement = insert(FollowRow).values(user_id=user_id, issue_id=issue_id)
        self._session.execute(statement.on_conflict_do_nothing())

    def unfollow(self, user_id: UserId, issue_id: IssueId) -> None:
        """Not any more, whichever of the merged issues was followed."""
        family = lineage([issue_id])
        self._session.execute(
            delete(FollowRow).where(
                FollowRow.user_id == user_id, FollowRow.issue_id.in_(select(family.c.member))
            )
        )

    def followers(self, issue_id: IssueId) -> list[UserId]:
        """Who follows the issue, or one that was merged into it."""
        family = lineage([issue_id])
        query = (
            select(FollowRow.user_id)
            .where(FollowRow.issue_id.in_(select(family.c.member)))
            .distinct()
            .order_by(FollowRow.user_id)
        )
        return [UserId(value) for value in self._session.scalars(query)]

    def _notice(self, row: NoticeRow) -> Notice:
        return Notice(
            id=row.id,
            recipient=self._session.get_one(UserRow, row.recipient_id).email,
            issue_id=IssueId(row.issue_id),
            kind=NoticeKind(row.kind),
            episode=row.episode,
            text=row.text,
            reasons=tuple(row.reasons),
            state=NoticeState(row.state),
            created_at=row.created_at,
        )
