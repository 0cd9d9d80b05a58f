"""The pages behind the links of a letter: a GET shows and changes nothing, a POST does.

The signed name of the letter in the address is all the proof there is: mail programs send the wish
for no more letters by themselves, without cookies and from nowhere (RFC 8058).
"""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response

from bridge.domain.errors import BridgeError, InvalidInput, NotAllowed, NotFound
from bridge.domain.issues import IssueId
from bridge.domain.letters import FixWords, LetterKind
from bridge.steps.letter_answers import (
    EASIEST,
    MOST_TEXT,
    StillBroken,
    TooMany,
    answer_effort,
    say_still_broken,
    stop_letters,
)
from bridge.steps.letter_sending import letter_named
from bridge.store import Store
from bridge.store.addressees import Addressee
from bridge.web.mail.words import UNKNOWN, WORDS
from bridge.web.pages import PageRoute, bare_page
from bridge.web.visit import StoreDep, Typed, web_of

router = APIRouter(prefix="/mail/{token}", route_class=PageRoute, include_in_schema=False)

Token = Annotated[str, Path(max_length=100)]
_ONE_CLICK = "One-Click"


@router.get("/stop")
def show_stop(token: Token, request: Request, store: StoreDep) -> Response:
    """A button; looking at it ends nothing."""
    return _page("stop", token, request, store)


@router.post("/stop")
def stop(
    token: Token,
    request: Request,
    store: StoreDep,
    one_click: Annotated[Typed, Form(alias="List-Unsubscribe", max_length=100)] = "",
) -> Response:
    """No more letters; pressed by the customer, or sent by their mail program."""
    one = _letter(token, request, store)
    if one is not None:
        source = "mail" if one_click == _ONE_CLICK else "link"
        now = web_of(request).application.context.now()
        stop_letters(one, source=source, store=store, now=now)
    return _page("stop", token, request, store, is_done=True)


@router.get("/still-broken")
def show_still_broken(token: Token, request: Request, store: StoreDep) -> Response:
    """A form."""
    return _page("broken", token, request, store)


@router.post("/still-broken")
def still_broken(  # noqa: PLR0913 - one parameter a field of the form
    token: Token,
    request: Request,
    store: StoreDep,
    text: Annotated[Typed, Form(max_length=4 * MOST_TEXT)] = "",
    version: Annotated[Typed, Form(max_length=80)] = "",
    issue: Annotated[int | None, Form(ge=1, lt=1 << 63)] = None,
) -> Response:
    """What the customer says becomes a contact on the issue."""
    one = _letter(token, request, store)
    if one is None:
        return _page("broken", token, request, store)
    context = web_of(request).application.context
    product = store.products.get(one.product_id)
    said = StillBroken(text, None if issue is None else IssueId(issue), version.strip() or None)
    try:
        say_still_broken(one, said, product, store=store, context=context)
    except (InvalidInput, NotAllowed) as error:
        return _page("broken", token, request, store, error=error, typed=text)
    return _page("broken", token, request, store, is_done=True)


@router.get("/effort")
def show_effort(token: Token, request: Request, store: StoreDep) -> Response:
    """The one question of a check-in."""
    return _page("effort", token, request, store)


@router.post("/effort")
def effort(
    token: Token,
    request: Request,
    store: StoreDep,
    score: Annotated[int | None, Form(ge=0, le=1_000)] = None,
) -> Response:
    """How easy it was."""
    one = _letter(token, request, store)
    if one is None or not _asks(one, store):
        return _page("effort", token, request, store)
    now = web_of(request).application.context.now()
    product = store.products.get(one.product_id)
    try:
        answer_effort(one, score or 0, product, store=store, now=now)
    except (InvalidInput, NotAllowed) as error:
        return _page("effort", token, request, store, error=error)
    return _page("effort", token, request, store, is_done=True)


unknown_router = APIRouter(prefix="/mail", route_class=PageRoute, include_in_schema=False)


@unknown_router.api_route("/{path:path}", methods=["GET", "HEAD", "POST"])
@unknown_router.api_route("", methods=["GET", "HEAD", "POST"])
def show_unknown() -> Response:
    """What no letter links to, such as a link that a mail program has cut: a page, to anybody."""
    return bare_page("mail_unknown.html", HTTPStatus.NOT_FOUND, sentences=UNKNOWN)


def _letter(token: str, request: Request, store: Store) -> Addressee | None:
    try:
        return letter_named(token, store, web_of(request).application.context.secrets)
    except NotFound:
        return None


def _asks(one: Addressee, store: Store) -> bool:
    return store.letters.get(one.product_id, one.letter_id).kind is LetterKind.CHECK_IN


def _page(  # noqa: PLR0913 - a page is told by all of these
    what: str,
    token: str,
    request: Request,
    store: Store,
    *,
    is_done: bool = False,
    error: BridgeError | None = None,
    typed: str = "",
) -> Response:
    one = _letter(token, request, store)
    if one is None or (what == "effort" and not _asks(one, store)):
        return bare_page("mail_unknown.html", HTTPStatus.NOT_FOUND, sentences=UNKNOWN)
    status, trouble = _told(what, one.language, error)
    return bare_page(
        f"mail_{what}.html",
        status,
        say=WORDS[one.language],
        language=one.language,
        product=store.products.get(one.product_id).name,
        fixes=_fixes(one, store),
        is_done=is_done,
        trouble=trouble,
        typed=typed,
        scores=range(1, EASIEST + 1),
    )


def _told(what: str, language: str, error: BridgeError | None) -> tuple[HTTPStatus, str]:
    """The refusal in the customer's language."""
    say = WORDS[language]
    if error is None:
        return HTTPStatus.OK, ""
    if isinstance(error, TooMany):
        return HTTPStatus.TOO_MANY_REQUESTS, say.too_many
    if isinstance(error, NotAllowed):
        return HTTPStatus.FORBIDDEN, say.too_old
    return HTTPStatus.UNPROCESSABLE_ENTITY, say.choose if what == "effort" else say.say_what


def _fixes(one: Addressee, store: Store) -> list[tuple[int, str]]:
    """(issue, what was fixed) as the letter said it."""
    words = {issue.issue_id: issue.words for issue in store.letters.issues(one.letter_id)}
    empty = FixWords("")
    return [
        (fix.issue_id, words.get(fix.issue_id, {}).get(one.language, empty).title)
        for fix in one.fixes
    ]
