"""Declaring an outage on an issue, and the all-clear."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.steps.outage import clear_outage, declare_outage
from bridge.steps.tell import Telling
from bridge.web.issues.actions import acted
from bridge.web.pages import PageRoute
from bridge.web.visit import SubmissionDep, Typed, Visit, needs

router = APIRouter(
    prefix="/issues/{name}",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.REVIEW)],
)


@router.post("/outage")
def declare(
    name: str, visit: SubmissionDep, text: Annotated[Typed, Form(max_length=2_000)] = ""
) -> Response:
    """Every agent is told once."""
    visit.caller.require(Action.REVIEW)

    def act(issue: Issue) -> None:
        declare_outage(issue, text, _telling(visit))

    return acted(name, visit, act, done="outage")


@router.post("/all-clear")
def clear(
    name: str, visit: SubmissionDep, reason: Annotated[Typed, Form(max_length=500)] = ""
) -> Response:
    """Whoever heard of it is told that it is over."""
    visit.caller.require(Action.REVIEW)

    def act(issue: Issue) -> None:
        clear_outage(issue, _telling(visit, reason))

    return acted(name, visit, act, done="all_clear")


def _telling(visit: Visit, reason: str = "") -> Telling:
    context = visit.web.application.context
    return Telling(visit.product, visit.store, context, visit.cause(reason))
