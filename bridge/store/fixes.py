"""Releases, fixes and workarounds."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import any_, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.errors import NotFound
from bridge.domain.fixes import (
    Audience,
    Release,
    ReleaseId,
    Workaround,
    WorkaroundId,
    WorkaroundState,
)
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.tickets import TicketId
from bridge.store.lineage import lineage
from bridge.store.tables import (
    FilingRow,
    FixRow,
    IssueRow,
    ReleaseRow,
    TicketRow,
    WorkaroundRow,
    WorkaroundUseRow,
)


class Fixes:
    """Reads and changes what has been fixed, and what support says meanwhile."""

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

    def add_workaround(  # noqa: PLR0913 - a workaround is told by all of these
        self,
        issue: Issue,
        text: RedactedText,
        *,
        audience: Audience,
        versions: Sequence[str],
        owner: str | None,
        now: datetime,
    ) -> Workaround:
        """A new, active workaround."""
        row = WorkaroundRow(
            product_id=issue.product_id,
            issue_id=issue.id,
            text=text,
            audience=audience.value,
            versions=list(versions),
            owner=owner,
            state=WorkaroundState.ACTIVE.value,
            created_at=now,
        )
        self._session.add(row)
        self._session.flush()
        return self.workaround(issue.product_id, row.id)

    def workaround(
        self, product_id: ProductId, workaround_id: int, *, lock: bool = False
    ) -> Workaround:
        """The workaround of that id in that product."""
        row = self._session.get(
            WorkaroundRow, workaround_id, populate_existing=True, with_for_update=lock or None
        )
        if row is None or row.product_id != product_id:
            raise NotFound("no such workaround")
        return self._workaround(row)

    def workarounds(
        self,
        product_id: ProductId,
        *,
        issue_id: IssueId | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> list[Workaround]:
        """The product's workarounds, or one issue's, oldest first, after that id."""
        query = (
            select(WorkaroundRow)
            .where(WorkaroundRow.product_id == product_id, WorkaroundRow.id > after)
            .limit(limit)
        )
        if issue_id is not None:
            query = query.where(WorkaroundRow.issue_id == issue_id)
        return [
            self._workaround(row) for row in self._session.scalars(query.order_by(WorkaroundRow.id))
        ]

    def with_workaround(self, issue_ids: Sequence[int]) -> set[IssueId]:
        """Those of these issues that have an active workaround."""
        query = select(WorkaroundRow.issue_id).where(
            WorkaroundRow.issue_id.in_(list(issue_ids)),
            WorkaroundRow.state == WorkaroundState.ACTIVE.value,
        )
        return {IssueId(value) for value in self._session.scalars(query)}

    def retire_workarounds(self, issue_id: IssueId, *, reason: str, now: datetime) -> int:
        """Retire every active workaround of an issue; returns how many there were."""
        statement = (
            update(WorkaroundRow)
            .where(
                WorkaroundRow.issue_id == issue_id,
                WorkaroundRow.state == WorkaroundState.ACTIVE.value,
            )
            .values(state=WorkaroundState.RETIRED.value, reason=reason, retired_at=now)
            .returning(WorkaroundRow.id)
        )
        return len(self._session.scalars(statement).all())

    def hand_workarounds(self, issue_ids: Sequence[IssueId], to: IssueId) -> dict[int, IssueId]:
        """Give the workarounds of these issues to another; returns whose each was."""
        query = select(WorkaroundRow.id, WorkaroundRow.issue_id).where(
            WorkaroundRow.issue_id.in_(issue_ids)
        )
        before = {row[0]: IssueId(row[1]) for row in self._session.execute(query)}
        self.return_workarounds(dict.fromkeys(before, to))
        return before

    def return_workarounds(self, owners: Mapping[int, IssueId]) -> None:
        """Put each of these workarounds onto its issue."""
        for workaround_id, issue_id in owners.items():
            self._session.execute(
                update(WorkaroundRow)
                .where(WorkaroundRow.id == workaround_id)
                .values(issue_id=issue_id)
            )

    def set_workaround_state(
        self, workaround_id: WorkaroundId, state: WorkaroundState, *, reason: str, now: datetime
    ) -> None:
        """Retire or restore one workaround, with the reason."""
        retired_at = now if state is WorkaroundState.RETIRED else None
        self._session.execute(
            update(WorkaroundRow)
            .where(WorkaroundRow.id == workaround_id)
            .values(state=state.value, reason=reason, retired_at=retired_at)
        )

    def use_workaround(
        self,
        workaround_id: WorkaroundId,
        *,
        contact_id: int | None,
        user_id: int | None,
        now: datetime,
    ) -> None:
        """Count one use; a second one for the same contact changes nothing."""
        statement = insert(WorkaroundUseRow).values(
            workaround_id=workaround_id, contact_id=contact_id, user_id=user_id, used_at=now
        )
        self._session.execute(statement.on_conflict_do_nothing())

    def count_retired(self, product_id: ProductId) -> int:
        """How many workarounds of the product are retired."""
        query = select(func.count()).where(
            WorkaroundRow.product_id == product_id,
            WorkaroundRow.state == WorkaroundState.RETIRED.value,
        )
        return self._session.scalars(query).one()

    def _workaround(self, row: WorkaroundRow) -> Workaround:
        uses = select(func.count()).where(WorkaroundUseRow.workaround_id == row.id)
        return Workaround(
            id=WorkaroundId(row.id),
            issue_id=IssueId(row.issue_id),
            text=RedactedText(row.text),
            audience=Audience(row.audience),
            versions=tuple(row.versions),
            state=WorkaroundState(row.state),
            reason=row.reason,
            use_count=self._session.scalars(uses).one(),
        )


def _release(row: ReleaseRow) -> Release:
    return Release(
        id=ReleaseId(row.id),
        version=row.version,
        component=row.component,
        shipped_at=row.shipped_at,
        percent=row.percent,
        is_withdrawn=row.withdrawn_at is not None,
    )
