"""What the page of one issue shows."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field

from bridge.domain.contacts import Contact, ContactId
from bridge.domain.errors import OutsideError
from bridge.domain.issues import TRACKED, Issue
from bridge.domain.ladder import Ladder
from bridge.domain.rank import Rank
from bridge.domain.reports import Weeks
from bridge.domain.tickets import Quote
from bridge.steps.drafts import pick_quotes
from bridge.steps.ladder import ladder_of, reached
from bridge.steps.picture import weeks_around
from bridge.steps.prove import FixProof, proof_words, prove_fix
from bridge.steps.questions import Asked, asked
from bridge.steps.satisfaction import satisfaction_of
from bridge.steps.ship_rule import waits_for
from bridge.steps.snooze import LONGEST
from bridge.steps.undo import undoable
from bridge.store.issues import IssueSummary
from bridge.web.issues.advice_shown import advice_of
from bridge.web.issues.filing import ticket_state
from bridge.web.issues.likely import likely_of
from bridge.web.issues.listing import newest_ticket, version_range
from bridge.web.issues.why import reasons
from bridge.web.pages import page
from bridge.web.visit import Visit

_CUSTOMERS = 12
_LEAST_DAYS, _MOST_DAYS = 14, 84
_NAME = re.compile(r"ISS-[1-9][0-9]{0,8}")

Id = Annotated[int, Field(ge=1, lt=1 << 63)]


class Part(BaseModel):
    """Which part of the long lists is wanted, and what just happened."""

    before: Id | None = None
    """Contacts older than this one."""
    after: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    """Customers after this one."""
    likely: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    """Likely customers after this one."""
    done: Annotated[str, Field(max_length=20)] = ""
    merged: Annotated[str, Field(max_length=20)] = ""
    show: Annotated[int, Field(ge=1, le=100)] = 10
    """How many contacts; more of them make choosing easier."""
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a button did nothing, and what the person had typed."""

    sentence: str
    status: HTTPStatus
    reason: str = ""
    text: str = ""
    chosen: frozenset[int] = frozenset()
    """Contacts that were ticked."""
    to: str = ""
    """The issue that was named."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of the trend graph."""

    day: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Similar:
    """A contact that is nearly similar enough to be counted."""

    contact: Contact
    similarity: float | None


@dataclass(frozen=True, slots=True)
class ShownProof:
    """What came after a fix, and the sentences that tell it."""

    found: FixProof
    words: list[str]
    weeks: Weeks | None
    """The same week by week; None while there is nothing to compare."""


_DONE = {
    "outage": "The outage is declared. Every agent of the product is told once.",
    "all_clear": "The all-clear is given.",
    "confirmed": "Confirmed. File it to get a ticket.",
    "dismissed": "Dismissed. It is kept under Archived.",
    "filed": "The ticket is on its way; asking again would change nothing.",
    "linked": "Thank you. The issue is being linked to that ticket.",
    "another": "Remembered: that ticket is never suggested for this issue again.",
    "unlinked": "Taken off. Our marks come off the ticket, then the issue may be filed again.",
    "named": "Thank you. Jira is asked for that ticket; this page tells what came of it.",
    "added": "The workaround can be used from now on.",
    "edited": "The workaround is changed; the history keeps the old words.",
    "activated": "The workaround can be used from now on.",
    "replaced": "Replaced; whoever used the old one in the last 30 days is told.",
    "used": "Thank you. It is counted: once a person and day, with the newest answer.",
    "copied": "Noted. It is read in a moment, where the bridge has access.",
    "forgotten": "Forgotten. Nothing was changed there.",
    "retired": "The workaround is retired.",
    "restored": "The workaround can be used again.",
    "merged": "Merged: everything is counted here now. Undo brings it back.",
    "moved": "Moved. The machine leaves these contacts where they are now.",
    "kept": "Confirmed. The machine leaves these contacts where they are now.",
    "split": "Split off. The two are kept apart from now on.",
    "snoozed": "Snoozed. It comes back by itself.",
    "woken": "Back again.",
    "followed": "You follow it: you are told what becomes of it.",
    "unfollowed": "You do not follow it any more.",
    "undone": "Undone: things are as they were.",
}


def issue_page(
    issue: Issue, visit: Visit, *, part: Part | None = None, trouble: Trouble | None = None
) -> Response:
    """The page, with what went wrong on top if something did."""
    part = part or Part()
    store, product = visit.store, visit.product
    summary = store.issues.summary(product.id, issue.id)
    before = ContactId(part.before) if part.before else None
    contacts = store.contacts.on_issue(issue.id, limit=part.show + 1, before=before)
    history = store.decisions.history(issue.id)
    versions = store.issues.versions_seen([issue.id])[issue.id]
    customers = store.customers.affected(issue.id, limit=_CUSTOMERS + 1, after=part.after)
    return page(
        visit,
        "issue.html",
        trouble.status if trouble else HTTPStatus.OK,
        issue=issue,
        summary=summary,
        rank=Rank.of(summary.impact, visit.web.application.context.settings.rank_rules),
        done=_DONE.get(part.done, ""),
        merged=part.merged if _NAME.fullmatch(part.merged) else "",
        trouble=trouble,
        ticket=newest_ticket(store.tickets.of_issue(issue.id)),
        filing=ticket_state(issue, visit),
        outage=next(iter(visit.store.outages.open_of(issue.id)), None),
        existing=_existing(issue, visit),
        history=history,
        actors={one.actor.name: visit.named(one.actor.name) for one in history},
        quotes=_quotes(issue, visit),
        contacts=reasons(contacts[: part.show], issue, visit),
        older=contacts[part.show - 1].contact.id if len(contacts) > part.show else None,
        part=part,
        snooze_until=visit.now + LONGEST,
        undoable=undoable(issue, store=store) if visit.may("review") else None,
        customers=customers[:_CUSTOMERS],
        more_customers=customers[_CUSTOMERS - 1].id if len(customers) > _CUSTOMERS else None,
        bars=_bars(summary, visit),
        versions=versions,
        version_range=version_range(versions),
        **advice_of(issue, visit),
        similar=_similar(issue, visit),
        proof=_proof(summary, visit),
        ladder=_ladder(issue, visit),
        waits_for=waits_for(issue, product, store),
        has_fix=reached(issue, store=store, context=visit.web.application.context),
        is_known=store.known.find(issue.id) is not None,
        satisfaction=satisfaction_of(issue, store=store),
        likely=likely_of(issue, visit, after=part.likely),
        is_following=_is_following(issue, visit),
    )


def _similar(issue: Issue, visit: Visit) -> list[Similar]:
    """What the review page asks about: whether these contacts belong here too."""
    return [
        Similar(visit.store.contacts.get(issue.product_id, one.contact_id), one.similarity)
        for one in visit.store.suggestions.near_misses(issue.product_id, issue.id)
        if one.contact_id is not None
    ]


def _proof(summary: IssueSummary, visit: Visit) -> ShownProof | None:
    context = visit.web.application.context
    found = prove_fix(summary, store=visit.store, context=context, now=visit.now)
    if found is None:
        return None
    weeks = weeks_around(summary.issue, found, store=visit.store)
    return ShownProof(found, proof_words(found), weeks)


def _is_following(issue: Issue, visit: Visit) -> bool:
    person = visit.store.people.by_email(visit.email)
    return person is not None and person.id in visit.store.notices.followers(issue.id)


def _ladder(issue: Issue, visit: Visit) -> Ladder | None:
    """How far its fix has come; None while nothing is asked of engineering."""
    if issue.state not in TRACKED or issue.merged_into is not None:
        return None
    context = visit.web.application.context
    return ladder_of(issue, visit.product, store=visit.store, context=context)


def _existing(issue: Issue, visit: Visit) -> list[Asked]:
    """Tickets that people made and that may be about this issue, as long as nobody has said."""
    found = visit.store.ticket_questions.open_about(visit.product.id, [issue.id])
    return [one for one in (asked(each, store=visit.store) for each in found) if one.ticket]


def _quotes(issue: Issue, visit: Visit) -> tuple[Quote, ...]:
    """The best quotes; none while the encoder cannot be had, the contacts are below anyway."""
    context = visit.web.application.context
    try:
        return pick_quotes(issue.id, issue.product_id, store=visit.store, context=context)
    except OutsideError:
        return ()


def _bars(summary: IssueSummary, visit: Visit) -> list[Bar]:
    """Contacts a day since the issue was first seen, at most twelve weeks of them."""
    until = visit.store.issues.newest_contact_at(visit.product.id)
    if until is None or summary.first_seen_at is None:
        return []
    days = min(max((until - summary.first_seen_at).days + 1, _LEAST_DAYS), _MOST_DAYS)
    counts = visit.store.issues.trend([summary.issue.id], until=until, days=days)
    first = until - timedelta(days=days - 1)
    return [
        Bar(first + timedelta(days=index), count)
        for index, count in enumerate(counts[summary.issue.id])
    ]
