"""Advise: workarounds are written, edited, replaced and used; each change is a decision."""

from dataclasses import dataclass, fields, replace
from datetime import datetime

from bridge.cleaning import door_text
from bridge.domain.contacts import Contact, RedactedText
from bridge.domain.errors import InvalidInput, InvalidMove, Outdated
from bridge.domain.fixes import is_at_least
from bridge.domain.issues import Issue
from bridge.domain.people import UserId
from bridge.domain.products import Product
from bridge.domain.scope import Scope, require_versions, require_words
from bridge.domain.workarounds import (
    Audience,
    Content,
    RetiredBy,
    UseResult,
    Workaround,
    WorkaroundState,
)
from bridge.redaction import Redactor
from bridge.steps.again import already
from bridge.steps.announce import announce
from bridge.steps.context import Context
from bridge.steps.moves import Cause, require_living
from bridge.steps.tasks import give_copies_back, withdraw_copies
from bridge.steps.tell import Telling
from bridge.steps.tell_workaround import tell_replaced
from bridge.store import Store
from bridge.store.workaround_uses import Use

_MOST_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Advice:
    """What somebody wants support to tell customers, not yet redacted."""

    text: str
    audience: Audience
    versions: tuple[str, ...] = ()
    """Product versions it fits, exact or as ranges; empty for all."""
    customer_text: str | None = None
    steps: tuple[str, ...] = ()
    after_fix_text: str | None = None
    """What to tell instead once the fix has shipped."""
    platforms: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    owner: str | None = None
    review_at: datetime | None = None

    @classmethod
    def of(cls, content: Content) -> "Advice":
        """The advice that is given now."""
        scope = content.scope
        return cls(
            text=content.text,
            audience=content.audience,
            versions=scope.versions,
            customer_text=content.customer_text,
            steps=tuple(content.steps),
            after_fix_text=content.after_fix_text,
            platforms=scope.platforms,
            segments=scope.segments,
            owner=content.owner,
            review_at=content.review_at,
        )


def add_workaround(  # noqa: PLR0913 - a draft differs in one word
    issue: Issue,
    advice: Advice,
    product: Product,
    *,
    store: Store,
    cause: Cause,
    is_draft: bool = False,
    instead_of: Workaround | None = None,
) -> tuple[Workaround, bool]:
    """A workaround, offered at once unless it is a draft, and whether it is new.

    Personal data is redacted. Without an owner it is its author's. Added twice it is one; raises
    InvalidMove where the issue has another one of the same words, but for the one that it comes
    instead of.
    """
    content = _content(replace(advice, owner=advice.owner or cause.actor.name), product)
    _require_to_come(content.review_at, cause)
    state = WorkaroundState.DRAFT if is_draft else WorkaroundState.ACTIVE
    # Two presses of one button come at the same time: the second waits for the first. Who replaces
    # one holds that already, and takes no issue behind it.
    issue = store.issues.get(product.id, issue.id, lock=instead_of is None)
    require_living(issue, store=store)
    for one in store.workarounds.all(product.id, issue_id=issue.id):
        is_replaced = instead_of is not None and one.id == instead_of.id
        if one.state is WorkaroundState.RETIRED or is_replaced:
            continue
        if not _same_words(one.text, content.text):
            continue
        # Whose it is may be left out, and spaces are no words.
        owner = content.owner if advice.owner else one.content.owner
        same = replace(content, text=one.text, owner=owner)
        if one.state is state and same == one.content:
            return one, False
        kind = "a draft" if one.state is WorkaroundState.DRAFT else "a workaround"
        raise InvalidMove(f"{issue.name} has {kind} with these words already: edit that one")
    added = store.workarounds.write(
        issue, content, author=cause.actor.name, now=cause.at, state=state
    )
    _record(added, product, "workaround_added", store=store, cause=cause)
    return added, True


def edit_workaround(  # noqa: PLR0913 - the edition is what the person has read
    workaround: Workaround,
    advice: Advice,
    product: Product,
    *,
    store: Store,
    cause: Cause,
    edition: int | None = None,
) -> Workaround:
    """Say it in other words; the decision keeps the old ones. What is the same changes nothing.

    edition: the one that the person has read; raises Outdated when there is a newer one.
    """
    if edition is not None and edition != workaround.edition:
        deed = "changed this workaround: read it again"
        raise Outdated(already(workaround.changed_by, deed, store=store, cause=cause))
    old, new = workaround.content, _content(advice, product)
    new = replace(new, scope=replace(new.scope, below=old.scope.below))
    changed = [
        one.name for one in fields(Content) if getattr(old, one.name) != getattr(new, one.name)
    ]
    if not changed:
        return workaround
    if "review_at" in changed:
        _require_to_come(new.review_at, cause)
    store.workarounds.edit(workaround.id, new, author=cause.actor.name, now=cause.at)
    before, after = (
        {name: _told(getattr(content, name)) for name in changed} for content in (old, new)
    )
    store.decisions.record(
        product.id,
        "workaround_edited",
        at=cause.at,
        actor=cause.actor,
        issue_id=workaround.issue_id,
        before=before,
        after={"workaround": workaround.id, **after},
        reason=cause.reason,
        origin=cause.origin,
    )
    return store.workarounds.get(product.id, workaround.id)


def replace_workaround(  # noqa: PLR0913 - one transaction needs all of it
    old: Workaround,
    advice: Advice,
    product: Product,
    *,
    store: Store,
    context: Context,
    cause: Cause,
) -> Workaround:
    """Offer a new one instead; whoever used the old one in the last month is told.

    Raises InvalidMove when the old one is retired: then a new one is simply added.
    """
    _require_living(old)
    issue = store.issues.get(product.id, old.issue_id)
    added, _ = add_workaround(issue, advice, product, store=store, cause=cause, instead_of=old)
    reason = cause.reason or "replaced by a better one"
    store.workarounds.retire(
        old.id, RetiredBy.REPLACED, reason=reason, now=cause.at, replaced_by=added.id
    )
    decision = _record(old, product, "workaround_replaced", store=store, cause=cause)
    _announce("workaround.retired", old, issue, decision, store=store, cause=cause)
    withdraw_copies(issue, store=store, cause=replace(cause, reason=reason))
    telling = Telling(product, store, context, replace(cause, reason=reason))
    tell_replaced(issue, old, added, telling=telling)
    return added


def use_workaround(  # noqa: PLR0913 - a use is told by all of these
    workaround: Workaround,
    product: Product,
    *,
    contact: Contact | None,
    user_id: UserId | None,
    store: Store,
    cause: Cause,
    result: UseResult = UseResult.UNKNOWN,
) -> int:
    """Count one use and return its id; the same contact counts once.

    Raises InvalidMove when it is not offered any more, with the reason and what to say instead.
    """
    _require_usable(workaround, product, contact, store)
    use = Use(contact.id if contact else None, user_id, result)
    return store.workaround_uses.add(workaround.id, use, now=cause.at)


def activate_workaround(
    workaround: Workaround, product: Product, *, store: Store, cause: Cause
) -> Workaround:
    """Offer a draft; raises InvalidMove for anything else."""
    if workaround.state is not WorkaroundState.DRAFT:
        is_active = workaround.state is WorkaroundState.ACTIVE
        raise InvalidMove("it is offered already" if is_active else "it is retired: restore it")
    return _activate(workaround, product, "workaround_activated", store=store, cause=cause)[0]


def retire_workaround(
    workaround: Workaround, product: Product, *, store: Store, cause: Cause
) -> Workaround:
    """Stop offering it; raises InvalidMove when that was done before."""
    _require_living(workaround)
    store.workarounds.retire(workaround.id, RetiredBy.PERSON, reason=cause.reason, now=cause.at)
    decision = _record(workaround, product, "workaround_retired", store=store, cause=cause)
    issue = store.issues.get(product.id, workaround.issue_id)
    _announce("workaround.retired", workaround, issue, decision, store=store, cause=cause)
    withdraw_copies(issue, store=store, cause=cause)
    return store.workarounds.get(product.id, workaround.id)


def restore_workaround(
    workaround: Workaround, product: Product, *, store: Store, cause: Cause
) -> Workaround:
    """Offer it again to everybody it is for; raises InvalidMove when it is not retired."""
    is_narrowed = workaround.content.scope.below is not None
    if workaround.state is not WorkaroundState.RETIRED and not is_narrowed:
        is_active = workaround.state is WorkaroundState.ACTIVE
        raise InvalidMove("it is offered already" if is_active else "it is not retired")
    action = "workaround_restored"
    restored, decision = _activate(workaround, product, action, store=store, cause=cause)
    issue = store.issues.get(product.id, restored.issue_id)
    _announce("workaround.restored", restored, issue, decision, store=store, cause=cause)
    return restored


def _activate(
    workaround: Workaround, product: Product, action: str, *, store: Store, cause: Cause
) -> tuple[Workaround, int]:
    """Offered from now on, and the decision about it."""
    store.workarounds.activate(workaround.id, reason=cause.reason or None)
    decision = _record(workaround, product, action, store=store, cause=cause)
    issue = store.issues.get(product.id, workaround.issue_id)
    give_copies_back(issue, store=store, cause=cause)
    return store.workarounds.get(product.id, workaround.id), decision


def _same_words(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _require_living(workaround: Workaround) -> None:
    if workaround.state is WorkaroundState.RETIRED:
        raise InvalidMove(f"it is retired already: {workaround.reason or 'no reason given'}")


def _require_usable(
    workaround: Workaround, product: Product, contact: Contact | None, store: Store
) -> None:
    if workaround.state is WorkaroundState.DRAFT:
        raise InvalidMove("this workaround is a draft: somebody has to offer it first")
    below = workaround.content.scope.below
    ended = None
    if workaround.state is WorkaroundState.RETIRED:
        ended = f"this workaround is retired: {workaround.reason or 'no reason given'}"
    elif below and contact and contact.version and is_at_least(contact.version, below):
        ended = f"this workaround is only for versions below {below}: {workaround.reason}"
    if ended is None:
        return
    if workaround.retired_by is RetiredBy.REPLACED and workaround.replaced_by:
        say: str | None = store.workarounds.get(product.id, workaround.replaced_by).text
    else:
        say = workaround.instead(store.issues.get(product.id, workaround.issue_id).fixed_in)
    raise InvalidMove(f"{ended}. Say this instead: {say}" if say else ended)


def _content(advice: Advice, product: Product) -> Content:
    """What is stored of the advice: cleaned, redacted, and checked."""
    redactor = Redactor(region=product.region)

    def clean(text: str | None) -> RedactedText | None:
        stored, _ = door_text(text or "", max_bytes=_MOST_BYTES)
        return redactor.redact(stored) if stored.strip() else None

    text = clean(advice.text)
    if text is None:
        raise InvalidInput("a workaround needs a text", pointer="/text")
    require_versions(advice.versions)
    require_words(advice.platforms, what="platforms")
    require_words(advice.segments, what="segments")
    return Content(
        text=text,
        audience=advice.audience,
        customer_text=clean(advice.customer_text),
        steps=tuple(step for one in advice.steps if (step := clean(one)) is not None),
        after_fix_text=clean(advice.after_fix_text),
        scope=Scope(advice.versions, advice.platforms, advice.segments),
        owner=advice.owner,
        review_at=advice.review_at,
    )


def _require_to_come(review_at: datetime | None, cause: Cause) -> None:
    """Nobody can look at it again before today."""
    if review_at is not None and review_at.date() < cause.at.astimezone(review_at.tzinfo).date():
        raise InvalidInput("the day of review has passed: name one to come", pointer="/review_at")


def _told(value: object) -> object:
    """A part of the content as the record keeps it."""
    if isinstance(value, Scope):
        return value.words()
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _record(
    workaround: Workaround, product: Product, action: str, *, store: Store, cause: Cause
) -> int:
    return store.decisions.record(
        product.id,
        action,
        at=cause.at,
        actor=cause.actor,
        issue_id=workaround.issue_id,
        after={"workaround": workaround.id},
        reason=cause.reason,
        origin=cause.origin,
    )


def _announce(  # noqa: PLR0913 - an event is told by all of these
    kind: str, workaround: Workaround, issue: Issue, decision: int, *, store: Store, cause: Cause
) -> None:
    """Tell other systems what a person has decided, as what a fix brings about is told."""
    more = {"workaround": workaround.id}
    announce(kind, issue, more, key=f"decision-{decision}", store=store, at=cause.at)
