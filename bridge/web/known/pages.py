"""What everybody may read, without signing in: page, JSON and feeds of a public product.

These are the only routes of the pages, beside sign-in, that are open on purpose. A product that is
not public is "not found", but for people signed in who may read it: they see a preview.
"""

from dataclasses import asdict
from hashlib import sha256
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from bridge.domain.errors import BridgeError, NotFound
from bridge.domain.permissions import Action
from bridge.domain.products import Product
from bridge.steps.known import KnownIssue, known_issues, public_product
from bridge.store import Store
from bridge.web.pages import PageRoute, bare_page
from bridge.web.visit import StoreDep, web_of
from bridge.wiring.access import caller_of_session

router = APIRouter(prefix="/known", route_class=PageRoute, include_in_schema=False)

_KEEP_SECONDS = 300
_FEEDS = {"atom": "application/atom+xml", "rss": "application/rss+xml"}
Slug = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


@router.get("/{slug}.json")
def show_json(slug: Slug, request: Request, store: StoreDep) -> Response:
    """For programs."""
    product, is_public = _product(slug, request, store)
    items = [
        {
            **asdict(one),
            "told": one.told,
            "shown_at": one.shown_at.isoformat(),
            "updated_at": one.updated_at.isoformat(),
        }
        for one in known_issues(product, store=store)
    ]
    for item in items:
        if item["customers"] is None:
            del item["customers"]
    answer = JSONResponse({"product": product.name, "items": items})
    return _kept(answer, request, is_public=is_public)


@router.get("/{slug}.atom")
def show_feed(slug: Slug, request: Request, store: StoreDep) -> Response:
    """For feed readers."""
    return _page("known.atom", slug, request, store)


@router.get("/{slug}.rss")
def show_rss(slug: Slug, request: Request, store: StoreDep) -> Response:
    """For feed readers that know RSS 2.0 only."""
    return _page("known.rss", slug, request, store)


@router.get("/{slug}")
def show_page(slug: Slug, request: Request, store: StoreDep) -> Response:
    """For people."""
    return _page("known.html", slug, request, store)


def _page(template: str, slug: str, request: Request, store: Store) -> Response:
    product, is_public = _product(slug, request, store)
    found: list[KnownIssue] = known_issues(product, store=store)
    base = web_of(request).application.settings.public_url.rstrip("/")
    answer = bare_page(
        template,
        product=product,
        items=found,
        is_public=is_public,
        link=f"{base}/known/{quote(product.slug)}",
        updated_at=max((one.updated_at for one in found), default=None),
    )
    kind = _FEEDS.get(template.rpartition(".")[2])
    if kind is not None:
        answer.headers["Content-Type"] = f"{kind}; charset=utf-8"
    return _kept(answer, request, is_public=is_public)


def _product(slug: str, request: Request, store: Store) -> tuple[Product, bool]:
    """The product, and whether everybody may read it."""
    try:
        return public_product(slug, store=store), True
    except NotFound:
        web = web_of(request)
        secret = request.cookies.get(web.cookie, "")
        if not secret:
            raise
        try:
            caller = caller_of_session(secret, slug, store=store, now=web.application.context.now())
            caller.require(Action.READ)
        except BridgeError as error:
            raise NotFound("there is no such page") from error
        return caller.product, False


def _kept(answer: Response, request: Request, *, is_public: bool) -> Response:
    """A public answer may be kept for a while, and is asked for by its tag; a preview never."""
    if not is_public:
        return answer
    tag = f'"{sha256(bytes(answer.body)).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={_KEEP_SECONDS}"}
    given = [one.strip().removeprefix("W/") for one in _tags(request)]
    if tag in given or "*" in given:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def _tags(request: Request) -> list[str]:
    return request.headers.get("if-none-match", "").split(",")
