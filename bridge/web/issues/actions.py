"""What a person may do with an issue: each form becomes one step, in one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Response
from pydantic import Field

from bridge.domain.errors import (
    BridgeError,
    InvalidInput,
    InvalidMove,
    NotConfigured,
    NotFound,
    Outdated,
)
from bridge.domain.issues import Issue, IssueState
from bridge.domain.permissions import Action
from bridge.steps import review
from bridge.steps.again import already
from bridge.steps.refusal import FieldsChosen
from bridge.store.decisions import Decision
from bridge.web import words
from bridge.web.issues.detail import Part, Trouble, issue_page
from bridge.web.issues.pages import issue_named
from bridge.web.pages import PageRoute, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, needs

router = APIRouter(prefix="/issues/{name}", route_class=PageRoute, include_in_schema=False)

_MOST_WORDS = 2000
Version = Annotated[int, Form(ge=0, lt=1 << 31)]
Reason = Annotated[Typed, Form(max_length=_MOST_WORDS)]
FieldWords = Annotated[Typed, Field(max_length=_MOST_WORDS)]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a form about groups had in it."""

    contacts: tuple[int, ...] = ()
    to: str = ""
    show: int = 10
    may_be_merged: bool = False
    """Undo works on a merged issue too."""


@router.post("/confirm", dependencies=[needs(Action.REVIEW)])
def confirm(name: str, visit: SubmissionDep, version: Version) -> Response:
    """It is one real issue."""
    visit.caller.require(Action.REVIEW)

    def act(issue: Issue) -> None:
        require_version(issue, version, visit, IssueState.CONFIRMED)
        review.confirm_issue(issue, store=visit.store, cause=visit.cause())

    return acted(name, visit, act, done="confirmed")


@router.post("/dismiss", dependencies=[needs(Action.REVIEW)])
def dismiss(
    name: str,
    visit: SubmissionDep,
    version: Version,
    reason: Reason = "",
    states_no_problem: Annotated[bool, Form()] = False,
) -> Response:
    """It is not an issue; why, stays in the history."""
    visit.caller.require(Action.REVIEW)

    def act(issue: Issue) -> None:
        require_version(issue, version, visit, IssueState.DISMISSED)
        review.dismiss_issue(
            issue,
            store=visit.store,
            cause=visit.cause(reason),
            states_no_problem=states_no_problem,
        )

    return acted(name, visit, act, done="dismissed", typed=(reason, ""))


@router.post("/file", dependencies=[needs(Action.FILE)])
def file(  # noqa: PLR0913 - one parameter an input of the form
    name: str,
    visit: SubmissionDep,
    again: Annotated[bool, Form()] = False,
    field: Annotated[list[FieldWords], Form()] = [],  # noqa: B006 - FastAPI copies it
    value: Annotated[list[FieldWords], Form()] = [],  # noqa: B006 - FastAPI copies it
    *,
    for_all: Annotated[bool, Form()] = False,
) -> Response:
    """Want a ticket for it; a second click, tab or person gets the same one.

    `field` and `value` come in pairs: what the tracker asks for, and what a person chose.
    """
    visit.caller.require(Action.FILE)
    if for_all:
        visit.caller.require(Action.OPERATE)
    chosen = FieldsChosen(
        {one: told for one, told in zip(field, value, strict=False) if told.strip()}
    )

    def act(issue: Issue) -> None:
        review.file_issue(
            issue,
            visit.product,
            store=visit.store,
            cause=visit.cause(),
            again=again,
            chosen=replace(chosen, for_all=for_all),
        )

    return acted(name, visit, act, done="filed")


def require_version(
    issue: Issue, version: int, visit: Visit, wanted: IssueState | None = None
) -> None:
    """Raise Outdated, saying who was faster, when the page shown was of an older version.

    wanted: what the button would have made of it; who presses it twice did it already.
    """
    if issue.version == version:
        return
    history = visit.store.decisions.history(issue.id)
    told, undone = "somebody changed it", "Nothing was done"
    for decision in history[-1:]:
        by = decision.actor.name
        who = "you" if by == visit.email else visit.named(by)
        # Who presses twice did it the first time.
        undone = "Nothing more was done" if by == visit.email else undone
        told = f"{who}: {words.action_words(decision.action)}, {words.ago(decision.at, visit.now)}"
    done = _done_since(history, wanted)
    if done is not None:
        by, at = done.actor.name, words.ago(done.at, visit.now)
        deed = f"{done.action} {issue.name}, {at}. Nothing more was done"
        raise Outdated(already(by, deed, store=visit.store, cause=visit.cause()))
    raise Outdated(
        f"{issue.name} changed while you looked at it ({told}). {undone}; this is how it stands now"
    )


def _done_since(history: Sequence[Decision], wanted: IssueState | None) -> Decision | None:
    """The decision that did what is wanted, unless it was taken back."""
    for decision in reversed(history):
        if wanted is not None and decision.action == wanted.value:
            return decision
        if decision.action in ("undo", IssueState.CANDIDATE.value):
            return None
    return None


def acted(  # noqa: PLR0913 - what was typed comes back when it cannot be done
    name: str,
    visit: Visit,
    act: Callable[[Issue], None],
    *,
    done: str,
    typed: tuple[str, str] = ("", ""),
    chosen: Chosen | None = None,
) -> Response:
    """Do it and show the issue; what cannot be done is told on the page, nothing typed is lost."""
    issue_id = issue_named(name, visit).id
    if chosen is not None:
        # The lock on all groups comes before the one on an issue, as in the finder.
        visit.store.products.lock_grouping(visit.product.id)
    issue = visit.store.issues.get(visit.product.id, issue_id, lock=True)
    if issue.merged_into is not None and not (chosen and chosen.may_be_merged):
        return redirect(visit.address(f"/issues/{issue.name}"))
    try:
        with visit.store.savepoint():
            act(issue)
    except (InvalidInput, InvalidMove, NotConfigured, NotFound, Outdated) as error:
        return _not_done(issue, visit, error, typed, chosen or Chosen())
    return redirect(visit.address(f"/issues/{issue.name}", done=done))


def _not_done(
    issue: Issue, visit: Visit, error: BridgeError, typed: tuple[str, str], chosen: Chosen
) -> Response:
    current = visit.store.issues.get(visit.product.id, issue.id)
    trouble = Trouble(
        words.sentence(str(error)),
        status_of(error),
        reason=typed[0],
        text=typed[1],
        chosen=frozenset(chosen.contacts),
        to=chosen.to,
    )
    return issue_page(current, visit, part=Part(show=chosen.show), trouble=trouble)
