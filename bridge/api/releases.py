"""Releases: a version that customers can get ships what it fixes."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.responses import Response

from bridge.api import present
from bridge.api.bodies import ReleaseIn, WithdrawIn
from bridge.api.deps import (
    BODY_ANSWERS,
    Reader,
    Shipper,
    answers,
    area,
    json_only,
)
from bridge.api.idempotency import OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.api.schemas import NotShippedOut, ReleasePage, ShippedOut, WithdrawnOut
from bridge.api.wire import MOST_ID
from bridge.domain.moments import passed
from bridge.domain.news import ShipEvent, ShipKind
from bridge.steps.ship import ReleaseNews, Shipped, ship
from bridge.steps.withdraw import withdraw

router = area("releases")


@router.get("/releases", summary="List releases", responses=answers())
def list_releases(call: Reader, page: PageDep) -> ReleasePage:
    """Newest first."""
    found = call.store.fixes.releases(call.product.id, limit=page.limit + 1, before=page.after())
    items, after = page_of(found, page, lambda one: (one.id,))
    return ReleasePage(items=[present.release(one) for one in items], next=after)


@router.post(
    "/releases",
    summary="Say that a version has reached customers",
    status_code=201,
    response_model=ShippedOut,
    responses={200: {"model": ShippedOut, "description": "Known already."}, **BODY_ANSWERS},
    dependencies=[Depends(json_only)],
)
def add_release(
    body: ReleaseIn,
    call: Shipper,
    once: OnceDep,
) -> Response:
    """Ships the listed issues and every resolved one whose ticket has this fix version.

    409 when customers who have the version wrote about a listed issue: `insist` ships it.
    """
    product = call.product
    shipped_at = passed(body.shipped_at or call.now, now=call.now, pointer="/shipped_at")

    def do() -> tuple[int, ShippedOut]:
        numbers = dict.fromkeys(body.issues)
        news = ReleaseNews(
            version=body.version.strip(),
            shipped_at=shipped_at,
            component=body.component.strip(),
            percent=body.percent,
            issue_ids=tuple(call.store.issues.by_number(product.id, one).id for one in numbers),
            insists=body.insist,
        )
        known = call.store.fixes.find(product.id, news.version, component=news.component)
        cause = call.cause(f"version {news.version} was released")
        done = ship(news, product, store=call.store, context=call.context, cause=cause)
        return 200 if known else 201, _answer(done)

    return once.run(call, do)


@router.post(
    "/releases/{id}/withdraw",
    summary="Say that a version was taken back",
    response_model=WithdrawnOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def withdraw_release(
    release_id: Annotated[int, Path(alias="id", ge=1, le=MOST_ID)],
    call: Shipper,
    once: OnceDep,
    body: WithdrawIn | None = None,
) -> Response:
    """Issues that no other release fixes step down, and whoever was told is told once more."""
    product = call.product

    def do() -> tuple[int, WithdrawnOut]:
        found = call.store.fixes.get_release(product.id, release_id)
        known = call.store.fixes.find(
            product.id, found.version, component=found.component, lock=True
        )
        told = (body.reason if body else "").strip()
        cause = call.cause(told or f"version {found.version} was taken back")
        event = ShipEvent(id="", source=cause.origin, kind=ShipKind.ROLLED_BACK, at=call.now)
        done = withdraw(
            known or found, event, product, store=call.store, context=call.context, cause=cause
        )
        return 200, WithdrawnOut(
            **present.release(done.release).model_dump(),
            stepped_down=[one.name for one in done.stepped_down],
            still_fixed=[one.name for one in done.kept],
        )

    return once.run(call, do)


def _answer(done: Shipped) -> ShippedOut:
    return ShippedOut(
        **present.release(done.release).model_dump(),
        shipped=[one.name for one in done.shipped],
        not_shipped=[
            NotShippedOut(issue=issue.name, reason=reason) for issue, reason in done.not_shipped
        ],
    )
