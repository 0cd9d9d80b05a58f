"""The review page: one question, both sides' evidence, and yes, no or skip."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import BridgeError, InvalidInput, InvalidMove, NotFound, Outdated
from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.permissions import Action
from bridge.steps.answer import answer_suggestion
from bridge.steps.questions import Asked, Side, asked, for_people
from bridge.steps.undo import undo_last, undoable
from bridge.web import words
from bridge.web.issues.groups import act_of
from bridge.web.issues.listing import TREND_DAYS
from bridge.web.issues.pages import issue_named
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/review",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.REVIEW)],
)

_MOST_SKIPPED = 50
Id = Annotated[int, Path(ge=1, lt=1 << 63)]
Skipped = Annotated[str, Query(max_length=1_200, pattern=r"^[0-9.]*$")]
SkippedForm = Annotated[Typed, Form(max_length=1_200, pattern=r"^[0-9.]*$")]
Version = Annotated[int, Form(ge=0, lt=1 << 31)]


@dataclass(frozen=True, slots=True)
class Answers:
    """What yes and no would do, in words."""

    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Terms:
    """Key terms of two issues: what they share, and what each has alone."""

    both: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]


@router.get("")
def show_question(
    visit: VisitDep,
    skip: Skipped = "",
    done: Annotated[str, Query(max_length=20)] = "",
    issue: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The plausible question whose answer helps most, but for the skipped ones."""
    visit.caller.require(Action.REVIEW)
    return _show(visit, skip, done=done, issue=issue)


@router.post("/{suggestion_id}/yes")
def say_yes(
    suggestion_id: Id, visit: SubmissionDep, version: Version, skip: SkippedForm = ""
) -> Response:
    """It is done at once; undo takes it back."""
    return _answer(suggestion_id, visit, version, skip, is_yes=True)


@router.post("/{suggestion_id}/no")
def say_no(
    suggestion_id: Id, visit: SubmissionDep, version: Version, skip: SkippedForm = ""
) -> Response:
    """It is remembered: this is never asked again."""
    return _answer(suggestion_id, visit, version, skip, is_yes=False)


@router.post("/undo/{name}")
def undo(name: str, visit: SubmissionDep, skip: SkippedForm = "") -> Response:
    """Take the last decision about that issue back, and go on here."""
    visit.caller.require(Action.REVIEW)
    try:
        with visit.store.savepoint():
            undo_last(issue_named(name, visit), act_of(visit))
    except (InvalidMove, NotFound) as error:
        return _show(visit, skip, error=error)
    return redirect(visit.address("/review", skip=skip, done="undone"))


def _answer(suggestion_id: int, visit: Visit, version: int, skip: str, *, is_yes: bool) -> Response:
    visit.caller.require(Action.REVIEW)
    visit.store.products.lock_grouping(visit.product.id)
    try:
        with visit.store.savepoint():
            found = visit.store.suggestions.get(visit.product.id, suggestion_id, lock=True)
            if found.is_open and found.version != version:
                raise Outdated("this question changed while you looked at it: look again")
            answer_suggestion(found, act_of(visit), is_yes=is_yes)
    except (InvalidInput, InvalidMove, NotFound, Outdated) as error:
        return _show(visit, skip, error=error)
    about = _about(found, visit)
    done = "yes" if is_yes else "no"
    return redirect(
        visit.address("/review", skip=skip, done=done, issue=about.name if about else "")
    )


def _about(suggestion: Suggestion, visit: Visit) -> Issue | None:
    """The issue whose history has the answer: the survivor of a merge."""
    if suggestion.issue_id is None:
        return None
    return visit.store.issues.standing_for(visit.product.id, suggestion.issue_id)


def _can_undo(name: str, visit: Visit) -> bool:
    """Whether the answer about that issue can be taken back: not all can."""
    try:
        return undoable(issue_named(name, visit), store=visit.store) is not None
    except NotFound:
        return False


def _show(
    visit: Visit,
    skip: str,
    *,
    done: str = "",
    issue: str = "",
    error: BridgeError | None = None,
) -> Response:
    skipped = [int(one) for one in skip.split(".") if one][-_MOST_SKIPPED:]
    waiting = for_people(visit.store.suggestions.open(visit.product.id))
    left = [one for one in waiting if one.id not in skipped]
    question = asked(left[0], store=visit.store) if left else None
    status = {"status": status_of(error)} if error else {}
    return page(
        visit,
        "review.html",
        question=question,
        answers=_answers(question) if question else None,
        terms=_terms(question) if question else None,
        trends=_trends(question, visit) if question else {},
        skip=".".join(map(str, skipped)),
        skip_this=".".join(map(str, [*skipped, left[0].id])) if left else "",
        skipped=len([one for one in waiting if one.id in skipped]),
        candidates=visit.store.issues.count_by_state(visit.product.id).get(IssueState.CANDIDATE, 0),
        done=done,
        about=issue,
        can_undo=bool(done and issue) and _can_undo(issue, visit),
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )


def _answers(question: Asked) -> Answers:
    match question.suggestion.kind:
        case SuggestionKind.SAME:
            return Answers("Yes, one issue", "No, keep them apart")
        case SuggestionKind.BELONGS:
            return Answers("Yes, it belongs there", "No, it does not")
        case SuggestionKind.REAL:
            return Answers("Yes, confirm it", "No, not as it is")
        case SuggestionKind.SPLIT:
            return Answers("Yes, split them off", "No, keep them together")
        case SuggestionKind.TICKET:
            return Answers("Yes, link it", "No, another problem")


def _terms(question: Asked) -> Terms | None:
    sides = [side.summary for side in (question.left, question.right) if side and side.summary]
    if len(sides) != 2:
        return None
    one, other = sides[0].key_terms, sides[1].key_terms
    return Terms(
        both=tuple(term for term in one if term in other),
        left=tuple(term for term in one if term not in other),
        right=tuple(term for term in other if term not in one),
    )


def _trends(question: Asked, visit: Visit) -> dict[int, list[int]]:
    sides: list[Side] = [side for side in (question.left, question.right) if side]
    ids = [side.summary.issue.id for side in sides if side.summary]
    until = visit.store.issues.newest_contact_at(visit.product.id) or visit.now
    return visit.store.issues.trend(ids, until=until, days=TREND_DAYS)
