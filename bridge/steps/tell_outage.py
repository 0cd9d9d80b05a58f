"""Tell of outages: to act or to know, once; and to whoever heard of one that it is over.

Notices are under the issue that the outage was declared on, and its number, wherever merges have
taken it since: so nobody is told twice, and the all-clear finds everybody who was told.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.domain.issues import Issue, IssueId
from bridge.domain.people import Because, NoticeKind, Role, UserId
from bridge.steps.announce import announce
from bridge.steps.drafts import issue_link
from bridge.steps.outside import post_in_rooms
from bridge.steps.tell import Telling, tell_people
from bridge.store import Store
from bridge.store.outages import Outage

_STILL_OPEN = timedelta(days=7)
"""Nobody tells us when a conversation is closed: contacts not older than this count as open."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom an outage concerns."""

    acting: Sequence[UserId]
    """Those with open contacts in it."""
    others: Sequence[UserId]

    @classmethod
    def of(cls, issue_ids: Iterable[IssueId], *, at: datetime, store: Store) -> "Concerned":
        """Who handled open contacts of these issues, and who follows them."""
        acting, others = [], []
        for one in issue_ids:
            acting += store.issues.agents_since(one, at - _STILL_OPEN)
            others += store.notices.followers(one)
        return cls([UserId(one) for one in dict.fromkeys(acting)], others)


def key_of(outage: Outage) -> str:
    """What makes an event about an outage one event."""
    return f"outage-{outage.issue_id}.{outage.number}"


def tell_outage(issue: Issue, outage: Outage, telling: Telling) -> list[UserId]:
    """Whoever has contacts in it is told what to do, the rest of the team to know it: one of both.

    Who handles its first contact later is not told: it is one broadcast, however it grows.
    """
    store, context = telling.store, telling.context
    concerned = Concerned.of([issue.id], at=telling.cause.at, store=store)
    team = store.people.with_role(issue.product_id, Role.AGENT, Role.LEAD)
    others = [*(one.id for one in team), *concerned.others]
    told = _tell(issue, outage, replace(concerned, others=others), telling)
    text = "\n".join(_lines(issue, outage, telling))
    post_in_rooms(_under(outage, issue), NoticeKind.OUTAGE, text, store=store, context=context)
    return told


def tell_joined(
    issue: Issue, outages: Sequence[Outage], joined: Concerned, about: str, telling: Telling
) -> list[UserId]:
    """An outage goes on under a survivor: whom that concerns and nobody has told, is told of it.

    about: the merge, so that who is told by it can be found again.
    """
    heard: set[UserId] = set()
    for one in outages:
        heard.update(telling.store.outages.still_told(one))
    acting = [one for one in joined.acting if one not in heard]
    others = [one for one in joined.others if one not in heard]
    return _tell(issue, outages[0], Concerned(acting, others), telling, about=about)


def _tell(
    issue: Issue, outage: Outage, concerned: Concerned, telling: Telling, *, about: str = ""
) -> list[UserId]:
    counted, kind = _under(outage, issue), NoticeKind.OUTAGE
    first, *more = _lines(issue, outage, telling)
    do = f"Do this: answer your contacts about it of the last {_STILL_OPEN.days} days."
    people = {one: [Because.AGENT] for one in concerned.acting}
    told = tell_people(counted, kind, [first, do, *more], people, telling, about=about)
    know = "Good to know: none of your own contacts is about it."
    known = {one: [Because.TEAM] for one in concerned.others if one not in people}
    return told + tell_people(counted, kind, [first, know, *more], known, telling, about=about)


def _lines(issue: Issue, outage: Outage, telling: Telling) -> list[str]:
    first = f"Outage: {issue.name} “{issue.title}”."
    return [first, f"What to tell customers: {outage.text}", _link(issue, telling)]


def tell_all_clear(
    issue: Issue,
    outages: Sequence[Outage],
    why: str,
    telling: Telling,
    *,
    but: Collection[UserId] = (),
) -> list[UserId]:
    """The outage is over: everybody who heard of it is told, but those who know by other news.

    outages: several where merges made them one; who heard of more than one is told once.
    """
    store, at = telling.store, telling.cause.at
    store.outages.clear(outages, reason=why, now=at)
    names = store.issues.names(issue.product_id, [one.issue_id for one in outages])
    declared_on = [names[one.issue_id] for one in outages]
    lines = [f"All clear: the outage {issue.name} “{issue.title}” is over: {why}."]
    if declared_on != [issue.name]:
        lines.append(f"It was declared on {' and '.join(declared_on)}.")
    lines.append(_link(issue, telling))
    for one in outages:
        reason = "the outage is over"
        store.messages.suppress_kind(one.issue_id, NoticeKind.OUTAGE, reason=reason)
    if not but:
        counted, text = _under(outages[0], issue), "\n".join(lines)
        post_in_rooms(counted, NoticeKind.ALL_CLEAR, text, store=store, context=telling.context)
    more = {"reason": why, "declared_on": declared_on}
    announce("outage.cleared", issue, more, key=key_of(outages[0]), store=store, at=at)
    known, told = set(but), []
    for one in outages:
        told += _let_know(issue, one, lines, known, telling)
    return told


def tell_parted(outage: Outage, names: Sequence[str], about: str, telling: Telling) -> list[UserId]:
    """A merge was undone: whom it had told of the outage hears that theirs is no part of it."""
    issue = telling.store.issues.get(telling.product.id, outage.issue_id)
    told = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} no part of the outage"
    first = f"All clear for you: {told} {issue.name} “{issue.title}” after all."
    lines = [first, "They were merged, and that was undone.", _link(issue, telling)]
    return _let_know(issue, outage, lines, set(), telling, about=about)


def _let_know(  # noqa: PLR0913 - what ends for whom
    issue: Issue,
    outage: Outage,
    lines: Sequence[str],
    known: set[UserId],
    telling: Telling,
    *,
    about: str | None = None,
) -> list[UserId]:
    """It is over for those who were told of an outage and do not know it; they know it then."""
    heard = telling.store.outages.still_told(outage, about=about)
    people = {
        one: [Because(reason) for reason in reasons]
        for one, reasons in heard.items()
        if one not in known
    }
    known.update(heard)
    counted, kind = _under(outage, issue), NoticeKind.ALL_CLEAR
    return tell_people(counted, kind, lines, people, telling, about=about or "")


def _under(outage: Outage, issue: Issue) -> Issue:
    """The issue as notices of an outage are under it; what they say is of the issue itself."""
    return replace(issue, id=outage.issue_id, episode=outage.number)


def _link(issue: Issue, telling: Telling) -> str:
    return issue_link(issue.name, telling.product, telling.context)
