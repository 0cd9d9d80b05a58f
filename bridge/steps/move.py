"""Move and split: contacts change issues on a person's word, and stay where they were put."""

from collections.abc import Sequence

from bridge.cleaning import door_text
from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.grouping import ConstraintKind, SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.redaction import Redactor
from bridge.steps.groups import (
    REPRESENTATIVES,
    Act,
    Entry,
    Trail,
    chosen_of,
    count_words,
    look_at_fix,
    name_again,
    pair_up,
    record,
    record_beside,
    regrouped,
    representatives,
    take,
)
from bridge.steps.lessons import learn_from_move, learn_from_split
from bridge.steps.moves import require_living

_MOST_TITLE = 400
_MOST_PAIRED = 50
"""Of more contacts that move together, so many are paired; all of them are pinned."""
MUST, CANNOT = ConstraintKind.MUST_LINK, ConstraintKind.CANNOT_LINK


def move_contacts(
    issue: Issue,
    contact_ids: Sequence[int],
    to: Issue | None,
    act: Act,
    *,
    trail: Trail | None = None,
) -> Issue:
    """Take contacts off an issue and put them onto another, or onto none.

    Each is kept apart from what stands for the old issue and tied to what stands for the new.
    """
    store = act.store
    ids = [issue.id] if to is None else [issue.id, to.id]
    taken = {one.id: one for one in take(issue.product_id, ids, store=store)}
    issue, to = taken[issue.id], None if to is None else taken[to.id]
    _require_other(issue, to, act)
    moving, staying = chosen_of(issue, contact_ids, store=store)
    chosen = [one.contact_id for one in moving]
    trail = trail or Trail()
    trail.ended += [one.id for one in moving]
    _part_from(issue, chosen, staying, trail, act)
    if to is None:
        store.placements.end([one.id for one in moving], now=act.cause.at)
    else:
        _tie_to(to, chosen, trail, act)
        trail.begun += store.placements.place(
            moving,
            to.id,
            actor=act.cause.actor.name,
            reason=act.cause.reason or f"moved here from {issue.name}",
            now=act.cause.at,
        )
        look_at_fix(to, chosen, act)
    store.suggestions.withdraw(issue.product_id, contact_ids=chosen)
    if trail.suggestion is None:
        learn_from_move(issue, trail, act)
    _record(issue, to, chosen, trail, act)
    for one in taken.values():
        store.issues.change(one, {})
    regrouped(taken.values(), act)
    return store.issues.get(issue.product_id, issue.id)


def split_issue(
    issue: Issue,
    contact_ids: Sequence[int],
    act: Act,
    *,
    title: str = "",
    trail: Trail | None = None,
) -> Issue:
    """Make a new issue of some contacts; both sides are kept apart. Returns the new issue."""
    store = act.store
    (issue,) = take(issue.product_id, [issue.id], store=store)
    require_living(issue, store=store)
    moving, staying = chosen_of(issue, contact_ids, store=store)
    if not staying:
        raise InvalidMove(f"these are all contacts of {issue.name}: leave at least one on it")
    chosen = [one.contact_id for one in moving]
    trail = trail or Trail()
    trail.ended += [one.id for one in moving]
    _part_from(issue, chosen, staying, trail, act, most=REPRESENTATIVES)
    made = _new_issue(issue, act, title=title)
    trail.created = made.id
    trail.begun += store.placements.place(
        moving,
        made.id,
        actor=act.cause.actor.name,
        reason=act.cause.reason or f"split from {issue.name}",
        now=act.cause.at,
    )
    store.suggestions.withdraw(issue.product_id, contact_ids=chosen)
    # The others of this kind are about contacts as they were before.
    store.suggestions.withdraw(issue.product_id, issue_ids=[issue.id], kind=SuggestionKind.SPLIT)
    if trail.suggestion is None:
        learn_from_split(issue, made, trail, act)
    count = count_words(len(set(chosen)))
    entry = Entry("split", f"{count} became {made.name}", {"to": made.name})
    seq = record(entry, issue, trail, act)
    state: dict[str, object] = {"state": made.state.value}
    record_beside(Entry("split_from", f"{count} of {issue.name}", state), made, seq, act)
    store.issues.change(issue, {})
    regrouped([issue, made], act)
    name_again(made, act)
    return store.issues.get(issue.product_id, made.id)


def place_contact(
    contact_id: ContactId, to: Issue, act: Act, *, trail: Trail | None = None
) -> Issue:
    """Put a contact that is on no issue onto one, by a person."""
    store = act.store
    (to,) = take(to.product_id, [to.id], store=store)
    require_living(to, store=store)
    if store.placements.of_contacts(to.product_id, [contact_id]):
        raise InvalidMove("the contact is on an issue now: look again")
    trail = trail or Trail()
    _tie_to(to, [contact_id], trail, act)
    trail.begun += store.placements.place_unassigned(
        to.product_id,
        [contact_id],
        to.id,
        actor=act.cause.actor.name,
        reason=act.cause.reason or "put here by a person",
        now=act.cause.at,
    )
    look_at_fix(to, [contact_id], act)
    store.suggestions.withdraw(to.product_id, contact_ids=[contact_id])
    record(Entry("move", "1 contact came from unassigned"), to, trail, act)
    changed = store.issues.change(to, {})
    regrouped([changed], act)
    return store.issues.get(to.product_id, to.id)


def keep_contacts(
    issue: Issue, contact_ids: Sequence[int], act: Act, *, trail: Trail | None = None
) -> Issue:
    """A person says that contacts are where they belong: the machine never moves them again."""
    store = act.store
    (issue,) = take(issue.product_id, [issue.id], store=store)
    require_living(issue, store=store)
    keeping, _ = chosen_of(issue, contact_ids, store=store)
    chosen = [one.contact_id for one in keeping]
    trail = trail or Trail()
    trail.ended += [one.id for one in keeping]
    _tie_to(issue, chosen, trail, act)
    trail.begun += store.placements.place(
        keeping,
        issue.id,
        actor=act.cause.actor.name,
        reason=act.cause.reason or "a person says that it belongs here",
        now=act.cause.at,
    )
    store.suggestions.withdraw(issue.product_id, contact_ids=chosen)
    count = len(set(chosen))
    told = f"{count_words(count)} {'was' if count == 1 else 'were'} said to belong here"
    record(Entry("move", told), issue, trail, act)
    changed = store.issues.change(issue, {})
    regrouped([changed], act)
    return store.issues.get(issue.product_id, issue.id)


def _require_other(issue: Issue, to: Issue | None, act: Act) -> None:
    require_living(issue, store=act.store)
    if to is None:
        return
    if to.id == issue.id:
        raise InvalidInput(
            f"these contacts are on {issue.name} already: name another issue", pointer="/to"
        )
    require_living(to, store=act.store)
    if to.state is IssueState.DISMISSED:
        raise InvalidMove(f"{to.name} is dismissed: choose another issue")


def _part_from(  # noqa: PLR0913 - two sides, and what is done about them
    issue: Issue,
    chosen: Sequence[ContactId],
    staying: Sequence[ContactId],
    trail: Trail,
    act: Act,
    *,
    most: int = _MOST_PAIRED,
) -> None:
    ties = act.store.constraints.remove_between(issue.product_id, MUST, chosen, staying)
    trail.note(MUST, ties)
    few = act.store.placements.most_like(issue.id, chosen, limit=most)
    stand_for = representatives(issue, act, without=chosen)
    trail.note(CANNOT, pair_up(CANNOT, few, stand_for, issue, act))


def _tie_to(to: Issue, chosen: Sequence[ContactId], trail: Trail, act: Act) -> None:
    there = [one.contact_id for one in act.store.placements.of_issue(to.product_id, to.id)]
    apart = act.store.constraints.remove_between(to.product_id, CANNOT, chosen, there)
    trail.note(CANNOT, apart)
    stand_for = representatives(to, act, without=chosen)
    trail.note(MUST, pair_up(MUST, chosen[:_MOST_PAIRED], stand_for, to, act))


def _record(
    issue: Issue, to: Issue | None, chosen: Sequence[ContactId], trail: Trail, act: Act
) -> None:
    count = count_words(len(set(chosen)))
    where = to.name if to else "unassigned"
    seq = record(Entry("move", f"{count} went to {where}", {"to": where}), issue, trail, act)
    if to is not None:
        record_beside(Entry("move", f"{count} came from {issue.name}"), to, seq, act)


def _new_issue(issue: Issue, act: Act, *, title: str) -> Issue:
    """A candidate beside a candidate; beside anything a person stands behind, a confirmed one."""
    store, product_id = act.store, issue.product_id
    number = store.products.next_issue_number(product_id)
    made_id = store.issues.add(
        product_id, number=number, title=f"Split from {issue.title}", terms=(), now=act.cause.at
    )
    made = store.issues.get(product_id, made_id)
    words, _ = door_text(title, max_bytes=_MOST_TITLE)
    if words.strip():
        region = store.products.get(product_id).region
        redacted = Redactor(region=region).redact(" ".join(words.split()))
        store.issues.choose_title(made_id, redacted)
    if issue.is_settled:
        made = store.issues.change(made, {"state": IssueState.CONFIRMED.value})
    return store.issues.get(product_id, made_id)
