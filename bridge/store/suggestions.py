"""Questions the machine asks people about groups, and what they answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.errors import InvalidMove, NotFound
from bridge.domain.grouping import (
    ANSWERED,
    SUGGESTION_LIFE,
    Suggestion,
    SuggestionId,
    SuggestionKind,
    SuggestionState,
)
from bridge.domain.issues import IssueId
from bridge.store.tables import SuggestionRow

_OPEN = SuggestionState.OPEN.value
_NOT_OF_GROUPS = (SuggestionKind.BELONGS, SuggestionKind.TICKET)
"""Kinds that do not ask what one whole issue is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person says to a question."""

    is_yes: bool
    by: str
    at: datetime


class Suggestions:
    """Reads and writes suggestions of one product at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(
        self, product_id: ProductId, *, limit: int | None = None, after: int = 0
    ) -> list[Suggestion]:
        """What waits for an answer, the most helpful first; after that suggestion."""
        query = select(SuggestionRow).where(
            SuggestionRow.product_id == product_id, SuggestionRow.state == _OPEN
        )
        last = self._session.get(SuggestionRow, after) if after else None
        if last is not None:
            query = query.where(
                or_(
                    SuggestionRow.worth < last.worth,
                    and_(SuggestionRow.worth == last.worth, SuggestionRow.id > last.id),
                )
            )
        ordered = query.order_by(SuggestionRow.worth.desc(), SuggestionRow.id)
        return self._read(ordered.limit(limit))

    def near_misses(self, product_id: ProductId, issue_id: IssueId) -> list[Suggestion]:
        """Open questions whether contacts are about an issue, the most similar first."""
        query = select(SuggestionRow).where(
            SuggestionRow.product_id == product_id,
            SuggestionRow.state == _OPEN,
            SuggestionRow.kind == SuggestionKind.BELONGS.value,
            SuggestionRow.issue_id == issue_id,
        )
        return self._read(query.order_by(SuggestionRow.similarity.desc(), SuggestionRow.id))

    def count_open(self, product_id: ProductId) -> int:
        """How many questions wait for an answer."""
        query = select(func.count()).where(
            SuggestionRow.product_id == product_id, SuggestionRow.state == _OPEN
        )
        return self._session.scalars(query).one()

    def is_asked(self, product_id: ProductId, issue_id: IssueId) -> bool:
        """Whether a question about this whole issue waits for an answer."""
        query = select(SuggestionRow.id).where(
            SuggestionRow.product_id == product_id,
            SuggestionRow.state == _OPEN,
            SuggestionRow.kind.not_in([one.value for one in _NOT_OF_GROUPS]),
            or_(SuggestionRow.issue_id == issue_id, SuggestionRow.other_id == issue_id),
        )
        return self._session.scalars(query.limit(1)).first() is not None

    def answered(self, product_id: ProductId) -> list[Suggestion]:
        """Everything people said yes or no to, in the order of their answers."""
        states = [state.value for state in ANSWERED]
        query = (
            select(SuggestionRow)
            .where(SuggestionRow.product_id == product_id, SuggestionRow.state.in_(states))
            .order_by(SuggestionRow.answered_at, SuggestionRow.id)
        )
        return self._read(query)

    def get(self, product_id: ProductId, suggestion_id: int, *, lock: bool = False) -> Suggestion:
        """The suggestion of that id in that product, locked until the block ends if asked."""
        query = select(SuggestionRow).where(
            SuggestionRow.id == suggestion_id, SuggestionRow.product_id == product_id
        )
        if lock:
            query = query.with_for_update()
        for found in self._read(query):
            return found
        raise NotFound("no such suggestion")

    def propose(  # noqa: PLR0913 - which members a question has depends on its kind
        self,
        product_id: ProductId,
        *,
        kind: SuggestionKind,
        key: str,
        issue_id: int | None = None,
        other_id: int | None = None,
        contact_id: int | None = None,
        existing_id: int | None = None,
        probability: float | None = None,
        log_odds: float | None = None,
        similarity: float | None = None,
        worth: float = 0.0,
        question: str = "",
        contacts: Iterable[int] = (),
        now: datetime,
    ) -> SuggestionId | None:
        """Ask, unless the same question is open (its evidence is renewed) or had a no.

        None when nothing is asked any more: a person has said no to this very key.
        """
        if self.was_rejected(product_id, kind, key):
            return None
        told = {
            "probability": probability,
            "log_odds": log_odds,
            "similarity": similarity,
            "worth": worth,
            "question": question,
            "contacts": list(contacts),
            "expires_at": now + SUGGESTION_LIFE,
        }
        named = {
            "issue_id": issue_id,
            "other_id": other_id,
            "contact_id": contact_id,
            "existing_id": existing_id,
        }
        key_values = {"product_id": product_id, "kind": kind.value, "key": key}
        statement = (
            insert(SuggestionRow)
            .values(**key_values, **named, **told, state=_OPEN, version=1, created_at=now)
            .on_conflict_do_update(
                index_elements=list(key_values),
                # Written out: a prepared statement finds no partial index by a parameter.
                index_where=text("state = 'open'"),
                set_=told,
            )
        )
        return SuggestionId(self._session.scalars(statement.returning(SuggestionRow.id)).one())

    def was_rejected(self, product_id: ProductId, kind: SuggestionKind, key: str) -> bool:
        """Whether a person has said no to this very question."""
        query = (
            select(SuggestionRow.id)
            .where(
                SuggestionRow.product_id == product_id,
                SuggestionRow.kind == kind.value,
                SuggestionRow.key == key,
                SuggestionRow.state == SuggestionState.REJECTED.value,
            )
            .limit(1)
        )
        return self._session.scalars(query).first() is not None

    def rejected(
        self, product_id: ProductId, kind: SuggestionKind, keys: Iterable[str]
    ) -> set[str]:
        """Those of these questions that a person has said no to."""
        query = select(SuggestionRow.key).where(
            SuggestionRow.product_id == product_id,
            SuggestionRow.kind == kind.value,
            SuggestionRow.key.in_(list(keys)),
            SuggestionRow.state == SuggestionState.REJECTED.value,
        )
        return set(self._session.scalars(query))

    def answer(self, suggestion: Suggestion, answer: Answer) -> Suggestion:
        """Write down a yes or no; raises InvalidMove when it is not open any more."""
        state = SuggestionState.ACCEPTED if answer.is_yes else SuggestionState.REJECTED
        changed = self._change(
            SuggestionRow.id == suggestion.id,
            {"state": state.value, "answered_by": answer.by, "answered_at": answer.at},
        )
        if not changed:
            raise InvalidMove(
                "this question is not open any more: somebody or something settled it"
            )
        return self.get(suggestion.product_id, suggestion.id)

    def withdraw(
        self,
        product_id: ProductId,
        *,
        ids: Iterable[int] = (),
        issue_ids: Iterable[int] = (),
        contact_ids: Iterable[int] = (),
        kind: SuggestionKind | None = None,
    ) -> list[SuggestionId]:
        """Drop open questions by id, or about these issues or contacts; returns which."""
        issues, contacts = list(issue_ids), list(contact_ids)
        which: ColumnElement[bool] = or_(
            SuggestionRow.id.in_(list(ids)),
            SuggestionRow.issue_id.in_(issues),
            SuggestionRow.other_id.in_(issues),
            SuggestionRow.contact_id.in_(contacts),
        )
        if kind is not None:
            which &= SuggestionRow.kind == kind.value
        which &= SuggestionRow.product_id == product_id
        return self._change(which, {"state": SuggestionState.WITHDRAWN.value})

    def unanswer(self, product_id: ProductId, suggestion_id: int) -> None:
        """An answer was taken back: it teaches nothing, and the question may be asked anew."""
        self._take_back((SuggestionRow.id == suggestion_id) & _is_of(product_id))

    def unanswer_real(self, product_id: ProductId, issue_id: IssueId, at: datetime) -> None:
        """Take back what was said of a candidate at that moment, if anything was."""
        was_said = (SuggestionRow.issue_id == issue_id) & (SuggestionRow.answered_at == at)
        is_real = SuggestionRow.kind == SuggestionKind.REAL.value
        self._take_back(was_said & is_real & _is_of(product_id))

    def expire(self, *, now: datetime) -> int:
        """Drop what nobody answered in time, over all products; returns how many."""
        return len(
            self._change(SuggestionRow.expires_at <= now, {"state": SuggestionState.EXPIRED.value})
        )

    def _take_back(self, which: ColumnElement[bool]) -> None:
        self._session.execute(
            update(SuggestionRow)
            .where(which)
            .values(
                state=SuggestionState.WITHDRAWN.value,
                answered_by=None,
                answered_at=None,
                version=SuggestionRow.version + 1,
            )
            .execution_options(synchronize_session=False)
        )

    def _change(self, which: ColumnElement[bool], values: dict[str, object]) -> list[SuggestionId]:
        statement = (
            update(SuggestionRow)
            .where(which, SuggestionRow.state == _OPEN)
            .values({**values, "version": SuggestionRow.version + 1})
            .returning(SuggestionRow.id)
            .execution_options(synchronize_session=False)
        )
        return [SuggestionId(value) for value in self._session.scalars(statement)]

    def _read(self, query: Select[SuggestionRow]) -> list[Suggestion]:
        rows = self._session.scalars(query, execution_options={"populate_existing": True})
        return [suggestion_of(row) for row in rows]


def _is_of(product_id: ProductId) -> ColumnElement[bool]:
    return SuggestionRow.product_id == product_id


def suggestion_of(row: SuggestionRow) -> Suggestion:
    """The question of a row."""
    return Suggestion(
        id=SuggestionId(row.id),
        product_id=ProductId(row.product_id),
        kind=SuggestionKind(row.kind),
        key=row.key,
        issue_id=None if row.issue_id is None else IssueId(row.issue_id),
        other_id=None if row.other_id is None else IssueId(row.other_id),
        contact_id=None if row.contact_id is None else ContactId(row.contact_id),
        existing_id=row.existing_id,
        contacts=tuple(ContactId(value) for value in row.contacts),
        probability=row.probability,
        log_odds=row.log_odds,
        similarity=row.similarity,
        worth=row.worth,
        question=row.question,
        state=SuggestionState(row.state),
        version=row.version,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
