"""Web: the server-rendered pages; everything works without script."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from bridge.web import (
    advice,
    faq,
    inbox,
    issues,
    known,
    letters,
    mail,
    people,
    reports,
    sign_in,
    signals,
    triage,
)
from bridge.web.pages import STATIC, show_http_error, wants_page
from bridge.web.visit import Web
from bridge.wiring import Application

__all__ = ["add_pages", "create_pages"]


def create_pages(application: Application) -> FastAPI:
    """The pages as an app of their own, which also tells in words what does not exist."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    add_pages(app, application)
    app.add_exception_handler(HTTPException, show_http_error)
    return app


def add_pages(app: FastAPI, application: Application) -> None:
    """Add the pages and their static files to an app; they answer at `/` and below."""
    app.state.web = Web(application)
    for router in (
        sign_in.router,
        issues.router,
        triage.router,
        advice.router,
        faq.router,
        inbox.settings_router,
        inbox.router,
        people.router,
        reports.router,
        signals.router,
        known.router,
        letters.router,
        mail.router,
        mail.unknown_router,
    ):
        app.include_router(router)
    app.add_exception_handler(HTTPException, _for_browsers(app))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _for_browsers(app: FastAPI) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Tell a person at a browser in a page what does not exist; programs as before."""
    for_programs = app.exception_handlers[HTTPException]

    async def answer(request: Request, error: Exception) -> Response:
        is_missing = isinstance(error, HTTPException) and error.status_code in (404, 405)
        if is_missing and wants_page(request):
            return await run_in_threadpool(show_http_error, request, error)
        answered = for_programs(request, error)
        return await answered if isawaitable(answered) else answered

    return answer
