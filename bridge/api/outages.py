"""Outages: a lead declares one on an issue, and gives the all-clear."""

from fastapi import Depends
from starlette.responses import Response

from bridge.api import present
from bridge.api.bodies import AllClearIn, OutageIn
from bridge.api.deps import BODY_ANSWERS, IfMatch, Reviewer, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.issues import IssueIdPath, take_issue, with_etag
from bridge.api.schemas import IssueOut
from bridge.steps.outage import clear_outage, declare_outage
from bridge.steps.tell import Telling

router = area("outages")


@router.post(
    "/issues/{id}/outage",
    summary="Declare an outage",
    response_model=IssueOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def declare(
    issue_id: IssueIdPath, body: OutageIn, call: Reviewer, once: OnceDep, if_match: IfMatch = None
) -> Response:
    """Every agent of the product is told once; 409 while one is declared."""

    def do() -> tuple[int, IssueOut]:
        issue = take_issue(issue_id, if_match, call)
        telling = Telling(call.product, call.store, call.context, call.cause())
        declare_outage(issue, body.text, telling)
        return 200, present.issue(issue.id, call.product, store=call.store, context=call.context)

    return with_etag(once.run(call, do))


@router.post(
    "/issues/{id}/all-clear",
    summary="The outage is over",
    response_model=IssueOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def clear(
    issue_id: IssueIdPath,
    call: Reviewer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: AllClearIn | None = None,
) -> Response:
    """Whoever was told of it is told once more; a fix that ships does this by itself."""

    def do() -> tuple[int, IssueOut]:
        issue = take_issue(issue_id, if_match, call)
        cause = call.cause(body.reason.strip() if body else "")
        clear_outage(issue, Telling(call.product, call.store, call.context, cause))
        return 200, present.issue(issue.id, call.product, store=call.store, context=call.context)

    return with_etag(once.run(call, do))
