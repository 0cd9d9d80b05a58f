"""Watch: after a fix has shipped, does it hold?"""

from datetime import timedelta

from bridge.domain.contacts import ProductId
from bridge.domain.issues import FIXED, Issue, IssueState
from bridge.domain.people import MACHINE, UserId
from bridge.domain.regression import Evidence
from bridge.steps.context import Context
from bridge.steps.holding import fix_of, judge_since, quiet_for, weigh
from bridge.steps.moves import Cause, move_issue
from bridge.steps.prove import proof_words, prove_fix
from bridge.steps.regress import conclude, is_asked
from bridge.steps.tell import Telling, tell_late
from bridge.store import Store

_ORIGIN = "job:watch"
_WEEK = timedelta(days=7)


def watch(context: Context, *, product_id: int, issue_id: int, contact_id: int) -> None:
    """Judge a new contact on a fixed issue.

    Whoever changes the issue holds its lock, so that of two contacts one finds it regressed.
    """
    with context.open() as store:
        # Merged away since it was queued, it is the survivor's fix that the contact tells of.
        issue = store.issues.standing_for(ProductId(product_id), issue_id, lock=True)
        if issue.state not in FIXED:
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
        found = next((one for one in judged if one.written.contact_id == contact.id), None)
        if found is None or found.finding.evidence is Evidence.NONE:
            return
        weight = None
        if found.finding.weighs:
            weight = weigh(judged, issue, shipped_at, store=store, context=context)
        cause = Cause(MACHINE, context.now(), origin=_ORIGIN)
        conclude(issue, found, weight, Telling(product, store, context, cause))


def verify(context: Context, *, product_id: int, issue_id: int, episode: int) -> None:
    """A fix counts as verified once nobody who has it has written for the quiet time.

    Merged away since it was queued, it is the survivor's: one that took it over has no other job.
    """
    with context.open() as store:
        issue = store.issues.standing_for(ProductId(product_id), issue_id, lock=True)
        if issue.state is not IssueState.SHIPPED or issue.episode != episode:
            return
        days = context.settings.verify_after_days
        product = store.products.get(issue.product_id)
        needed = timedelta(days=days)
        quiet = quiet_for(issue, product, store=store, context=context)
        wait = needed - quiet if quiet is not None else timedelta()
        if is_asked(issue, store):
            # A person has still to say whether it is back.
            wait = max(wait, timedelta(days=1))
        if wait > timedelta():
            # Too few to take it back, and yet not quiet: the time begins with the last of them.
            at = context.now() + wait
            store.enqueue(
                "verify", at=at, product_id=product_id, issue_id=issue.id, episode=episode
            )
            return
        cause = Cause(MACHINE, context.now(), f"quiet for {days:g} days", "job:verify")
        issue = move_issue(issue, IssueState.VERIFIED, store=store, cause=cause)
        _write_proof_back(issue, store=store, context=context)


def _write_proof_back(issue: Issue, *, store: Store, context: Context) -> None:
    """Tell each ticket once what the fix has brought."""
    summary = store.issues.summary(issue.product_id, issue.id)
    found = prove_fix(summary, store=store, context=context, now=context.now())
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
