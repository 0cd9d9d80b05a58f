"""What customers say and what it cost them: from ratings and contacts to issue and product."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bridge.domain.contacts import Rating
from bridge.domain.errors import InvalidInput
from bridge.domain.issues import Issue
from bridge.domain.satisfaction import SCALES, Metric, RatingReceived, Scale
from bridge.steps.satisfaction import (
    Satisfaction,
    Surveyed,
    change_words,
    satisfaction_in,
    satisfaction_of,
    survey_words,
    take_rating,
)
from bridge.store.ratings import Period, RatingResult
from tests.builders import START, a_contact
from tests.conftest import Pipeline
from tests.groups_bench import Groups

DAY = timedelta(days=1)


@pytest.fixture
def issue(pipeline: Pipeline) -> Issue:
    """Twelve customers with one problem."""
    return Groups(pipeline).issue("export", 12)


def rate(
    pipeline: Pipeline,
    number: int,
    score: float | None,
    *,
    metric: Metric = Metric.CSAT,
    scale: Scale | None = None,
    offered_at: datetime | None = START,
    at: datetime = START + timedelta(hours=1),
) -> RatingResult:
    """The customer of that contact answers."""
    given = RatingReceived(
        external_id=f"{metric}-{number}-{at.date()}",
        metric=metric,
        scale=scale or SCALES[metric],
        source="test",
        score=score,
        contact=f"export-{number}",
        offered_at=offered_at,
        answered_at=at if score is not None else None,
    )
    with pipeline.application.open() as store:
        return take_rating(given, pipeline.product, store=store, now=at + DAY)


def of(pipeline: Pipeline, issue: Issue) -> Satisfaction:
    with pipeline.application.open() as store:
        return satisfaction_of(store.issues.get(issue.product_id, issue.id), store=store)


def survey(found: Satisfaction, metric: Metric) -> Surveyed:
    (one,) = [one for one in found.surveys if one.metric is metric]
    return one


def test_metrics_are_kept_apart_and_few_answers_say_nothing(
    pipeline: Pipeline, issue: Issue
) -> None:
    for number in range(12):
        rate(pipeline, number, 5 if number < 9 else 2)
        rate(pipeline, number, 10 if number < 6 else 3, metric=Metric.NPS, offered_at=None)
    for number in range(9):
        rate(pipeline, number, 6, metric=Metric.CES)
    found = of(pipeline, issue)
    csat, nps = survey(found, Metric.CSAT), survey(found, Metric.NPS)
    assert csat.result is not None
    assert csat.result.value == pytest.approx(75)
    assert csat.result.low == pytest.approx(46.8, abs=0.1)  # Wilson's for 9 of 12
    assert csat.response is not None
    assert csat.response.value == 1
    assert nps.result is not None
    assert nps.result.value == pytest.approx(0)
    assert (nps.offered, nps.response) == (None, None)
    assert "how many were asked is not known" in survey_words(nps)
    ces = survey(found, Metric.CES)
    assert (ces.answers, ces.result) == (9, None)
    assert "too few answers" in survey_words(ces)


def test_those_who_were_asked_and_said_nothing_count_in_the_response(
    pipeline: Pipeline, issue: Issue
) -> None:
    for number in range(12):
        rate(pipeline, number, 4 if number < 3 else None)
    csat = survey(of(pipeline, issue), Metric.CSAT)
    assert (csat.answers, csat.offered) == (3, 12)
    assert csat.response is not None
    assert csat.response.value == pytest.approx(0.25)


def test_an_effort_score_keeps_its_scale_and_direction(pipeline: Pipeline, issue: Issue) -> None:
    hard = Scale(1, 5, higher_is_better=False)
    for number in range(12):
        rate(pipeline, number, 2 + number % 2, metric=Metric.CES, scale=hard)
    for number in range(10):
        rate(pipeline, number, 6, metric=Metric.CES, at=START + 2 * DAY)
    one, other = of(pipeline, issue).surveys
    assert {one.scale, other.scale} == {hard, Scale(1, 7)}
    told = survey_words(one if one.scale == hard else other)
    assert "2.5 on 1 to 5, 1 is best" in told


def test_a_rating_waits_for_its_contact_and_asked_may_come_after_answered(
    pipeline: Pipeline,
) -> None:
    assert rate(pipeline, 3, 5, offered_at=None) is RatingResult.NEW
    asked = rate(pipeline, 3, None, offered_at=START)
    assert asked is RatingResult.UPDATED
    assert rate(pipeline, 3, 5, offered_at=None) is RatingResult.UNCHANGED
    issue = Groups(pipeline).issue("export", 12)
    csat = survey(of(pipeline, issue), Metric.CSAT)
    assert (csat.answers, csat.offered) == (1, 1)


def test_an_answer_without_a_moment_stays_at_that_of_its_first_telling(
    pipeline: Pipeline, issue: Issue
) -> None:
    given = RatingReceived("one", Metric.CSAT, SCALES[Metric.CSAT], score=4, contact="export-1")
    results = []
    for day, score in ((1, 4.0), (2, 4.0), (3, 5.0)):
        with pipeline.application.open() as store:
            now, rated = START + day * DAY, replace(given, source="test", score=score)
            results.append(take_rating(rated, pipeline.product, store=store, now=now))
    assert results == [RatingResult.NEW, RatingResult.UNCHANGED, RatingResult.UPDATED]
    with pipeline.application.open() as store:
        (answer,) = store.ratings.answers(pipeline.product.id, issue_id=issue.id)
    assert (answer.score, answer.at) == (5, START + DAY)


def test_a_rating_of_a_conversation_counts_once_and_replaces_what_the_contact_said(
    pipeline: Pipeline,
) -> None:
    groups = Groups(pipeline)
    said = Rating("csat", 1)
    sent = pipeline.send(
        *(
            replace(
                a_contact(external_id=f"talk-{number}", minutes=number),
                conversation="talk",
                rating=said,
            )
            for number in range(2)
        )
    )
    with pipeline.application.open() as store:
        for one in sent:
            store.issues.unassign([one.contact_id], now=START)
    issue = groups.issue_of([one.contact_id for one in sent], "About export")
    assert survey(of(pipeline, issue), Metric.CSAT).answers == 2
    given = RatingReceived(
        "r-1", Metric.CSAT, SCALES[Metric.CSAT], source="test", score=5, conversation="talk"
    )
    with pipeline.application.open() as store:
        take_rating(given, pipeline.product, store=store, now=START + DAY)
        (answer,) = store.ratings.answers(issue.product_id, issue_id=issue.id)
    assert (answer.score, answer.channel, answer.at) == (5, "email", START + DAY)


def test_what_a_contact_said_keeps_its_scale(pipeline: Pipeline) -> None:
    rated = replace(a_contact(), rating=Rating("ces", 4, max=5))
    pipeline.send(rated)
    with pipeline.application.open() as store:
        (answer,) = store.ratings.answers(pipeline.product.id)
    assert answer.scale == Scale(1, 5)
    assert answer.score == pytest.approx(4)
    assert not answer.is_offer_known


def test_before_and_after_a_fix_differ_by_an_interval(pipeline: Pipeline, issue: Issue) -> None:
    shipped = START + 10 * DAY
    for number in range(12):
        rate(pipeline, number, 5 if number < 3 else 1)
        rate(pipeline, number, 5, at=shipped + DAY, offered_at=shipped)
    with pipeline.application.open() as store:
        current = store.issues.get(issue.product_id, issue.id)
        store.issues.change(current, {"shipped_at": shipped, "fixed_in": "4.2"})
    (across,) = of(pipeline, issue).across_fix
    assert across.change is not None
    assert across.change.value == pytest.approx(75)
    assert 30 < across.change.low < across.change.value < across.change.high <= 100
    assert change_words(across).startswith("CSAT +75 points since the fix (+")


def test_effort_is_counted_for_each_customer_and_problem(pipeline: Pipeline) -> None:
    sent = pipeline.send(
        a_contact(external_id="a-1", email="mia@customer.example"),
        a_contact(external_id="a-2", email="mia@customer.example", minutes=60, channel="chat"),
        a_contact(external_id="a-3", email="mia@customer.example", minutes=2880, channel="email"),
        a_contact(external_id="b-1", email="ben@customer.example", minutes=10),
    )
    with pipeline.application.open() as store:
        for one in sent:
            store.issues.unassign([one.contact_id], now=START)
    issue = Groups(pipeline).issue_of([one.contact_id for one in sent], "About export")
    effort = of(pipeline, issue).effort
    assert (effort.journeys, effort.contacts, effort.repeated, effort.switches) == (2, 4, 1, 2)
    assert effort.contacts_each == 2
    assert effort.median_days == pytest.approx(1)  # two days and none
    with pipeline.application.open() as store:
        current = store.issues.get(issue.product_id, issue.id)
        store.issues.change(current, {"shipped_at": START + 4 * DAY, "fixed_in": "4.2"})
    assert of(pipeline, issue).effort.median_days == pytest.approx(4, abs=0.01)


def test_a_product_tells_of_a_period(pipeline: Pipeline, issue: Issue) -> None:
    for number in range(12):
        rate(pipeline, number, 5, at=START + (5 if number < 2 else 20) * DAY)
    with pipeline.application.open() as store:
        found = satisfaction_in(
            issue.product_id, Period(START + 10 * DAY, START + 30 * DAY), store=store
        )
    assert survey(found, Metric.CSAT).answers == 10
    assert found.effort.journeys == 0


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"score": 6.0}, "/score"),
        ({"scale": Scale(5, 5)}, "/scale"),
        ({"metric": Metric.NPS}, "/scale"),
        ({"contact": None}, "/contact"),
        ({"answered_at": START + 9 * DAY}, "/answered_at"),
        ({"score": None}, "/score"),
    ],
)
def test_what_cannot_be_a_rating_is_refused_in_words(
    pipeline: Pipeline, changes: dict[str, object], pointer: str
) -> None:
    good = RatingReceived("r", Metric.CSAT, SCALES[Metric.CSAT], score=5, contact="c")
    with pipeline.application.open() as store, pytest.raises(InvalidInput) as caught:
        take_rating(
            replace(good, **changes),  # type: ignore[arg-type]
            pipeline.product,
            store=store,
            now=START,
        )
    assert caught.value.pointer == pointer
