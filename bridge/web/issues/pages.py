"""The list of issues, and the page of one."""

import re
from typing import Annotated

from fastapi import APIRouter, Query, Response

from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.web.issues import listing
from bridge.web.issues.detail import Part, issue_page
from bridge.web.pages import PageRoute, page, redirect
from bridge.web.visit import Visit, VisitDep

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_NAME = re.compile(r"ISS-([1-9][0-9]{0,8})", re.IGNORECASE)


@router.get("/")
def list_issues(
    visit: VisitDep,
    state: Annotated[str | None, Query(max_length=20)] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    sort: Annotated[str, Query(max_length=20)] = "rank",
    page_number: Annotated[int, Query(alias="page")] = 1,
) -> Response:
    """The issues of a product."""
    may_review = visit.caller.may(Action.REVIEW)
    words = q.replace("\0", "")
    asked = listing.asked_for(state, words, sort, page_number, may_review=may_review)
    rows, has_more = listing.rows_of(asked, visit)
    found = visit.store.issues.count_by_state(visit.product.id, words=asked.words)
    tabs = listing.tabs_of(found)
    return page(
        visit,
        "issues.html",
        asked=asked,
        rows=rows,
        has_more=has_more,
        tabs=tabs,
        sorts=listing.SORTS,
        page_size=listing.PAGE_SIZE,
        warnings=listing.warnings_of(visit),
        contact_count=visit.store.contacts.count(visit.product.id),
    )


@router.get("/issues")
def old_address(visit: VisitDep) -> Response:
    """The list is the first page."""
    return redirect(visit.address("/"))


@router.get("/issues/{name}")
def show_issue(
    name: str,
    visit: VisitDep,
    part: Annotated[Part, Query()],
) -> Response:
    """One issue with its evidence; a merged one forwards to the survivor."""
    issue = issue_named(name, visit)
    survivor = visit.store.issues.survivors(visit.product.id).get(issue.id)
    if survivor is not None:
        target = visit.store.issues.get(visit.product.id, survivor)
        return redirect(visit.address(f"/issues/{target.name}", merged=issue.name))
    return issue_page(issue, visit, part=part)


def issue_named(name: str, visit: Visit) -> Issue:
    """The issue ISS-<number> of this product; NotFound for anything else."""
    match = _NAME.fullmatch(name)
    if not name.strip():
        raise NotFound("name the issue, such as ISS-42")
    if match is None:
        raise NotFound(f"no issue is called {name[:40]}")
    return visit.store.issues.by_number(visit.product.id, int(match[1]))
