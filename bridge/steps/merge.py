"""Merge: several issues turn out to be one; the survivor keeps its number."""

from collections.abc import Collection, Sequence

from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.grouping import ConstraintKind
from bridge.domain.issues import TRACKED, Issue, IssueState
from bridge.domain.tickets import Filing, FilingState
from bridge.steps.drafts import issue_link
from bridge.steps.folding import JOIN_ONLY, Fold, fold
from bridge.steps.groups import (
    Act,
    Before,
    Entry,
    Trail,
    look_at_fix,
    pair_up,
    record,
    record_beside,
    regrouped,
    representatives,
    take,
)
from bridge.steps.lessons import learn_from_merge
from bridge.steps.moves import require_living
from bridge.steps.outage import concerned_by_outage, outage_goes_on
from bridge.steps.unlink import linked
from bridge.store import Store
from bridge.store.tickets import Ticket

_MOST = 50
_UNDER_WAY = (FilingState.SENDING, FilingState.UNCERTAIN)
_ADOPTED = ("outcome", "episode", "fixed_in", "shipped_at")


def merge_issues(
    survivor: Issue, others: Sequence[Issue], act: Act, *, trail: Trail | None = None
) -> Issue:
    """Move everything of the others onto the survivor; their numbers forward to it.

    One ticket stands for all from now on: those of the others become duplicates of the survivor's.
    A survivor without a ticket takes over where the first other with one stands.
    """
    store = act.store
    others = list({other.id: other for other in others}.values())
    _require_several(survivor, others)
    taken = take(survivor.product_id, [survivor.id, *(one.id for one in others)], store=store)
    by_id = {issue.id: issue for issue in taken}
    survivor, others = by_id[survivor.id], [by_id[one.id] for one in others]
    _require_possible(survivor, others, store)
    trail = trail or Trail()
    if trail.suggestion is None:
        learn_from_merge(survivor, others, trail, act)
    trail.issues.update({issue.id: Before.of(issue) for issue in taken})
    telling = act.telling(survivor.product_id)
    joined = concerned_by_outage(taken, telling)
    on_leader = act.store.placements.of_issue(survivor.product_id, max(others, key=_stage).id)
    for other in others:
        _tie_and_carry(survivor, other, trail, act)
    given_up = [linked(other, store) for other in others]
    kept = linked(survivor, store)[1] or linked(max(others, key=_stage), store)[1]
    gone = [issue.id for issue in others]
    for other in others:
        store.issues.change(other, {"merged_into": survivor.id})
    changes = _adopted_state(survivor, others)
    changed = store.issues.change(survivor, changes)
    if "state" in changes:
        _look_at_adopted(changed, {one.contact_id for one in on_leader}, act)
    trail.workarounds.update(store.workarounds.hand(gone, survivor.id))
    _give_up_filings(survivor, others, store)
    store.suggestions.withdraw(survivor.product_id, issue_ids=gone)
    _tell_tickets(changed, others, act)
    if kept is not None:
        _fold_tickets(kept, given_up, trail, act)
    trail.outage = outage_goes_on(changed, joined, telling)
    _record(changed, others, trail, changes, act)
    regrouped(taken, act)
    return store.issues.get(survivor.product_id, survivor.id)


def survivor_first(one: Issue, other: Issue, *, store: Store) -> tuple[Issue, Issue]:
    """Of two issues the one that should survive, first: with a ticket, else with more customers."""

    def claim(issue: Issue) -> tuple[bool, bool, int, int]:
        is_alive = issue.state is not IssueState.DISMISSED
        customers = store.issues.counts(issue.id).customers
        return is_alive, issue.state in TRACKED, customers, -issue.number

    return (one, other) if claim(one) >= claim(other) else (other, one)


def _require_several(survivor: Issue, others: Sequence[Issue]) -> None:
    if not others:
        raise InvalidInput("name at least one issue to merge", pointer="/others")
    if len(others) > _MOST:
        raise InvalidInput(f"at most {_MOST} issues at a time", pointer="/others")
    for place, other in enumerate(others):
        if other.id == survivor.id:
            raise InvalidInput(
                f"{survivor.name} cannot be merged into itself", pointer=f"/others/{place}"
            )


def _require_possible(survivor: Issue, others: Sequence[Issue], store: Store) -> None:
    for issue in (survivor, *others):
        require_living(issue, store=store)
    if survivor.state is IssueState.DISMISSED:
        raise InvalidMove(f"{survivor.name} is dismissed: undo that first, or merge the other way")
    for other in others:
        filings = store.filings.of_issue(other.id)
        if any(filing.state in _UNDER_WAY for filing in filings):
            raise InvalidMove(
                f"the ticket of {other.name} is being filed just now: merge once that is settled"
            )


def _tie_and_carry(survivor: Issue, other: Issue, trail: Trail, act: Act) -> None:
    """Pair the contacts that stand for both issues, then take the other's contacts along."""
    placements, product_id = act.store.placements, survivor.product_id
    must, cannot = ConstraintKind.MUST_LINK, ConstraintKind.CANNOT_LINK
    inside = [one.contact_id for one in placements.of_issue(product_id, survivor.id)]
    placed = placements.of_issue(product_id, other.id)
    coming = [one.contact_id for one in placed]
    # Whoever kept some of them apart before has changed their mind now.
    apart = act.store.constraints.remove_between(product_id, cannot, inside, coming)
    trail.note(cannot, apart)
    both = representatives(survivor, act), representatives(other, act)
    trail.note(must, pair_up(must, *both, survivor, act))
    trail.ended += [one.id for one in placed]
    reason = f"came with {other.name} when that was merged into this issue"
    trail.begun += placements.carry(placed, survivor.id, reason=reason, now=act.cause.at)
    look_at_fix(survivor, coming, act)


def _adopted_state(survivor: Issue, others: Sequence[Issue]) -> dict[str, object]:
    """What the survivor takes over from the first other that has come further than itself."""
    leader = max(others, key=_stage)
    if _stage(leader) <= _stage(survivor):
        return {}
    taken = {name: getattr(leader, name) for name in _ADOPTED}
    return {**taken, "state": leader.state.value, "snoozed_until": None, "snoozed_customers": None}


def _look_at_adopted(survivor: Issue, known: Collection[ContactId], act: Act) -> None:
    """A fix that was taken over has to hold for the survivor's own contacts too.

    known: contacts that it was the fix of already.
    """
    placed = act.store.placements.of_issue(survivor.product_id, survivor.id)
    look_at_fix(survivor, [one.contact_id for one in placed if one.contact_id not in known], act)


def _stage(issue: Issue) -> int:
    """How much stands behind an issue: a ticket, a person's word, or nothing."""
    if issue.state in TRACKED:
        return 2
    return 1 if issue.state is IssueState.CONFIRMED else 0


def _give_up_filings(survivor: Issue, others: Sequence[Issue], store: Store) -> None:
    """One ticket is enough: what was planned for the others and never sent is not sent."""
    filings = store.filings.of_issue(survivor.id)
    if filings:
        kept = filings[-1].issue_id
        store.filings.drop_planned([one.id for one in others if one.id != kept])


def _fold_tickets(
    kept: Ticket,
    given_up: Sequence[tuple[Filing | None, Ticket | None]],
    trail: Trail,
    act: Act,
) -> None:
    """The ticket of the survivor stands for all: those of the others become its duplicates."""
    for filing, ticket in given_up:
        if filing is None or ticket is None or ticket.id == kept.id:
            continue
        if ticket.connection_id != kept.connection_id:
            continue
        trail.tickets[filing.id] = ticket.id
        # `_tell_tickets` has its words already.
        fold(Fold(ticket, kept, JOIN_ONLY), [filing], store=act.store)


def _record(
    survivor: Issue, others: Sequence[Issue], trail: Trail, changes: dict[str, object], act: Act
) -> None:
    names = " and ".join(issue.name for issue in others)
    after: dict[str, object] = {"merged": [issue.name for issue in others]}
    if "state" in changes:
        after["state"] = changes["state"]
    told = f"{names} joined this issue"
    if trail.outage is not None:
        told += "; the outage goes on here"
    seq = record(Entry("merge", told, after), survivor, trail, act)
    into: dict[str, object] = {"merged_into": survivor.id}
    for other in others:
        record_beside(Entry("merged", f"into {survivor.name}", into), other, seq, act)


def _tell_tickets(survivor: Issue, others: Sequence[Issue], act: Act) -> None:
    """One comment on each ticket that came along, so that engineers know."""
    store = act.store
    link = issue_link(survivor.name, store.products.get(survivor.product_id), act.context)
    for other in others:
        for ticket in store.tickets.of_issue(other.id):
            if ticket.is_deleted:
                continue
            text = f"{other.name} was merged into {survivor.name}: both are one problem. {link}"
            key = f"merged-{other.number}-{survivor.number}-{survivor.version}"
            store.enqueue("note", ticket_id=ticket.id, key=key, text=text)
