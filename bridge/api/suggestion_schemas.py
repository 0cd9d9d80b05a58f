"""What the API answers about suggestions."""

from datetime import datetime

from bridge.api.wire import Answer
from bridge.domain.grouping import SuggestionKind, SuggestionState
from bridge.domain.issues import IssueState, Outcome
from bridge.domain.tickets import StatusCategory


class AskedIssueOut(Answer):
    """An issue that a suggestion is about."""

    id: str
    title: str
    state: IssueState
    customer_count: int


class QuoteOut(Answer):
    """Words of a customer, redacted."""

    contact: int
    text: str
    occurred_at: datetime
    channel: str


class SideOut(Answer):
    """One side of a question: an issue, or contacts that are none."""

    issue: AskedIssueOut | None
    contact_count: int
    quotes: list[QuoteOut]


class ExistingTicketOut(Answer):
    """A ticket that people made, as it stood when we last read it; its words are redacted."""

    key: str
    url: str
    title: str
    text: str
    status: StatusCategory
    outcome: Outcome | None
    updated_at: datetime


class SuggestionOut(Answer):
    """What the machine asks: `why` it does, how sure it is of a yes, and both sides' words."""

    id: int
    kind: SuggestionKind
    question: str
    why: str
    probability: float | None
    similarity: float | None
    worth: float
    state: SuggestionState
    version: int
    left: SideOut
    right: SideOut | None
    ticket: ExistingTicketOut | None
    """The existing ticket, where the question is about one."""
    contacts: list[int]
    created_at: datetime
    expires_at: datetime
    answered_by: str | None
    answered_at: datetime | None


class SuggestionPage(Answer):
    """The most helpful first."""

    items: list[SuggestionOut]
    next: str | None
