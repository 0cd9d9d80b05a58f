"""Puts the sandbox's routes together."""

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from integrations.jira.sandbox import (
    control as control_plane,
)
from integrations.jira.sandbox import (
    pages,
    routes_issue,
    routes_lists,
    routes_parts,
    routes_search,
    routes_site,
)
from integrations.jira.sandbox.calls import answer
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.faults import FaultLayer, Faults
from integrations.jira.sandbox.store import Store

_PREFIXES = ("/rest/api/3", "/rest/api/2")


def create_app(store: Store, *, control: bool) -> FastAPI:
    """The application on this state; `control` opens /_sandbox, without any sign-in.

    Everything runs on the event loop's thread, the only one that uses `store`.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.store = store
    app.state.faults = Faults()
    for prefix in _PREFIXES:
        # "search" is no project's key, "createmeta" and "bulkfetch" are no ticket's.
        for router in (routes_lists, routes_site, routes_search, routes_issue, routes_parts):
            app.include_router(router.router, prefix=prefix)
    app.include_router(routes_search.webhook_router, prefix="/rest/webhooks/1.0/webhook")
    app.include_router(pages.router)
    if control:
        app.include_router(control_plane.router)
    app.add_exception_handler(JiraRefusal, _refused)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_middleware(FaultLayer, faults=app.state.faults)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, JiraRefusal)
    response = answer(error.body(), error.status)
    response.headers.update(error.headers)
    return response


async def _no_route(request: Request, error: Exception) -> Response:
    """An unknown route or method has a shape of its own: problem details."""
    assert isinstance(error, HTTPException)
    method, path = request.method, request.url.path
    response = answer(
        {
            "type": "about:blank",
            "title": error.detail,
            "status": error.status_code,
            "detail": f"No endpoint {method} {path}.",
            "instance": path,
        },
        error.status_code,
    )
    response.headers["Content-Type"] = "application/problem+json"
    return response
