"""Sign-in by a one-time link; opening the link shows a button, pressing it uses the link."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response

from bridge.domain.errors import NotAllowed
from bridge.web.guard import require_same_origin, require_token
from bridge.web.pages import PageRoute, bare_page, redirect
from bridge.web.visit import StoreDep, Typed, home_of, token_of, web_of
from bridge.wiring.access import caller_of_session

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SESSION = timedelta(days=7)
"""A session ends then, whatever its person does."""


@router.get("/sign-in")
def show_sign_in(
    code: Annotated[str, Query(max_length=200)] = "",
    bye: Annotated[str, Query(max_length=5)] = "",
    ended: Annotated[str, Query(max_length=5)] = "",
) -> Response:
    """A button for a link; without one, how to get it. Mail scanners that look use nothing up."""
    return bare_page("sign_in.html", code=code, bye=bool(bye), ended=bool(ended))


@router.post("/sign-in")
def sign_in(
    request: Request, store: StoreDep, code: Annotated[Typed, Form(max_length=200)] = ""
) -> Response:
    """Use the link up and begin a new session."""
    web = web_of(request)
    require_same_origin(request, web.application.settings.public_url)
    now = web.application.context.now()
    person = store.people.use_link(code, now=now) if code else None
    if person is None:
        raise NotAllowed(
            "this sign-in link was used already, or is too old. Each link works once; "
            "ask an admin for a new one"
        )
    old = request.cookies.get(web.cookie)
    if old:
        store.people.end_session(old)
    secret = store.people.create_login(person.id, "session", expires_at=now + SESSION)
    caller = caller_of_session(secret, None, store=store, now=now)
    response = redirect(home_of(caller))
    response.set_cookie(
        web.cookie,
        secret,
        max_age=int(SESSION.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=web.is_secure,
        path="/",
    )
    return response


@router.post("/sign-out")
def sign_out(
    request: Request, store: StoreDep, token: Annotated[Typed, Form(max_length=100)] = ""
) -> Response:
    """End the session here and in the database."""
    web = web_of(request)
    require_same_origin(request, web.application.settings.public_url)
    secret = request.cookies.get(web.cookie)
    if secret:
        require_token(token, token_of(secret))
        store.people.end_session(secret)
    response = redirect("/sign-in?bye=1")
    response.delete_cookie(web.cookie, path="/", secure=web.is_secure, httponly=True)
    return response
