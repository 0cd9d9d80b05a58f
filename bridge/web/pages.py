"""What all pages share: templates, headers, and errors told in words."""

import secrets
from collections.abc import Callable, Coroutine, Mapping
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Match

from bridge.domain.errors import (
    BridgeError,
    InvalidInput,
    InvalidMove,
    NotAllowed,
    NotConfigured,
    NotFound,
    NotSignedIn,
    Outdated,
)
from bridge.reporting.charts import draw
from bridge.reporting.text import heading, named, others, sentence
from bridge.web import letter_words, standing, words
from bridge.web.guard import is_ours
from bridge.web.visit import Visit, visit_of, web_of
from bridge.wiring.logging import where

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_STATUS: Mapping[type[BridgeError], HTTPStatus] = {
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    InvalidMove: HTTPStatus.CONFLICT,
    NotConfigured: HTTPStatus.CONFLICT,
    Outdated: HTTPStatus.PRECONDITION_FAILED,
}
_TITLES: Mapping[HTTPStatus, str] = {
    HTTPStatus.NOT_FOUND: "Not found",
    HTTPStatus.FORBIDDEN: "Not allowed",
    HTTPStatus.UNPROCESSABLE_ENTITY: "That cannot be used",
    HTTPStatus.CONFLICT: "Not possible now",
    HTTPStatus.PRECONDITION_FAILED: "Changed meanwhile",
    HTTPStatus.INTERNAL_SERVER_ERROR: "That went wrong",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available now",
}

log = structlog.get_logger()


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(words.FILTERS)
    made.filters.update(letter_words.FILTERS)
    made.filters.update(heading=heading, named=named, others=others, told_sentence=sentence)
    made.filters.update(stands=standing.stands, say_of=standing.say_of)
    made.tests["open_ended"] = standing.may_change
    made.filters["drawn"] = draw
    made.globals["style_address"] = _versioned("bridge.css")
    made.globals["keys_address"] = _versioned("keys.js")
    return made


def _versioned(name: str) -> str:
    """The address of a static file, another one whenever its content changes."""
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


_ENVIRONMENT = _environment()


def status_of(error: BridgeError) -> HTTPStatus:
    """The HTTP status that says the same as the error."""
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            return status
    return HTTPStatus.SERVICE_UNAVAILABLE


def bare_page(template: str, status: HTTPStatus = HTTPStatus.OK, **values: object) -> HTMLResponse:
    """A page for somebody who is not signed in, or of whom nothing is known."""
    html = _ENVIRONMENT.get_template(template).render(visit=None, unread=0, **values)
    return HTMLResponse(html, status)


def page(
    visit: Visit, template: str, status: HTTPStatus = HTTPStatus.OK, **values: object
) -> HTMLResponse:
    """A page of a signed-in person."""
    unread = visit.store.notices.unread_count(visit.product.id, visit.email)
    questions = visit.store.suggestions.count_open(visit.product.id) if visit.may("review") else 0
    may_advise = visit.may("write_workarounds")
    tasks = visit.store.tasks.count_open(visit.product.id) if may_advise else 0
    may_publish = visit.may("publish")
    letters = visit.store.letters.count_to_read(visit.product.id) if may_publish else 0
    html = _ENVIRONMENT.get_template(template).render(
        visit=visit,
        address=visit.address,
        now=visit.now,
        unread=unread,
        questions=questions,
        tasks=tasks,
        letters_to_read=letters,
        **values,
    )
    return HTMLResponse(html, status)


def redirect(address: str) -> RedirectResponse:
    """Go on there with a GET."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


class PageRoute(APIRoute):
    """Gives every answer the pages' headers, and every refusal a page in words."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See fastapi.routing.APIRoute; the dictionaries and their Any are Starlette's."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except NotSignedIn:
                response = redirect(_door(request))
            except RequestValidationError as error:
                refusal = _refusal(error, request)
                response = await run_in_threadpool(_problem, refusal, request)
            except BridgeError as error:
                response = await run_in_threadpool(_problem, error, request)
            except HTTPException:
                raise
            except Exception as error:  # noqa: BLE001 - a person gets a page, the log the rest
                response = await run_in_threadpool(_failure, error, request)
            return _closed(response, request)

        return answer


def _door(request: Request) -> str:
    """Where a stranger is sent; whose session ended while they typed hears that it is lost."""
    is_lost = request.method == "POST" and web_of(request).cookie in request.cookies
    return "/sign-in?ended=1" if is_lost else "/sign-in"


def _refusal(error: RequestValidationError, request: Request) -> BridgeError:
    """An address that cannot be one leads nowhere; anything else that was given is named."""
    if any(one["loc"][0] == "path" for one in error.errors()):
        return NotFound("there is no such page")
    return InvalidInput(_unusable(error, request))


_NAMED = {"q": "what you search for"}
"""Fields whose names say nothing to people."""


def _unusable(error: RequestValidationError, request: Request) -> str:
    """What is wrong with which field, and that nothing typed is lost."""
    told = []
    for one in error.errors():
        wrong = "cannot be used"
        if one["type"] == "missing":
            wrong = "is missing"
        elif one["type"] in ("string_too_long", "too_long"):
            wrong = f"is longer than {words.number(one['ctx']['max_length'])} characters"
        elif one["type"] in ("less_than", "less_than_equal", "int_parsing_size"):
            wrong = "is too large"
        elif one["type"] in ("greater_than", "greater_than_equal"):
            wrong = "is too small"
        elif str(one["type"]).startswith(("int_", "float_")):
            wrong = "must be a number"
        elif one["type"] in ("enum", "literal_error"):
            wrong = f"must be one of: {str(one['ctx']['expected']).replace(' or ', ', ')}"
        name = str(one["loc"][-1])
        told.append(f"{_NAMED.get(name, name.replace('_', ' '))} {wrong}")
    hint = ". Nothing was done; what you typed is still there when you go back"
    return "; ".join(told) + (hint if request.method == "POST" else "")


def show_http_error(request: Request, error: Exception) -> Response:
    """A page for an address or a method that does not exist."""
    code = error.status_code if isinstance(error, HTTPException) else 404
    if code == HTTPStatus.METHOD_NOT_ALLOWED:
        told = NotFound("this address only takes forms: go back and press the button again")
    else:
        told = NotFound("there is no such page")
    return _closed(_problem(told, request), request)


def wants_page(request: Request) -> bool:
    """Whether a person at a browser asks, and not for what only programs use."""
    accepts = request.headers.get("accept", "")
    return "text/html" in accepts and not request.url.path.startswith(("/api/", "/static/"))


def _closed(response: Response, request: Request) -> Response:
    """The answer with the headers that keep a page to itself."""
    for name, value in _HEADERS.items():
        # A page may say otherwise of itself: a mail that is shown has styles of its own.
        response.headers.setdefault(name, value)
    if web_of(request).is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _problem(error: BridgeError, request: Request) -> Response:
    status = status_of(error)
    error_id = secrets.token_hex(6)
    log.info("page refused", error_id=error_id, error=type(error).__name__, status=int(status))
    return _told(request, status, words.sentence(str(error)), error_id)


def _failure(error: Exception, request: Request) -> Response:
    """A page for our own mistakes."""
    error_id = secrets.token_hex(6)
    log.error("page failed", error_id=error_id, **where(error))
    sentence = "Something went wrong on our side. Nothing was changed; please try again."
    return _told(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence, error_id)


def _page_of_form(request: Request) -> str:
    """The page of ours that a form was sent from; empty where the browser does not say."""
    given = request.headers.get("referer", "")
    public_url = web_of(request).application.settings.public_url
    before = urlsplit(given)
    is_page = is_ours(given, request, public_url) and not before.path.startswith("//")
    if request.method != "POST" or not is_page:
        return ""
    if _is_shown(before.path, request):
        return urlunsplit(("", "", before.path, before.query, ""))
    # What a form could not do is told at its own address, which shows nothing by itself.
    path = before.path.rpartition("/")[0]
    return path if path and _is_shown(path, request) else ""


def _is_shown(path: str, request: Request) -> bool:
    asked = {**request.scope, "method": "GET", "path": path}
    routes = request.app.router.routes
    return any(route.matches(asked)[0] is Match.FULL for route in routes)


def _told(request: Request, status: HTTPStatus, sentence: str, error_id: str) -> Response:
    """In the usual frame for who is signed in; a stranger learns nothing of any product."""
    back = _page_of_form(request) if status is HTTPStatus.FORBIDDEN else ""
    given = {"title": _TITLES[status], "sentence": sentence, "error_id": error_id, "back": back}
    asked = request.query_params.get("product")
    # Who asked for a product that is not theirs still has the menu of one that is.
    products = dict.fromkeys((asked, None))
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        # The menu needs what is away.
        products = {}
    for product in products:
        try:
            with web_of(request).application.open() as store:
                return page(visit_of(request, store, product), "problem.html", status, **given)
        except NotFound:
            continue
        except Exception as error:  # noqa: BLE001 - what is broken may be just what the menu needs
            log.info("error page without menu", error_id=error_id, error=type(error).__name__)
            break
    return bare_page("problem.html", status, **given)
