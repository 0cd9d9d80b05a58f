"""What people said about groups, with what the finder had thought of it: for learning from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.grouping import ANSWERED, SUGGESTION_LIFE, SuggestionKind, SuggestionState
from bridge.domain.issues import IssueId
from bridge.store.arrays import is_any
from bridge.store.suggestions import Answer
from bridge.store.tables import AssignmentRow, SuggestionRow

_STATES = {True: SuggestionState.ACCEPTED.value, False: SuggestionState.REJECTED.value}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer of a person."""

    kind: SuggestionKind
    log_odds: float
    """Of a yes, as the finder told it before it had learned anything here."""
    is_yes: bool
    was_asked: bool
    """False for what people did without a question."""


@dataclass(frozen=True, slots=True)
class Unasked:
    """What a person has said by doing it."""

    kind: SuggestionKind
    key: str
    issue_id: IssueId
    log_odds: float
    other_id: IssueId | None = None
    contact_id: ContactId | None = None


@dataclass(frozen=True, slots=True)
class Sure:
    """A contact that the machine had put somewhere."""

    contact_id: ContactId
    margin: float
    """Its similarity less what was needed."""


class Lessons:
    """Reads answers, and keeps what people did unasked beside them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_product(self, product_id: ProductId, *, limit: int) -> list[Said]:
        """The newest answers that tell something, in no order."""
        query = (
            select(
                SuggestionRow.kind,
                SuggestionRow.log_odds,
                SuggestionRow.state,
                SuggestionRow.was_asked,
            )
            .where(
                SuggestionRow.product_id == product_id,
                SuggestionRow.state.in_([state.value for state in ANSWERED]),
                SuggestionRow.log_odds.is_not(None),
            )
            .order_by(SuggestionRow.answered_at.desc(), SuggestionRow.id.desc())
            .limit(limit)
        )
        return [
            Said(SuggestionKind(kind), odds, state == SuggestionState.ACCEPTED.value, was_asked)
            for kind, odds, state, was_asked in self._session.execute(query)
            if odds is not None
        ]

    def answer_open(
        self, product_id: ProductId, kind: SuggestionKind, key: str, answer: Answer
    ) -> int | None:
        """Take what a person did for the answer to an open question; None when none is open."""
        statement = (
            update(SuggestionRow)
            .where(
                SuggestionRow.product_id == product_id,
                SuggestionRow.kind == kind.value,
                SuggestionRow.key == key,
                SuggestionRow.state == SuggestionState.OPEN.value,
            )
            .values(
                state=_STATES[answer.is_yes],
                answered_by=answer.by,
                answered_at=answer.at,
                version=SuggestionRow.version + 1,
            )
            .returning(SuggestionRow.id)
            .execution_options(synchronize_session=False)
        )
        return self._session.scalars(statement).first()

    def note(self, product_id: ProductId, told: Unasked, answer: Answer) -> int:
        """Keep what a person did as an answer that nobody asked for; returns its id."""
        statement = insert(SuggestionRow).values(
            product_id=product_id,
            kind=told.kind.value,
            key=told.key,
            issue_id=told.issue_id,
            other_id=told.other_id,
            contact_id=told.contact_id,
            contacts=[],
            log_odds=told.log_odds,
            question="",
            was_asked=False,
            state=_STATES[answer.is_yes],
            version=1,
            answered_by=answer.by,
            answered_at=answer.at,
            created_at=answer.at,
            expires_at=answer.at + SUGGESTION_LIFE,
        )
        return self._session.scalars(statement.returning(SuggestionRow.id)).one()

    def surest(self, assignment_ids: Iterable[int]) -> Sure | None:
        """Of these assignments, ended or not, the one by similarity that was clearest."""
        margin = (AssignmentRow.similarity - AssignmentRow.threshold).label("margin")
        query = (
            select(AssignmentRow.contact_id, margin)
            # What a person placed needed no similarity.
            .where(is_any(AssignmentRow.id, assignment_ids), AssignmentRow.threshold > 0)
            .order_by(margin.desc(), AssignmentRow.contact_id)
            .limit(1)
        )
        row = self._session.execute(query).first()
        return None if row is None else Sure(ContactId(row[0]), float(row[1]))
