"""Watch: after a fix has shipped, does it hold?"""

from dataclasses import replace
from datetime import timedelta

from bridge.domain.contacts import ProductId
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE, UserId
from bridge.domain.products import OnRegression, Product
from bridge.domain.regression import Evidence, Finding
from bridge.steps.context import Context
from bridge.steps.holding import fix_of, judge_since, weigh
from bridge.steps.moves import Cause, move_issue
from bridge.steps.prove import proof_words, prove_fix
from bridge.steps.retire import revive
from bridge.steps.review import file_issue
from bridge.steps.tell import Telling, tell_late, tell_regression
from bridge.store import Store

_ORIGIN = "job:watch"
_WEEK = timedelta(days=7)


def watch(context: Context, *, product_id: int, issue_id: int, contact_id: int) -> None:
    """Judge a new contact on a fixed issue.

    Whoever changes the issue holds its lock, so that of two contacts one finds it regressed.
    """
    with context.open() as store:
        issue = store.issues.get(ProductId(product_id), issue_id, lock=True)
        if issue.state not in (IssueState.SHIPPED, IssueState.VERIFIED):
            return
        product = store.products.get(issue.product_id)
        contact = store.contacts.get(issue.product_id, contact_id)
        fix = fix_of(issue, product, store)
        shipped_at = fix.shipped_at
        if shipped_at is None or contact.occurred_at <= shipped_at:
            if contact.agent_id is not None:
                cause = Cause(MACHINE, context.now(), "its contact came late", _ORIGIN)
                telling = Telling(product, store, context, cause)
                tell_late(issue, UserId(contact.agent_id), telling=telling)
            return
        since = max(shipped_at, contact.occurred_at - _WEEK)
        until = contact.occurred_at + _WEEK
        judged = judge_since(fix, since, until, store=store, context=context)
        # Somebody may have moved it elsewhere meanwhile.
        found = next((o.finding for o in judged if o.written.contact_id == contact.id), None)
        if found is None or found.evidence is Evidence.NONE:
            return
        kept = {"contact": contact.id, **_kept(found)}
        cause = Cause(MACHINE, context.now(), found.reason, _ORIGIN, kept)
        if found.evidence is Evidence.REGRESSION:
            weight = weigh(judged, issue, shipped_at, store=store, context=context)
            told = weight.words
            cause = replace(cause, kept={**kept, "customers": weight.customers, "needed": told})
            if weight.is_enough:
                _regress(issue, found, product, store=store, context=context, cause=cause)
                return
            cause = replace(cause, reason=f"{found.reason} ({told}): please check")
        _note_possible_return(issue, store=store, cause=cause)


def _kept(found: Finding) -> dict[str, object]:
    """What the history keeps of a verdict."""
    return {
        "version_seen": found.version,
        "version_from": found.source.value if found.source else None,
        "fixed_in": found.fixed_in,
        "compared_by": found.compared.value,
    }


def _regress(  # noqa: PLR0913 - one transaction needs all of it
    issue: Issue,
    found: Finding,
    product: Product,
    *,
    store: Store,
    context: Context,
    cause: Cause,
) -> None:
    """Open the next episode, bring the workaround back, tell everybody once."""
    reason = f"a customer on {found.version} still has it, fixed in {found.fixed_in}"
    cause = replace(cause, reason=reason, kept={**cause.kept, "evidence": found.reason})
    store.fixes.refute(issue)
    tickets = store.tickets.of_issue(issue.id)
    changes = {"episode": issue.episode + 1, "outcome": None}
    issue = move_issue(issue, IssueState.REGRESSED, store=store, cause=cause, changes=changes)
    revived = revive(issue, store=store, cause=cause)
    tell_regression(issue, revived, telling=Telling(product, store, context, cause))
    text = f"{issue.name} is back: {reason}. {cause.kept['needed']}."
    if product.on_regression is OnRegression.NEW_TICKET and tickets:
        issue = file_issue(issue, product, store=store, cause=cause)
        text += " A new ticket is on its way for it."
    for ticket in tickets:
        store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
        store.enqueue("note", ticket_id=ticket.id, key=f"regression-{issue.episode}", text=text)


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
