"""Releases, and the fixes that are in them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, any_, case, cast, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, array, insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.fixes import Release, ReleaseId
from bridge.domain.issues import Issue, IssueId
from bridge.domain.tickets import TicketId
from bridge.store.lineage import lineage
from bridge.store.tables import (
    FixRow,
    ReleaseRow,
)

_EVERYBODY = 100


@dataclass(frozen=True, slots=True)
class Fixed:
    """A release that carries the fix of an issue."""

    release: Release
    episode: int
    """The run of the issue that it ended last."""
    is_refuted: bool
    """A customer who had it still met the problem."""
    said_at: datetime
    """When that was said first, or anew of a later run."""


class Fixes:
    """Reads and changes what has been fixed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(
        self, product_id: ProductId, version: str, *, component: str = "", lock: bool = False
    ) -> Release | None:
        """The release of that version, locked until the block ends if asked; None if unknown."""
        query = select(ReleaseRow).where(
            ReleaseRow.product_id == product_id,
            ReleaseRow.component == component,
            ReleaseRow.version == version,
        )
        if lock:
            query = query.with_for_update()
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        return _release(row) if row else None

    def get_release(self, product_id: ProductId, release_id: int) -> Release:
        """The release of that id in that product."""
        row = self._session.get(ReleaseRow, release_id, populate_existing=True)
        if row is None or row.product_id != product_id:
            raise NotFound("no such release")
        return _release(row)

    def save_release(  # noqa: PLR0913 - a release is told by all of these
        self,
        product_id: ProductId,
        version: str,
        *,
        at: datetime,
        percent: int,
        component: str = "",
        platform: str = "",
    ) -> Release:
        """The release of that version, locked; made if new, its roll-out raised if higher.

        One that was taken back is out again since `at`.
        """
        platforms = [platform.lower()] if platform else []
        statement = insert(ReleaseRow).values(
            product_id=product_id,
            version=version,
            component=component,
            shipped_at=at,
            percent=percent,
            complete_at=at if percent >= _EVERYBODY else None,
            platforms=platforms,
        )
        new, is_back = statement.excluded, ReleaseRow.withdrawn_at.is_not(None)
        is_for_all = true() if not platforms else func.cardinality(ReleaseRow.platforms) == 0
        wider = case(
            (is_for_all, cast(array([]), ARRAY(Text))),
            (any_(ReleaseRow.platforms) == platform.lower(), ReleaseRow.platforms),
            else_=func.array_cat(ReleaseRow.platforms, new.platforms),
        )
        changed = statement.on_conflict_do_update(
            index_elements=["product_id", "component", "version"],
            set_={
                "shipped_at": case((is_back, new.shipped_at), else_=ReleaseRow.shipped_at),
                "percent": case(
                    (is_back, new.percent), else_=func.greatest(ReleaseRow.percent, new.percent)
                ),
                "complete_at": case(
                    (is_back, new.complete_at),
                    else_=func.coalesce(ReleaseRow.complete_at, new.complete_at),
                ),
                "platforms": case((is_back, new.platforms), else_=wider),
                "withdrawn_at": None,
            },
        )
        release_id = self._session.scalars(changed.returning(ReleaseRow.id)).one()
        row = self._session.get_one(ReleaseRow, release_id, populate_existing=True)
        return _release(row)

    def lower(self, release_id: ReleaseId, percent: int) -> None:
        """Fewer customers have it than before."""
        self._session.execute(
            update(ReleaseRow)
            .where(ReleaseRow.id == release_id)
            .values(percent=percent, complete_at=None)
        )

    def withdraw(self, release_id: ReleaseId, *, at: datetime) -> None:
        """Nobody is given it any more; whether its fixes held says nothing about a later try."""
        self._session.execute(
            update(ReleaseRow).where(ReleaseRow.id == release_id).values(withdrawn_at=at)
        )
        self._session.execute(
            update(FixRow).where(FixRow.release_id == release_id).values(is_refuted=False)
        )

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

    def add_fix(
        self,
        issue: Issue,
        ticket_id: TicketId | None,
        release_id: ReleaseId | None,
        *,
        now: datetime,
    ) -> bool:
        """Note that a change removes the issue in its present episode, as far as anybody knows.

        False when that was known.
        """
        statement = insert(FixRow).values(
            product_id=issue.product_id,
            issue_id=issue.id,
            ticket_id=ticket_id,
            release_id=release_id,
            episode=issue.episode,
            created_at=now,
        )
        again = FixRow.episode < statement.excluded.episode
        changed = statement.on_conflict_do_update(
            index_elements=["issue_id", "ticket_id", "release_id"],
            set_={"episode": issue.episode, "created_at": now, "is_refuted": False},
            where=again,
        )
        return self._session.scalars(changed.returning(FixRow.id)).first() is not None

    def of_issue(self, issue_id: IssueId) -> list[Fixed]:
        """The releases that carry its fix, by the moment they shipped; older episodes' too.

        What was merged into it brings its own.
        """
        family = lineage([issue_id])
        query = (
            select(
                ReleaseRow,
                func.max(FixRow.episode),
                func.bool_and(FixRow.is_refuted),
                func.max(FixRow.created_at),
            )
            .join(FixRow, FixRow.release_id == ReleaseRow.id)
            .join(family, family.c.member == FixRow.issue_id)
            .group_by(ReleaseRow.id)
            .order_by(ReleaseRow.shipped_at, ReleaseRow.id)
        )
        rows = self._session.execute(query, execution_options={"populate_existing": True})
        return [Fixed(_release(row[0]), row[1], row[2], row[3]) for row in rows]

    def carry_on(self, issue: Issue, release_id: ReleaseId, *, now: datetime) -> None:
        """The issue waits for that release in its present episode too.

        A fix that only came along with a merge becomes its own by that.
        """
        carried = (
            update(FixRow)
            .where(FixRow.issue_id == issue.id, FixRow.release_id == release_id)
            .values(episode=issue.episode)
            .returning(FixRow.id)
        )
        if not self._session.scalars(carried).all():
            self.add_fix(issue, None, release_id, now=now)

    def refute(self, issue: Issue) -> None:
        """Somebody who has the fix of the present episode met the problem all the same."""
        self._session.execute(
            update(FixRow)
            .where(
                FixRow.issue_id.in_(select(lineage([issue.id]).c.member)),
                FixRow.episode == issue.episode,
            )
            .values(is_refuted=True)
            .execution_options(synchronize_session=False)
        )

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
        complete_at=row.complete_at,
        platforms=frozenset(row.platforms),
        withdrawn_at=row.withdrawn_at,
    )
