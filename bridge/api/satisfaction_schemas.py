"""The shapes of ratings, and of what they say together."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from bridge.api.bodies import Score
from bridge.api.wire import Answer, Given, Moment, ShortText
from bridge.domain.satisfaction import Metric
from bridge.store.ratings import RatingResult

Direction = Literal["higher_is_better", "lower_is_better"]


class ScaleIn(Given):
    """From which number to which, and which end is the good one."""

    low: Score
    high: Score
    direction: Direction = "higher_is_better"


class RatingIn(Given):
    """What a customer answered; without a score, that they were asked."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "external_id": "survey-17",
                    "source": "zendesk",
                    "metric": "csat",
                    "score": 4,
                    "contact": "4711",
                    "offered_at": "2026-03-03T09:00:00Z",
                    "answered_at": "2026-03-04T18:30:00Z",
                }
            ]
        }
    )

    external_id: Annotated[ShortText, Field(min_length=1)]
    metric: Metric
    source: Annotated[ShortText, Field(min_length=1)] = "api"
    score: Score | None = None
    scale: ScaleIn | None = Field(
        default=None, description="The metric's usual one when absent: 1-5, 0-10, 1-7."
    )
    contact: ShortText | None = Field(
        default=None, description="`external_id` of the contact it is about, in the same source."
    )
    conversation: ShortText | None = None
    offered_at: Moment | None = Field(
        default=None, description="When it was asked; needed for response rates."
    )
    answered_at: Moment | None = None


class RatingOut(Answer):
    """What became of it."""

    external_id: str
    result: RatingResult


class ScaleOut(Answer):
    """From which number to which, and which end is the good one."""

    low: float
    high: float
    direction: Direction


class MeasuredOut(Answer):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


class SurveyOut(Answer):
    """The answers to one question; metrics are never mixed into one number."""

    metric: Metric
    unit: Literal["percent", "points", "mean"]
    """Percent satisfied (CSAT), points from -100 to 100 (NPS), the mean on the scale (CES)."""
    scale: ScaleOut
    answers: int
    offered: int | None
    """null where it is not known of every answer whether and when it was asked."""
    response_rate: MeasuredOut | None
    result: MeasuredOut | None
    """null with fewer than 10 answers."""
    words: str


class ChannelSurveyOut(Answer):
    """The answers of those who wrote on one channel."""

    channel: str
    survey: SurveyOut


class AcrossFixOut(Answer):
    """The same question before the fix and since; it says not why they differ."""

    before: SurveyOut
    after: SurveyOut
    change: MeasuredOut | None
    words: str


class EffortOut(Answer):
    """What customers had to do, for one problem each."""

    journeys: int
    """Customers times problems."""
    contacts: int
    contacts_each: float | None
    repeated: int
    """Journeys of more than one contact."""
    channel_switches: int
    median_days: float | None
    """From the first contact to the fix, or to the last contact without one."""
    words: list[str]


class SatisfactionOut(Answer):
    """What customers say of the help, and what it cost them."""

    issue: str | None = Field(examples=["ISS-42"])
    """null for a whole product."""
    since: datetime | None
    until: datetime | None
    surveys: list[SurveyOut]
    by_channel: list[ChannelSurveyOut]
    across_fix: list[AcrossFixOut]
    effort: EffortOut
