"""Advise: workarounds are written, used, retired and restored; each change is a decision."""

from dataclasses import dataclass

from bridge.cleaning import door_text
from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.issues import Issue
from bridge.domain.people import UserId
from bridge.domain.products import Product
from bridge.domain.workarounds import Audience, Workaround, WorkaroundState
from bridge.redaction import Redactor
from bridge.steps.moves import Cause
from bridge.store import Store

_MOST_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Advice:
    """What somebody wants support to tell customers, not yet redacted."""

    text: str
    audience: Audience
    versions: tuple[str, ...] = ()
    """Product versions it fits; empty for all."""


def add_workaround(
    issue: Issue, advice: Advice, product: Product, *, store: Store, cause: Cause
) -> Workaround:
    """A new workaround that may be offered at once; personal data in it is redacted."""
    text, _ = door_text(advice.text, max_bytes=_MOST_BYTES)
    if not text.strip():
        raise InvalidInput("a workaround needs a text", pointer="/text")
    added = store.workarounds.add(
        issue,
        Redactor(region=product.region).redact(text),
        audience=advice.audience,
        versions=advice.versions,
        owner=cause.actor.name,
        now=cause.at,
    )
    _record(added, product, "workaround_added", store=store, cause=cause)
    return added


def use_workaround(
    workaround: Workaround,
    *,
    contact_id: ContactId | None,
    user_id: UserId | None,
    store: Store,
    cause: Cause,
) -> None:
    """Count one use; raises InvalidMove with the reason when it is retired."""
    if workaround.state is WorkaroundState.RETIRED:
        raise InvalidMove(f"this workaround is retired: {workaround.reason or 'no reason given'}")
    store.workarounds.use(workaround.id, contact_id=contact_id, user_id=user_id, now=cause.at)


def retire_workaround(
    workaround: Workaround, product: Product, *, store: Store, cause: Cause
) -> Workaround:
    """Stop offering it; raises InvalidMove when that was done before."""
    if workaround.state is WorkaroundState.RETIRED:
        raise InvalidMove(f"it is retired already: {workaround.reason or 'no reason given'}")
    return _set(workaround, WorkaroundState.RETIRED, product, store=store, cause=cause)


def restore_workaround(
    workaround: Workaround, product: Product, *, store: Store, cause: Cause
) -> Workaround:
    """Offer it again; raises InvalidMove when it is not retired."""
    if workaround.state is WorkaroundState.ACTIVE:
        raise InvalidMove("it is not retired")
    return _set(workaround, WorkaroundState.ACTIVE, product, store=store, cause=cause)


def _set(
    workaround: Workaround,
    state: WorkaroundState,
    product: Product,
    *,
    store: Store,
    cause: Cause,
) -> Workaround:
    store.workarounds.set_state(workaround.id, state, reason=cause.reason, now=cause.at)
    action = "workaround_retired" if state is WorkaroundState.RETIRED else "workaround_restored"
    _record(workaround, product, action, store=store, cause=cause)
    return store.workarounds.get(product.id, workaround.id)


def _record(
    workaround: Workaround, product: Product, action: str, *, store: Store, cause: Cause
) -> None:
    store.decisions.record(
        product.id,
        action,
        at=cause.at,
        actor=cause.actor,
        issue_id=workaround.issue_id,
        after={"workaround": workaround.id},
        reason=cause.reason,
        origin=cause.origin,
    )
