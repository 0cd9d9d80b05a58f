"""Whether the process lives and can work; open, so that it says no more than that."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from bridge.api.deps import application_of
from bridge.api.schemas import Health
from bridge.domain.errors import TryAgainLater
from bridge.store import migrate
from bridge.store.engine import database_errors

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Is the process alive?")
def healthz() -> Health:
    """It answers, so it is."""
    return Health(status="ok")


@router.get(
    "/readyz",
    summary="Can it work?",
    response_model=Health,
    responses={503: {"model": Health, "description": "Not now."}},
)
def readyz(request: Request) -> JSONResponse:
    """The database is reachable and its schema is the one this version expects."""
    try:
        with database_errors():
            is_ready = migrate.is_current(application_of(request).engine)
    except TryAgainLater:
        is_ready = False
    status = "ok" if is_ready else "unavailable"
    return JSONResponse({"status": status}, 200 if is_ready else 503)
