"""Outages that a lead declared on an issue.

A row stays with the issue it was declared on; the survivor of a merge has it by the lineage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.issues import Issue, IssueId
from bridge.domain.messages import MessageState
from bridge.domain.people import Notice, NoticeKind, UserId
from bridge.store.lineage import lineage
from bridge.store.tables import NoticeRow, OutageRow, OutgoingRow

_NEVER_TOLD = [
    MessageState.FAILED.value,
    MessageState.BOUNCED.value,
    MessageState.SUPPRESSED.value,
]


@dataclass(frozen=True, slots=True)
class Outage:
    """One outage of an issue; its number counts from 1."""

    id: int
    issue_id: IssueId
    """The issue it was declared on; its notices are under that one and the number."""
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

    def open_of(self, issue_id: IssueId) -> list[Outage]:
        """Those that are not over yet: its own first, then of what was merged into it, by age."""
        family = lineage([issue_id])
        query = (
            select(OutageRow)
            .join(family, family.c.member == OutageRow.issue_id)
            .where(OutageRow.cleared_at.is_(None))
            .order_by(OutageRow.issue_id != issue_id, OutageRow.declared_at, OutageRow.id)
        )
        rows = self._session.scalars(query, execution_options={"populate_existing": True})
        return [_outage(row) for row in rows]

    def clear(self, outages: Sequence[Outage], *, reason: str, now: datetime) -> None:
        """They are over."""
        self._session.execute(
            update(OutageRow)
            .where(OutageRow.id.in_([one.id for one in outages]), OutageRow.cleared_at.is_(None))
            .values(cleared_at=now, reason=reason)
        )

    def still_told(self, outage: Outage, *, about: str | None = None) -> dict[UserId, list[str]]:
        """Who was told of an outage and not that it is over for them, and why they were told.

        about: only those who were told when just that happened.
        """
        over = aliased(NoticeRow)
        is_over = select(over.id).where(
            over.recipient_id == NoticeRow.recipient_id,
            over.issue_id == NoticeRow.issue_id,
            over.kind == NoticeKind.ALL_CLEAR.value,
            over.episode == NoticeRow.episode,
            over.about == NoticeRow.about,
        )
        query = (
            select(NoticeRow.recipient_id, NoticeRow.reasons)
            .where(
                NoticeRow.issue_id == outage.issue_id,
                NoticeRow.kind == NoticeKind.OUTAGE.value,
                NoticeRow.episode == outage.number,
                ~is_over.exists(),
            )
            .order_by(NoticeRow.recipient_id)
        )
        if about is not None:
            query = query.where(NoticeRow.about == about)
        return {UserId(row[0]): row[1] for row in self._session.execute(query)}

    def channels_that_told(self, notice: Notice, product_id: ProductId) -> set[str]:
        """The channels that carried to its reader the outage that an all-clear is about.

        Or still may: only what was let go, or has failed, surely tells nobody. Outages that became
        one by a merge end at one moment: each counts.
        """
        query = (
            select(OutgoingRow.channel)
            .join(NoticeRow, NoticeRow.id == OutgoingRow.notice_id)
            .where(
                OutgoingRow.product_id == product_id,
                OutgoingRow.recipient == notice.recipient,
                OutgoingRow.state.not_in(_NEVER_TOLD),
                NoticeRow.kind == NoticeKind.OUTAGE.value,
                or_(
                    and_(
                        NoticeRow.issue_id == notice.issue_id, NoticeRow.episode == notice.episode
                    ),
                    tuple_(NoticeRow.issue_id, NoticeRow.episode).in_(_ended_with(notice)),
                ),
            )
        )
        return set(self._session.scalars(query))


def _outage(row: OutageRow) -> Outage:
    return Outage(
        id=row.id,
        issue_id=IssueId(row.issue_id),
        number=row.number,
        text=RedactedText(row.text),
        declared_at=row.declared_at,
        cleared_at=row.cleared_at,
        reason=row.reason,
    )


def _ended_with(notice: Notice) -> Select[int, int]:
    """(issue, number) of the outages of the product that ended with that of a notice."""
    own, other = aliased(OutageRow), aliased(OutageRow)
    return (
        select(other.issue_id, other.number)
        .join(
            own,
            and_(
                own.product_id == other.product_id,
                own.cleared_at == other.cleared_at,
                own.reason == other.reason,
            ),
        )
        .where(own.issue_id == notice.issue_id, own.number == notice.episode)
    )
