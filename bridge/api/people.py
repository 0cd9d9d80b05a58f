"""People of a product: who there is, inviting somebody, letting somebody go."""

from typing import Annotated

from fastapi import Depends, Path
from starlette.responses import Response

from bridge.api.deps import BODY_ANSWERS, Call, Operator, answers, area, json_only
from bridge.api.paging import PageDep, page_of
from bridge.api.people_schemas import InvitedOut, PeoplePage, PersonIn, PersonOut
from bridge.api.wire import MOST_ID
from bridge.domain.people import UserId
from bridge.domain.products import Product
from bridge.steps.people import Invitation, Invited, invite, remove
from bridge.store.members import Member
from bridge.wiring.access import product_named

router = area("people")


@router.get("/people", summary="List people", responses=answers())
def list_people(call: Operator, page: PageDep) -> PeoplePage:
    """Whoever has a role in the product, in the order they became known."""
    found = call.store.members.page(call.product.id, limit=page.limit + 1, after=page.after() or 0)
    items, after = page_of(found, page, lambda one: (one.user.id,))
    return PeoplePage(items=[person_out(one) for one in items], next=after)


@router.post(
    "/people",
    summary="Invite somebody",
    status_code=201,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def invite_person(body: PersonIn, call: Operator) -> InvitedOut:
    """Again gives a new link; it is shown this once, and mailed. 409 before a role changes."""
    done = invite(
        Invitation(body.email, body.role, _products(body, call), body.name, body.change),
        sees_all_products=call.caller.sees_all_products,
        store=call.store,
        context=call.context,
        cause=call.cause(),
    )
    return invited_out(done)


@router.delete("/people/{id}", summary="Let somebody go", status_code=204, responses=answers(409))
def remove_person(
    user_id: Annotated[int, Path(alias="id", ge=1, le=MOST_ID)], call: Operator
) -> Response:
    """No sign-in, no token, no notice and no mail of the product any more; history stays."""
    user = call.store.people.get(UserId(user_id))
    remove(user, call.product, store=call.store, cause=call.cause())
    return Response(status_code=204)


def person_out(one: Member) -> PersonOut:
    """A person as the API and the command line show them."""
    return PersonOut(
        id=one.user.id,
        email=one.user.email,
        name=one.user.name,
        role=one.role,
        is_signed_in=one.is_signed_in,
    )


def invited_out(done: Invited) -> InvitedOut:
    """What came of an invitation, with the link."""
    return InvitedOut(
        id=done.user.id,
        email=done.user.email,
        name=done.user.name,
        role=done.role,
        sign_in=done.link,
        is_mailed=done.is_mailed,
    )


def _products(body: PersonIn, call: Call) -> list[Product]:
    """The products that are named, as far as the caller may see them; else the call's own."""
    slugs = dict.fromkeys(body.products) or [call.product.slug]
    return [product_named(call.caller, one, store=call.store) for one in slugs]
