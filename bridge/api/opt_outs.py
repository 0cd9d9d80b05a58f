"""Who wants no letters: the list, lists from elsewhere, and those who want some again."""

from fastapi import Depends
from starlette.responses import Response

from bridge.api.deps import BODY_ANSWERS, Publisher, answers, area, json_only
from bridge.api.idempotency import OnceDep
from bridge.api.letter_schemas import OptOutOut, OptOutPage, OptOutsIn, OptOutsOut
from bridge.api.paging import PageDep, page_of
from bridge.steps.opt_outs import take_opt_outs

router = area("letters")


@router.get("/opt-outs", summary="List opt-outs", responses=answers())
def list_opt_outs(call: Publisher, page: PageDep) -> OptOutPage:
    """Addresses that get no letters of the product, newest first."""
    found = call.store.opt_outs.search(call.product.id, limit=page.limit + 1, before=page.after())
    items, after = page_of(found, page, lambda one: (one.id,))
    shown = [
        OptOutOut(email=one.email, source=one.source, created_at=one.created_at) for one in items
    ]
    return OptOutPage(items=shown, next=after)


@router.post(
    "/opt-outs",
    summary="These want no letters",
    response_model=OptOutsOut,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def add_opt_outs(body: OptOutsIn, call: Publisher, once: OnceDep) -> Response:
    """What waits for them is not sent; sending the list again changes nothing."""

    def do() -> tuple[int, OptOutsOut]:
        done = take_opt_outs(body.emails, call.product, store=call.store, cause=call.cause())
        return 200, OptOutsOut(added=done.added, known=done.known, refused=list(done.refused))

    return once.run(call, do)
