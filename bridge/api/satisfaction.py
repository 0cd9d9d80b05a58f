"""Satisfaction: ratings come in, and what they say about an issue or a product goes out."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.responses import Response

from bridge.api.deps import BODY_ANSWERS, Reader, Sender, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.issues import IssueIdPath
from bridge.api.satisfaction_schemas import (
    AcrossFixOut,
    ChannelSurveyOut,
    EffortOut,
    MeasuredOut,
    RatingIn,
    RatingOut,
    SatisfactionOut,
    ScaleOut,
    SurveyOut,
)
from bridge.api.wire import Moment, issue_number
from bridge.domain.errors import InvalidInput
from bridge.domain.satisfaction import SCALES, Journeys, Metric, RatingReceived, Scale
from bridge.steps.satisfaction import (
    AcrossFix,
    Satisfaction,
    Surveyed,
    change_words,
    effort_words,
    satisfaction_in,
    satisfaction_of,
    survey_words,
    take_rating,
)
from bridge.store.ratings import Period, RatingResult
from models.satisfaction import Measured

router = area("satisfaction")

_UNITS: dict[Metric, Literal["percent", "points", "mean"]] = {
    Metric.CSAT: "percent",
    Metric.NPS: "points",
    Metric.CES: "mean",
}


@router.post(
    "/ratings",
    summary="Send a rating, or that one was asked for",
    status_code=201,
    response_model=RatingOut,
    responses={200: {"model": RatingOut, "description": "Known already."}, **BODY_ANSWERS},
    dependencies=[Depends(json_only)],
)
def add_rating(body: RatingIn, call: Sender, once: OnceDep) -> Response:
    """It may come before its contact, and twice; a later one completes or corrects it."""

    def add() -> tuple[int, RatingOut]:
        received = _received(body)
        done = take_rating(received, call.product, store=call.store, now=call.now)
        status = 201 if done is RatingResult.NEW else 200
        return status, RatingOut(external_id=body.external_id, result=done)

    return once.run(call, add)


@router.get("/issues/{id}/satisfaction", summary="What its customers say", responses=answers())
def show_issue_satisfaction(issue_id: IssueIdPath, call: Reader) -> SatisfactionOut:
    """CSAT, NPS and CES apart, before its fix and since, and what it cost its customers."""
    issue = call.store.issues.by_number(call.product.id, issue_number(issue_id))
    found = satisfaction_of(issue, store=call.store)
    return _shown(found, Period(), issue=issue.name)


@router.get("/satisfaction", summary="What all customers say", responses=answers())
def show_satisfaction(
    call: Reader,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> SatisfactionOut:
    """Answers and journeys of a product, from `since` on and before `until`."""
    if since is not None and until is not None and since >= until:
        raise InvalidInput("until must lie after since")
    period = Period(since, until)
    found = satisfaction_in(call.product.id, period, store=call.store)
    return _shown(found, period, issue=None)


def _received(body: RatingIn) -> RatingReceived:
    scale = SCALES[body.metric]
    if body.scale is not None:
        is_up = body.scale.direction == "higher_is_better"
        scale = Scale(body.scale.low, body.scale.high, is_up)
    return RatingReceived(
        external_id=body.external_id,
        metric=body.metric,
        scale=scale,
        source=body.source,
        score=body.score,
        contact=body.contact or None,
        conversation=body.conversation or None,
        offered_at=body.offered_at,
        answered_at=body.answered_at,
    )


def _shown(found: Satisfaction, period: Period, *, issue: str | None) -> SatisfactionOut:
    return SatisfactionOut(
        issue=issue,
        since=period.since,
        until=period.until,
        surveys=[_survey(one) for one in found.surveys],
        by_channel=[
            ChannelSurveyOut(channel=channel, survey=_survey(one))
            for channel, one in found.by_channel
        ],
        across_fix=[_across(one) for one in found.across_fix],
        effort=_effort(found.effort),
    )


def _survey(one: Surveyed) -> SurveyOut:
    direction: Literal["higher_is_better", "lower_is_better"] = (
        "higher_is_better" if one.scale.higher_is_better else "lower_is_better"
    )
    return SurveyOut(
        metric=one.metric,
        unit=_UNITS[one.metric],
        scale=ScaleOut(low=one.scale.low, high=one.scale.high, direction=direction),
        answers=one.answers,
        offered=one.offered,
        response_rate=_measured(one.response),
        result=_measured(one.result),
        words=survey_words(one),
    )


def _across(one: AcrossFix) -> AcrossFixOut:
    return AcrossFixOut(
        before=_survey(one.before),
        after=_survey(one.after),
        change=_measured(one.change),
        words=change_words(one),
    )


def _effort(effort: Journeys) -> EffortOut:
    return EffortOut(
        journeys=effort.journeys,
        contacts=effort.contacts,
        contacts_each=effort.contacts_each,
        repeated=effort.repeated,
        channel_switches=effort.switches,
        median_days=effort.median_days,
        words=effort_words(effort),
    )


def _measured(found: Measured | None) -> MeasuredOut | None:
    return None if found is None else MeasuredOut(**asdict(found))
