"""Withdraw: a release is taken back, or a ticket opened again; what was told is put right once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bridge.domain.contacts import ProductId
from bridge.domain.fixes import Release, version_key
from bridge.domain.issues import FIXED, Issue, IssueId, IssueState
from bridge.domain.news import ShipEvent
from bridge.domain.people import MACHINE, NoticeKind
from bridge.domain.products import Product
from bridge.domain.tickets import StatusCategory
from bridge.steps.announce import announce
from bridge.steps.context import Context
from bridge.steps.holding import fix_of
from bridge.steps.letter_correction import correct_soon
from bridge.steps.moves import Cause, move_issue
from bridge.steps.regress import drop_check
from bridge.steps.retire import revive
from bridge.steps.standing import Standing, without_fix
from bridge.steps.tell import Telling, tell_correction, tell_lowered
from bridge.store import Store


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What followed from a release that was taken back."""

    release: Release
    stepped_down: list[Issue] = field(default_factory=list)
    kept: list[Issue] = field(default_factory=list)
    """Still fixed, in another release."""


def withdraw(  # noqa: PLR0913 - one transaction needs all of it
    known: Release,
    told: ShipEvent,
    product: Product,
    *,
    store: Store,
    context: Context,
    cause: Cause,
) -> Withdrawn:
    """Take a release back; doing it twice changes nothing, and late news come too late.

    Issues that no other release fixes step down: the next episode begins, the workaround comes
    back, and everybody who was told of the fix is told once that it is not so. The release must be
    locked.
    """
    is_late = told.at < known.shipped_at
    if is_late and not told.id:
        return Withdrawn(known)
    is_new = store.rollouts.note(product.id, known.id, told)
    if not is_new or known.is_withdrawn or is_late:
        return Withdrawn(known)
    store.fixes.withdraw(known.id, at=told.at)
    answer = Withdrawn(store.fixes.get_release(product.id, known.id))
    found = sorted(store.fixes.shipped_in(known.id))
    for issue_id in store.issues.standing(product.id, found):
        issue = store.issues.get(product.id, issue_id, lock=True)
        if issue.state not in FIXED:
            continue
        others = _others(issue, known, product, store)
        if others:
            answer.kept.append(_stay(issue, known, others, store=store, cause=cause))
            continue
        telling = Telling(product, store, context, cause)
        issue = step_down(issue, without_fix(issue, store), telling=telling)
        # Whatever its ticket says: the same version ships it again.
        store.fixes.carry_on(issue, known.id, now=cause.at)
        answer.stepped_down.append(issue)
    return answer


def lower(known: Release, percent: int, told: ShipEvent, *, telling: Telling) -> dict[IssueId, str]:
    """Fewer customers have a release than before; why each issue is not fixed for all any more.

    Shipped issues step down where the rest is too small to count as shipped and no other release
    fixes them; of the others whoever heard how far it was hears it once more. It must be locked.
    """
    product, store = telling.product, telling.store
    reason = f"the roll-out of {known.version} went back from {known.percent} % to {percent} %"
    if told.region and told.kind.takes_back:
        reason += f": {told.region} has it no more"
    telling = replace(telling, cause=replace(telling.cause, reason=reason))
    found = sorted(store.fixes.shipped_in(known.id))
    standing = store.issues.standing(product.id, found)
    issues = [store.issues.get(product.id, one, lock=True) for one in standing]
    others = {one.id: _others(one, known, product, store) for one in issues}
    store.fixes.lower(known.id, percent)
    answer: dict[IssueId, str] = {}
    for issue in issues:
        if issue.state not in FIXED:
            tell_lowered(issue, known.version, percent, telling=telling)
        elif percent >= product.full_percent:
            continue
        elif others[issue.id]:
            _stay(issue, known, others[issue.id], store=store, cause=telling.cause)
        else:
            issue = step_down(issue, without_fix(issue, store), telling=telling)
            store.fixes.carry_on(issue, known.id, now=telling.cause.at)
        answer[issue.id] = reason
    return answer


def _others(issue: Issue, known: Release, product: Product, store: Store) -> list[Release]:
    """The releases that fix it too and that customers can get."""
    found = fix_of(issue, product, store).releases
    return [one for one in found if not one.is_withdrawn and one.id != known.id]


def step_down(issue: Issue, to: Standing, *, telling: Telling) -> Issue:
    """A shipped issue is not fixed for customers after all: what was told is put right, once."""
    store, cause = telling.store, telling.cause
    heard = store.notices.told_of_fix(issue, [NoticeKind.FIX, NoticeKind.ROLLOUT])
    fixed_in, shipped_at = to.was_fixed or (None, None)
    changes = {
        "episode": issue.episode + 1,
        "fixed_in": fixed_in,
        "shipped_at": shipped_at,
        "outcome": to.outcome.value if to.outcome else None,
    }
    issue = move_issue(issue, to.state, store=store, cause=cause, changes=changes)
    announce("fix.withdrawn", issue, {}, key=f"episode-{issue.episode}", store=store, at=cause.at)
    drop_check(issue, store=store, cause=cause)
    correct_soon(issue, store=store)
    revived = revive(issue, store=store, cause=cause)
    # One that was merged away is kept in step, for undo: people hear of what stands for it.
    if issue.merged_into is None:
        tell_correction(issue, revived, heard, to.words, telling=telling)
    for ticket in store.tickets.of_issue(issue.id):
        store.enqueue("refresh", once=f"refresh:{ticket.id}", ticket_id=ticket.id)
        text = f"{issue.name} is not fixed for customers any more: {cause.reason}."
        store.enqueue("note", ticket_id=ticket.id, key=f"correction-{issue.episode}", text=text)
    return issue


def correct(context: Context, *, product_id: int, issue_id: int, ticket_id: int) -> None:
    """A fixed issue was linked to a ticket that is worked on: it is not fixed after all."""
    with context.open() as store:
        ticket = store.tickets.get(ticket_id)
        connection = store.connections.get(ticket.connection_id)
    context.require_usable(connection)
    found = context.tracker(connection).read([ticket.ref.remote_id])
    if not found or found[0].category is not StatusCategory.IN_PROGRESS:
        return
    with context.open() as store:
        issue = store.issues.get(ProductId(product_id), issue_id, lock=True)
        is_on_it = any(one.id == ticket.id for one in store.tickets.of_issue(issue.id))
        if issue.state not in FIXED or issue.merged_into is not None or not is_on_it:
            return
        product = store.products.get(issue.product_id)
        reason = f"it is linked to {found[0].ref.key}, which is in progress"
        cause = Cause(MACHINE, context.now(), reason, "job:correct")
        telling = Telling(product, store, context, cause)
        step_down(issue, Standing(IssueState.IN_PROGRESS), telling=telling)


def _stay(
    issue: Issue, known: Release, others: Sequence[Release], *, store: Store, cause: Cause
) -> Issue:
    """The fix is in other releases: the issue stays where it is, and says which."""
    newest = max(others, key=lambda one: (version_key(one.version) or (), one.shipped_at))
    if issue.fixed_in == known.version:
        first = min(others, key=lambda one: one.shipped_at)
        changes = {"fixed_in": newest.version, "shipped_at": first.shipped_at}
        issue = store.issues.change(issue, changes)
    versions = ", ".join(one.version for one in others)
    store.decisions.record(
        issue.product_id,
        "fix_withdrawn",
        at=cause.at,
        actor=cause.actor,
        issue_id=issue.id,
        before={"fixed_in": known.version},
        after={"fixed_in": issue.fixed_in, "told": f"{known.version}; still fixed in {versions}"},
        reason=cause.reason,
        origin=cause.origin,
    )
    return issue
