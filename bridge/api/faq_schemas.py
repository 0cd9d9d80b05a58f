"""What the API takes and answers about recurring questions."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from bridge.api.satisfaction_schemas import MeasuredOut
from bridge.api.wire import MOST_NUMBER, Answer, Given, Moment, ShortText, Text, Words
from bridge.domain.faq import Faq, FaqState
from models.proof import Proof


class ReplyIn(Given):
    """What an agent answered to a contact that was sent before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "external_id": "4711-reply-1",
                    "source": "zendesk",
                    "contact": "4711",
                    "text": "You find the export under File, Export.",
                    "agent": "kim@example.org",
                    "sent_at": "2026-03-03T10:00:00Z",
                }
            ]
        }
    )

    external_id: Annotated[ShortText, Field(min_length=1)]
    text: Words
    sent_at: Moment
    source: Annotated[ShortText, Field(min_length=1)] = "api"
    contact: ShortText | None = Field(
        default=None, description="`external_id` of the contact that it answers, same source."
    )
    conversation: ShortText | None = Field(
        default=None, description="Or its conversation: the newest contact in it."
    )
    agent: ShortText | None = Field(default=None, description="An e-mail address.")


class ReplyOut(Answer):
    """What became of it."""

    external_id: str
    result: Annotated[str, Field(description="new or known")]


class FaqEditIn(Given):
    """Question and answer as they are to stand in the article."""

    question: Annotated[Words, Field(max_length=2_000)]
    answer: Annotated[Text, Field(max_length=20_000)]
    edition: Annotated[int, Field(ge=1, le=MOST_NUMBER)] | None = None


class FaqPublishIn(Given):
    """Where the article is, and since when."""

    link: Annotated[Text, Field(min_length=8, max_length=2_000)]
    published_at: Moment | None = None


class FaqOut(Answer):
    """A recurring question, its article, and what that has brought."""

    id: int
    issue: str
    state: FaqState
    question: str
    answer: str
    evidence: str
    edition: int
    link: str | None
    published_at: datetime | None
    reason: str | None
    decided_by: str | None
    fewer: MeasuredOut | None = Field(
        description="Fewer questions since, with a 95 % interval; null while nothing compares."
    )
    words: str


class FaqPage(Answer):
    """Oldest first."""

    items: list[FaqOut]
    next: str | None


def faq_out(one: Faq, *, issue: str, proof: Proof | None, words: str) -> FaqOut:
    """A recurring question as it is told."""
    fewer = None
    if proof is not None:
        fewer = MeasuredOut(value=proof.avoided, low=proof.least_avoided, high=proof.most_avoided)
    return FaqOut(
        id=one.id,
        issue=issue,
        state=one.state,
        question=one.question,
        answer=one.answer,
        evidence=one.evidence,
        edition=one.edition,
        link=one.link,
        published_at=one.published_at,
        reason=one.reason,
        decided_by=one.decided_by,
        fewer=fewer,
        words=words,
    )
