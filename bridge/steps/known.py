"""Known issues: what customers may read, in words that a lead wrote for them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.issues import Issue, IssueState, Outcome
from bridge.domain.products import Product
from bridge.redaction import Redactor
from bridge.steps.moves import Cause, require_living
from bridge.store import Store
from bridge.store.decisions import Decision

_MOST = 2_000
_S = IssueState
_UNSAYABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class KnownState(StrEnum):
    """How far it is, as customers see it."""

    INVESTIGATING = "investigating"
    IN_PROGRESS = "fix_in_progress"
    FIXED = "fixed"
    WONT_FIX = "wont_fix"

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be awaited."""
        return self in (KnownState.FIXED, KnownState.WONT_FIX)


@dataclass(frozen=True, slots=True)
class KnownIssue:
    """One known issue; nothing in it was made from internal text."""

    number: int
    title: str
    text: str
    workaround: str
    """Empty once it is fixed: nobody should use it any longer."""
    state: KnownState
    fixed_in: str | None
    shown_at: datetime
    updated_at: datetime
    """When what is said here changed last, by a person's words or by a decision about the issue."""
    customers: int | None
    """None unless the product shows counts."""

    @property
    def told(self) -> str:
        """The state in plain words."""
        if self.state is KnownState.FIXED:
            return f"Fixed in {self.fixed_in}" if self.fixed_in else "Fixed"
        return {
            KnownState.INVESTIGATING: "We are investigating",
            KnownState.IN_PROGRESS: "A fix is in progress",
        }.get(self.state, "Will not be fixed")


def show_to_customers(  # noqa: PLR0913 - three texts, each by its name
    issue: Issue, *, title: str, text: str, workaround: str, store: Store, cause: Cause
) -> bool:
    """Show an issue in these words; raises InvalidInput when some are missing or too many.

    Personal data in them is redacted like everywhere; returns whether there was some. What was
    shown of an issue that was merged into it is one entry still: that is what changes. Raises
    InvalidMove for one that was merged away and is not shown.
    """
    given = (" ".join(_plain(title).split()), _plain(text), _plain(workaround))
    redactor = Redactor(region=store.products.get(issue.product_id).region)
    title, text, workaround = (redactor.redact(one) if one else "" for one in given)
    if not title or not text:
        raise InvalidInput("customers need a title and a text: write them for customers")
    if max(map(len, (title, text, workaround))) > _MOST:
        raise InvalidInput(f"at most {_MOST:,} characters each")
    shown = store.known.find(issue.id)
    if shown is None:
        require_living(issue, store=store)
    owner = issue if shown is None else store.issues.get(issue.product_id, shown.issue_id)
    store.known.show(owner, title=title, text=text, workaround=workaround, now=cause.at)
    _record(issue, "shown_to_customers", store=store, cause=cause)
    return (title, text, workaround) != given


def _plain(words: str) -> str:
    """Without what no feed may hold: control characters and halves of characters."""
    return _UNSAYABLE.sub("", words).strip()


def hide_from_customers(issue: Issue, *, store: Store, cause: Cause) -> None:
    """Take it off the page."""
    shown = store.known.find(issue.id)
    if shown is not None and store.known.hide(shown.issue_id):
        _record(issue, "hidden_from_customers", store=store, cause=cause)


def _record(issue: Issue, action: str, *, store: Store, cause: Cause) -> None:
    store.decisions.record(
        issue.product_id,
        action,
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        reason=cause.reason,
        origin=cause.origin,
    )


def known_issues(product: Product, *, store: Store) -> list[KnownIssue]:
    """What a product tells, open ones first; dismissed ones are left out."""
    shows_counts = store.known.page(product.id).shows_counts
    found = []
    for words in store.known.of_product(product.id):
        own = store.issues.get(product.id, words.issue_id)
        issue = store.issues.standing_for(product.id, words.issue_id)
        if issue.state is _S.DISMISSED:
            continue
        state = _state(issue.state, issue.outcome)
        said_at = [words.updated_at, said_since(store.decisions.history(issue.id))]
        found.append(
            KnownIssue(
                number=own.number,
                title=words.title,
                text=words.text,
                workaround="" if state is KnownState.FIXED else words.workaround,
                state=state,
                fixed_in=issue.fixed_in if state is KnownState.FIXED else None,
                shown_at=words.shown_at,
                updated_at=max(one for one in said_at if one is not None),
                customers=store.issues.counts(issue.id).customers if shows_counts else None,
            )
        )
    return sorted(found, key=lambda one: one.state.is_over)


def public_product(slug: str, *, store: Store) -> Product:
    """The product that tells everybody; NotFound, in the same words, for all others."""
    for product in store.products.all():
        if product.slug == slug and store.known.page(product.id).is_public:
            return product
    raise NotFound("there is no such page")


def said_since(history: Sequence[Decision]) -> datetime | None:
    """The last decision about an issue that changed what customers read of it, if one did."""
    said: tuple[KnownState, object] = (KnownState.INVESTIGATING, None)
    since = None
    state: object = IssueState.CANDIDATE
    outcome: object = None
    fixed_in: object = None
    for one in history:
        state = one.after.get("state", state)
        outcome = one.after.get("outcome", outcome)
        fixed_in = one.after.get("fixed_in", fixed_in)
        known = _state(IssueState(str(state)), Outcome(str(outcome)) if outcome else None)
        now = (known, fixed_in if known is KnownState.FIXED else None)
        if now != said:
            said, since = now, one.at
    return since


def _state(state: IssueState, outcome: Outcome | None) -> KnownState:
    if state in (_S.SHIPPED, _S.VERIFIED):
        return KnownState.FIXED
    if state in (_S.IN_PROGRESS, _S.RESOLVED):
        return KnownState.IN_PROGRESS
    if state is _S.DECLINED and outcome is Outcome.WONT_FIX:
        return KnownState.WONT_FIX
    return KnownState.INVESTIGATING
