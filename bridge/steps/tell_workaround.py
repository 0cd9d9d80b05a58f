"""Tell of workarounds: that one was replaced, and that one should be looked at again."""

from collections.abc import Iterable
from datetime import timedelta

from bridge.domain.issues import Issue
from bridge.domain.people import MACHINE, Because, NoticeKind, UserId
from bridge.domain.workarounds import Workaround
from bridge.steps.context import Context
from bridge.steps.drafts import issue_link
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling, tell_people

USED_WITHIN = timedelta(days=30)
"""Whoever used a workaround in this time may still be telling it."""


def tell_replaced(
    issue: Issue, old: Workaround, new: Workaround, *, telling: Telling
) -> list[UserId]:
    """Another workaround is to be used; tells whoever used the old one, and returns them."""
    since = telling.cause.at - USED_WITHIN
    lines = [
        f"Another workaround for {issue.name} “{issue.title}”: {telling.cause.reason}.",
        issue_link(issue.name, telling.product, telling.context),
        f"Stop using this workaround: {old.text}",
        f"Say this instead: {new.text}",
    ]
    users = telling.store.workaround_uses.users_since(old.id, since)
    return _tell(issue, users, f"replaced-{old.id}", lines, telling)


def remind(context: Context) -> None:
    """Tell the owner, or the leads, once that a workaround's day of review has passed."""
    now = context.now()
    with context.open() as store:
        products = store.products.all()
    for product in products:
        with context.open() as store:
            telling = Telling(product, store, context, Cause(MACHINE, now, origin="job:remind"))
            for one in store.workarounds.unreminded(product.id, now=now):
                issue = store.issues.get(product.id, one.issue_id)
                _remind_of(one, issue, telling)
                store.workarounds.note_reminder(one.id)


def _remind_of(one: Workaround, issue: Issue, telling: Telling) -> None:
    review_at = one.content.review_at
    lines = [
        f"Please look at a workaround of {issue.name} “{issue.title}” again: is it still right?",
        issue_link(issue.name, telling.product, telling.context),
        f"It says: {one.text}",
        *([one.evidence.words()] if one.evidence.words() else []),
    ]
    about = f"review-{one.id}-{review_at:%Y%m%dT%H%M%S}"
    _tell(issue, _keepers(one, telling), about, lines, telling)


def _keepers(one: Workaround, telling: Telling) -> list[UserId]:
    """The owner, as long as they belong to the product; else the leads."""
    people, product_id = telling.store.people, telling.product.id
    owner = people.by_email(one.content.owner) if one.content.owner else None
    if owner is not None and people.role_of(owner.id, product_id) is not None:
        return [owner.id]
    return [lead.id for lead in people.leads(product_id)]


def _tell(
    issue: Issue, recipients: Iterable[UserId], about: str, lines: list[str], telling: Telling
) -> list[UserId]:
    people = {one: [Because.WORKAROUND] for one in recipients}
    return tell_people(issue, NoticeKind.WORKAROUND, lines, people, telling, about=about)
