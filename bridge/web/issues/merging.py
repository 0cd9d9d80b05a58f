"""Merge with…: find the other issue, see what would come out, then do it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from bridge.domain.customers import Counts
from bridge.domain.errors import BridgeError, InvalidInput, InvalidMove, NotFound, Outdated
from bridge.domain.issues import Issue
from bridge.domain.permissions import Action
from bridge.steps.merge import merge_issues, survivor_first
from bridge.store.issues import IssueFilter, IssueSummary
from bridge.store.tickets import Ticket
from bridge.web import words
from bridge.web.issues.actions import Reason
from bridge.web.issues.groups import act_of
from bridge.web.issues.listing import newest_ticket
from bridge.web.issues.pages import issue_named
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(
    prefix="/issues/{name}",
    route_class=PageRoute,
    include_in_schema=False,
    dependencies=[needs(Action.REVIEW)],
)

_NAMED = re.compile(r"\bISS-[1-9][0-9]{0,8}\b", re.IGNORECASE)
_MOST = 50
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would give."""

    survivor: IssueSummary
    others: tuple[IssueSummary, ...]
    counts: Counts
    tickets: tuple[Ticket, ...]
    """Of the survivor first; all of them tell its count afterwards."""
    outages: tuple[str, ...]
    """The issues with an open outage, which goes on under the survivor."""

    @property
    def everybody(self) -> tuple[IssueSummary, ...]:
        """The survivor, then the others."""
        return (self.survivor, *self.others)


@router.get("/merge")
def show_merge(
    name: str,
    visit: VisitDep,
    asked: Annotated[str, Query(alias="with", max_length=2_000)] = "",
    keep: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """A pasted link, names or words: a preview, or issues to choose from."""
    visit.caller.require(Action.REVIEW)
    issue = issue_named(name, visit)
    if issue.merged_into is not None:
        return redirect(visit.address(f"/issues/{issue.name}"))
    return _show(issue, visit, asked, keep)


@router.post("/merge")
def merge(
    name: str,
    visit: SubmissionDep,
    asked: Annotated[Typed, Form(alias="others", max_length=2_000)] = "",
    versions: Annotated[Typed, Form(max_length=2_000)] = "",
    reason: Reason = "",
) -> Response:
    """Merge the others into this issue."""
    visit.caller.require(Action.REVIEW)
    survivor = issue_named(name, visit)
    visit.store.products.lock_grouping(visit.product.id)
    try:
        with visit.store.savepoint():
            others = _named_in(asked, visit)
            _require_seen([survivor, *others], versions, visit)
            merge_issues(survivor, others, act_of(visit, reason))
    except (InvalidInput, InvalidMove, NotFound, Outdated) as error:
        return _show(survivor, visit, asked, survivor.name, error=error, reason=reason)
    return redirect(visit.address(f"/issues/{survivor.name}", done="merged"))


def _show(  # noqa: PLR0913 - what was asked for, and why it was not done
    issue: Issue,
    visit: Visit,
    asked: str,
    keep: str,
    *,
    error: BridgeError | None = None,
    reason: str = "",
) -> Response:
    found: Sequence[IssueSummary] = ()
    preview = None
    try:
        named = _named_in(asked, visit)
        others = [one for one in named if one.id != issue.id]
        if others:
            preview = _preview(issue, others, keep, visit)
        elif named:
            raise InvalidInput(f"{issue.name} is this one: name another issue")
        else:
            found = _like(issue, asked, visit)
    except (InvalidInput, InvalidMove, NotFound) as caught:
        error = error or caught
    status = {"status": status_of(error)} if error else {}
    return page(
        visit,
        "merge.html",
        issue=issue,
        asked=asked,
        preview=preview,
        found=found,
        versions=_versions(preview),
        reason=reason,
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )


def _named_in(asked: str, visit: Visit) -> list[Issue]:
    """The issues named in what was typed or pasted, each once."""
    names = list(dict.fromkeys(one.upper() for one in _NAMED.findall(asked)))
    if len(names) > _MOST:
        raise InvalidInput(f"at most {_MOST} issues at a time")
    found = [issue_named(one, visit) for one in names]
    for one in found:
        if one.merged_into is not None:
            heir = visit.store.issues.standing_for(visit.product.id, one.id)
            raise InvalidMove(f"{one.name} was merged into {heir.name} already")
    return found


def _preview(issue: Issue, others: list[Issue], keep: str, visit: Visit) -> Preview:
    """The survivor is the one asked for, else the one with a ticket or most customers."""
    everybody = [issue, *others]
    wanted = [one for one in everybody if one.name == keep.upper()]
    survivor = wanted[0] if wanted else issue
    if not wanted:
        for one in others:
            survivor, _ = survivor_first(survivor, one, store=visit.store)
    gone = [one for one in everybody if one.id != survivor.id]
    store, product_id = visit.store, visit.product.id
    in_order = [survivor, *gone]
    tickets = store.tickets.of_issues([one.id for one in in_order])
    newest = [newest_ticket(tickets[one.id]) for one in in_order]
    return Preview(
        survivor=store.issues.summary(product_id, survivor.id),
        others=tuple(store.issues.summary(product_id, one.id) for one in gone),
        counts=store.issues.counts_together([one.id for one in in_order]),
        outages=tuple(one.name for one in in_order if store.outages.open_of(one.id)),
        tickets=tuple(one for one in newest if one is not None),
    )


def _like(issue: Issue, asked: str, visit: Visit) -> list[IssueSummary]:
    """Issues with these words."""
    if not asked.strip():
        return []
    rules = visit.web.application.context.settings.rank_rules
    wanted = IssueFilter(words=asked.replace("\0", ""), rules=rules, limit=_SHOWN + 1)
    found = visit.store.issues.search(visit.product.id, wanted)
    return [one for one in found if one.issue.id != issue.id][:_SHOWN]


def _versions(preview: Preview | None) -> str:
    """What was looked at: ISS-1:4 ISS-7:2."""
    if preview is None:
        return ""
    return " ".join(f"{one.issue.name}:{one.issue.version}" for one in preview.everybody)


def _require_seen(issues: Sequence[Issue], versions: str, visit: Visit) -> None:
    """Raise Outdated when one of them changed since the preview."""
    seen = set(versions.split())
    for issue in issues:
        if f"{issue.name}:{issue.version}" not in seen:
            raise Outdated(f"{issue.name} changed while you looked at it: look again, then merge")
