"""Regress: a fix does not hold; and where that may be so, a word for people to check."""

from dataclasses import replace

from bridge.domain.contacts import ProductId
from bridge.domain.issues import FIXED, Issue, IssueState
from bridge.domain.people import MACHINE, Actor
from bridge.domain.products import OnRegression, Product
from bridge.domain.regression import Evidence, Finding, Weight
from bridge.domain.tasks import TaskKind, TaskState, check_return_key
from bridge.steps.announce import announce
from bridge.steps.context import Context
from bridge.steps.holding import Judged, fix_of, heaviest_week, judge_since
from bridge.steps.letter_correction import correct_soon
from bridge.steps.moves import Cause, move_issue
from bridge.steps.reopen import reopen_soon
from bridge.steps.retire import revive
from bridge.steps.review import file_issue
from bridge.steps.tell import Telling, tell_regression
from bridge.store import Store

_ORIGIN = "job:watch"
_PLEASE = ": please check"


def conclude(
    issue: Issue,
    one: Judged,
    weight: Weight | None,
    telling: Telling,
) -> Issue:
    """What follows from a contact that speaks against the fix; the issue must be locked.

    weight: how many customers say so, where this one surely has the fix.
    """
    found = one.finding
    kept = {"contact": one.written.contact_id, **_kept(found)}
    cause = Cause(MACHINE, telling.cause.at, found.reason, _ORIGIN, kept)
    if weight is not None:
        kept |= {"customers": weight.customers, "needed": weight.words}
        cause = replace(cause, kept=kept)
        if weight.is_enough:
            fixed = f"though it was fixed in {found.fixed_in}"
            reason = f"a customer on {found.version} still has it, {fixed}; {weight.words}"
            kept |= {"evidence": found.reason}
            cause = replace(cause, reason=reason, kept=kept)
            return _regress(issue, replace(telling, cause=cause))
        plain = found.reason.removesuffix(_PLEASE)
        cause = replace(cause, reason=f"{plain} ({weight.words}){_PLEASE}")
    _note_possible_return(issue, store=telling.store, cause=cause)
    if found.is_form:
        _ask_to_check(issue, one, telling.store, cause)
    return issue


def came_back(  # noqa: PLR0913 - who has checked it, and what
    context: Context,
    *,
    product_id: int,
    issue_id: int,
    episode: int,
    actor_kind: str,
    actor_name: str,
) -> None:
    """A person has checked a possible return: the fix does not hold."""
    with context.open() as store:
        issue = store.issues.standing_for(ProductId(product_id), issue_id, lock=True)
        if issue.state not in FIXED or issue.episode != episode:
            return
        product = store.products.get(issue.product_id)
        reason = f"a person has checked it, and {issue.fixed_in} did not fix it"
        cause = Cause(Actor(actor_kind, actor_name), context.now(), reason, "job:came_back")
        _regress(issue, Telling(product, store, context, cause))


def is_asked(issue: Issue, store: Store) -> bool:
    """Whether a person has still to say if the issue is back."""
    keys = map(check_return_key, store.issues.family(issue.id))
    asked = (store.tasks.newest(issue.product_id, key) for key in keys)
    return any(one is not None and one.state is TaskState.OPEN for one in asked)


def drop_check(issue: Issue, *, store: Store, cause: Cause) -> None:
    """Nobody need check any more whether it is back: it is, or its fix was taken back."""
    keys = [check_return_key(one) for one in store.issues.family(issue.id)]
    store.tasks.close(issue.product_id, keys, TaskState.DROPPED, by=MACHINE.name, now=cause.at)


def _ask_to_check(issue: Issue, one: Judged, store: Store, cause: Cause) -> None:
    """Ask the leads, anew only where the contact is newer than their last answer."""
    key = check_return_key(issue.id)
    last = store.tasks.newest(issue.product_id, key)
    if last is not None and (last.closed_at or last.created_at) >= one.written.facts.occurred_at:
        return
    found = one.finding
    on = f", on {found.version}" if found.version else ""
    text = (
        f"Is {issue.name} back? A customer says so in answer to a letter{on}; it shipped in"
        f" {found.fixed_in}. Read what they write, ask them, then say."
    )
    store.tasks.ask(issue, key, TaskKind.CHECK_RETURN, text=text, now=cause.at)


def look_back(issue: Issue, product: Product, *, store: Store, context: Context) -> Issue:
    """News of a release came late: contacts since it shipped count as if they came only now.

    The issue must be locked.
    """
    fix = fix_of(issue, product, store)
    if issue.state not in FIXED or fix.shipped_at is None:
        return issue
    judged = judge_since(fix, fix.shipped_at, store=store, context=context)
    doubts = [one for one in judged if one.finding.evidence is not Evidence.NONE]
    if not doubts:
        return issue
    telling = Telling(product, store, context, Cause(MACHINE, context.now(), origin=_ORIGIN))
    found = heaviest_week(judged, issue, fix.shipped_at, store=store, context=context)
    if found is None:
        return conclude(issue, doubts[-1], None, telling)
    return conclude(issue, *found, telling)


def _kept(found: Finding) -> dict[str, object]:
    """What the history keeps of a verdict."""
    return {
        "version_seen": found.version,
        "version_from": found.source.value if found.source else None,
        "fixed_in": found.fixed_in,
        "compared_by": found.compared.value,
    }


def _regress(issue: Issue, telling: Telling) -> Issue:
    """Open the next episode, bring the workaround back, tell everybody once."""
    store, product, cause = telling.store, telling.product, telling.cause
    store.fixes.refute(issue)
    drop_check(issue, store=store, cause=cause)
    tickets = store.tickets.of_issue(issue.id)
    changes = {"episode": issue.episode + 1, "outcome": None}
    issue = move_issue(issue, IssueState.REGRESSED, store=store, cause=cause, changes=changes)
    announce("issue.regressed", issue, {}, key=f"episode-{issue.episode}", store=store, at=cause.at)
    correct_soon(issue, store=store)
    revived = revive(issue, store=store, cause=cause)
    tell_regression(issue, revived, telling=telling)
    text = f"{issue.name} is back: {cause.reason}."
    if product.on_regression is OnRegression.NEW_TICKET and tickets:
        issue = file_issue(issue, product, store=store, cause=cause)
        text += " A new ticket is on its way for it."
    elif product.on_regression is OnRegression.REOPEN and tickets:
        reopen_soon(issue, tickets[-1], store=store)
    for ticket in tickets:
        store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
        store.enqueue("note", ticket_id=ticket.id, key=f"regression-{issue.episode}", text=text)
    return issue


def _note_possible_return(issue: Issue, *, store: Store, cause: Cause) -> None:
    """Write down, once a fix, that somebody should check; nothing is reopened."""
    noted = [one for one in store.decisions.history(issue.id) if one.action == "possible_return"]
    if any(one.after.get("episode") == issue.episode for one in noted):
        return
    store.decisions.record(
        issue.product_id,
        "possible_return",
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        after={"episode": issue.episode, **cause.kept},
        reason=cause.reason,
        origin=cause.origin,
    )
