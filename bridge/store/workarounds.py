"""Workarounds: what they say, whether they may be offered, and whose they are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue, IssueId
from bridge.domain.scope import Scope
from bridge.domain.workarounds import (
    Audience,
    Content,
    Evidence,
    RetiredBy,
    Workaround,
    WorkaroundId,
    WorkaroundState,
)
from bridge.store.tables import WorkaroundRow
from bridge.store.workaround_uses import evidence_of

_ACTIVE = WorkaroundState.ACTIVE.value
_RETIRED = WorkaroundState.RETIRED.value


class Shelf(StrEnum):
    """Which workarounds a list shows."""

    ALL = "all"
    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"
    OVERDUE = "overdue"


class Workarounds:
    """Reads and changes what support says until a fix ships."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(  # noqa: PLR0913 - a workaround of words alone is told by all of these
        self,
        issue: Issue,
        text: RedactedText,
        *,
        audience: Audience,
        versions: Sequence[str],
        owner: str | None,
        now: datetime,
    ) -> Workaround:
        """A new, active workaround of a text alone."""
        content = Content(text, audience, scope=Scope(tuple(versions)), owner=owner)
        return self.write(issue, content, author=owner, now=now)

    def write(
        self,
        issue: Issue,
        content: Content,
        *,
        author: str | None,
        now: datetime,
        state: WorkaroundState = WorkaroundState.ACTIVE,
    ) -> Workaround:
        """A new workaround."""
        row = WorkaroundRow(
            product_id=issue.product_id,
            issue_id=issue.id,
            state=state.value,
            created_at=now,
            created_by=author,
            **_values(content),
        )
        self._session.add(row)
        self._session.flush()
        return self.get(issue.product_id, row.id)

    def edit(
        self, workaround_id: WorkaroundId, content: Content, *, author: str, now: datetime
    ) -> None:
        """Say it in other words."""
        self._change(
            workaround_id,
            **_values(content),
            edition=WorkaroundRow.edition + 1,
            changed_at=now,
            changed_by=author,
        )

    def get(self, product_id: ProductId, workaround_id: int, *, lock: bool = False) -> Workaround:
        """The workaround of that id in that product."""
        row = self._session.get(
            WorkaroundRow, workaround_id, populate_existing=True, with_for_update=lock or None
        )
        if row is None or row.product_id != product_id:
            raise NotFound("no such workaround")
        return self._workarounds([row])[0]

    def all(
        self,
        product_id: ProductId,
        *,
        issue_id: IssueId | None = None,
        after: int = 0,
        limit: int | None = None,
        lock: bool = False,
    ) -> list[Workaround]:
        """The product's workarounds, or one issue's, oldest first, after that id."""
        query = (
            select(WorkaroundRow)
            .where(WorkaroundRow.product_id == product_id, WorkaroundRow.id > after)
            .order_by(WorkaroundRow.id)
            .limit(limit)
        )
        if issue_id is not None:
            query = query.where(WorkaroundRow.issue_id == issue_id)
        if lock:
            query = query.with_for_update()
        return self._workarounds(
            self._session.scalars(query, execution_options={"populate_existing": True}).all()
        )

    def on_shelf(
        self, product_id: ProductId, shelf: Shelf, *, now: datetime, after: int, limit: int
    ) -> list[Workaround]:
        """Those of the product that a list shows, newest first, before the id `after` if not 0."""
        query = (
            select(WorkaroundRow)
            .where(WorkaroundRow.product_id == product_id)
            .order_by(WorkaroundRow.id.desc())
            .limit(limit)
        )
        if after:
            query = query.where(WorkaroundRow.id < after)
        if shelf is Shelf.OVERDUE:
            query = query.where(WorkaroundRow.state != _RETIRED, WorkaroundRow.review_at <= now)
        elif shelf is not Shelf.ALL:
            query = query.where(WorkaroundRow.state == shelf.value)
        return self._workarounds(self._session.scalars(query).all())

    def having_one(self, issue_ids: Sequence[int]) -> set[IssueId]:
        """Those of these issues that have an active workaround."""
        query = select(WorkaroundRow.issue_id).where(
            WorkaroundRow.issue_id.in_(list(issue_ids)), WorkaroundRow.state == _ACTIVE
        )
        return {IssueId(value) for value in self._session.scalars(query)}

    def unreminded(self, product_id: ProductId, *, now: datetime) -> list[Workaround]:
        """Those whose day of review has passed and of which nobody was reminded, locked."""
        query = (
            select(WorkaroundRow)
            .where(
                WorkaroundRow.product_id == product_id,
                WorkaroundRow.state != _RETIRED,
                WorkaroundRow.review_at <= now,
                WorkaroundRow.reminded_for.is_distinct_from(WorkaroundRow.review_at),
            )
            .order_by(WorkaroundRow.id)
            .with_for_update(skip_locked=True)
        )
        return self._workarounds(self._session.scalars(query).all())

    def note_reminder(self, workaround_id: WorkaroundId) -> None:
        """Somebody was reminded of its day of review."""
        self._change(workaround_id, reminded_for=WorkaroundRow.review_at)

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
            self._change(WorkaroundId(workaround_id), issue_id=issue_id)

    def retire(
        self,
        workaround_id: WorkaroundId,
        by: RetiredBy,
        *,
        reason: str,
        now: datetime,
        replaced_by: WorkaroundId | None = None,
    ) -> None:
        """Offer it no more, with the reason."""
        self._change(
            workaround_id,
            state=_RETIRED,
            reason=reason,
            retired_at=now,
            retired_by=by.value,
            replaced_by=replaced_by,
        )

    def activate(self, workaround_id: WorkaroundId, *, reason: str | None) -> None:
        """Offer it again, or for the first time, to everybody it is for."""
        self._change(
            workaround_id,
            state=_ACTIVE,
            reason=reason,
            below=None,
            retired_at=None,
            retired_by=None,
            replaced_by=None,
        )

    def narrow(self, workaround_id: WorkaroundId, *, below: str, reason: str) -> None:
        """Offer it from now on only for versions below this one, which the fix is in."""
        self._change(workaround_id, below=below, reason=reason)

    def count_retired(self, product_id: ProductId) -> int:
        """How many workarounds of the product are retired."""
        query = select(func.count()).where(
            WorkaroundRow.product_id == product_id, WorkaroundRow.state == _RETIRED
        )
        return self._session.scalars(query).one()

    def _change(self, workaround_id: WorkaroundId, **values: object) -> None:
        self._session.execute(
            update(WorkaroundRow).where(WorkaroundRow.id == workaround_id).values(values)
        )

    def _workarounds(self, rows: Sequence[WorkaroundRow]) -> list[Workaround]:
        evidence = evidence_of(self._session, [row.id for row in rows])
        return [_workaround(row, evidence.get(row.id, Evidence())) for row in rows]


def _values(content: Content) -> dict[str, object]:
    return {
        "text": content.text,
        "audience": content.audience.value,
        "customer_text": content.customer_text,
        "after_fix_text": content.after_fix_text,
        "steps": list(content.steps),
        "versions": list(content.scope.versions),
        "platforms": list(content.scope.platforms),
        "segments": list(content.scope.segments),
        "owner": content.owner,
        "review_at": content.review_at,
    }


def _redacted(text: str | None) -> RedactedText | None:
    return None if text is None else RedactedText(text)


def _workaround(row: WorkaroundRow, evidence: Evidence) -> Workaround:
    return Workaround(
        id=WorkaroundId(row.id),
        issue_id=IssueId(row.issue_id),
        content=Content(
            text=RedactedText(row.text),
            audience=Audience(row.audience),
            customer_text=_redacted(row.customer_text),
            steps=tuple(RedactedText(one) for one in row.steps),
            after_fix_text=_redacted(row.after_fix_text),
            scope=Scope(tuple(row.versions), tuple(row.platforms), tuple(row.segments), row.below),
            owner=row.owner,
            review_at=row.review_at,
        ),
        state=WorkaroundState(row.state),
        reason=row.reason,
        retired_by=RetiredBy(row.retired_by) if row.retired_by else None,
        replaced_by=WorkaroundId(row.replaced_by) if row.replaced_by else None,
        evidence=evidence,
        edition=row.edition,
        created_at=row.created_at,
        created_by=row.created_by,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
