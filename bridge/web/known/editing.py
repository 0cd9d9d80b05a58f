"""Who says what customers may read: the list, the switch, and the words for one issue."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.steps.known import hide_from_customers, known_issues, show_to_customers
from bridge.store.known import KnownPage
from bridge.web import words
from bridge.web.issues.pages import issue_named
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/published",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.PUBLISH)],
)

Words = Annotated[Typed, Form(max_length=5_000)]
_DONE = {
    "shown": "Saved: this is what customers read.",
    "redacted": "Saved. Personal data in it was replaced by placeholders: read it once more.",
    "hidden": "Hidden: customers read it no more.",
    "switched": "Saved.",
}


@router.get("")
def list_known(visit: VisitDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What is shown, and to whom."""
    visit.caller.require(Action.PUBLISH)
    return page(
        visit,
        "published.html",
        items=known_issues(visit.product, store=visit.store),
        known_page=visit.store.known.page(visit.product.id),
        done=_DONE.get(done, ""),
    )


@router.post("")
def switch(
    visit: SubmissionDep,
    is_public: Annotated[bool, Form()] = False,
    shows_counts: Annotated[bool, Form()] = False,
) -> Response:
    """Tell everybody, or nobody."""
    visit.caller.require(Action.PUBLISH)
    visit.store.known.set_page(visit.product.id, KnownPage(is_public, shows_counts))
    visit.store.decisions.record(
        visit.product.id,
        "known_page",
        at=visit.now,
        actor=visit.caller.actor,
        after={"is_public": is_public, "shows_counts": shows_counts},
        origin="page",
    )
    return redirect(visit.address("/published", done="switched"))


@router.get("/{name}")
def show_form(name: str, visit: VisitDep) -> Response:
    """The words for one issue; empty until somebody writes them."""
    visit.caller.require(Action.PUBLISH)
    issue = issue_named(name, visit)
    known = visit.store.known.find(issue.id)
    typed = (known.title, known.text, known.workaround) if known else ("", "", "")
    return _form(issue, typed, visit, is_shown=known is not None)


@router.post("/{name}")
def show_it(
    name: str, visit: SubmissionDep, title: Words = "", text: Words = "", workaround: Words = ""
) -> Response:
    """Show it in these words."""
    visit.caller.require(Action.PUBLISH)
    issue = issue_named(name, visit)
    try:
        was_redacted = show_to_customers(
            issue,
            title=title,
            text=text,
            workaround=workaround,
            store=visit.store,
            cause=visit.cause(),
        )
    except (InvalidInput, InvalidMove) as error:
        is_shown = visit.store.known.find(issue.id) is not None
        return _form(issue, (title, text, workaround), visit, is_shown=is_shown, error=error)
    done = "redacted" if was_redacted else "shown"
    return redirect(visit.address("/published", done=done))


@router.post("/{name}/hide")
def hide(name: str, visit: SubmissionDep) -> Response:
    """Show it no more."""
    visit.caller.require(Action.PUBLISH)
    hide_from_customers(issue_named(name, visit), store=visit.store, cause=visit.cause())
    return redirect(visit.address("/published", done="hidden"))


def _form(
    issue: Issue,
    typed: tuple[str, str, str],
    visit: Visit,
    *,
    is_shown: bool,
    error: InvalidInput | InvalidMove | None = None,
) -> Response:
    status = {"status": status_of(error)} if error else {}
    title, text, workaround = typed
    return page(
        visit,
        "publish.html",
        issue=issue,
        title=title,
        text=text,
        workaround=workaround,
        is_shown=is_shown,
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )
