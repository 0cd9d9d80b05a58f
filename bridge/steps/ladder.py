"""Ladder: what is known of a fix, gathered for the rungs; see `bridge.domain.ladder`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bridge.domain.fixes import Release
from bridge.domain.issues import FIXED, Issue, IssueState
from bridge.domain.ladder import Ladder, ladder
from bridge.domain.ladder_facts import LadderFacts, Moved, Reach, ReleaseFact, TicketFact
from bridge.domain.news import ShipKind
from bridge.domain.products import Product
from bridge.domain.regression import HasFix
from bridge.domain.signals import InRegion, regions_having
from bridge.domain.tickets import StatusCategory
from bridge.steps.context import Context
from bridge.steps.holding import fix_of, judge_of, quiet_for
from bridge.steps.prove import FixProof, prove_fix
from bridge.store import Store
from bridge.store.decisions import Decision
from bridge.store.tickets import Ticket

_STATUS = {
    StatusCategory.NEW: "to do",
    StatusCategory.IN_PROGRESS: "in progress",
    StatusCategory.DONE: "done",
}

_STATES = frozenset(one.value for one in IssueState)


def ladder_of(issue: Issue, product: Product, *, store: Store, context: Context) -> Ladder:
    """How far the fix of an issue has come."""
    history = store.decisions.history(issue.id)
    tickets = [one for one in store.tickets.of_issue(issue.id) if not one.is_deleted]
    fixed, former = _carriers(issue, store), _former(issue, product, store)
    proof = _proof(issue, store=store, context=context)
    facts = LadderFacts(
        state=issue.state,
        outcome=issue.outcome,
        moves=[moved for one in history if (moved := _moved(one)) is not None],
        ticket=_ticket(tickets[-1], store) if tickets else None,
        releases=[
            *(_release(one, store) for one in fixed),
            *(replace(_release(one, store), is_former=True) for one in former),
        ],
        full_percent=product.full_percent,
        reach=_counted(_reached(issue, fixed or former, store=store, context=context).values()),
        quiet=quiet_for(issue, product, store=store, context=context),
        quiet_needed=timedelta(days=context.settings.verify_after_days),
        followed=_followed(history, tickets),
        still_coming=proof.still.total if proof else 0,
        is_proven=proof.proof.is_proven if proof and proof.proof else None,
    )
    return ladder(facts)


def _proof(issue: Issue, *, store: Store, context: Context) -> FixProof | None:
    if issue.state not in FIXED:
        return None
    summary = store.issues.summary(issue.product_id, issue.id)
    return prove_fix(summary, store=store, context=context, now=context.now())


def _former(issue: Issue, product: Product, store: Store) -> list[Release]:
    """What carried the fix that was taken back: it is out until engineering has another one."""
    is_next = issue.state in FIXED or issue.state is IssueState.RESOLVED
    if is_next or _carriers(issue, store):
        return []
    found = fix_of(issue, product, store).releases
    return [one for one in found if not one.is_withdrawn]


def _moved(one: Decision) -> Moved | None:
    """The move that a decision tells of; None when it moved nothing."""
    old, new = one.before.get("state"), one.after.get("state")
    # Questions had their states under that name once.
    if not isinstance(new, str) or new not in _STATES or "faq" in one.after:
        return None
    return Moved(one.at, IssueState(str(old)) if old else None, IssueState(new), one.reason)


def _ticket(ticket: Ticket, store: Store) -> TicketFact:
    named = set(ticket.versions)
    waits_for = sorted(named - store.meant.out_of(ticket.product_id, named))
    is_done = ticket.category is StatusCategory.DONE
    return TicketFact(ticket.ref.key, _STATUS[ticket.category], is_done, tuple(waits_for))


def _release(one: Release, store: Store) -> ReleaseFact:
    return ReleaseFact(
        one.version,
        shipped_at=one.shipped_at,
        percent=one.percent,
        complete_at=one.complete_at,
        parts=_parts(one, store),
        withdrawn_at=one.withdrawn_at,
    )


def _parts(release: Release, store: Store) -> tuple[str, ...]:
    """Whom it is for, where the last signal of each source does not say everybody."""
    words = store.rollouts.of_release(release.id)
    last = {
        one.source: one
        for one in words
        if not one.kind.takes_back and one.kind is not ShipKind.ROLLOUT_COMPLETE
    }
    heard = [InRegion(one.region, one.at, one.kind.takes_back) for one in words if one.region]
    # Once all regions have it, it is for everybody.
    regions = sorted(regions_having(heard)) if release.percent < 100 else []
    told = [("component", release.component)] if release.component else []
    told += [("platform", one) for one in sorted(release.platforms)]
    told += [("audience", one.audience) for one in last.values() if one.audience]
    told += [("region", one) for one in regions]
    return tuple(f"{name} {value}" for name, value in dict.fromkeys(told))


def reached(issue: Issue, *, store: Store, context: Context) -> dict[int, HasFix]:
    """The known affected customers, by whether they have the fix; empty while nothing is out."""
    return _reached(issue, _carriers(issue, store), store=store, context=context)


def _carriers(issue: Issue, store: Store) -> list[Release]:
    """The releases that carry the fix of the present episode, those taken back too."""
    return [
        one.release
        for one in store.fixes.of_issue(issue.id)
        if one.episode == issue.episode and not one.is_refuted
    ]


def _reached(
    issue: Issue, carriers: list[Release], *, store: Store, context: Context
) -> dict[int, HasFix]:
    out = [one for one in carriers if not one.is_withdrawn]
    if not out:
        return {}
    # Whoever would write just now writes after the releases, also after one of this very moment.
    now = max(context.now(), *(one.shipped_at for one in out)) + timedelta(microseconds=1)
    found = store.reached.of_customers(issue, now=now)
    verdict = judge_of(out, context)
    return {key: verdict(one).has_fix for key, one in found.items()}


def _counted(has_fix: Iterable[HasFix]) -> Reach:
    counts = Counter(has_fix)
    return Reach(
        have=counts[HasFix.YES],
        lack=counts[HasFix.NO],
        waiting=counts[HasFix.NOT_YET],
        unknown=counts[HasFix.UNKNOWN],
    )


def _followed(history: list[Decision], tickets: list[Ticket]) -> str | None:
    """The last duplicate that was followed, as long as the issue stands on where it led."""
    found = [one for one in history if one.action == "duplicate_followed"]
    keys = {one.ref.key for one in tickets}
    if not found or found[-1].after.get("ticket") not in keys:
        return None
    return f"{found[-1].before.get('ticket')} → {found[-1].after.get('ticket')}"
