"""Puts the API together; deny by default, no outside requests, no version banner."""

from fastapi import FastAPI

from bridge.api import (
    bounces,
    connections,
    contacts,
    endpoints,
    faq,
    fix,
    grouping,
    health,
    issues,
    letters,
    likely,
    match,
    messages,
    metrics,
    notices,
    opt_outs,
    outages,
    people,
    products,
    releases,
    reports,
    satisfaction,
    signals,
    slack,
    suggestions,
    tasks,
    webhooks,
    workaround_uses,
    workarounds,
)
from bridge.api.door import Door
from bridge.api.errors import add_handlers
from bridge.api.metrics import Metrics
from bridge.wiring import Application

_ABOUT = """Contacts come in, recurring issues come out, and everybody hears of the fix once.

Send `Authorization: Bearer TOKEN`. Errors are problem details (RFC 9457). Lists are pages: pass
`next` as `cursor`. A POST with an `Idempotency-Key` can be repeated without harm."""


def create_app(application: Application) -> FastAPI:
    """The API of an application."""
    app = FastAPI(
        title="bridge",
        version="1",
        description=_ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.application = application
    app.state.metrics = Metrics()
    for area in (
        contacts,
        issues,
        likely,
        fix,
        grouping,
        suggestions,
        releases,
        signals,
        products,
        reports,
        satisfaction,
        notices,
        messages,
        bounces,
        endpoints,
        outages,
        people,
        letters,
        opt_outs,
        workarounds,
        workaround_uses,
        tasks,
        match,
        faq,
        connections,
        webhooks,
        slack,
        health,
        metrics,
    ):
        app.include_router(area.router)
    add_handlers(app)
    app.add_middleware(
        Door, max_body_bytes=application.settings.max_body_bytes, metrics=app.state.metrics
    )
    return app
