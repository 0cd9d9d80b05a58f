"""What people decide about groups: merge, split, move, snooze, and undo of all that."""

from collections.abc import Callable

from fastapi import Depends
from pydantic import BaseModel
from starlette.responses import Response

from bridge.api import present
from bridge.api.bodies import KeepIn, MergeIn, MoveIn, Nothing, SnoozeIn, SplitIn
from bridge.api.deps import BODY_ANSWERS, Call, IfMatch, Reviewer, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.issues import IssueIdPath, take_issue, with_etag
from bridge.api.schemas import IssueOut, SplitOut
from bridge.domain.issues import Issue, IssueId
from bridge.steps.groups import Act
from bridge.steps.merge import merge_issues
from bridge.steps.move import keep_contacts, move_contacts, split_issue
from bridge.steps.snooze import snooze_issue, wake_issue
from bridge.steps.undo import undo_last

router = area("issues")

_ANSWERS = BODY_ANSWERS | answers(412)
_CHECKS = [Depends(json_only)]


@router.post(
    "/issues/{id}/merge",
    summary="Merge others into it",
    response_model=IssueOut,
    responses=_ANSWERS,
    dependencies=_CHECKS,
)
def merge(
    issue_id: IssueIdPath, body: MergeIn, call: Reviewer, once: OnceDep, if_match: IfMatch = None
) -> Response:
    """It keeps its number, theirs forward to it; tickets stay linked and tell its counts."""

    def do(issue: Issue) -> Issue:
        others = [call.store.issues.by_number(call.product.id, one) for one in body.others]
        return merge_issues(issue, others, _act(call, body.reason))

    return _decide(issue_id, if_match, call, once.run, do)


@router.post(
    "/issues/{id}/split",
    summary="Split contacts off",
    response_model=SplitOut,
    responses=_ANSWERS,
    dependencies=_CHECKS,
)
def split(
    issue_id: IssueIdPath, body: SplitIn, call: Reviewer, once: OnceDep, if_match: IfMatch = None
) -> Response:
    """They become an issue of their own, `split_off`, and never flow together again."""

    def do() -> tuple[int, SplitOut]:
        issue = _take(issue_id, if_match, call)
        made = split_issue(issue, body.contacts, _act(call, body.reason), title=body.title or "")
        return 200, SplitOut(**_shown(issue.id, call).model_dump(), split_off=made.name)

    return with_etag(once.run(call, do))


@router.post(
    "/issues/{id}/move",
    summary="Move contacts elsewhere",
    response_model=IssueOut,
    responses=_ANSWERS,
    dependencies=_CHECKS,
)
def move(
    issue_id: IssueIdPath, body: MoveIn, call: Reviewer, once: OnceDep, if_match: IfMatch = None
) -> Response:
    """To another issue, or to none with null; the machine never moves them again."""

    def do(issue: Issue) -> Issue:
        to = None
        if body.to is not None:
            to = call.store.issues.by_number(call.product.id, body.to)
        return move_contacts(issue, body.contacts, to, _act(call, body.reason))

    return _decide(issue_id, if_match, call, once.run, do)


@router.post(
    "/issues/{id}/keep",
    summary="Say that contacts belong to it",
    response_model=IssueOut,
    responses=_ANSWERS,
    dependencies=_CHECKS,
)
def keep(
    issue_id: IssueIdPath, body: KeepIn, call: Reviewer, once: OnceDep, if_match: IfMatch = None
) -> Response:
    """They are where the machine put them, and stay; letters count those as sure."""

    def do(issue: Issue) -> Issue:
        return keep_contacts(issue, body.contacts, _act(call, body.reason))

    return _decide(issue_id, if_match, call, once.run, do)


@router.post(
    "/issues/{id}/snooze",
    summary="Leave it alone for a while",
    response_model=IssueOut,
    responses=_ANSWERS,
    dependencies=_CHECKS,
)
def snooze(
    issue_id: IssueIdPath, body: SnoozeIn, call: Reviewer, once: OnceDep, if_match: IfMatch = None
) -> Response:
    """Until a moment, or until so many more customers are affected; it comes back by itself."""

    def do(issue: Issue) -> Issue:
        cause = call.cause(body.reason)
        return snooze_issue(issue, body.until, body.customers, store=call.store, cause=cause)

    return _decide(issue_id, if_match, call, once.run, do)


@router.post(
    "/issues/{id}/wake",
    summary="End its snooze",
    response_model=IssueOut,
    responses=_ANSWERS,
    dependencies=_CHECKS,
)
def wake(
    issue_id: IssueIdPath,
    call: Reviewer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: Nothing | None = None,
) -> Response:
    """It stands where it stood before."""

    def do(issue: Issue) -> Issue:
        return wake_issue(issue, store=call.store, cause=call.cause())

    return _decide(issue_id, if_match, call, once.run, do)


@router.post(
    "/issues/{id}/undo",
    summary="Undo the last decision of a person",
    response_model=IssueOut,
    responses=_ANSWERS,
    dependencies=_CHECKS,
)
def undo(
    issue_id: IssueIdPath,
    call: Reviewer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: Nothing | None = None,
) -> Response:
    """The last one about this issue that still stands; 409 with the reason when it cannot be."""

    def do(issue: Issue) -> Issue:
        return undo_last(issue, _act(call))

    return _decide(issue_id, if_match, call, once.run, do)


def _decide(
    issue_id: str,
    if_match: str | None,
    call: Call,
    run: Callable[[Call, Callable[[], tuple[int, BaseModel]]], Response],
    do: Callable[[Issue], Issue],
) -> Response:
    def answer() -> tuple[int, IssueOut]:
        changed = do(_take(issue_id, if_match, call))
        return 200, _shown(changed.id, call)

    return with_etag(run(call, answer))


def _take(issue_id: str, if_match: str | None, call: Call) -> Issue:
    # The lock on all groups comes before the one on an issue, as in the finder.
    call.store.products.lock_grouping(call.product.id)
    return take_issue(issue_id, if_match, call)


def _shown(issue_id: IssueId, call: Call) -> IssueOut:
    return present.issue(issue_id, call.product, store=call.store, context=call.context)


def _act(call: Call, reason: str = "") -> Act:
    return Act(call.store, call.context, call.cause(reason))
