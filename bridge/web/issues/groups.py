"""What a person may do with the contacts of an issue: move, split, snooze, and undo."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from bridge.domain.errors import InvalidInput
from bridge.domain.issues import Issue, IssueState
from bridge.domain.permissions import Action
from bridge.steps.groups import Act
from bridge.steps.move import keep_contacts, move_contacts, split_issue
from bridge.steps.snooze import snooze_issue, wake_issue
from bridge.steps.undo import undo_last
from bridge.web.issues.actions import Chosen, Reason, Version, acted, require_version
from bridge.web.issues.detail import Id
from bridge.web.issues.pages import issue_named
from bridge.web.pages import PageRoute
from bridge.web.visit import SubmissionDep, Typed, Visit, needs

router = APIRouter(
    prefix="/issues/{name}",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.REVIEW)],
)

Contacts = Annotated[list[Id], Form(max_length=1_000)]
Show = Annotated[int, Form(ge=1, le=100)]
Name = Annotated[Typed, Form(max_length=200)]


def act_of(visit: Visit, reason: str = "") -> Act:
    """This person decides about groups, on a page."""
    return Act(visit.store, visit.web.application.context, visit.cause(reason))


@dataclass(frozen=True, slots=True)
class Ticked:
    """The contacts that a person ticked on the page of an issue, to decide about them."""

    name: str
    visit: Visit
    version: int
    contacts: list[int]
    to: str
    reason: str
    show: int

    def decide(self, do: Callable[[Issue, Act], object], *, done: str) -> Response:
        """Do it to the issue as it was shown; what cannot be done is told, the ticks stay."""

        def act(issue: Issue) -> None:
            require_version(issue, self.version, self.visit)
            do(issue, act_of(self.visit, self.reason))

        chosen = Chosen(tuple(self.contacts), self.to, self.show)
        typed = (self.reason, "")
        return acted(self.name, self.visit, act, done=done, typed=typed, chosen=chosen)


def _ticked(  # noqa: PLR0913 - the members of a form
    name: str,
    visit: SubmissionDep,
    version: Version,
    contacts: Contacts = [],  # noqa: B006 - FastAPI copies it
    to: Name = "",
    reason: Reason = "",
    show: Show = 10,
) -> Ticked:
    visit.caller.require(Action.REVIEW)
    return Ticked(name, visit, version, contacts, to, reason, show)


TickedDep = Annotated[Ticked, Depends(_ticked, scope="function")]


@router.post("/move")
def move(form: TickedDep) -> Response:
    """The chosen contacts are about another issue."""

    def do(issue: Issue, act: Act) -> None:
        if not form.to.strip():
            raise InvalidInput("name the issue they belong to, such as ISS-42")
        move_contacts(issue, form.contacts, issue_named(form.to.strip(), form.visit), act)

    return form.decide(do, done="moved")


@router.post("/take-off")
def take_off(form: TickedDep) -> Response:
    """The chosen contacts are about no issue we know."""
    return form.decide(
        lambda issue, act: move_contacts(issue, form.contacts, None, act), done="moved"
    )


@router.post("/keep")
def keep(form: TickedDep) -> Response:
    """The chosen contacts belong where the machine put them."""
    return form.decide(lambda issue, act: keep_contacts(issue, form.contacts, act), done="kept")


@router.post("/split")
def split(form: TickedDep) -> Response:
    """The chosen contacts are an issue of their own."""
    return form.decide(lambda issue, act: split_issue(issue, form.contacts, act), done="split")


@router.post("/snooze")
def snooze(
    name: str,
    visit: SubmissionDep,
    version: Version,
    until: Annotated[date | None, Form()] = None,
    customers: Annotated[int | None, Form(ge=1, le=1_000_000)] = None,
) -> Response:
    """Leave it alone until a day, or until so many more customers are affected."""
    visit.caller.require(Action.REVIEW)
    moment = datetime.combine(until, time(), UTC) if until else None

    def act(issue: Issue) -> None:
        require_version(issue, version, visit, IssueState.SNOOZED)
        snooze_issue(issue, moment, customers, store=visit.store, cause=visit.cause())

    return acted(name, visit, act, done="snoozed")


@router.post("/wake")
def wake(name: str, visit: SubmissionDep, version: Version) -> Response:
    """End its snooze."""
    visit.caller.require(Action.REVIEW)

    def act(issue: Issue) -> None:
        require_version(issue, version, visit)
        wake_issue(issue, store=visit.store, cause=visit.cause())

    return acted(name, visit, act, done="woken")


@router.post("/undo")
def undo(name: str, visit: SubmissionDep) -> Response:
    """Take back the last decision of a person about it."""
    visit.caller.require(Action.REVIEW)

    def act(issue: Issue) -> None:
        undo_last(issue, act_of(visit))

    return acted(name, visit, act, done="undone", chosen=Chosen(may_be_merged=True))
