"""What the API says and takes about letters to customers and opt-outs."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from bridge.api.wire import MOST_ID, MOST_NUMBER, Answer, Given, IssueRef, ShortText, Text
from bridge.domain.letters import MOST_BODY, LetterKind, LetterState, Why

Edition = Annotated[int, Field(strict=True, ge=1, le=MOST_NUMBER)]
Language = Annotated[ShortText, Field(min_length=2, max_length=10)]
MOST_EMAILS = 10_000


class TextIn(Given):
    """What a letter says in one language; placeholders stand in braces."""

    subject: Annotated[ShortText, Field(min_length=1, max_length=200)]
    body: Annotated[Text, Field(min_length=1, max_length=MOST_BODY)]
    notes: Annotated[Text, Field(max_length=MOST_BODY)] = ""


class TextOut(Answer):
    """What a letter says in one language."""

    subject: str
    body: str
    notes: str


class FixWordsIn(Given):
    """What was fixed, in words for customers."""

    title: Annotated[ShortText, Field(max_length=500)]
    note: Annotated[Text, Field(max_length=500)] = ""


class FixWordsOut(Answer):
    """What was fixed, in words for customers."""

    title: str
    note: str


class LetterIn(Given):
    """About which issue's fix; all fixes of its release are one letter."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"issue": "ISS-1"}]})

    issue: IssueRef
    kind: LetterKind = LetterKind.FIX


class LetterEditIn(Given):
    """Other words, in the languages and of the issues that are named; the rest stays."""

    edition: Edition
    approved_edition: Edition | None = Field(
        default=None, description="As you read it; 412 when it was approved since."
    )
    texts: Annotated[dict[Language, TextIn], Field(max_length=3)] = Field(default_factory=dict)
    words: Annotated[dict[ShortText, dict[Language, FixWordsIn]], Field(max_length=200)] = Field(
        default_factory=dict, description="By issue (ISS-42) and language."
    )


class EditionIn(Given):
    """Which edition was read; 412 when it is an old one."""

    edition: Edition


class SendIn(EditionIn):
    """To the first so many who were approved, or to all of them."""

    first: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] | None = None


class TakeOffIn(Given):
    """A customer who gets no letter about these fixes."""

    addressee: Annotated[int, Field(strict=True, ge=1, le=MOST_ID)]
    reason: Annotated[ShortText, Field(max_length=500)] = ""


class LetterIssueOut(Answer):
    """An issue that a letter tells of."""

    issue: str
    holds: bool = Field(description="false: its fix does not hold any more, and it is left out.")
    words: dict[str, FixWordsOut] = Field(description="By language.")


class LetterOut(Answer):
    """A letter and how far it is; nothing is sent before its edition was approved."""

    id: int
    kind: LetterKind
    version: str
    edition: int
    approved_edition: int | None
    approved_by: str | None
    issues: list[LetterIssueOut]
    texts: dict[str, TextOut]
    counts: dict[LetterState, int]
    joined_late: int = Field(
        description="Left out until somebody says that their contacts belong: all joined late."
    )
    lacking: list[str] = Field(description="What has no words for customers yet.")
    created_by: str
    created_at: datetime
    begun_at: datetime | None = Field(description="When the first of it was handed over.")


class LetterPage(Answer):
    """Newest first."""

    items: list[LetterOut]
    next: str | None


class AddresseeOut(Answer):
    """One customer a letter is for."""

    id: int
    customer: int
    email: str | None
    name: str | None
    language: str
    state: LetterState
    why: Why | None
    reason: str | None
    versions: list[str] = Field(description="The releases they are told of.")
    sent_at: datetime | None


class AddresseePage(Answer):
    """In the order in which they are sent to."""

    items: list[AddresseeOut]
    next: str | None


class PreviewOut(Answer):
    """A letter as this customer would read it; its links lead nowhere."""

    addressee: int
    email: str | None
    language: str
    subject: str
    text: str


class PreviewList(Answer):
    """The first of those who can be written to."""

    items: list[PreviewOut]


class LetterDone(Answer):
    """How many customers it was about."""

    customers: int
    letter: LetterOut


class LetterPlanIn(Given):
    """How a product writes; what is left out has its default, texts those of the project."""

    reply_to: Annotated[ShortText, Field(max_length=300)] | None = None
    language: Language = "en"
    check_in_days: Annotated[int, Field(strict=True, ge=1, le=90)] | None = None
    texts: dict[LetterKind, Annotated[dict[Language, TextIn], Field(max_length=3)]] = Field(
        default_factory=dict
    )


class LetterPlanOut(Answer):
    """How a product writes to its customers."""

    reply_to: str | None
    language: str
    check_in_days: int | None = Field(description="null: no check-ins are drafted.")
    texts: dict[LetterKind, dict[str, TextOut]] = Field(description="Its own ones only.")


class OptOutsIn(Given):
    """Addresses that want no letters, such as a list from elsewhere."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"emails": ["mia@example.com"]}]})

    emails: Annotated[list[ShortText], Field(min_length=1, max_length=MOST_EMAILS)]


class OptOutsOut(Answer):
    """What became of the addresses."""

    added: int
    known: int
    refused: list[str] = Field(description="What is no e-mail address.")


class OptOutOut(Answer):
    """An address that gets no letters."""

    email: str
    source: str
    created_at: datetime


class OptOutPage(Answer):
    """Newest first."""

    items: list[OptOutOut]
    next: str | None
