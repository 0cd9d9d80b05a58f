"""The fix of an issue: how far it has come."""

from bridge.api import present
from bridge.api.deps import Reader, answers, area
from bridge.api.fix_schemas import LadderOut
from bridge.api.issues import IssueIdPath, find_issue

router = area("issues")


@router.get("/issues/{id}/fix", summary="How far its fix has come", responses=answers())
def show_fix(issue_id: IssueIdPath, call: Reader) -> LadderOut:
    """The fix ladder: done, resolved, released, rolled out, reached customers, quiet, verified."""
    issue = find_issue(issue_id, call)
    return present.fix(issue, call.product, store=call.store, context=call.context)
