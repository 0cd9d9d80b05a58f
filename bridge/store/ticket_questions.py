"""Questions whether an existing ticket is about an issue, and the answers that are kept."""

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.grouping import (
    SUGGESTION_LIFE,
    Suggestion,
    SuggestionKind,
    SuggestionState,
)
from bridge.store.suggestions import Answer, suggestion_of
from bridge.store.tables import SuggestionRow

_OPEN = SuggestionState.OPEN.value
_TICKET = SuggestionKind.TICKET.value


class TicketQuestions:
    """Reads them by issue; they are asked and answered as all suggestions are."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open_about(self, product_id: ProductId, issue_ids: Iterable[int]) -> list[Suggestion]:
        """Open questions whether issues are what existing tickets are about, the closest first."""
        query = select(SuggestionRow).where(
            SuggestionRow.product_id == product_id,
            SuggestionRow.state == _OPEN,
            SuggestionRow.kind == _TICKET,
            SuggestionRow.issue_id.in_(list(issue_ids)),
        )
        ordered = query.order_by(SuggestionRow.worth.desc(), SuggestionRow.id)
        rows = self._session.scalars(ordered, execution_options={"populate_existing": True})
        return [suggestion_of(row) for row in rows]

    def refused(self, product_id: ProductId, issue_ids: Iterable[int]) -> set[str]:
        """Keys of the questions about existing tickets that had a no for one of these issues."""
        query = select(SuggestionRow.key).where(
            SuggestionRow.product_id == product_id,
            SuggestionRow.state == SuggestionState.REJECTED.value,
            SuggestionRow.kind == _TICKET,
            SuggestionRow.issue_id.in_(list(issue_ids)),
        )
        return set(self._session.scalars(query))

    def note_no(self, product_id: ProductId, *, key: str, issue_id: int, answer: Answer) -> None:
        """A person said no to this question by doing something: it is never asked again."""
        self._session.execute(
            update(SuggestionRow)
            .where(
                SuggestionRow.product_id == product_id,
                SuggestionRow.kind == _TICKET,
                SuggestionRow.issue_id == issue_id,
                SuggestionRow.state == _OPEN,
            )
            .values(state=SuggestionState.WITHDRAWN.value, version=SuggestionRow.version + 1)
            .execution_options(synchronize_session=False)
        )
        self._session.add(
            SuggestionRow(
                product_id=product_id,
                kind=_TICKET,
                key=key,
                issue_id=issue_id,
                was_asked=False,
                question="",
                state=SuggestionState.REJECTED.value,
                answered_by=answer.by,
                answered_at=answer.at,
                created_at=answer.at,
                expires_at=answer.at + SUGGESTION_LIFE,
            )
        )
        self._session.flush()
