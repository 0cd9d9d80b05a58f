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


def _link(issue: Issue, telling: Telling) -> str:
    return issue_link(issue.name, telling.product, telling.context)


def _tell_agents(
    issue: Issue, kind: NoticeKind, lines: Sequence[str], telling: Telling
) -> list[UserId]:
    """Put a notice into the inbox of everybody who handled an affected contact.

    Contacts that no agent handled are the leads' business. Returns who was newly told.
    """
    store, now = telling.store, telling.cause.at
    agents, has_unhandled = store.issues.agents(issue.id)
    recipients = [UserId(agent) for agent in agents]
    if has_unhandled or not recipients:
        recipients += [lead.id for lead in store.people.leads(issue.product_id)]
    told = []
    for recipient in dict.fromkeys(recipients):
        notice_id = store.notices.add(issue, recipient, kind, text="\n".join(lines), now=now)
        if notice_id is not None:
            store.enqueue("notify", product_id=issue.product_id, notice_id=notice_id)
            told.append(recipient)
    return told
