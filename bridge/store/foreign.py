"""Vectors in the space of many languages: of contacts in others, and of English ones that teach."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ContactNature, ContactOutcome, ProductId
from bridge.domain.issues import IssueId
from bridge.store.arrays import is_any
from bridge.store.tables import AssignmentRow, ContactRow, ForeignVectorRow, VectorRow
from bridge.store.vectors import EMBEDDING, Array, halves

_RAW = func.halfvec_send(ForeignVectorRow.embedding, type_=EMBEDDING.type)
_TEACHES = 0


@dataclass(frozen=True, slots=True)
class ForeignRow:
    """A contact as the encoder of many languages has read it."""

    contact_id: ContactId
    language: str
    vector: Array
    taught_by: int
    """One more than the contacts that had taught the translation it came through; 0 for one that
    teaches."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """An English contact as both encoders have read it."""

    given: Array
    wanted: Array


class Foreign:
    """Keeps these vectors; every method names both encoders that matter."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, product_id: ProductId, encoder: str, rows: Sequence[ForeignRow]) -> None:
        """Store them, replacing what these contacts had."""
        if not rows:
            return
        values = [
            {
                "contact_id": one.contact_id,
                "encoder": encoder,
                "product_id": product_id,
                "language": one.language,
                "taught_by": one.taught_by,
                "embedding": one.vector,
            }
            for one in rows
        ]
        statement = insert(ForeignVectorRow)
        statement = statement.on_conflict_do_update(
            index_elements=["contact_id", "encoder"],
            set_={
                name: statement.excluded[name] for name in ("language", "taught_by", "embedding")
            },
        )
        self._session.execute(statement, values)

    def count(self, product_id: ProductId, encoder: str, *, limit: int) -> int:
        """How many contacts in other languages have been read, counted up to `limit`."""
        some = (
            select(ForeignVectorRow.contact_id)
            .where(*_of(product_id, encoder), ForeignVectorRow.taught_by > _TEACHES)
            .limit(limit)
        )
        return self._session.scalars(select(func.count()).select_from(some.subquery())).one()

    def last_lesson(self, product_id: ProductId, encoder: str) -> tuple[int, int]:
        """How many English contacts teach, and the newest of them: another pair, another lesson."""
        query = select(func.count(), func.coalesce(func.max(ForeignVectorRow.contact_id), 0)).where(
            *_of(product_id, encoder), ForeignVectorRow.taught_by == _TEACHES
        )
        count, newest = self._session.execute(query).one()
        return count, newest

    def teachers(self, product_id: ProductId, encoder: str, own: str) -> list[Teacher]:
        """The English contacts that teach, in order of arrival."""
        query = (
            select(_RAW, EMBEDDING)
            .join(VectorRow, VectorRow.contact_id == ForeignVectorRow.contact_id)
            .where(
                *_of(product_id, encoder),
                ForeignVectorRow.taught_by == _TEACHES,
                VectorRow.encoder == own,
            )
            .order_by(ForeignVectorRow.contact_id)
        )
        return [Teacher(halves(row[0]), halves(row[1])) for row in self._session.execute(query)]

    def could_teach(
        self, product_id: ProductId, encoder: str, own: str, *, after: int = 0, limit: int
    ) -> list[tuple[ContactId, str]]:
        """(contact, text) of the newest after that one that the second encoder has not read."""
        query = (
            select(ContactRow.id, ContactRow.text)
            .join(VectorRow, and_(VectorRow.contact_id == ContactRow.id, VectorRow.encoder == own))
            .outerjoin(
                ForeignVectorRow,
                and_(
                    ForeignVectorRow.contact_id == ContactRow.id,
                    ForeignVectorRow.encoder == encoder,
                ),
            )
            .where(
                ContactRow.product_id == product_id,
                ContactRow.id > after,
                ContactRow.nature == ContactNature.MESSAGE.value,
                ForeignVectorRow.contact_id.is_(None),
            )
            .order_by(ContactRow.id.desc())
            .limit(limit)
        )
        return [(ContactId(row[0]), row[1]) for row in self._session.execute(query)]

    def behind(
        self, product_id: ProductId, encoder: str, *, taught_by: int, limit: int
    ) -> list[ForeignRow]:
        """The newest contacts in other languages whose translation had fewer teachers."""
        query = (
            select(
                ForeignVectorRow.contact_id,
                ForeignVectorRow.language,
                _RAW,
                ForeignVectorRow.taught_by,
            )
            .where(
                *_of(product_id, encoder),
                ForeignVectorRow.taught_by > _TEACHES,
                ForeignVectorRow.taught_by < taught_by,
            )
            .order_by(ForeignVectorRow.contact_id.desc())
            .limit(limit)
        )
        return [
            ForeignRow(ContactId(row[0]), row[1], halves(row[2]), row[3])
            for row in self._session.execute(query)
        ]

    def replace_vectors(self, own: str, rows: Sequence[tuple[ContactId, Array]]) -> set[IssueId]:
        """Give contacts other vectors; returns the issues whose sum has to be made anew."""
        for contact_id, vector in rows:
            self._session.execute(
                update(VectorRow)
                .where(VectorRow.contact_id == contact_id, VectorRow.encoder == own)
                .values(embedding=vector)
            )
        homes = select(AssignmentRow.issue_id).where(
            is_any(AssignmentRow.contact_id, [contact_id for contact_id, _ in rows]),
            AssignmentRow.ended_at.is_(None),
            AssignmentRow.part == 0,
        )
        return {IssueId(one) for one in self._session.scalars(homes)}

    def translated(self, contact_ids: Sequence[ContactId], *, taught_by: int) -> None:
        """These went through a translation that so many have taught."""
        self._session.execute(
            update(ForeignVectorRow)
            .where(is_any(ForeignVectorRow.contact_id, contact_ids))
            .values(taught_by=taught_by)
            .execution_options(synchronize_session=False)
        )

    def forget_teachers(self, product_id: ProductId, encoder: str, *, but: int) -> None:
        """Keep the newest of the English contacts that teach."""
        teach = (*_of(product_id, encoder), ForeignVectorRow.taught_by == _TEACHES)
        oldest = (
            select(ForeignVectorRow.contact_id)
            .where(*teach)
            .order_by(ForeignVectorRow.contact_id.desc())
            .offset(but)
        )
        self._session.execute(
            delete(ForeignVectorRow)
            .where(*teach, ForeignVectorRow.contact_id.in_(oldest))
            .execution_options(synchronize_session=False)
        )

    def take_up(self, product_id: ProductId, *, reason: str) -> int:
        """Let contacts wait again that were set aside for that reason; returns how many."""
        found = self._session.scalars(
            update(ContactRow)
            .where(
                ContactRow.product_id == product_id,
                ContactRow.outcome == ContactOutcome.QUARANTINED.value,
                ContactRow.outcome_reason.startswith(reason, autoescape=True),
            )
            .values(
                outcome=ContactOutcome.ACCEPTED.value,
                outcome_reason=None,
                attempts=0,
                placed_at=None,
            )
            .returning(ContactRow.id)
            .execution_options(synchronize_session=False)
        )
        return len(list(found))

    def drop(self, contact_id: ContactId) -> None:
        """Forget what a contact looked like, when its text has changed."""
        self._session.execute(
            delete(ForeignVectorRow).where(ForeignVectorRow.contact_id == contact_id)
        )


def _of(product_id: ProductId, encoder: str) -> tuple[ColumnElement[bool], ...]:
    return (ForeignVectorRow.product_id == product_id, ForeignVectorRow.encoder == encoder)
