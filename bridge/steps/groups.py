"""What merge, split, move and undo share: locks, the trail for undo, and what follows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.errors import InvalidInput, OutsideError
from bridge.domain.grouping import Constraint, ConstraintKind
from bridge.domain.issues import Issue, IssueState, Outcome
from bridge.steps.context import Context
from bridge.steps.follow_up import Counted, group_changed
from bridge.steps.moves import Cause
from bridge.steps.naming import rename
from bridge.steps.tell import Telling
from bridge.store import Store
from bridge.store.constraints import Constrained
from bridge.store.placements import Placement

REPRESENTATIVES = 4
"""How many contacts of a side stand for it in pairs."""
MOST_CONTACTS = 1_000
"""How many contacts one move or split takes."""
_MOST_LOOKS = 50


@dataclass(frozen=True, slots=True)
class Act:
    """A decision about groups while it is carried out: in which transaction, by whom and when."""

    store: Store
    context: Context
    cause: Cause

    def telling(self, product_id: ProductId) -> Telling:
        """What tells people of it."""
        product = self.store.products.get(product_id)
        return Telling(product, self.store, self.context, self.cause)


@dataclass(frozen=True, slots=True)
class Before:
    """What of an issue a decision about groups may change, as it was."""

    state: IssueState
    outcome: Outcome | None
    episode: int
    merged_into: int | None
    fixed_in: str | None
    shipped_at: datetime | None
    snoozed_until: datetime | None
    snoozed_customers: int | None

    @classmethod
    def of(cls, issue: Issue) -> "Before":
        """The issue as it is now."""
        return cls(**{name: getattr(issue, name) for name in cls.__slots__})

    def columns(self) -> dict[str, object]:
        """Values to write back."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {**told, "state": self.state.value, "outcome": self.outcome}


@dataclass(slots=True)
class Trail:
    """What a decision about groups changed; kept in the decision, so that it can be undone."""

    ended: list[int] = field(default_factory=list)
    """Assignments that ended."""
    begun: list[int] = field(default_factory=list)
    """Assignments that began."""
    added: list[tuple[ConstraintKind, int, int]] = field(default_factory=list)
    removed: list[Constraint] = field(default_factory=list)
    issues: dict[int, Before] = field(default_factory=dict)
    workarounds: dict[int, int] = field(default_factory=dict)
    """Whose each workaround was."""
    created: int | None = None
    """The issue that a split made."""
    suggestion: int | None = None
    """The question this was the answer to."""
    tickets: dict[int, int] = field(default_factory=dict)
    """Filings that gave up their ticket for another, and which it was."""
    lessons: list[int] = field(default_factory=list)
    """What it taught though nobody had asked, as answered suggestions."""
    outage: str | None = None
    """An outage goes on under the survivor: what finds the notices of those told of it by that."""

    def note(self, kind: ConstraintKind, change: Constrained) -> None:
        """Remember what became of the pairs."""
        self.added += [(kind, a, b) for a, b in change.added]
        self.removed += change.removed

    def to_json(self) -> dict[str, object]:
        """The trail as a decision keeps it."""
        told: dict[str, object] = _TRAIL.dump_python(self, mode="json", exclude_defaults=True)
        return {"undo": told}


_TRAIL = TypeAdapter(Trail)


def trail_in(kept: Mapping[str, object]) -> Trail | None:
    """The trail in what a decision keeps, if there is one."""
    return _TRAIL.validate_python(kept["undo"]) if "undo" in kept else None


def take(product_id: ProductId, issue_ids: Iterable[int], *, store: Store) -> list[Issue]:
    """These issues, locked in the order of their ids, while nobody else groups the product."""
    store.products.lock_grouping(product_id)
    return [store.issues.get(product_id, one, lock=True) for one in sorted(set(issue_ids))]


def count_words(count: int) -> str:
    """How many contacts, for a sentence."""
    return "1 contact" if count == 1 else f"{count} contacts"


def chosen_of(
    issue: Issue, contact_ids: Sequence[int], *, store: Store
) -> tuple[list[Placement], list[ContactId]]:
    """The assignments of these contacts of an issue, and the contacts that stay on it."""
    if not contact_ids:
        raise InvalidInput("choose at least one contact", pointer="/contacts")
    if len(contact_ids) > MOST_CONTACTS:
        raise InvalidInput(f"at most {MOST_CONTACTS} contacts at a time", pointer="/contacts")
    all_placed = store.placements.of_issue(issue.product_id, issue.id)
    there = {one.contact_id for one in all_placed}
    for place, contact_id in enumerate(contact_ids):
        if contact_id not in there:
            raise InvalidInput(
                f"contact {contact_id} is not on {issue.name}", pointer=f"/contacts/{place}"
            )
    wanted = set(contact_ids)
    moving = [one for one in all_placed if one.contact_id in wanted]
    return moving, sorted(there - wanted)


def pair_up(
    kind: ConstraintKind, left: Iterable[int], right: Iterable[int], issue: Issue, act: Act
) -> Constrained:
    """Tie, or keep apart, every contact of one side and every one of the other."""
    others = list(right)
    return act.store.constraints.add(
        issue.product_id,
        kind,
        [(a, b) for a in left for b in others],
        actor=act.cause.actor.name,
        reason=act.cause.reason,
        now=act.cause.at,
    )


def representatives(
    issue: Issue, act: Act, *, without: Iterable[ContactId] = ()
) -> list[ContactId]:
    """The few contacts that stand for an issue in pairs."""
    return act.store.placements.representatives(issue.id, limit=REPRESENTATIVES, without=without)


def regrouped(issues: Iterable[Issue], act: Act) -> None:
    """Bring everything that hangs on the contacts of these issues up to date."""
    store, changed = act.store, {issue.id: issue for issue in issues}
    product = store.products.get(next(iter(changed.values())).product_id)
    store.vectors.recount(product.id, changed)
    for issue_id in changed:
        store.placements.measure(issue_id)
        current = store.issues.get(product.id, issue_id)
        if current.merged_into is not None:
            continue
        counted = Counted(issue_id, current.state, store.issues.counts(issue_id).contacts)
        group_changed(counted, product, store=store, context=act.context)


def name_again(issue: Issue, act: Act) -> None:
    """Give an issue the machine's title; without the encoder it keeps the one it has."""
    try:
        act.context.encoder()
    except OutsideError:
        return
    rename(issue.id, issue.product_id, store=act.store, context=act.context)


def look_at_fix(issue: Issue, contact_ids: Sequence[ContactId], act: Act) -> None:
    """Queue the question whether a fix holds, for the newest of the contacts that came."""
    if issue.state not in (IssueState.SHIPPED, IssueState.VERIFIED):
        return
    for contact_id in sorted(contact_ids)[-_MOST_LOOKS:]:
        act.store.enqueue(
            "watch", product_id=issue.product_id, issue_id=issue.id, contact_id=contact_id
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What a decision is called, and what it did in words that follow the name."""

    action: str
    told: str
    after: Mapping[str, object] = field(default_factory=dict)


def record(entry: Entry, issue: Issue, trail: Trail, act: Act) -> int:
    """Write the decision with its trail into the history of the issue; returns its number."""
    return _write(entry, issue, act, before=trail.to_json(), after={})


def record_beside(entry: Entry, issue: Issue, decision: int, act: Act) -> None:
    """Write a decision about several issues into the history of another one of them too."""
    _write(entry, issue, act, before={}, after={"decision": decision})


def _write(
    entry: Entry,
    issue: Issue,
    act: Act,
    *,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> int:
    return act.store.decisions.record(
        issue.product_id,
        entry.action,
        at=act.cause.at,
        actor=act.cause.actor,
        issue_id=issue.id,
        before=before,
        after={**entry.after, **after, "told": entry.told},
        reason=act.cause.reason,
        origin=act.cause.origin,
    )


def record_undone(entry: Entry, issue: Issue, decision: int, act: Act) -> None:
    """Write into the history of the issue that a decision was taken back."""
    _write(entry, issue, act, before={}, after={"undone": decision})
