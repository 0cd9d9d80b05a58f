"""The inbox: is it known, what a person is told, and that they have read it."""

import re
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
from bridge.store.issues import IssueFilter
from bridge.web import standing, words
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
_NAME = re.compile(r"[A-Z][A-Z0-9_]*-[1-9][0-9]{0,8}", re.IGNORECASE)
"""An issue or a ticket, such as ISS-42."""
Id = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("")
def show_inbox(
    visit: VisitDep, before: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None
) -> Response:
    """A person's own notices, newest first."""
    visit.caller.require(Action.READ_OWN_INBOX)
    return _show(visit, before=before)


@router.get("/match")
def show_again(visit: VisitDep) -> Response:
    """An answer has no address of its own: who asks for it again begins anew."""
    return redirect(visit.address("/inbox"))


@router.post("/match", dependencies=[needs(Action.MATCH)])
def look_up(
    visit: SubmissionDep,
    text: Annotated[Typed, Form(max_length=_MOST_TEXT)] = "",
    version: Annotated[Typed, Form(max_length=_MOST_VERSION)] = "",
) -> Response:
    """Is it known, and what to tell? Sent as a form so that no address holds a customer's words."""
    visit.caller.require(Action.MATCH)
    named = _named(text.strip(), visit)
    if named is not None:
        return redirect(visit.address(f"/issues/{named.name}"))
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
    issues = [one.issue.id for one in matches or ()]
    return page(
        visit,
        "inbox.html",
        notices=[(one, _issue_of(one, visit), _lines(one), _since(one, visit)) for one in notices],
        older=notices[-1].id if len(found) > _PAGE_SIZE else None,
        before=before,
        asked=asked,
        matches=matches,
        faqs=visit.store.faqs.of_issues(issues) if issues else {},
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


def _named(text: str, visit: Visit) -> Issue | None:
    """The issue whose name or ticket was typed instead of what a customer says."""
    if _NAME.fullmatch(text) is None:
        return None
    found = visit.store.issues.search(visit.product.id, IssueFilter(words=text, limit=2))
    return found[0].issue if len(found) == 1 else None


def _since(notice: Notice, visit: Visit) -> str:
    issue = visit.store.issues.standing_for(visit.product.id, notice.issue_id)
    return standing.since(notice, issue, visit.store.outages.open_of(issue.id))


def _lines(notice: Notice) -> list[str]:
    """The text without the address of the issue: the page has a link for that."""
    lines = notice.text.splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("http://", "https://"))]
