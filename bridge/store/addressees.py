"""Addressees: the customers a letter is for, one row each, and how far each letter has come."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.issues import IssueId
from bridge.domain.letters import OPEN, FixTold, LetterState, Why
from bridge.domain.messages import MessageState
from bridge.store.arrays import is_any
from bridge.store.tables import AddresseeFixRow, AddresseeRow, OutgoingRow

_S = LetterState
_GONE = [MessageState.SENT.value, MessageState.ACKNOWLEDGED.value]
_FAILED = [MessageState.FAILED.value, MessageState.BOUNCED.value]
_SHOWN: ColumnElement[str] = case(
    (OutgoingRow.id.is_(None), AddresseeRow.state),
    (OutgoingRow.state.in_(_GONE), _S.SENT.value),
    (OutgoingRow.state.in_(_FAILED), _S.FAILED.value),
    (OutgoingRow.state == MessageState.SUPPRESSED.value, _S.SUPPRESSED.value),
    else_=_S.SENDING.value,
)
"""As `bridge.domain.letters.state_of` says."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """One customer a letter is for."""

    id: int
    product_id: ProductId
    letter_id: int
    customer_id: int
    email: str | None
    name: str | None
    language: str
    state: LetterState
    why: Why | None
    reason: str | None
    fixes: tuple[FixTold, ...]
    sent_at: datetime | None


class Addressees:
    """Reads and changes whom letters are for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_letter(
        self,
        letter_id: int,
        states: Collection[LetterState] = (),
        *,
        after: int = 0,
        limit: int | None = None,
    ) -> list[Addressee]:
        """A letter's customers in these states (all when empty), by id after that one."""
        query = _query().where(AddresseeRow.letter_id == letter_id, AddresseeRow.id > after)
        if states:
            query = query.where(_SHOWN.in_([one.value for one in states]))
        return self._read(query.limit(limit))

    def get(self, addressee_id: int) -> Addressee:
        """The one of that id; its token or its product was checked before."""
        for found in self._read(_query().where(AddresseeRow.id == addressee_id)):
            return found
        raise NotFound("no such letter")

    def lock(self, addressee_id: int) -> None:
        """Until the block ends nobody else answers this letter."""
        self._session.execute(
            select(AddresseeRow.id).where(AddresseeRow.id == addressee_id).with_for_update()
        )

    def counts(self, letter_ids: Collection[int]) -> dict[int, Counter[LetterState]]:
        """How many customers of each letter are in each state."""
        found: dict[int, Counter[LetterState]] = {one: Counter() for one in letter_ids}
        query = (
            select(AddresseeRow.letter_id, _SHOWN, func.count())
            .outerjoin(OutgoingRow, OutgoingRow.addressee_id == AddresseeRow.id)
            .where(AddresseeRow.letter_id.in_(letter_ids))
            .group_by(AddresseeRow.letter_id, _SHOWN)
        )
        for letter_id, state, count in self._session.execute(query):
            found[letter_id][LetterState(state)] += count
        return found

    def count_why(self, letter_id: int, why: Why) -> int:
        """How many customers a letter leaves out for that reason."""
        query = select(func.count()).where(
            AddresseeRow.letter_id == letter_id, AddresseeRow.why == why.value
        )
        return self._session.scalars(query).one()

    def approve(self, letter_id: int) -> int:
        """All drafts of a letter are approved; returns how many."""
        return self._move(letter_id, _S.DRAFTED, _S.APPROVED)

    def unapprove(self, letter_id: int) -> int:
        """It says something else now: what was approved is a draft again."""
        return self._move(letter_id, _S.APPROVED, _S.DRAFTED)

    def start(self, letter_id: int, *, limit: int | None) -> int:
        """Hand so many approved ones, the first, over to be sent; None: all of them."""
        first = (
            select(AddresseeRow.id)
            .where(AddresseeRow.letter_id == letter_id, AddresseeRow.state == _S.APPROVED.value)
            .order_by(AddresseeRow.id)
            .limit(limit)
            .with_for_update()
        )
        # Read by itself: inside the update PostgreSQL may look anew for each row.
        ids = list(self._session.scalars(first))
        return self._move(letter_id, _S.APPROVED, _S.SENDING, is_any(AddresseeRow.id, ids))

    def unplanned(self, letter_id: int, *, limit: int) -> list[Addressee]:
        """Those that were handed over and have no message yet, locked until the block ends."""
        query = (
            select(AddresseeRow.id)
            .where(
                AddresseeRow.letter_id == letter_id,
                AddresseeRow.state == _S.SENDING.value,
                ~select(OutgoingRow.id).where(OutgoingRow.addressee_id == AddresseeRow.id).exists(),
            )
            .order_by(AddresseeRow.id)
            .limit(limit)
            .with_for_update()
        )
        ids = list(self._session.scalars(query))
        # Read again behind the lock: another sender may have planned some meanwhile.
        found = self._read(_query().where(is_any(AddresseeRow.id, ids), OutgoingRow.id.is_(None)))
        return [one for one in found if one.state is _S.SENDING]

    def suppress(self, addressee_ids: Collection[int], why: Why, reason: str) -> int:
        """Do not write to these, as long as no message carries their letter.

        Whose fix does not hold was told nothing: another letter may tell of it once it does.
        """
        statement = (
            update(AddresseeRow)
            .where(
                is_any(AddresseeRow.id, addressee_ids),
                AddresseeRow.state.in_([*(one.value for one in OPEN), _S.SENDING.value]),
                ~select(OutgoingRow.id).where(OutgoingRow.addressee_id == AddresseeRow.id).exists(),
            )
            .values(state=_S.SUPPRESSED.value, why=why.value, reason=reason)
            .returning(AddresseeRow.id)
            .execution_options(synchronize_session=False)
        )
        found = self._session.scalars(statement).all()
        if why is Why.NOT_FIXED:
            self.untell(found)
        return len(found)

    def untell(self, addressee_ids: Collection[int]) -> None:
        """These were told nothing of any fix."""
        self._session.execute(
            delete(AddresseeFixRow).where(is_any(AddresseeFixRow.addressee_id, addressee_ids))
        )

    def of_person(
        self, product_id: ProductId, emails: Collection[str], customer_id: int | None
    ) -> list[int]:
        """Every letter to one of these addresses or to that customer."""
        query = select(AddresseeRow.id).where(
            AddresseeRow.product_id == product_id,
            or_(AddresseeRow.email.in_(emails), AddresseeRow.customer_id == customer_id),
        )
        return list(self._session.scalars(query))

    def _move(
        self, letter_id: int, before: LetterState, after: LetterState, *only: ColumnElement[bool]
    ) -> int:
        statement = (
            update(AddresseeRow)
            .where(AddresseeRow.letter_id == letter_id, AddresseeRow.state == before.value, *only)
            .values(state=after.value)
            .returning(AddresseeRow.id)
            .execution_options(synchronize_session=False)
        )
        return len(self._session.scalars(statement).all())

    def _read(self, query: Select[*tuple[Any, ...]]) -> list[Addressee]:
        rows = self._session.execute(query).all()
        fixes: dict[int, list[FixTold]] = {row.id: [] for row in rows}
        told = (
            select(AddresseeFixRow)
            .where(is_any(AddresseeFixRow.addressee_id, list(fixes)))
            .order_by(AddresseeFixRow.issue_id)
            .execution_options(populate_existing=True)
        )
        for one in self._session.scalars(told):
            fixes[one.addressee_id].append(
                FixTold(IssueId(one.issue_id), one.episode, one.version, one.has_it)
            )
        return [_addressee(row, fixes[row.id]) for row in rows]


def _query() -> Select[*tuple[Any, ...]]:
    columns = [column for column in AddresseeRow.__table__.columns if column.name != "reason"]
    reason = func.coalesce(AddresseeRow.reason, OutgoingRow.reason).label("reason")
    return (
        select(*columns, reason, _SHOWN.label("shown"), OutgoingRow.sent_at)
        .select_from(AddresseeRow)
        .outerjoin(OutgoingRow, OutgoingRow.addressee_id == AddresseeRow.id)
        .order_by(AddresseeRow.id)
    )


def _addressee(row: Row[*tuple[Any, ...]], fixes: Sequence[FixTold]) -> Addressee:
    return Addressee(
        id=row.id,
        product_id=ProductId(row.product_id),
        letter_id=row.letter_id,
        customer_id=row.customer_id,
        email=row.email,
        name=row.name,
        language=row.language,
        state=LetterState(row.shown),
        why=Why(row.why) if row.why else None,
        reason=row.reason,
        fixes=tuple(fixes),
        sent_at=row.sent_at,
    )
