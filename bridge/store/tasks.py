"""Tasks: what waits for a person."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.tasks import Task, TaskKind, TaskState
from bridge.store.lineage import lineage
from bridge.store.tables import TaskRow

_OPEN = TaskState.OPEN.value


class Tasks:
    """Reads and changes tasks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ask(  # noqa: PLR0913 - a task is told by all of these
        self,
        issue: Issue,
        key: str,
        kind: TaskKind,
        *,
        text: str,
        now: datetime,
        copy_id: int | None = None,
        url: str | None = None,
        owner: str | None = None,
    ) -> None:
        """Ask for it; one open task of that key is enough, and says it in the newest words."""
        statement = insert(TaskRow).values(
            product_id=issue.product_id,
            issue_id=issue.id,
            copy_id=copy_id,
            key=key,
            kind=kind.value,
            text=text,
            url=url,
            owner=owner,
            state=_OPEN,
            created_at=now,
        )
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["product_id", "key"],
                index_where=TaskRow.state == _OPEN,
                set_={"text": text},
            )
        )

    def get(self, product_id: ProductId, task_id: int, *, lock: bool = False) -> Task:
        """The task of that id in that product."""
        row = self._session.get(
            TaskRow, task_id, populate_existing=True, with_for_update=lock or None
        )
        if row is None or row.product_id != product_id:
            raise NotFound("no such task")
        return _task(row)

    def all(
        self,
        product_id: ProductId,
        *,
        state: TaskState = TaskState.OPEN,
        issue_id: IssueId | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> list[Task]:
        """The product's tasks, or one issue's, oldest first, after that id.

        An issue has those of what was merged into it too.
        """
        query = (
            select(TaskRow)
            .where(
                TaskRow.product_id == product_id, TaskRow.state == state.value, TaskRow.id > after
            )
            .order_by(TaskRow.id)
            .limit(limit)
        )
        if issue_id is not None:
            query = query.where(TaskRow.issue_id.in_(select(lineage([issue_id]).c.member)))
        return [_task(row) for row in self._session.scalars(query)]

    def count_open(self, product_id: ProductId) -> int:
        """How many wait for a person."""
        query = select(func.count()).where(TaskRow.product_id == product_id, TaskRow.state == _OPEN)
        return self._session.scalars(query).one()

    def close(
        self,
        product_id: ProductId,
        keys: Sequence[str],
        state: TaskState,
        *,
        by: str,
        now: datetime,
    ) -> None:
        """Close the open tasks of these keys."""
        self._session.execute(
            update(TaskRow)
            .where(TaskRow.product_id == product_id, TaskRow.key.in_(keys), TaskRow.state == _OPEN)
            .values(state=state.value, closed_by=by, closed_at=now)
        )

    def newest(self, product_id: ProductId, key: str) -> Task | None:
        """The last time that this was asked for, whatever became of it."""
        query = (
            select(TaskRow)
            .where(TaskRow.product_id == product_id, TaskRow.key == key)
            .order_by(TaskRow.id.desc())
            .limit(1)
        )
        row = self._session.scalars(query, execution_options={"populate_existing": True}).first()
        return None if row is None else _task(row)

    def drop_others(
        self, issue: Issue, kind: TaskKind, keys: Sequence[str], *, by: str, now: datetime
    ) -> None:
        """Drop the open tasks of an issue, and what was merged into it, but for those keys."""
        self._session.execute(
            update(TaskRow)
            .where(
                TaskRow.issue_id.in_(select(lineage([issue.id]).c.member)),
                TaskRow.kind == kind.value,
                TaskRow.key.not_in(keys),
                TaskRow.state == _OPEN,
            )
            .values(state=TaskState.DROPPED.value, closed_by=by, closed_at=now)
        )

    def drop_about(self, copy_id: int, kind: TaskKind, *, by: str, now: datetime) -> None:
        """Drop the open tasks of a kind about one copy."""
        self._session.execute(
            update(TaskRow)
            .where(TaskRow.copy_id == copy_id, TaskRow.kind == kind.value, TaskRow.state == _OPEN)
            .values(state=TaskState.DROPPED.value, closed_by=by, closed_at=now)
        )

    def copies_of(self, product_id: ProductId, kind: TaskKind) -> list[int]:
        """The copies about which open tasks of a kind ask."""
        query = (
            select(TaskRow.copy_id)
            .where(
                TaskRow.product_id == product_id, TaskRow.kind == kind.value, TaskRow.state == _OPEN
            )
            .distinct()
            .order_by(TaskRow.copy_id)
        )
        return [copy_id for copy_id in self._session.scalars(query) if copy_id is not None]

    def finish(
        self, task_id: int, state: TaskState, *, by: str, reason: str | None, now: datetime
    ) -> None:
        """Say what became of a task."""
        self._session.execute(
            update(TaskRow)
            .where(TaskRow.id == task_id)
            .values(state=state.value, closed_by=by, closed_at=now, reason=reason or None)
        )


def _task(row: TaskRow) -> Task:
    return Task(
        id=row.id,
        issue_id=IssueId(row.issue_id),
        copy_id=row.copy_id,
        kind=TaskKind(row.kind),
        text=row.text,
        url=row.url,
        owner=row.owner,
        state=TaskState(row.state),
        reason=row.reason,
        created_at=row.created_at,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
    )
