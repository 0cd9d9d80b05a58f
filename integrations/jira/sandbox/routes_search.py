"""Routes of search, and of webhooks of both kinds."""

from fastapi import APIRouter
from fastapi.responses import Response

from integrations.jira.sandbox import search, webhooks
from integrations.jira.sandbox.calls import KnownCall, answer, no_content
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Webhook
from integrations.jira.sandbox.routes_issue import wanted_by
from integrations.jira.sandbox.search import Search

router = APIRouter()
webhook_router = APIRouter()

_GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at "
    "https://developer.atlassian.com/changelog/#CHANGE-2046"
)


@router.get("/search/jql")
async def get_search(call: KnownCall) -> Response:
    fresh = [id for id in call.query.get("reconcileIssues", "").split(",") if id]
    if not all(id.isdecimal() for id in fresh):
        raise JiraRefusal(400, "'reconcileIssues' must be a list of ids.")
    asked = Search(
        call.query.get("jql", ""),
        call.wanted(default="id"),
        token=call.query.get("nextPageToken"),
        most=call.number("maxResults", 50),
        fresh=frozenset(int(id) for id in fresh),
    )
    return answer(asked.page(call.site))


@router.post("/search/jql")
async def post_search(call: KnownCall) -> Response:
    call.refuse_unknown_members(
        "jql",
        "nextPageToken",
        "maxResults",
        "fields",
        "expand",
        "properties",
        "fieldsByKeys",
        "reconcileIssues",
    )
    body = call.body
    text, token, most = body.get("jql"), body.get("nextPageToken"), body.get("maxResults", 50)
    fresh = body.get("reconcileIssues") or []
    if not isinstance(text, str | None) or not isinstance(token, str | None):
        raise JiraRefusal(400, "'jql' and 'nextPageToken' must be texts.")
    if not isinstance(most, int) or isinstance(most, bool):
        raise JiraRefusal(400, "'maxResults' must be a whole number.")
    if not isinstance(fresh, list) or not all(isinstance(id, int) for id in fresh):
        raise JiraRefusal(400, "'reconcileIssues' must be a list of ids.")
    asked = Search(
        text or "", wanted_by(body, default="id"), token=token, most=most, fresh=frozenset(fresh)
    )
    return answer(asked.page(call.site))


@router.post("/search/approximate-count")
async def count(call: KnownCall) -> Response:
    call.refuse_unknown_members("jql")
    return answer({"count": len(search.matching(call.site, str(call.body.get("jql") or "")))})


@router.api_route("/search", methods=["GET", "POST"])
async def removed_search(call: KnownCall) -> Response:
    """Gone for good; clients must use search/jql."""
    raise JiraRefusal(410, _GONE)


@router.api_route("/webhook", methods=["GET", "POST", "DELETE"])
@router.put("/webhook/refresh")
async def dynamic_webhooks(call: KnownCall) -> Response:
    """For apps only; an account with a token may not."""
    raise JiraRefusal(403, "Only Connect and OAuth 2.0 apps can use this operation.")


@webhook_router.get("")
async def webhook_list(call: KnownCall) -> Response:
    items = call.site.store.records(Webhook)
    return answer([webhooks.shown(call.site, item) for item in items])


@webhook_router.post("")
async def register_webhook(call: KnownCall) -> Response:
    return answer(webhooks.shown(call.site, webhooks.register(call.site, call.body)), 201)


@webhook_router.get("/{id}")
async def webhook(call: KnownCall, id: str) -> Response:
    return answer(webhooks.shown(call.site, webhooks.get(call.site, id)))


@webhook_router.put("/{id}")
async def change_webhook(call: KnownCall, id: str) -> Response:
    return answer(webhooks.shown(call.site, webhooks.change(call.site, id, call.body)))


@webhook_router.delete("/{id}")
async def delete_webhook(call: KnownCall, id: str) -> Response:
    call.site.store.remove(webhooks.get(call.site, id).id)
    return no_content()
