"""The inbox: is it known, what a person is told, and that they have read it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response

from bridge.domain.errors import BridgeError, NotConfigured, NotFound, TryAgainLater
from bridge.domain.issues import Issue
from bridge.domain.people import Notice
from bridge.domain.permissions import Action
from bridge.domain.scope import Asker
from bridge.steps.match import Match, Question, match_text
from bridge.steps.notify import acknowledge as read_notice
from bridge.steps.notify import acknowledge_all as read_all
from bridge.web import words
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/inbox",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.READ_OWN_INBOX)],
)

_PAGE_SIZE = 20
_MOST_TEXT = 20_000
_MOST_VERSION = 60
Id = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("")
def show_inbox(
    visit: VisitDep, before: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None
) -> Response:
    """A person's own notices, newest first."""
    visit.caller.require(Action.READ_OWN_INBOX)
    return _show(visit, before=before)


@router.post("/match", dependencies=[needs(Action.MATCH)])
def look_up(
    visit: SubmissionDep,
    text: Annotated[Typed, Form(max_length=_MOST_TEXT)] = "",
    version: Annotated[Typed, Form(max_length=_MOST_VERSION)] = "",
) -> Response:
    """Is it known, and what to tell? Sent as a form so that no address holds a customer's words."""
    visit.caller.require(Action.MATCH)
    asked = Question(text, Asker(version.strip() or None))
    context = visit.web.application.context
    try:
        matches = match_text(asked, visit.product, store=visit.store, context=context)
    except (NotConfigured, TryAgainLater) as error:
        return _show(visit, asked=asked, error=error)
    return _show(visit, asked=asked, matches=matches)


def _show(
    visit: Visit,
    *,
    before: int | None = None,
    asked: Question | None = None,
    matches: Sequence[Match] | None = None,
    error: BridgeError | None = None,
) -> Response:
    """matches: None before anything was looked up."""
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
        asked=asked,
        matches=matches,
        trouble=words.sentence(str(error)) if error else "",
        **({"status": status_of(error)} if error else {}),
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
