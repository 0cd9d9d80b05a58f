"""What a person may say about the ticket of an issue: that it is one, another one, or none."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from bridge.domain.errors import NotFound
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.steps.answer import answer_suggestion
from bridge.steps.groups import Act
from bridge.steps.name_ticket import name_ticket
from bridge.steps.unlink import unlink_ticket
from bridge.web.issues.actions import Chosen, Reason, acted
from bridge.web.issues.detail import Id
from bridge.web.pages import PageRoute
from bridge.web.visit import SubmissionDep, Typed, Visit, needs

router = APIRouter(prefix="/issues/{name}", route_class=PageRoute, include_in_schema=False)

_MOST_WORDS = 2000


@router.post("/link", dependencies=[needs(Action.FILE)])
def link(
    name: str, visit: SubmissionDep, ticket: Annotated[Typed, Form(max_length=_MOST_WORDS)] = ""
) -> Response:
    """It exists: say which ticket it is."""
    visit.caller.require(Action.FILE)

    def act(issue: Issue) -> None:
        name_ticket(issue, ticket, store=visit.store, cause=visit.cause())

    return acted(name, visit, act, done="named")


@router.post("/unlink", dependencies=[needs(Action.FILE)])
def unlink(name: str, visit: SubmissionDep, reason: Reason = "") -> Response:
    """The ticket is about something else."""
    visit.caller.require(Action.FILE)

    def act(issue: Issue) -> None:
        unlink_ticket(issue, store=visit.store, cause=visit.cause(reason))

    return acted(name, visit, act, done="unlinked", typed=(reason, ""))


@router.post("/tickets/{suggestion_id}/yes", dependencies=[needs(Action.REVIEW)])
def same_problem(name: str, suggestion_id: Id, visit: SubmissionDep) -> Response:
    """The ticket that was suggested is about this issue."""
    return _answer(name, suggestion_id, visit, is_yes=True)


@router.post("/tickets/{suggestion_id}/no", dependencies=[needs(Action.REVIEW)])
def another_problem(name: str, suggestion_id: Id, visit: SubmissionDep) -> Response:
    """It is not, and is never suggested for this issue again."""
    return _answer(name, suggestion_id, visit, is_yes=False)


def _answer(name: str, suggestion_id: int, visit: Visit, *, is_yes: bool) -> Response:
    visit.caller.require(Action.REVIEW)

    def act(issue: Issue) -> None:
        found = visit.store.suggestions.get(visit.product.id, suggestion_id, lock=True)
        if found.kind is not SuggestionKind.TICKET or found.issue_id != issue.id:
            raise NotFound("this issue has no such question")
        context = visit.web.application.context
        answer_suggestion(found, Act(visit.store, context, visit.cause()), is_yes=is_yes)

    done = "linked" if is_yes else "another"
    # With choices it takes the lock on all groups first, as every answer does.
    return acted(name, visit, act, done=done, chosen=Chosen())
