"""The inbox: what a person is told, and that they have read it."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue
from bridge.domain.people import Notice
from bridge.domain.permissions import Action
from bridge.steps.notify import acknowledge as read_notice
from bridge.steps.notify import acknowledge_all as read_all
from bridge.web.pages import PageRoute, page, redirect
from bridge.web.visit import SubmissionDep, Visit, VisitDep, needs

router = APIRouter(
    prefix="/inbox",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.READ_OWN_INBOX)],
)

_PAGE_SIZE = 20
Id = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("")
def show_inbox(
    visit: VisitDep, before: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None
) -> Response:
    """A person's own notices, newest first."""
    visit.caller.require(Action.READ_OWN_INBOX)
    found = visit.store.notices.of_person(
        visit.product.id, visit.email, limit=_PAGE_SIZE + 1, before=before
    )
    notices = found[:_PAGE_SIZE]
    return page(
        visit,
        "inbox.html",
        notices=[(one, _issue_of(one, visit), _lines(one)) for one in notices],
        older=notices[-1].id if len(found) > _PAGE_SIZE else None,
        before=before,
    )


@router.post("/acknowledge")
def acknowledge_all(
    visit: SubmissionDep, up_to: Annotated[int, Form(ge=0, lt=1 << 63)]
) -> Response:
    """The reader has read all that there were; what came since stays unread."""
    visit.caller.require(Action.READ_OWN_INBOX)
    reader = visit.store.people.known(visit.email)
    read_all(reader.id, visit.product.id, up_to=up_to, store=visit.store, now=visit.now)
    return redirect(visit.address("/inbox"))


@router.post("/{notice_id}/acknowledge")
def acknowledge(notice_id: Id, visit: SubmissionDep) -> Response:
    """The reader has read it; twice changes nothing."""
    visit.caller.require(Action.READ_OWN_INBOX)
    notice = visit.store.notices.get(visit.product.id, notice_id)
    if notice.recipient != visit.email:
        raise NotFound("no such notice")
    read_notice(notice, store=visit.store, now=visit.now)
    return redirect(visit.address("/inbox"))


def _issue_of(notice: Notice, visit: Visit) -> Issue:
    return visit.store.issues.get(visit.product.id, notice.issue_id)


def _lines(notice: Notice) -> list[str]:
    """The text without the address of the issue: the page has a link for that."""
    lines = notice.text.splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("http://", "https://"))]
