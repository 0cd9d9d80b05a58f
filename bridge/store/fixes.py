"""Releases, and the fixes that are in them."""

from datetime import datetime

from sqlalchemy import any_, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.fixes import Release, ReleaseId
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.tickets import TicketId
from bridge.store.lineage import lineage
from bridge.store.tables import (
    FilingRow,
    FixRow,
    IssueRow,
    ReleaseRow,
    TicketRow,
)


class Fixes:
    """Reads and changes what has been fixed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save_release(
        self,
        product_id: ProductId,
        version: str,
        *,
        component: str,
        shipped_at: datetime,
        percent: int,
    ) -> Release:
        """The release of that version, locked; made if new, its rollout raised if higher."""
        statement = insert(ReleaseRow).values(
            product_id=product_id,
            version=version,
            component=component,
            shipped_at=shipped_at,
            percent=percent,
        )
        changed = statement.on_conflict_do_update(
            index_elements=["product_id", "component", "version"],
            set_={
                "percent": func.greatest(ReleaseRow.percent, statement.excluded.percent),
                "withdrawn_at": None,
            },
        )
        release_id = self._session.scalars(changed.returning(ReleaseRow.id)).one()
        row = self._session.get_one(ReleaseRow, release_id, populate_existing=True)
        return _release(row)

    def releases(
        self, product_id: ProductId, *, limit: int | None = None, before: int | None = None
    ) -> list[Release]:
        """The product's releases, newest first; `before` is the id of one already seen."""
        query = (
            select(ReleaseRow)
            .where(ReleaseRow.product_id == product_id)
            .order_by(ReleaseRow.shipped_at.desc(), ReleaseRow.id.desc())
            .limit(limit)
        )
        seen = self._session.get(ReleaseRow, before) if before is not None else None
        if seen is not None:
            query = query.where(
                tuple_(ReleaseRow.shipped_at, ReleaseRow.id) < (seen.shipped_at, seen.id)
            )
        return [_release(row) for row in self._session.scalars(query)]

    def find_release(self, product_id: ProductId, version: str, *, component: str) -> bool:
        """Whether that version of that component is known already."""
        query = select(ReleaseRow.id).where(
            ReleaseRow.product_id == product_id,
            ReleaseRow.component == component,
            ReleaseRow.version == version,
        )
        return self._session.scalars(query).first() is not None

    def resolved_for(self, product_id: ProductId, version: str) -> list[IssueId]:
        """Resolved issues whose ticket has a fix version of that name."""
        resolved = select(IssueRow.id).where(
            IssueRow.product_id == product_id,
            IssueRow.state == IssueState.RESOLVED.value,
            IssueRow.merged_into.is_(None),
        )
        family = lineage(self._session.scalars(resolved))
        query = (
            select(IssueRow.id)
            .join(family, family.c.root == IssueRow.id)
            .join(FilingRow, FilingRow.issue_id == family.c.member)
            .join(TicketRow, TicketRow.id == FilingRow.ticket_id)
            .where(
                any_(TicketRow.versions) == version,
                TicketRow.is_deleted.is_(False),
            )
            .distinct()
            .order_by(IssueRow.id)
        )
        return [IssueId(value) for value in self._session.scalars(query)]

    def add_fix(
        self,
        issue: Issue,
        ticket_id: TicketId | None,
        release_id: ReleaseId | None,
        *,
        now: datetime,
    ) -> bool:
        """Note that a change removes the issue; False when that is known already."""
        statement = (
            insert(FixRow)
            .values(
                product_id=issue.product_id,
                issue_id=issue.id,
                ticket_id=ticket_id,
                release_id=release_id,
                episode=issue.episode,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(FixRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def shipped_in(self, release_id: ReleaseId) -> list[IssueId]:
        """Issues whose fix is in that release."""
        query = select(FixRow.issue_id).where(FixRow.release_id == release_id).distinct()
        return [IssueId(value) for value in self._session.scalars(query)]


def _release(row: ReleaseRow) -> Release:
    return Release(
        id=ReleaseId(row.id),
        version=row.version,
        component=row.component,
        shipped_at=row.shipped_at,
        percent=row.percent,
        is_withdrawn=row.withdrawn_at is not None,
    )
