"""What is sent to the API about workarounds; unknown members are refused."""

from typing import Annotated

from pydantic import ConfigDict, Field

from bridge.api.wire import MOST_NUMBER, Given, Identifier, IssueRef, Moment, Text, Words
from bridge.domain.workarounds import Audience, UseResult

Short = Annotated[Text, Field(min_length=1, max_length=80)]
Said = Annotated[Text, Field(max_length=20_000)]
Names = Annotated[list[Short], Field(default_factory=list, max_length=50)]
Steps = Annotated[
    list[Annotated[Text, Field(min_length=1, max_length=2_000)]],
    Field(default_factory=list, max_length=50),
]


class WorkaroundParts(Given):
    """The parts of a workaround beside its text.

    `versions` are exact (`4.1`) or ranges (`>=4.0,<4.3`), of which one has to fit; `segments` are
    tiers or plans. `customer_text` may be told to customers where the text is for support only,
    `after_fix_text` is told instead of the workaround once the fix has shipped.
    """

    customer_text: Said | None = None
    steps: Steps
    after_fix_text: Said | None = None
    versions: Names
    platforms: Names
    segments: Names
    owner: Annotated[Text, Field(min_length=1, max_length=320)] | None = None
    review_at: Moment | None = None


class WorkaroundIn(WorkaroundParts):
    """What support tells customers until the fix ships; a draft is not offered yet."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"issue": "ISS-42", "text": "Export in two halves.", "audience": "customer"}
            ]
        }
    )

    issue: IssueRef
    text: Words
    audience: Audience
    draft: bool = False


class WorkaroundEditIn(WorkaroundParts):
    """The members that are to change; null empties one, those left out stay.

    `edition` is the one you have read: 412 when somebody was faster.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Export in three parts.", "edition": 1}]}
    )

    text: Words = ""
    audience: Audience = Audience.INTERNAL
    edition: Annotated[int, Field(strict=True, ge=1, le=MOST_NUMBER)] | None = None
    reason: Said = ""


class WorkaroundReplaceIn(WorkaroundParts):
    """The workaround to use instead, and why; users of the last month are told."""

    text: Words
    audience: Audience
    reason: Words


class UseIn(Given):
    """The contact it was used for, so that it counts once, and what came of it; all optional."""

    contact: Identifier | None = None
    result: UseResult = UseResult.UNKNOWN


class ResultIn(Given):
    """What came of a use."""

    result: UseResult


class MatchIn(Given):
    """What a customer says, and what is known about them.

    `customer` is an e-mail address: it tells version and segment where they are not given. With
    the audience `customer` the answer holds only what may be told to customers.
    """

    text: Annotated[Text, Field(min_length=1, max_length=50_000)]
    version: Short | None = None
    platform: Short | None = None
    segment: Short | None = None
    customer: Annotated[Text, Field(min_length=3, max_length=320)] | None = None
    audience: Audience = Audience.INTERNAL
