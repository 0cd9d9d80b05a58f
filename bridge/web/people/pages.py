"""The people of a product: who there is, a link for somebody new, and letting somebody go."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import BridgeError, InvalidInput, InvalidMove, NotFound
from bridge.domain.people import Role, UserId
from bridge.domain.permissions import Action
from bridge.steps.people import LINK_LIVES, Invitation, Invited, KnownOtherwise, invite, remove
from bridge.web import words
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/people",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.OPERATE)],
)

_PAGE_SIZE = 50
_DONE = {"removed": "Removed. No page, notice or mail of this product reaches them any more."}
Id = Annotated[int, Path(ge=1, lt=1 << 63)]
After = Annotated[int, Query(ge=0, lt=1 << 63)]


@router.get("")
def show_people(
    visit: VisitDep, after: After = 0, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Whoever has a role in the product."""
    return _shown(visit, after=after, done=_DONE.get(done, ""))


@router.post("/invite")
def invite_person(
    visit: SubmissionDep,
    email: Annotated[Typed, Form(max_length=200)] = "",
    name: Annotated[Typed, Form(max_length=200)] = "",
    role: Annotated[Role, Form()] = Role.AGENT,
    *,
    change: Annotated[bool, Form()] = False,
) -> Response:
    """The answer shows the link, this once; again gives a new one. Asks before a role changes."""
    visit.caller.require(Action.OPERATE)
    try:
        with visit.store.savepoint():
            invited = invite(
                Invitation(email.strip(), role, [visit.product], name, change),
                sees_all_products=visit.caller.sees_all_products,
                store=visit.store,
                context=visit.web.application.context,
                cause=visit.cause(),
            )
    except (InvalidInput, InvalidMove) as error:
        asks = isinstance(error, KnownOtherwise)
        return _shown(visit, error=error, typed=(email, name, role), asks=asks)
    return _shown(visit, invited=invited)


@router.post("/{user_id}/remove")
def remove_person(user_id: Id, visit: SubmissionDep) -> Response:
    """Twice is no harm: whoever is gone is gone."""
    visit.caller.require(Action.OPERATE)
    try:
        with visit.store.savepoint():
            user = visit.store.people.get(UserId(user_id))
            remove(user, visit.product, store=visit.store, cause=visit.cause())
    except NotFound:
        return redirect(visit.address("/people", done="removed"))
    except InvalidMove as error:
        return _shown(visit, error=error)
    return redirect(visit.address("/people", done="removed"))


def _shown(  # noqa: PLR0913 - what came of a form is told on the page
    visit: Visit,
    *,
    after: int = 0,
    done: str = "",
    error: BridgeError | None = None,
    typed: tuple[str, str, Role] = ("", "", Role.AGENT),
    asks: bool = False,
    invited: Invited | None = None,
) -> Response:
    visit.caller.require(Action.OPERATE)
    found = visit.store.members.page(visit.product.id, limit=_PAGE_SIZE + 1, after=after)
    people = found[:_PAGE_SIZE]
    return page(
        visit,
        "people.html",
        status_of(error) if error else HTTPStatus.OK,
        people=people,
        further=people[-1].user.id if len(found) > _PAGE_SIZE else None,
        after=after,
        done=done,
        trouble=words.sentence(str(error)) if error else "",
        typed=typed,
        asks=asks,
        invited=invited,
        roles=list(Role),
        days=LINK_LIVES.days,
    )
