"""Undo: take back the last thing a person decided about an issue, as far as that is possible."""

from collections.abc import Iterable

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidMove
from bridge.domain.issues import TRACKED, Issue, IssueId, IssueState
from bridge.domain.tickets import FilingState
from bridge.steps.folding import unfold
from bridge.steps.follow_up import verify_later
from bridge.steps.groups import Act, Entry, Trail, record_undone, regrouped, take, trail_in
from bridge.steps.lessons import relearn
from bridge.steps.outage import concerned_by_outage, outage_goes_on, outage_parted
from bridge.store import Store
from bridge.store.decisions import Decision

_STATES = ("confirmed", "dismissed", "snoozed")
_FILINGS = ("file", "file_again")
_OTHERS = {
    "shipped": "people were told that it has shipped",
    "regressed": "people were told that it is back",
    "candidate": "snooze it again instead",
    "ticket_named": "take the issue off the ticket instead",
    "that_ticket": "take the issue off the ticket instead",
    "unlinked": "name the ticket again instead",
}
_ASIDE = (
    *("undo", "workaround_added", "workaround_edited", "workaround_activated"),
    *("workaround_replaced", "workaround_retired", "workaround_restored"),
    *("workaround_copy_linked", "workaround_copy_unlinked"),
    *("task_approved", "task_done", "task_dropped"),
    *("shown_to_customers", "hidden_from_customers"),
    *("outage", "all_clear"),
    *("letter_drafted", "letter_approved", "letter_sent", "letter_dropped"),
    *("faq_edited", "faq_accepted", "faq_published"),
    *("faq_dismissed", "faq_taken_down"),
)
"""What has buttons of its own."""


def last_decision(issue: Issue, *, store: Store) -> Decision | None:
    """What undo would take back: the newest decision of a person that still stands."""
    history = store.decisions.history(issue.id)
    undone = {one.after.get("undone") for one in history}
    for one in reversed(history):
        if one.actor.is_machine or one.action in _ASIDE:
            continue
        if one.after.get("decision", one.seq) not in undone:
            return one
    return None


def undoable(issue: Issue, *, store: Store) -> Decision | None:
    """The decision that undo takes back if it is asked for now; None where it would refuse."""
    found = last_decision(issue, store=store)
    if found is None or _why_not(_main(found, issue, store), issue, store) is not None:
        return None
    return found


def undo_last(issue: Issue, act: Act) -> Issue:
    """Take it back; raises InvalidMove with the reason when that is impossible."""
    store = act.store
    (issue,) = take(issue.product_id, [issue.id], store=store)
    found = last_decision(issue, store=store)
    if found is None:
        raise InvalidMove(f"nobody has decided anything about {issue.name} that could be undone")
    found = _main(found, issue, store)
    trail = trail_in(found.before)
    if trail is not None:
        take(issue.product_id, _touched(found, trail, store), store=store)
    why_not = _why_not(found, issue, store)
    if why_not is not None:
        raise InvalidMove(why_not)
    if trail is not None:
        _undo_grouping(found, trail, issue.product_id, act)
    elif found.action in _STATES:
        _undo_state(found, issue, act)
    else:
        _undo_filing(found, issue, act)
    return store.issues.get(issue.product_id, issue.id)


def _main(decision: Decision, issue: Issue, store: Store) -> Decision:
    """The decision itself, where an entry only says that it was about this issue too."""
    seq = decision.after.get("decision")
    return decision if seq is None else store.decisions.get(issue.product_id, int(str(seq)))


def _why_not(decision: Decision, issue: Issue, store: Store) -> str | None:
    """Why it cannot be taken back by now; None when it can.

    Undo asks it with everything locked, and pages before they offer undo.
    """
    trail = trail_in(decision.before)
    if trail is not None:
        return _why_not_grouping(decision, trail, issue.product_id, store)
    if decision.action in _STATES:
        return _why_not_state(decision, issue, store)
    if decision.action not in _FILINGS:
        why = _OTHERS.get(decision.action, "other things followed from it")
        return f"“{decision.action}” cannot be undone: {why}"
    if not store.filings.planned([issue.id]):
        return "the request for the ticket has been sent: close the ticket in the tracker instead"
    return None


def _why_not_state(decision: Decision, issue: Issue, store: Store) -> str | None:
    if issue.state.value != decision.after["state"]:
        return f"{issue.name} is {issue.state.words} by now, so it cannot be undone"
    if store.filings.of_issue(issue.id):
        return f"a ticket was asked for meanwhile, so {issue.name} stays {issue.state.words}"
    if decision.before["state"] == IssueState.SNOOZED.value:
        return "that it came back cannot be undone: snooze it again instead"
    return None


def _touched(decision: Decision, trail: Trail, store: Store) -> set[int]:
    """Every issue that undoing a decision about groups changes."""
    assert decision.issue_id is not None
    ids: set[int] = {decision.issue_id, *trail.issues}
    ids |= store.placements.issues_in([*trail.ended, *trail.begun])
    return ids | {trail.created} if trail.created else ids


def _why_not_grouping(
    decision: Decision, trail: Trail, product_id: ProductId, store: Store
) -> str | None:
    for issue_id in sorted(_touched(decision, trail, store)):
        issue = store.issues.get(product_id, issue_id)
        was_merged_here = issue.id in trail.issues and issue.id != decision.issue_id
        expected = decision.issue_id if was_merged_here else None
        if issue.merged_into != expected:
            return f"{issue.name} was merged or separated since: undo that first"
        adopted = decision.after.get("state")
        if issue.id == decision.issue_id and adopted not in (None, issue.state.value):
            return f"{issue.name} is {issue.state.words} by now: split it instead"
        if issue.id == trail.created and (issue.state in TRACKED or _has_ticket(issue, store)):
            return f"{issue.name} has a ticket by now: merge it back instead"
    return None


def _has_ticket(issue: Issue, store: Store) -> bool:
    """Whether a ticket may have been made for it: more than the plan of one."""
    planned = set(store.filings.planned([issue.id]))
    return any(one.id not in planned for one in store.filings.of_issue(issue.id))


def _undo_state(decision: Decision, issue: Issue, act: Act) -> None:
    before = str(decision.before["state"])
    changes = {"state": before, "snoozed_until": None, "snoozed_customers": None}
    changed = act.store.issues.change(issue, changes)
    act.store.suggestions.unanswer_real(issue.product_id, issue.id, decision.at)
    entry = Entry("undo", f"{decision.action}, so it is {before} again", {"state": before})
    record_undone(entry, changed, decision.seq, act)


def _undo_filing(decision: Decision, issue: Issue, act: Act) -> None:
    act.store.filings.drop_planned([issue.id])
    record_undone(Entry("undo", "no ticket is wanted any more"), issue, decision.seq, act)
    act.store.issues.change(issue, {})


def _undo_grouping(decision: Decision, trail: Trail, product_id: ProductId, act: Act) -> None:
    store = act.store
    assert decision.issue_id is not None
    touched = _touched(decision, trail, store)
    issues = {one.id: one for one in take(product_id, touched, store=store)}
    main = issues[decision.issue_id]
    if trail.created is not None:
        store.filings.drop_planned([IssueId(trail.created)])
    left = store.placements.end_again(trail.begun, now=act.cause.at)
    # Contacts that somebody moved on meanwhile stay where they are.
    only = store.placements.contacts_in(left) if trail.begun else None
    for issue_id in trail.issues:
        if issue_id != main.id:
            store.issues.change(issues[IssueId(issue_id)], {"merged_into": None})
    store.placements.bring_back(trail.ended, now=act.cause.at, only=only)
    store.constraints.take_back(product_id, added=trail.added, removed=trail.removed)
    owners = {one: IssueId(owner) for one, owner in trail.workarounds.items()}
    store.workarounds.hand_back(owners)
    for suggestion_id in (*trail.lessons, trail.suggestion):
        if suggestion_id is not None:
            store.suggestions.unanswer(product_id, suggestion_id)
    relearn(product_id, store=store)
    _give_tickets_back(trail, act)
    if trail.created is not None:
        _fold_back(issues[IssueId(trail.created)], main, act)
    for issue in issues.values():
        if issue.id not in {main.id, trail.created, *trail.issues}:
            store.issues.change(issue, {})
    restored = _give_state_back(decision, trail, main, act)
    _stand_alone(trail, product_id, act)
    _record(decision, issues.values(), restored, act)
    regrouped(issues.values(), act)


def _stand_alone(trail: Trail, product_id: ProductId, act: Act) -> None:
    """What begins anew once issues that were merged stand for themselves again."""
    issues = [act.store.issues.get(product_id, one) for one in trail.issues]
    for one in issues:
        # While it was merged away its job found the survivor.
        verify_later(one, store=act.store, context=act.context)
    if trail.outage is not None:
        outage_parted(issues, trail.outage, act.telling(product_id))


def _give_tickets_back(trail: Trail, act: Act) -> None:
    """Filings point to the tickets they had; one that was unlinked meanwhile stays as it is."""
    for filing_id, ticket_id in trail.tickets.items():
        filing = act.store.filings.find(filing_id)
        if filing is not None and filing.state is FilingState.LINKED:
            unfold(filing, act.store.tickets.get(ticket_id), store=act.store)


def _fold_back(made: Issue, into: Issue, act: Act) -> None:
    """The issue that a split made forwards again; who joined it meanwhile comes along."""
    store, telling = act.store, act.telling(made.product_id)
    concerned = concerned_by_outage([made, into], telling)
    joined = store.placements.of_issue(made.product_id, made.id)
    reason = f"came with {made.name} when its split was undone"
    store.placements.carry(joined, into.id, reason=reason, now=act.cause.at)
    store.issues.change(made, {"merged_into": into.id})
    outage_goes_on(into, concerned, telling)
    store.suggestions.withdraw(made.product_id, issue_ids=[made.id])


def _give_state_back(decision: Decision, trail: Trail, main: Issue, act: Act) -> str | None:
    """Undo what a survivor took over from the issue that brought a ticket."""
    before = trail.issues.get(main.id)
    if before is None or "state" not in decision.after:
        act.store.issues.change(main, {})
        return None
    act.store.issues.change(main, before.columns())
    return before.state.value


def _record(decision: Decision, issues: Iterable[Issue], restored: str | None, act: Act) -> None:
    told = f"{decision.action}: {decision.after.get('told', '')}"
    for issue in issues:
        state = {"state": restored} if restored and issue.id == decision.issue_id else {}
        record_undone(Entry("undo", told, dict(state)), issue, decision.seq, act)
