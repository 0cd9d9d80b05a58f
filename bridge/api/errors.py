"""Every error as an RFC 9457 problem: a stable type, pointers to what is wrong, and an id."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge.api.findings import words_of
from bridge.api.schemas import Problem, ProblemError
from bridge.domain.errors import (
    BadSignature,
    BridgeError,
    InvalidInput,
    InvalidMove,
    NotAllowed,
    NotConfigured,
    NotFound,
    NotSignedIn,
    Outdated,
    TryAgainLater,
)

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 5

_STATUS: Mapping[type[BridgeError], int] = {
    InvalidInput: 422,
    NotSignedIn: 401,
    NotFound: 404,
    NotAllowed: 403,
    InvalidMove: 409,
    Outdated: 412,
    NotConfigured: 409,
    BadSignature: 401,
    TryAgainLater: 503,
}
"""What an outside system answered is none of the caller's business: the rest are 502."""

_TITLES: Mapping[int, str] = {
    400: "The request could not be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible now",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Wrong content type",
    422: "Invalid input",
    500: "Something went wrong",
    502: "Another system failed",
    503: "Try again later",
}
_TYPES: Mapping[int, str] = {
    400: "unreadable",
    401: "not-signed-in",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    412: "outdated",
    413: "too-large",
    415: "wrong-content-type",
    422: "invalid-input",
    500: "internal-error",
    502: "outside-error",
    503: "try-again-later",
}


class InFlight(BridgeError):
    """The first request with this Idempotency-Key is still under way."""


class KeyReused(BridgeError):
    """This Idempotency-Key was used for a request with another body."""


def status_of(error: BridgeError) -> int:
    """The HTTP status that tells the caller what to do."""
    if isinstance(error, InFlight):
        return 409
    if isinstance(error, KeyReused):
        return 422
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return 502


def problem_of(error: BridgeError, *, request_id: str | None = None) -> Problem:
    """The problem that describes an error."""
    status = status_of(error)
    errors = None
    if isinstance(error, InvalidInput) and error.pointer:
        errors = [ProblemError(detail=str(error), pointer=error.pointer)]
    # Sentences about other systems may hold addresses; ours say what to do.
    detail = "Nothing was changed; please send it again." if status >= 500 else str(error)
    return make_problem(status, detail, errors=errors, request_id=request_id)


def make_problem(
    status: int,
    detail: str | None = None,
    *,
    errors: Sequence[ProblemError] | None = None,
    request_id: str | None = None,
) -> Problem:
    """A problem of that status in the words that belong to it."""
    return Problem(
        type=f"urn:bridge:problem:{_TYPES.get(status, f'http-{status}')}",
        title=_TITLES.get(status) or HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        id=request_id,
        errors=list(errors) if errors else None,
    )


def problem_response(problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that carries a problem."""
    given = dict(headers or {})
    if problem.status == 401:
        given.setdefault("WWW-Authenticate", 'Bearer realm="bridge"')
    if problem.status == 503:
        given.setdefault("Retry-After", str(_RETRY_SECONDS))
    # ASCII with escapes: a pointer may repeat characters that UTF-8 cannot carry.
    body = json.dumps(problem.model_dump(exclude_none=True, mode="json"))
    return Response(body, problem.status, headers=given, media_type=MEDIA_TYPE)


def invalid(error: RequestValidationError) -> list[ProblemError]:
    """Pydantic's findings, without the values they are about."""
    return [
        describe(
            one["loc"],
            kind=str(one["type"]),
            words=words_of(str(one["type"]), str(one["msg"]), one.get("ctx") or {}),
        )
        for one in error.errors()
    ]


def describe(place: Sequence[str | int], *, kind: str, words: str) -> ProblemError:
    """One finding: a JSON pointer into the body, or the name of a query or path parameter."""
    where, *rest = place
    if where != "body":
        return ProblemError(detail=words, parameter=str(rest[0]) if rest else str(where))
    if kind == "json_invalid":
        return ProblemError(detail=f"this is not JSON, at character {rest[0]}", pointer="")
    return ProblemError(detail=words, pointer=pointer_to(rest))


def pointer_to(place: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in place)


def request_id_of(request: Request) -> str | None:
    """The id that the request has in the logs."""
    found = request.scope.get("bridge.request_id")
    return found if isinstance(found, str) else None


def add_handlers(app: FastAPI) -> None:
    """Answer every error that is raised on purpose; the door answers the rest."""
    app.add_exception_handler(BridgeError, _on_bridge_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)


async def _on_bridge_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, BridgeError)
    problem = problem_of(error, request_id=request_id_of(request))
    headers = {}
    if isinstance(error, TryAgainLater) and error.retry_after_seconds:
        headers["Retry-After"] = str(int(error.retry_after_seconds) + 1)
    return problem_response(problem, headers=headers)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = invalid(error)
    detail = "; ".join(f"{_named(one)}: {one.detail}" for one in errors)
    return problem_response(
        make_problem(422, detail[:1_000], errors=errors, request_id=request_id_of(request))
    )


def _named(error: ProblemError) -> str:
    """The field that is wrong, as the caller wrote it."""
    return (error.pointer or "").lstrip("/") or error.parameter or "body"


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    problem = make_problem(error.status_code, detail, request_id=request_id_of(request))
    return problem_response(problem, headers=error.headers)
