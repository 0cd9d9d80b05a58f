"""What a person may do with the workarounds of an issue."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.domain.workarounds import Audience, UseResult, Workaround, WorkaroundState
from bridge.steps import advise
from bridge.steps.copies import link_copy, unlink_copy
from bridge.web.issues.actions import acted
from bridge.web.issues.detail import Id
from bridge.web.pages import PageRoute
from bridge.web.visit import SubmissionDep, Typed, Visit, needs

_WRITES = [needs(Action.WRITE_WORKAROUNDS)]
router = APIRouter(
    prefix="/issues/{name}/workarounds", route_class=PageRoute, include_in_schema=False
)

Words = Annotated[Typed, Form(max_length=2000)]


def _advice(  # noqa: PLR0913 - one parameter an input of the form
    text: Words = "",
    audience: Annotated[Audience, Form()] = Audience.INTERNAL,
    customer_text: Words = "",
    steps: Words = "",
    after_fix_text: Words = "",
    versions: Words = "",
    platforms: Words = "",
    segments: Words = "",
    owner: Annotated[Typed, Form(max_length=320)] = "",
    review: Annotated[Typed, Form(max_length=10)] = "",
) -> advise.Advice:
    return advise.Advice(
        text=text.strip(),
        audience=audience,
        versions=_lines(versions),
        customer_text=customer_text.strip() or None,
        steps=_lines(steps),
        after_fix_text=after_fix_text.strip() or None,
        platforms=_lines(platforms),
        segments=_lines(segments),
        owner=owner.strip() or None,
        review_at=_day(review),
    )


AdviceDep = Annotated[advise.Advice, Depends(_advice)]


@router.post("", dependencies=_WRITES)
def add(
    name: str, visit: SubmissionDep, given: AdviceDep, *, draft: Annotated[bool, Form()] = False
) -> Response:
    """Something support can tell until the fix ships."""
    visit.caller.require(Action.WRITE_WORKAROUNDS)

    def act(issue: Issue) -> None:
        _require_words(given)
        advise.add_workaround(
            issue, given, visit.product, store=visit.store, cause=visit.cause(), is_draft=draft
        )

    return acted(name, visit, act, done="added", typed=("", given.text))


@router.post("/{workaround_id}/edit", dependencies=_WRITES)
def edit(
    name: str,
    workaround_id: Id,
    visit: SubmissionDep,
    given: AdviceDep,
    edition: Annotated[int, Form(ge=1, lt=1 << 31)] = 1,
) -> Response:
    """Say it in other words; refused when somebody was faster."""

    def act(one: Workaround) -> None:
        _require_words(given)
        before = one.content.review_at
        is_same_day = before and given.review_at and before.date() == given.review_at.date()
        words = dataclasses.replace(given, review_at=before) if is_same_day else given
        advise.edit_workaround(
            one, words, visit.product, store=visit.store, cause=visit.cause(), edition=edition
        )

    return _with(name, workaround_id, visit, act, done="edited")


@router.post("/{workaround_id}/replace", dependencies=_WRITES)
def replace(
    name: str, workaround_id: Id, visit: SubmissionDep, given: AdviceDep, reason: Words = ""
) -> Response:
    """Another one is offered instead, and its users are told."""

    def act(one: Workaround) -> None:
        _require_words(given)
        if not reason.strip():
            raise InvalidInput("a reason is needed: why is the workaround replaced?")
        advise.replace_workaround(
            one,
            given,
            visit.product,
            store=visit.store,
            context=visit.web.application.context,
            cause=visit.cause(reason),
        )

    return _with(name, workaround_id, visit, act, done="replaced", typed=(reason, ""))


@router.post("/{workaround_id}/activate", dependencies=_WRITES)
def activate(name: str, workaround_id: Id, visit: SubmissionDep) -> Response:
    """Offer a draft."""

    def act(one: Workaround) -> None:
        advise.activate_workaround(one, visit.product, store=visit.store, cause=visit.cause())

    return _with(name, workaround_id, visit, act, done="activated")


@router.post("/{workaround_id}/retire", dependencies=_WRITES)
def retire(name: str, workaround_id: Id, visit: SubmissionDep, reason: Words = "") -> Response:
    """Stop offering it; nothing happens where that was done before."""

    def act(one: Workaround) -> None:
        _require_reason(reason, "retired")
        if one.state is not WorkaroundState.RETIRED:
            advise.retire_workaround(
                one, visit.product, store=visit.store, cause=visit.cause(reason)
            )

    return _with(name, workaround_id, visit, act, done="retired", typed=(reason, ""))


@router.post("/{workaround_id}/restore", dependencies=_WRITES)
def restore(name: str, workaround_id: Id, visit: SubmissionDep, reason: Words = "") -> Response:
    """Offer it again; nothing happens where that was done before."""

    def act(one: Workaround) -> None:
        _require_reason(reason, "restored")
        if one.state is not WorkaroundState.ACTIVE or one.content.scope.below is not None:
            advise.restore_workaround(
                one, visit.product, store=visit.store, cause=visit.cause(reason)
            )

    return _with(name, workaround_id, visit, act, done="restored", typed=(reason, ""))


@router.post("/{workaround_id}/use", dependencies=[needs(Action.USE_WORKAROUNDS)])
def use(
    name: str,
    workaround_id: Id,
    visit: SubmissionDep,
    result: Annotated[UseResult, Form()],
) -> Response:
    """It was told to a customer; refused, with what to say instead, when it has ended."""

    def act(one: Workaround) -> None:
        person = visit.store.people.by_email(visit.email)
        advise.use_workaround(
            one,
            visit.product,
            contact=None,
            user_id=person.id if person else None,
            store=visit.store,
            cause=visit.cause(),
            result=result,
        )

    return _with(name, workaround_id, visit, act, done="used", action=Action.USE_WORKAROUNDS)


@router.post("/{workaround_id}/copies", dependencies=_WRITES)
def add_copy(
    name: str,
    workaround_id: Id,
    visit: SubmissionDep,
    url: Annotated[Typed, Form(max_length=2000)] = "",
) -> Response:
    """It lives there too."""

    def act(one: Workaround) -> None:
        link_copy(
            one,
            url.strip(),
            visit.product,
            store=visit.store,
            context=visit.web.application.context,
            cause=visit.cause(),
        )

    return _with(name, workaround_id, visit, act, done="copied")


@router.post("/{workaround_id}/copies/{copy_id}/unlink", dependencies=_WRITES)
def unlink(name: str, workaround_id: Id, copy_id: Id, visit: SubmissionDep) -> Response:
    """Forget a copy; nothing changes there."""

    def act(one: Workaround) -> None:
        copy = visit.store.copies.get(visit.product.id, copy_id)
        if copy.workaround_id != one.id:
            raise NotFound("no such copy of this workaround")
        unlink_copy(copy, one, visit.product, store=visit.store, cause=visit.cause())

    return _with(name, workaround_id, visit, act, done="forgotten")


def _with(  # noqa: PLR0913 - what was typed comes back when it cannot be done
    name: str,
    workaround_id: int,
    visit: Visit,
    act: Callable[[Workaround], None],
    *,
    done: str,
    typed: tuple[str, str] = ("", ""),
    action: Action = Action.WRITE_WORKAROUNDS,
) -> Response:
    """Do it with a workaround of that issue, which nobody else changes meanwhile."""
    visit.caller.require(action)

    def with_issue(issue: Issue) -> None:
        found = visit.store.workarounds.get(visit.product.id, workaround_id, lock=True)
        if found.issue_id != issue.id:
            raise InvalidInput(f"that workaround is not one of {issue.name}")
        act(found)

    return acted(name, visit, with_issue, done=done, typed=typed)


def _require_words(given: advise.Advice) -> None:
    if not given.text:
        raise InvalidInput("a workaround needs words: what should support tell?")


def _require_reason(reason: str, verb: str) -> None:
    if not reason.strip():
        raise InvalidInput(f"a reason is needed: why is the workaround {verb}?")


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _day(text: str) -> datetime | None:
    """The beginning of that day, UTC."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInput("the day of review looks like 2026-06-01") from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
