"""Tell: one notice per person, issue, kind and episode, in the transaction of what it tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.issues import Issue
from bridge.domain.people import NoticeKind, UserId
from bridge.domain.products import Product
from bridge.domain.workarounds import Workaround, ended_words
from bridge.steps.context import Context
from bridge.steps.drafts import issue_link
from bridge.steps.moves import Cause
from bridge.store import Store


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told through what."""

    product: Product
    store: Store
    context: Context
    cause: Cause


def tell_fix(
    issue: Issue, version: str, retired: Sequence[Workaround], *, telling: Telling
) -> list[UserId]:
    """The fix is in a version that customers have; these workarounds ended with it."""
    first = f"{issue.name} “{issue.title}” is fixed in {version}."
    more = [line for one in retired for line in ended_words(one, version)]
    return _tell_agents(issue, NoticeKind.FIX, [first, _link(issue, telling), *more], telling)


def tell_regression(
    issue: Issue, revived: Sequence[Workaround], *, telling: Telling
) -> list[UserId]:
    """The fix does not hold; these workarounds are offered again."""
    first = f"{issue.name} “{issue.title}” is back: {telling.cause.reason}."
    more = [f"Use this workaround again: {one.text}" for one in revived]
    lines = [first, _link(issue, telling), *more]
    return _tell_agents(issue, NoticeKind.REGRESSION, lines, telling)


def tell_correction(
    issue: Issue, revived: Sequence[Workaround], told: Sequence[UserId], *, telling: Telling
) -> list[UserId]:
    """What these people were told is not so any more; these workarounds are offered again."""
    first = f"{issue.name} “{issue.title}” is not fixed after all: {telling.cause.reason}."
    more = [f"Use this workaround again: {one.text}" for one in revived]
    return _tell(issue, NoticeKind.CORRECTION, [first, _link(issue, telling), *more], told, telling)


def tell_outcome(
    issue: Issue, outcome: str, workarounds: Sequence[Workaround], *, telling: Telling
) -> list[UserId]:
    """Engineering closed it without a fix; nothing retires."""
    first = f"{issue.name} “{issue.title}” {outcome}."
    more = [f"This workaround stays: {one.text}" for one in workarounds]
    return _tell_agents(issue, NoticeKind.OUTCOME, [first, _link(issue, telling), *more], telling)


def tell_rollout(issue: Issue, version: str, percent: int, *, telling: Telling) -> list[UserId]:
    """The fix has reached a part of the customers; the others wait."""
    first = f"{issue.name} “{issue.title}”: the fix is rolling out in {version}, {percent} %."
    wait = "Workarounds stay until it has reached everybody; you will be told then."
    lines = [first, _link(issue, telling), wait]
    return _tell_agents(issue, NoticeKind.ROLLOUT, lines, telling)


def _link(issue: Issue, telling: Telling) -> str:
    return issue_link(issue.name, telling.product, telling.context)


def _tell_agents(
    issue: Issue, kind: NoticeKind, lines: Sequence[str], telling: Telling
) -> list[UserId]:
    """Put a notice into the inbox of everybody who handled an affected contact.

    Contacts that no agent handled are the leads' business. Returns who was newly told.
    """
    store = telling.store
    agents, has_unhandled = store.issues.agents(issue.id)
    recipients = [UserId(agent) for agent in agents]
    if has_unhandled or not recipients:
        recipients += [lead.id for lead in store.people.leads(issue.product_id)]
    return _tell(issue, kind, lines, recipients, telling)


def _tell(
    issue: Issue,
    kind: NoticeKind,
    lines: Sequence[str],
    recipients: Sequence[UserId],
    telling: Telling,
) -> list[UserId]:
    """Put a notice into these inboxes; returns who was newly told."""
    store, now = telling.store, telling.cause.at
    told = []
    for recipient in dict.fromkeys(recipients):
        notice_id = store.notices.add(issue, recipient, kind, text="\n".join(lines), now=now)
        if notice_id is not None:
            store.enqueue("notify", product_id=issue.product_id, notice_id=notice_id)
            told.append(recipient)
    return told
