"""Outage: a lead says that an issue is one, and that it is over; each is told once."""

from bridge.cleaning import door_text
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import Issue, IssueState
from bridge.redaction import Redactor
from bridge.steps.again import already
from bridge.steps.announce import announce
from bridge.steps.moves import require_living
from bridge.steps.tell import Telling, tell_all_clear, tell_outage

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
    if store.outages.open_of(issue.id) is not None:
        raise InvalidMove(_done(issue, "outage", "declared this outage", telling))
    redacted = Redactor(region=telling.product.region).redact(clean.strip())
    outage = store.outages.declare(issue, redacted, now=cause.at)
    told = tell_outage(issue, outage, telling)
    _record(issue, "outage", {"outage": outage.number, "told": f"{len(told)} people"}, telling)
    key = f"outage-{outage.number}"
    announce("outage.declared", issue, {"text": redacted}, key=key, store=store, at=cause.at)


def clear_outage(issue: Issue, telling: Telling) -> None:
    """Tell everybody who heard of the outage that its cause is gone; `issue` is locked.

    Raises InvalidMove when there is none. A fix that ships does this by itself.
    """
    store, cause = telling.store, telling.cause
    outage = store.outages.open_of(issue.id)
    if outage is None:
        raise InvalidMove(_done(issue, "all_clear", "given the all-clear", telling))
    told = tell_all_clear(issue, outage, cause.reason or "its cause is gone", telling)
    _record(issue, "all_clear", {"outage": outage.number, "told": f"{len(told)} people"}, telling)


def _done(issue: Issue, action: str, deed: str, telling: Telling) -> str:
    """Who has done it already; without anybody there was no outage."""
    history = telling.store.decisions.history(issue.id)
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
