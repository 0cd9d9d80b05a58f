"""Satisfaction and effort: what customers say of the help, and what it cost them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidInput
from bridge.domain.issues import Issue
from bridge.domain.products import Product
from bridge.domain.satisfaction import Answer, Journeys, Metric, RatingReceived, Scale
from bridge.store import Store
from bridge.store.ratings import Period, RatingResult
from models.satisfaction import LEAST_ANSWERS, Measured, change, mean, net_promoters, share

_FUTURE = timedelta(days=1)
_PERCENT = 100


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the answers to one question say; never mixed with another metric or scale."""

    metric: Metric
    scale: Scale
    answers: int
    offered: int | None
    """How often it was asked; None where that is not known of every answer."""
    response: Measured | None
    """The share of questions that were answered; None where it is not known."""
    result: Measured | None
    """CSAT in percent, NPS from -100 to 100, CES the mean on its scale; None below 10 answers."""


@dataclass(frozen=True, slots=True)
class AcrossFix:
    """The same question before the fix and since: they differ by so much, it says not why."""

    before: Surveyed
    after: Surveyed
    change: Measured | None
    """None where either side has too few answers."""


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """All that surveys and contacts tell of an issue, or of a product in a period."""

    surveys: tuple[Surveyed, ...]
    by_channel: tuple[tuple[str, Surveyed], ...]
    across_fix: tuple[AcrossFix, ...]
    effort: Journeys


def take_rating(
    received: RatingReceived, product: Product, *, store: Store, now: datetime
) -> RatingResult:
    """Keep a rating, which may come before its contact; raises InvalidInput."""
    scale, score = received.scale, received.score
    if not scale.low < scale.high:
        raise InvalidInput("a scale ends above its beginning", pointer="/scale")
    if received.metric is Metric.NPS and scale != Scale(0, 10):
        raise InvalidInput("NPS goes from 0 to 10", pointer="/scale")
    if score is not None and not scale.low <= score <= scale.high:
        raise InvalidInput(f"the score must lie on its scale, {scale.told}", pointer="/score")
    if received.contact is None and received.conversation is None:
        raise InvalidInput("say which contact or conversation it is about", pointer="/contact")
    for pointer, moment in (
        ("/offered_at", received.offered_at),
        ("/answered_at", received.answered_at),
    ):
        if moment is not None and moment > now + _FUTURE:
            raise InvalidInput("this moment has not come yet", pointer=pointer)
    if score is None and received.offered_at is None:
        raise InvalidInput("a rating has a score, or says when it was asked", pointer="/score")
    return store.ratings.save(product.id, received, now=now)


def satisfaction_of(issue: Issue, *, store: Store) -> Satisfaction:
    """What the customers of an issue say, before its fix and since."""
    answers = store.ratings.answers(issue.product_id, issue_id=issue.id)
    across: tuple[AcrossFix, ...] = ()
    if issue.shipped_at is not None:
        across = _across(answers, issue.shipped_at)
    effort = store.journeys.of_issue(issue.product_id, issue.id)
    return Satisfaction(_surveys(answers), _by_channel(answers), across, effort)


def satisfaction_in(product_id: ProductId, period: Period, *, store: Store) -> Satisfaction:
    """What all customers of a product say in a period."""
    answers = store.ratings.answers(product_id, period=period)
    effort = store.journeys.of_product(product_id, period)
    return Satisfaction(_surveys(answers), _by_channel(answers), (), effort)


def _surveys(answers: Sequence[Answer]) -> tuple[Surveyed, ...]:
    groups: dict[tuple[Metric, Scale], list[Answer]] = defaultdict(list)
    for one in answers:
        groups[one.metric, _of_its_own(one)].append(one)
    order = list(Metric)
    return tuple(
        _surveyed(metric, scale, found)
        for (metric, scale), found in sorted(
            groups.items(), key=lambda item: (order.index(item[0][0]), item[0][1].told)
        )
    )


def _of_its_own(answer: Answer) -> Scale:
    """Top boxes are shares whatever the scale; a mean needs all its answers on one."""
    return answer.scale if answer.metric is Metric.CES else _SHOWN[answer.metric]


_SHOWN = {Metric.CSAT: Scale(0, 100), Metric.NPS: Scale(-100, 100)}
"""The scales of what comes out where it is not the scale of the answers."""


def _surveyed(metric: Metric, scale: Scale, found: Sequence[Answer]) -> Surveyed:
    answered = [one for one in found if one.score is not None]
    is_known = all(one.is_offer_known for one in found)
    return Surveyed(
        metric=metric,
        scale=scale,
        answers=len(answered),
        offered=len(found) if is_known else None,
        response=share(len(answered), len(found)) if is_known and found else None,
        result=_result(metric, scale, answered) if len(answered) >= LEAST_ANSWERS else None,
    )


def _result(metric: Metric, scale: Scale, answered: Sequence[Answer]) -> Measured:
    count = len(answered)
    if metric is Metric.CSAT:
        return share(sum(one.is_satisfied for one in answered), count).times(_PERCENT)
    if metric is Metric.NPS:
        promoters = sum(one.promotes for one in answered)
        detractors = sum(one.detracts for one in answered)
        return net_promoters(promoters, detractors, count).times(_PERCENT)
    scores = [one.score for one in answered if one.score is not None]
    return mean(scores, least=scale.low, most=scale.high)


def _by_channel(answers: Sequence[Answer]) -> tuple[tuple[str, Surveyed], ...]:
    groups: dict[str, list[Answer]] = defaultdict(list)
    for one in answers:
        groups[one.channel].append(one)
    return tuple(
        (channel, found) for channel in sorted(groups) for found in _surveys(groups[channel])
    )


def _across(answers: Sequence[Answer], shipped_at: datetime) -> tuple[AcrossFix, ...]:
    """Each question that was asked on both sides of a fix."""
    before = {
        (one.metric, one.scale): one for one in _surveys([a for a in answers if a.at < shipped_at])
    }
    found = []
    for after in _surveys([one for one in answers if one.at >= shipped_at]):
        earlier = before.get((after.metric, after.scale))
        if earlier is None:
            continue
        both = earlier.result is not None and after.result is not None
        moved = change(earlier.result, after.result) if both else None  # type: ignore[arg-type]
        found.append(AcrossFix(earlier, after, moved))
    return tuple(found)


def survey_words(one: Surveyed) -> str:
    """One question in a sentence: `CSAT 82 % satisfied (74 to 88), 120 answers of 300 asked`."""
    asked = "how many were asked is not known"
    if one.response is not None:
        asked = f"{one.offered} asked, {one.response.value:.0%} answered"
    count = f"{one.answers} answer{'s' if one.answers != 1 else ''}, {asked}"
    name = NAMES[one.metric]
    if one.result is None:
        return f"{name}: too few answers to say ({count})"
    return f"{name} {result_words(one.metric, one.scale, one.result)}; {count}"


NAMES = {Metric.CSAT: "CSAT", Metric.NPS: "NPS", Metric.CES: "CES"}


def result_words(metric: Metric, scale: Scale, found: Measured) -> str:
    """The result in its own unit, with its interval."""
    if metric is Metric.CSAT:
        return f"{found.value:.0f} % satisfied ({found.low:.0f} to {found.high:.0f})"
    if metric is Metric.NPS:
        return f"{found.value:+.0f} ({found.low:+.0f} to {found.high:+.0f})"
    return f"{found.value:.1f} on {scale.told} ({found.low:.1f} to {found.high:.1f})"


def change_words(one: AcrossFix) -> str:
    """How the answers differ across the fix, without saying why."""
    name = NAMES[one.after.metric]
    if one.change is None:
        return (
            f"{name}: too few answers to compare"
            f" ({one.before.answers} before the fix, {one.after.answers} since)"
        )
    unit = " points" if one.after.metric is not Metric.CES else f" on {one.after.scale.told}"
    digits = 0 if one.after.metric is not Metric.CES else 1
    low, high = f"{one.change.low:+.{digits}f}", f"{one.change.high:+.{digits}f}"
    return f"{name} {one.change.value:+.{digits}f}{unit} since the fix ({low} to {high})"


def effort_words(effort: Journeys) -> list[str]:
    """What customers had to do, in sentences."""
    if effort.contacts_each is None:
        return ["No known customer has written."]
    told = [
        f"{effort.contacts_each:.1f} contacts a customer and problem;"
        f" {effort.repeated} of {effort.journeys} wrote more than once.",
        f"{effort.switches} changes of channel on the way."
        if effort.switches != 1
        else "1 change of channel on the way.",
    ]
    # Most write once: then there is no wait to tell of.
    if effort.median_days is not None and effort.median_days >= 0.05:
        until = "From the first contact to the fix, or else to the last contact,"
        told.append(f"{until} half of them waited {effort.median_days:.1f} days or longer.")
    return told
