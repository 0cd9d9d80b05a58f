"""Pairs of contacts that people put together or kept apart; they hold until a person says else."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.grouping import Constraint, ConstraintKind, Pair
from bridge.domain.issues import IssueId
from bridge.domain.people import MACHINE
from bridge.store.arrays import is_any, rows_of_pairs
from bridge.store.tables import AssignmentRow, ConstraintRow


@dataclass(frozen=True, slots=True)
class Constrained:
    """What a change did to the pairs, so that it can be undone."""

    added: tuple[Pair, ...] = ()
    removed: tuple[Constraint, ...] = ()


class Constraints:
    """Reads and writes pairs of one product at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_product(self, product_id: ProductId) -> list[Constraint]:
        """Every pair in force, oldest first."""
        query = select(ConstraintRow).where(ConstraintRow.product_id == product_id)
        return [_constraint(row) for row in self._session.scalars(query.order_by(ConstraintRow.id))]

    def of_contacts(
        self, product_id: ProductId, contact_ids: Iterable[ContactId]
    ) -> list[Constraint]:
        """Every pair in force that one of these contacts is part of."""
        wanted = set(contact_ids)
        query = select(ConstraintRow).where(
            ConstraintRow.product_id == product_id,
            or_(is_any(ConstraintRow.a, wanted), is_any(ConstraintRow.b, wanted)),
        )
        return [_constraint(row) for row in self._session.scalars(query.order_by(ConstraintRow.id))]

    def add(  # noqa: PLR0913 - a pair is told with by whom, why and since when
        self,
        product_id: ProductId,
        kind: ConstraintKind,
        pairs: Iterable[tuple[int, int]],
        *,
        actor: str,
        reason: str,
        now: datetime,
    ) -> Constrained:
        """Make these pairs hold; a pair that said the contrary gives way to the newer word."""
        wanted = sorted({_ordered(pair) for pair in pairs if pair[0] != pair[1]})
        if not wanted:
            return Constrained()
        removed = self._remove(product_id, kind.opposite, _is_one_of(wanted))
        values = [
            {
                "product_id": product_id,
                "kind": kind.value,
                "a": a,
                "b": b,
                "actor": actor,
                "reason": reason,
                "created_at": now,
            }
            for a, b in wanted
        ]
        statement = (
            insert(ConstraintRow)
            .on_conflict_do_nothing()
            .returning(ConstraintRow.a, ConstraintRow.b)
        )
        rows = self._session.execute(statement, values)
        added = [(ContactId(row[0]), ContactId(row[1])) for row in rows]
        return Constrained(tuple(added), tuple(removed))

    def remove_between(
        self,
        product_id: ProductId,
        kind: ConstraintKind,
        left: Sequence[int],
        right: Sequence[int],
    ) -> Constrained:
        """Drop the pairs of a kind across two sides: a person has said the contrary."""
        one_side, other_side = set(left), set(right)
        query = select(ConstraintRow.id, ConstraintRow.a, ConstraintRow.b).where(
            ConstraintRow.product_id == product_id, ConstraintRow.kind == kind.value
        )
        crossing = [
            row.id
            for row in self._session.execute(query)
            if (row.a in one_side and row.b in other_side)
            or (row.b in one_side and row.a in other_side)
        ]
        if not crossing:
            return Constrained()
        which = is_any(ConstraintRow.id, crossing)
        return Constrained(removed=tuple(self._remove(product_id, kind, which)))

    def take_back(
        self,
        product_id: ProductId,
        *,
        added: Iterable[tuple[ConstraintKind, int, int]],
        removed: Iterable[Constraint],
    ) -> None:
        """Undo `add` and `remove_between`: what was added goes, what was removed comes back."""
        gone = list(added)
        for kind in ConstraintKind:
            pairs = [_ordered((a, b)) for added_kind, a, b in gone if added_kind is kind]
            if pairs:
                self._remove(product_id, kind, _is_one_of(pairs))
        for one in removed:
            self.add(
                product_id,
                one.kind,
                [one.pair],
                actor=one.actor,
                reason=one.reason,
                now=one.created_at,
            )

    def pinned(self, product_id: ProductId) -> dict[ContactId, IssueId]:
        """Contacts that a person placed, and where: the machine never moves them."""
        query = select(AssignmentRow.contact_id, AssignmentRow.issue_id).where(
            AssignmentRow.product_id == product_id,
            AssignmentRow.ended_at.is_(None),
            AssignmentRow.actor != MACHINE.name,
        )
        return {ContactId(row[0]): IssueId(row[1]) for row in self._session.execute(query)}

    def _remove(
        self, product_id: ProductId, kind: ConstraintKind, which: ColumnElement[bool]
    ) -> list[Constraint]:
        statement = (
            delete(ConstraintRow)
            .where(ConstraintRow.product_id == product_id, ConstraintRow.kind == kind.value, which)
            .returning(ConstraintRow)
        )
        return [_constraint(row) for row in self._session.scalars(statement)]


def _is_one_of(pairs: Sequence[Pair]) -> ColumnElement[bool]:
    return tuple_(ConstraintRow.a, ConstraintRow.b).in_(rows_of_pairs(pairs))


def _ordered(pair: tuple[int, int]) -> Pair:
    return ContactId(min(pair)), ContactId(max(pair))


def _constraint(row: ConstraintRow) -> Constraint:
    return Constraint(
        kind=ConstraintKind(row.kind),
        a=ContactId(row.a),
        b=ContactId(row.b),
        actor=row.actor,
        reason=row.reason,
        created_at=row.created_at,
    )
