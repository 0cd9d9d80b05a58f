"""Assignments as people change them: ended and begun again, never overwritten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    ColumnElement,
    Float,
    SelectBase,
    and_,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.issues import IssueId
from bridge.store.arrays import is_any, is_none
from bridge.store.tables import AssignmentRow, CentroidRow, ContactRow, VectorRow

_NO_ENCODER = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """A living assignment."""

    id: int
    contact_id: ContactId
    issue_id: IssueId


class Placements:
    """Moves contacts between issues on a person's word."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_issue(self, product_id: ProductId, issue_id: IssueId) -> list[Placement]:
        """Everything on an issue, by contact."""
        return self._read(product_id, AssignmentRow.issue_id == issue_id)

    def of_contacts(
        self, product_id: ProductId, contact_ids: Iterable[ContactId]
    ) -> list[Placement]:
        """Where these contacts are, as far as they are anywhere."""
        return self._read(product_id, is_any(AssignmentRow.contact_id, contact_ids))

    def placed_by(self, product_id: ProductId, contact_id: ContactId, actor: str) -> IssueId | None:
        """The issue that a contact is on by the word of that actor."""
        query = select(AssignmentRow.issue_id).where(
            AssignmentRow.product_id == product_id,
            AssignmentRow.contact_id == contact_id,
            AssignmentRow.part == 0,
            AssignmentRow.actor == actor,
            AssignmentRow.ended_at.is_(None),
        )
        found = self._session.scalars(query).first()
        return None if found is None else IssueId(found)

    def representatives(
        self, issue_id: IssueId, *, limit: int, without: Iterable[ContactId] = ()
    ) -> list[ContactId]:
        """The contacts that are most like their issue."""
        query = (
            select(AssignmentRow.contact_id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                is_none(AssignmentRow.contact_id, without),
            )
            .group_by(AssignmentRow.contact_id)
            .order_by(func.max(AssignmentRow.similarity).desc(), AssignmentRow.contact_id)
            .limit(limit)
        )
        return [ContactId(value) for value in self._session.scalars(query)]

    def most_like(
        self, issue_id: IssueId, contact_ids: Iterable[ContactId], *, limit: int
    ) -> list[ContactId]:
        """Those of these contacts of an issue that are most like it."""
        query = (
            select(AssignmentRow.contact_id)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                is_any(AssignmentRow.contact_id, contact_ids),
            )
            .order_by(AssignmentRow.similarity.desc(), AssignmentRow.contact_id)
            .limit(limit)
        )
        return [ContactId(value) for value in self._session.scalars(query)]

    def carry(
        self, placements: Sequence[Placement], to: IssueId, *, reason: str, now: datetime
    ) -> list[int]:
        """Take assignments along to another issue as they are; who placed them stays told."""
        return self._begin(placements, to, reason=reason, actor=None, now=now)

    def place(
        self,
        placements: Sequence[Placement],
        to: IssueId,
        *,
        actor: str,
        reason: str,
        now: datetime,
    ) -> list[int]:
        """Put what is on other issues onto this one, by a person; returns the new assignments."""
        return self._begin(placements, to, reason=reason, actor=actor, now=now)

    def place_unassigned(  # noqa: PLR0913 - an assignment is told by all of these
        self,
        product_id: ProductId,
        contact_ids: Sequence[ContactId],
        to: IssueId,
        *,
        actor: str,
        reason: str,
        now: datetime,
    ) -> list[int]:
        """Put contacts that are on no issue onto this one, by a person."""
        if not contact_ids:
            return []
        rows = [
            {
                "product_id": product_id,
                "contact_id": contact_id,
                "part": 0,
                "issue_id": to,
                "similarity": 0.0,
                "threshold": 0.0,
                "encoder": _NO_ENCODER,
                "actor": actor,
                "reason": reason,
                "created_at": now,
            }
            for contact_id in contact_ids
        ]
        begun = insert(AssignmentRow).values(rows).returning(AssignmentRow.id)
        made = list(self._session.scalars(begun))
        # A contact that still waits for the finder has its place now.
        self._session.execute(
            update(ContactRow)
            .where(is_any(ContactRow.id, contact_ids), ContactRow.placed_at.is_(None))
            .values(placed_at=now)
            .execution_options(synchronize_session=False)
        )
        return made

    def end(self, assignment_ids: Iterable[int], *, now: datetime) -> list[int]:
        """End living assignments; returns those that were still living."""
        statement = (
            update(AssignmentRow)
            .where(is_any(AssignmentRow.id, assignment_ids), AssignmentRow.ended_at.is_(None))
            .values(ended_at=now)
            .returning(AssignmentRow.id)
            .execution_options(synchronize_session=False)
        )
        return list(self._session.scalars(statement))

    def end_again(self, assignment_ids: Iterable[int], *, now: datetime) -> list[int]:
        """End what these assignments began, where a contact is still, or again, where they put it.

        A contact that was moved on and came back by undo is on a later assignment of its own.
        """
        begun = aliased(AssignmentRow)
        is_there = (
            select(begun.id)
            .where(
                is_any(begun.id, assignment_ids),
                begun.contact_id == AssignmentRow.contact_id,
                begun.part == AssignmentRow.part,
                begun.issue_id == AssignmentRow.issue_id,
            )
            .correlate(AssignmentRow)
            .exists()
        )
        statement = (
            update(AssignmentRow)
            .where(AssignmentRow.ended_at.is_(None), is_there)
            .values(ended_at=now)
            .returning(AssignmentRow.id)
            .execution_options(synchronize_session=False)
        )
        return list(self._session.scalars(statement))

    def contacts_in(self, assignment_ids: Iterable[int]) -> set[ContactId]:
        """The contacts of these assignments, ended or not."""
        query = select(AssignmentRow.contact_id).where(is_any(AssignmentRow.id, assignment_ids))
        return {ContactId(value) for value in self._session.scalars(query)}

    def issues_in(self, assignment_ids: Iterable[int]) -> set[IssueId]:
        """The issues of these assignments, ended or not."""
        query = select(AssignmentRow.issue_id).where(is_any(AssignmentRow.id, assignment_ids))
        return {IssueId(value) for value in self._session.scalars(query)}

    def bring_back(
        self,
        assignment_ids: Iterable[int],
        *,
        now: datetime,
        only: Iterable[ContactId] | None = None,
    ) -> list[int]:
        """Let ended assignments live again, as new ones, where the contact is nowhere now."""
        living = aliased(AssignmentRow)
        is_somewhere = (
            select(living.id)
            .where(
                living.contact_id == AssignmentRow.contact_id,
                living.part == AssignmentRow.part,
                living.ended_at.is_(None),
            )
            .exists()
        )
        which = is_any(AssignmentRow.id, assignment_ids) & ~is_somewhere
        if only is not None:
            which &= is_any(AssignmentRow.contact_id, only)
        return self._insert(_copied(which, now=now))

    def measure(self, issue_id: IssueId) -> None:
        """Write how similar the contacts that people placed are to their issue as it is now."""
        similarity = (
            select(
                1
                - VectorRow.embedding.op("<=>", return_type=Float())(
                    cast(CentroidRow.total, HALFVEC())
                )
            )
            .join(CentroidRow, CentroidRow.encoder == VectorRow.encoder)
            .where(
                CentroidRow.issue_id == issue_id,
                CentroidRow.size > 0,
                VectorRow.contact_id == AssignmentRow.contact_id,
            )
            .limit(1)
            .correlate(AssignmentRow)
            .scalar_subquery()
        )
        self._session.execute(
            update(AssignmentRow)
            .where(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                AssignmentRow.threshold == 0.0,
            )
            .values(similarity=func.coalesce(similarity, AssignmentRow.similarity))
            .execution_options(synchronize_session=False)
        )

    def _begin(
        self,
        placements: Sequence[Placement],
        to: IssueId,
        *,
        reason: str,
        actor: str | None,
        now: datetime,
    ) -> list[int]:
        ended = self.end([one.id for one in placements], now=now)
        if not ended:
            return []
        which = is_any(AssignmentRow.id, ended)
        return self._insert(_copied(which, now=now, to=to, actor=actor, reason=reason))

    def _insert(self, query: SelectBase) -> list[int]:
        statement = insert(AssignmentRow).from_select(_COLUMNS, query).returning(AssignmentRow.id)
        return list(self._session.scalars(statement))

    def _read(self, product_id: ProductId, which: ColumnElement[bool]) -> list[Placement]:
        query = (
            select(AssignmentRow.id, AssignmentRow.contact_id, AssignmentRow.issue_id)
            .where(
                and_(AssignmentRow.product_id == product_id, AssignmentRow.ended_at.is_(None)),
                which,
            )
            .order_by(AssignmentRow.contact_id, AssignmentRow.part)
        )
        return [
            Placement(row[0], ContactId(row[1]), IssueId(row[2]))
            for row in self._session.execute(query)
        ]


_COLUMNS = (
    *("product_id", "contact_id", "part", "encoder", "issue_id", "actor", "reason"),
    *("similarity", "threshold", "runner_up_id", "runner_up_similarity", "is_late", "created_at"),
)


def _copied(
    which: ColumnElement[bool],
    *,
    now: datetime,
    to: IssueId | None = None,
    actor: str | None = None,
    reason: str | None = None,
) -> SelectBase:
    """Assignments as they were, but for what is given.

    Where a person moves one, its old issue is the runner-up and no similarity was needed.
    """
    row = AssignmentRow
    is_moved = actor is not None
    return select(
        row.product_id,
        row.contact_id,
        row.part,
        row.encoder,
        literal(to) if to is not None else row.issue_id,
        literal(actor) if actor is not None else row.actor,
        literal(reason) if reason is not None else row.reason,
        row.similarity,
        literal(0.0) if is_moved else row.threshold,
        row.issue_id if is_moved else row.runner_up_id,
        row.similarity if is_moved else row.runner_up_similarity,
        literal(False) if is_moved else row.is_late,
        literal(now),
    ).where(which)
