"""Watch: after a fix has shipped, does it hold?"""

from datetime import timedelta
from enum import StrEnum

from bridge.domain.contacts import Contact, ProductId
from bridge.domain.fixes import is_at_least
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE
from bridge.steps.context import Context
from bridge.steps.moves import Cause, move_issue
from bridge.steps.prove import proof_words, prove_fix
from bridge.steps.retire import revive
from bridge.steps.tell import Telling, tell_regression
from bridge.store import Store

_ORIGIN = "job:watch"


class Evidence(StrEnum):
    """What a contact on a fixed issue says about the fix."""

    NONE = "none"
    POSSIBLE = "possible_return"
    REGRESSION = "regression"


def evidence_against(issue: Issue, contact: Contact, *, grace: timedelta) -> Evidence:
    """Whether a contact shows that a shipped fix does not hold.

    A version at or past the fix does; an older one does not, and neither does a contact from
    before the fix. Without a version, after the grace time, it is only a possible return.
    """
    if issue.state not in (IssueState.SHIPPED, IssueState.VERIFIED):
        return Evidence.NONE
    if issue.shipped_at is None or contact.occurred_at <= issue.shipped_at:
        return Evidence.NONE
    if contact.version is not None and issue.fixed_in is not None:
        has_fix = is_at_least(contact.version, issue.fixed_in)
        if has_fix is not None:
            return Evidence.REGRESSION if has_fix else Evidence.NONE
    is_late = contact.occurred_at > issue.shipped_at + grace
    return Evidence.POSSIBLE if is_late else Evidence.NONE


def watch(context: Context, *, product_id: int, issue_id: int, contact_id: int) -> None:
    """Judge a new contact on a fixed issue."""
    with context.open() as store:
        issue = store.issues.get(ProductId(product_id), issue_id, lock=True)
        contact = store.contacts.get(issue.product_id, contact_id)
        grace = timedelta(days=context.settings.regression_grace_days)
        found = evidence_against(issue, contact, grace=grace)
        if found is Evidence.REGRESSION:
            _regress(issue, contact, store=store, context=context)
        elif found is Evidence.POSSIBLE:
            _note_possible_return(issue, contact, store=store, context=context)


def _regress(issue: Issue, contact: Contact, *, store: Store, context: Context) -> None:
    """Open the next episode, bring the workaround back, tell everybody once."""
    reason = f"a customer on {contact.version} still has it, fixed in {issue.fixed_in}"
    cause = Cause(MACHINE, context.now(), reason, _ORIGIN)
    product = store.products.get(issue.product_id)
    changes = {"episode": issue.episode + 1, "outcome": None}
    issue = move_issue(issue, IssueState.REGRESSED, store=store, cause=cause, changes=changes)
    revived = revive(issue, store=store, cause=cause)
    tell_regression(issue, revived, telling=Telling(product, store, context, cause))
    for ticket in store.tickets.of_issue(issue.id):
        store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
        store.enqueue(
            "note",
            ticket_id=ticket.id,
            key=f"regression-{issue.episode}",
            text=f"{issue.name} is back: {reason}.",
        )


def _note_possible_return(
    issue: Issue, contact: Contact, *, store: Store, context: Context
) -> None:
    """Write down, once a fix, that somebody should check; nothing is reopened."""
    noted = [one for one in store.decisions.history(issue.id) if one.action == "possible_return"]
    if any(one.after.get("episode") == issue.episode for one in noted):
        return
    store.decisions.record(
        issue.product_id,
        "possible_return",
        at=context.now(),
        actor=MACHINE,
        issue_id=issue.id,
        after={"episode": issue.episode, "contact": contact.id},
        reason=f"a contact without a known version came after {issue.fixed_in}: please check",
        origin=_ORIGIN,
    )


def verify(context: Context, *, product_id: int, issue_id: int, episode: int) -> None:
    """The quiet time is over: a fix that nobody contradicted counts as verified."""
    with context.open() as store:
        issue = store.issues.get(ProductId(product_id), issue_id, lock=True)
        if issue.state is not IssueState.SHIPPED or issue.episode != episode:
            return
        days = context.settings.verify_after_days
        cause = Cause(MACHINE, context.now(), f"quiet for {days:g} days", "job:verify")
        issue = move_issue(issue, IssueState.VERIFIED, store=store, cause=cause)
        _write_proof_back(issue, store=store, context=context)


def _write_proof_back(issue: Issue, *, store: Store, context: Context) -> None:
    """Tell each ticket once what the fix has brought."""
    summary = store.issues.summary(issue.product_id, issue.id)
    found = prove_fix(summary, store=store, now=context.now())
    if found is None:
        return
    text = " ".join([f"{issue.name} is verified.", *proof_words(found)])
    for ticket in store.tickets.of_issue(issue.id):
        store.enqueue("note", ticket_id=ticket.id, key=f"proof-{issue.episode}", text=text)


def note(context: Context, *, ticket_id: int, key: str, text: str) -> None:
    """Add one comment to a ticket, once."""
    with context.open() as store:
        ticket = store.tickets.get(ticket_id)
        connection = store.connections.get(ticket.connection_id)
    if not ticket.is_deleted:
        context.tracker(connection).note(ticket.ref, key=key, text=text)
