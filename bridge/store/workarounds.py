"""Workarounds and their uses."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.workarounds import Audience, Workaround, WorkaroundId, WorkaroundState
from bridge.store.tables import WorkaroundRow, WorkaroundUseRow


class Workarounds:
    """Reads and changes what support says until a fix ships."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(  # noqa: PLR0913 - a workaround is told by all of these
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
        return self.get(issue.product_id, row.id)

    def get(self, product_id: ProductId, workaround_id: int, *, lock: bool = False) -> Workaround:
        """The workaround of that id in that product."""
        row = self._session.get(
            WorkaroundRow, workaround_id, populate_existing=True, with_for_update=lock or None
        )
        if row is None or row.product_id != product_id:
            raise NotFound("no such workaround")
        return self._workaround(row)

    def all(
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

    def having_one(self, issue_ids: Sequence[int]) -> set[IssueId]:
        """Those of these issues that have an active workaround."""
        query = select(WorkaroundRow.issue_id).where(
            WorkaroundRow.issue_id.in_(list(issue_ids)),
            WorkaroundRow.state == WorkaroundState.ACTIVE.value,
        )
        return {IssueId(value) for value in self._session.scalars(query)}

    def retire_all(self, issue_id: IssueId, *, reason: str, now: datetime) -> int:
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

    def hand(self, issue_ids: Sequence[IssueId], to: IssueId) -> dict[int, IssueId]:
        """Give the workarounds of these issues to another; returns whose each was."""
        query = select(WorkaroundRow.id, WorkaroundRow.issue_id).where(
            WorkaroundRow.issue_id.in_(issue_ids)
        )
        before = {row[0]: IssueId(row[1]) for row in self._session.execute(query)}
        self.hand_back(dict.fromkeys(before, to))
        return before

    def hand_back(self, owners: Mapping[int, IssueId]) -> None:
        """Put each of these workarounds onto its issue."""
        for workaround_id, issue_id in owners.items():
            self._session.execute(
                update(WorkaroundRow)
                .where(WorkaroundRow.id == workaround_id)
                .values(issue_id=issue_id)
            )

    def set_state(
        self, workaround_id: WorkaroundId, state: WorkaroundState, *, reason: str, now: datetime
    ) -> None:
        """Retire or restore one workaround, with the reason."""
        retired_at = now if state is WorkaroundState.RETIRED else None
        self._session.execute(
            update(WorkaroundRow)
            .where(WorkaroundRow.id == workaround_id)
            .values(state=state.value, reason=reason, retired_at=retired_at)
        )

    def use(
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

    def users(self, issue_id: IssueId, *, since: datetime) -> list[int]:
        """Ids of people who used a workaround of the issue since then."""
        query = (
            select(WorkaroundUseRow.user_id)
            .join(WorkaroundRow, WorkaroundRow.id == WorkaroundUseRow.workaround_id)
            .where(
                WorkaroundRow.issue_id == issue_id,
                WorkaroundUseRow.user_id.is_not(None),
                WorkaroundUseRow.used_at >= since,
            )
            .distinct()
            .order_by(WorkaroundUseRow.user_id)
        )
        return [value for value in self._session.scalars(query) if value is not None]

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
