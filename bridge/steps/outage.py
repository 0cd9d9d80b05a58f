"""Outage: a lead says that an issue is one, and that it is over; each is told once.

A merge ends none: it goes on under the survivor, and goes back when the merge is undone.
"""

from collections.abc import Iterable, Sequence

from bridge.cleaning import door_text
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.people import UserId
from bridge.redaction import Redactor
from bridge.steps.again import already
from bridge.steps.announce import announce
from bridge.steps.moves import require_living
from bridge.steps.tell import Telling
from bridge.steps.tell_outage import (
    Concerned,
    key_of,
    tell_all_clear,
    tell_joined,
    tell_outage,
    tell_parted,
)
from bridge.store import Store

_MOST_BYTES = 2_000
_S = IssueState
_NOT_NOW = {
    _S.SHIPPED: "its fix has shipped",
    _S.VERIFIED: "its fix is verified",
    _S.DISMISSED: "it was dismissed",
    _S.DECLINED: "it was declined",
}


def declare_outage(issue: Issue, text: str, telling: Telling) -> None:
    """Tell every agent of the product once: to do this, or to know it; `issue` is locked.

    text: what to tell customers; personal data in it is redacted. Raises InvalidInput without
    one, InvalidMove where there can be no outage now or one is open.
    """
    store, cause = telling.store, telling.cause
    clean, _ = door_text(text, max_bytes=_MOST_BYTES)
    if not clean.strip():
        raise InvalidInput("an outage needs a text: what agents tell customers", pointer="/text")
    require_living(issue, store=store)
    if issue.state in _NOT_NOW:
        raise InvalidMove(f"an outage cannot be declared: {_NOT_NOW[issue.state]}")
    for one in store.outages.open_of(issue.id):
        raise InvalidMove(_done(one.issue_id, "outage", "declared this outage", telling))
    redacted = Redactor(region=telling.product.region).redact(clean.strip())
    outage = store.outages.declare(issue, redacted, now=cause.at)
    told = tell_outage(issue, outage, telling)
    _record(issue, "outage", {"outage": outage.number, "told": f"{len(told)} people"}, telling)
    more = {"text": redacted}
    announce("outage.declared", issue, more, key=key_of(outage), store=store, at=cause.at)


def clear_outage(issue: Issue, telling: Telling) -> None:
    """Tell everybody who heard of the outage that its cause is gone; `issue` is locked.

    Raises InvalidMove when there is none. A fix that ships does this by itself.
    """
    store, cause = telling.store, telling.cause
    require_living(issue, store=store)
    outages = store.outages.open_of(issue.id)
    if not outages:
        raise InvalidMove(_done(issue.id, "all_clear", "given the all-clear", telling))
    told = tell_all_clear(issue, outages, cause.reason or "its cause is gone", telling)
    for one in outages:
        # After an undo the history that an outage goes back to has to know it too.
        own = store.issues.get(issue.product_id, one.issue_id)
        words = f"{len(told)} people" if own.id == outages[0].issue_id else ""
        after = {"outage": one.number, "told": words or f"with {issue.name}"}
        _record(own, "all_clear", after, telling)
    if issue.id not in {one.issue_id for one in outages}:
        _record(issue, "all_clear", {"told": f"{len(told)} people"}, telling)


def end_outage(issue: Issue, why: str, telling: Telling, *, but: Sequence[UserId]) -> None:
    """The all-clear by itself, if there is an outage, to all but those who know by other news."""
    outages = telling.store.outages.open_of(issue.id)
    if outages:
        tell_all_clear(issue, outages, why, telling, but=but)


def require_no_outage(issue: Issue, *, store: Store) -> None:
    """Raise InvalidMove while an outage of the issue is open."""
    if store.outages.open_of(issue.id):
        raise InvalidMove(f"{issue.name} has an open outage: give the all-clear first")


def concerned_by_outage(issues: Iterable[Issue], telling: Telling) -> Concerned:
    """Before issues become one: whom those without an open outage concern; nobody if none has."""
    store = telling.store
    has = {one.id: bool(store.outages.open_of(one.id)) for one in issues}
    calm = [one for one, is_open in has.items() if not is_open] if any(has.values()) else []
    return Concerned.of(calm, at=telling.cause.at, store=store)


def outage_goes_on(survivor: Issue, joined: Concerned, telling: Telling) -> str | None:
    """After issues became one: an open outage is the survivor's, and no broadcast is repeated.

    Several become one, whose all-clear is given once. Only those of `joined` are told who have
    not heard of it. Returns what finds them again; None where there is no outage.
    """
    outages = telling.store.outages.open_of(survivor.id)
    if not outages:
        return None
    about = f"merge-{survivor.id}.{survivor.version}"
    tell_joined(survivor, outages, joined, about, telling)
    return about


def outage_parted(issues: Iterable[Issue], about: str, telling: Telling) -> None:
    """After a merge was undone: outages are back on their issues by themselves.

    Who was told of one only because of the merge is told that theirs is no part of it.
    """
    store, open_ones, calm = telling.store, [], []
    for one in issues:
        found = store.outages.open_of(one.id)
        open_ones += found
        if not found:
            calm.append(one.name)
    for outage in open_ones:
        if calm:
            tell_parted(outage, calm, about, telling)


def _done(issue_id: IssueId, action: str, deed: str, telling: Telling) -> str:
    """Who has done it already; without anybody there was no outage."""
    history = telling.store.decisions.history(issue_id)
    by = next((one.actor.name for one in reversed(history) if one.action == action), None)
    if by is None:
        return "no outage is declared"
    return already(by, deed, store=telling.store, cause=telling.cause)


def _record(issue: Issue, action: str, after: dict[str, object], telling: Telling) -> None:
    cause = telling.cause
    telling.store.decisions.record(
        issue.product_id,
        action,
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        after=after,
        reason=cause.reason,
        origin=cause.origin,
    )
