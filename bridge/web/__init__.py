"""Web: the server-rendered pages; everything works without script."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from bridge.web import advice, faq, inbox, issues, known, reports, sign_in, triage
from bridge.web.pages import STATIC, show_failure, show_http_error
from bridge.web.visit import Web
from bridge.wiring import Application

__all__ = ["add_pages", "create_pages"]


def create_pages(application: Application) -> FastAPI:
    """The pages as an app of their own, which also tells in words what does not exist."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.add_exception_handler(HTTPException, show_http_error)
    app.add_exception_handler(Exception, show_failure)
    add_pages(app, application)
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
        reports.router,
        known.router,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
