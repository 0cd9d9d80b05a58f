"""Tell: one notice per person, issue, kind and episode, in the transaction of what it tells.

What is told of outages is in `tell_outage`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridge.domain.issues import Issue
from bridge.domain.people import MACHINE, Because, NoticeKind, Role, UserId, is_address
from bridge.domain.products import Product
from bridge.domain.workarounds import Workaround, ended_words
from bridge.steps.announce import announce
from bridge.steps.context import Context
from bridge.steps.drafts import issue_link
from bridge.steps.moves import Cause
from bridge.steps.outside import fixed_in, post_in_rooms, send_outside
from bridge.store import Store

_USED_LATELY = timedelta(days=30)


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
    lines = [first, _link(issue, telling), *more]
    _announce_workarounds("workaround.retired", issue, retired, telling)
    if telling.store.outages.open_of(issue.id):
        lines.append("The outage is over.")
    return _tell_agents(issue, NoticeKind.FIX, lines, telling, bundle=fixed_in(version))


def tell_late(issue: Issue, agent: UserId, *, telling: Telling) -> list[UserId]:
    """A contact of before the fix came late: who handled it hears what the others have heard.

    Not who has heard it, also of an issue that was merged into this one.
    """
    if agent in telling.store.notices.told_of_fix(issue, [NoticeKind.FIX]):
        return []
    version = issue.fixed_in or ""
    lines = [f"{issue.name} “{issue.title}” is fixed in {version}.", _link(issue, telling)]
    people = {agent: [Because.AGENT]}
    return tell_people(issue, NoticeKind.FIX, lines, people, telling, bundle=fixed_in(version))


def tell_regression(
    issue: Issue, revived: Sequence[Workaround], *, telling: Telling
) -> list[UserId]:
    """The fix does not hold; these workarounds are offered again."""
    first = f"{issue.name} “{issue.title}” is back: {telling.cause.reason}."
    more = [f"Use this workaround again: {one.text}" for one in revived]
    lines = [first, _link(issue, telling), *more]
    _let_go_of_fix(issue, telling)
    _announce_workarounds("workaround.restored", issue, revived, telling)
    return _tell_agents(issue, NoticeKind.REGRESSION, lines, telling)


def tell_correction(
    issue: Issue,
    revived: Sequence[Workaround],
    heard: Mapping[UserId, Sequence[str]],
    stands: str,
    *,
    telling: Telling,
) -> list[UserId]:
    """What these people were told is not so any more; these workarounds are offered again.

    stands: where the issue is now, in a sentence.
    """
    first = f"{issue.name} “{issue.title}” is not fixed after all: {telling.cause.reason}."
    if stands:
        first += f" {stands}"
    more = [f"Use this workaround again: {one.text}" for one in revived]
    lines = [first, _link(issue, telling), *more]
    _let_go_of_fix(issue, telling)
    _announce_workarounds("workaround.restored", issue, revived, telling)
    people = {one: [Because(reason) for reason in reasons] for one, reasons in heard.items()}
    return tell_people(issue, NoticeKind.CORRECTION, lines, people, telling)


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


def tell_lowered(issue: Issue, version: str, percent: int, *, telling: Telling) -> list[UserId]:
    """The fix has reached fewer customers than whoever heard of the roll-out was told."""
    first = f"{issue.name} “{issue.title}”: {telling.cause.reason}."
    lines = [first, _link(issue, telling), "Workarounds stay; you will be told when it is there."]
    told = telling.store.notices.told_of_fix(issue, [NoticeKind.ROLLOUT])
    people = {one: [Because(reason) for reason in reasons] for one, reasons in told.items()}
    about = f"{version}:{percent}"
    return tell_people(issue, NoticeKind.ROLLOUT, lines, people, telling, about=about)


def _let_go_of_fix(issue: Issue, telling: Telling) -> None:
    """Whoever has not been told of the fix outside hears only what is true by now."""
    reason = telling.cause.reason or "the fix does not hold"
    for kind in (NoticeKind.FIX, NoticeKind.ROLLOUT):
        telling.store.messages.suppress_kind(issue.id, kind, reason=reason)


def _announce_workarounds(
    kind: str, issue: Issue, workarounds: Sequence[Workaround], telling: Telling
) -> None:
    for one in workarounds:
        key = f"{issue.episode}:{one.id}"
        more = {"workaround": one.id}
        announce(kind, issue, more, key=key, store=telling.store, at=telling.cause.at)


def _link(issue: Issue, telling: Telling) -> str:
    return issue_link(issue.name, telling.product, telling.context)


def _tell_agents(
    issue: Issue,
    kind: NoticeKind,
    lines: Sequence[str],
    telling: Telling,
    *,
    bundle: str | None = None,
) -> list[UserId]:
    """Put a notice into the inbox of everybody whom the issue concerns; returns who is new to it.

    bundle: notices that one person gets under the same one go outside as one message.
    """
    people = whom_to_tell(issue, telling)
    store, context = telling.store, telling.context
    post_in_rooms(issue, kind, "\n".join(lines), store=store, context=context)
    return tell_people(issue, kind, lines, people, telling, bundle=bundle)


def tell_people(  # noqa: PLR0913 - what, to whom, and how it goes out
    issue: Issue,
    kind: NoticeKind,
    lines: Sequence[str],
    people: Mapping[UserId, Sequence[Because]],
    telling: Telling,
    *,
    bundle: str | None = None,
    about: str = "",
) -> list[UserId]:
    """One notice for each of these people who has none of this kind, episode and subject yet."""
    store, now = telling.store, telling.cause.at
    text, told = "\n".join(lines), []
    gone = store.members.gone(issue.product_id, people)
    for recipient, reasons in people.items():
        if recipient in gone:
            continue
        notice_id = store.notices.add(
            issue,
            recipient,
            kind,
            text=text,
            now=now,
            about=about,
            reasons=[one.value for one in reasons],
        )
        if notice_id is not None:
            notice = store.notices.get(issue.product_id, notice_id)
            send_outside(notice, recipient, telling.store, telling.context, bundle=bundle)
            told.append(recipient)
    return told


def whom_to_tell(issue: Issue, telling: Telling) -> dict[UserId, list[Because]]:
    """Everybody whom news of an issue concerns, with all reasons.

    A contact that no agent handled is the business of whoever leads the product.
    """
    store, now = telling.store, telling.cause.at
    found: dict[UserId, list[Because]] = {}

    def add(people: Iterable[int], reason: Because) -> None:
        for one in people:
            found.setdefault(UserId(one), []).append(reason)

    agents, has_unhandled = store.issues.agents(issue.id)
    add(agents, Because.AGENT)
    add(store.workaround_uses.users_on(issue.id, since=now - _USED_LATELY), Because.WORKAROUND)
    add(store.notices.followers(issue.id), Because.FOLLOWER)
    add(_owners(issue, telling), Because.OWNER)
    leads = store.people.with_role(issue.product_id, Role.LEAD)
    if not leads and (has_unhandled or not found):
        leads = store.people.leads(issue.product_id)
    add((one.id for one in leads), Because.LEAD)
    return found


def _owners(issue: Issue, telling: Telling) -> list[UserId]:
    """Who looks after the affected accounts; who cannot be told is named in the history."""
    store, owners = telling.store, []
    for account, owner in store.accounts.owners_of(issue.id):
        if is_address(owner):
            owners.append(store.people.agent(owner, issue.product_id))
        elif not store.decisions.has(issue.id, "owner_not_told", account=account, owner=owner):
            store.decisions.record(
                issue.product_id,
                "owner_not_told",
                at=telling.cause.at,
                actor=MACHINE,
                issue_id=issue.id,
                after={"account": account, "owner": owner},
                reason=f"{owner}, the owner of {account}, has no e-mail address",
                origin=telling.cause.origin,
            )
    return list(dict.fromkeys(owners))
