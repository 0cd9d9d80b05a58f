"""Answer: a person says yes or no to a question of the machine, and that is done."""

from collections.abc import Sequence
from dataclasses import replace

from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidMove
from bridge.domain.grouping import (
    ANSWERED,
    KEPT_APART,
    NOT_REAL,
    ConstraintKind,
    Suggestion,
    SuggestionKind,
    SuggestionState,
)
from bridge.domain.issues import TRACKED, Issue, IssueState
from bridge.domain.tickets import TRACKERS
from bridge.steps.again import already
from bridge.steps.answer_ticket import answer_ticket
from bridge.steps.follow_up import contacts_changed
from bridge.steps.groups import (
    Act,
    Entry,
    Trail,
    pair_up,
    record,
    record_beside,
    representatives,
    take,
)
from bridge.steps.lessons import relearn
from bridge.steps.looking import look_again
from bridge.steps.merge import merge_issues, survivor_first
from bridge.steps.move import keep_contacts, move_contacts, place_contact, split_issue
from bridge.steps.moves import require_living
from bridge.steps.review import confirm_issue, file_issue
from bridge.store.suggestions import Answer

_MUST, _CANNOT = ConstraintKind.MUST_LINK, ConstraintKind.CANNOT_LINK
_REASONS = {
    SuggestionKind.SAME: ("asked: one issue", "asked: two issues"),
    SuggestionKind.BELONGS: ("asked: about this issue", "asked: not about this issue"),
    SuggestionKind.REAL: ("asked: one recurring issue", "asked: not one recurring issue"),
    SuggestionKind.SPLIT: ("asked: two issues", "asked: one issue"),
    SuggestionKind.TICKET: ("asked: the same problem", "asked: another problem"),
}


def answer_suggestion(suggestion: Suggestion, act: Act, *, is_yes: bool) -> Suggestion:
    """Write the answer down and do what it says; raises InvalidMove when it came too late."""
    store, cause = act.store, act.cause
    store.products.lock_grouping(suggestion.product_id)
    suggestion = store.suggestions.get(suggestion.product_id, suggestion.id, lock=True)
    _require_open(suggestion, act)
    said = store.suggestions.answer(suggestion, Answer(is_yes, cause.actor.name, cause.at))
    relearn(suggestion.product_id, store=store)
    reason = cause.reason or _REASONS[suggestion.kind][0 if is_yes else 1]
    act = replace(act, cause=replace(cause, reason=reason))
    trail = Trail(suggestion=suggestion.id)
    match suggestion.kind:
        case SuggestionKind.SAME:
            _same(suggestion, trail, act, is_yes=is_yes)
        case SuggestionKind.BELONGS:
            _belongs(suggestion, trail, act, is_yes=is_yes)
        case SuggestionKind.REAL:
            _real(suggestion, trail, act, is_yes=is_yes)
        case SuggestionKind.SPLIT:
            _split(suggestion, trail, act, is_yes=is_yes)
        case SuggestionKind.TICKET:
            answer_ticket(suggestion, trail, act, is_yes=is_yes)
    return said


def _require_open(suggestion: Suggestion, act: Act) -> None:
    """Raise InvalidMove, saying what became of the question."""
    cause = act.cause
    if suggestion.state in ANSWERED:
        said = "yes" if suggestion.state is SuggestionState.ACCEPTED else "no"
        deed = f"said {said} to this question"
        raise InvalidMove(already(suggestion.answered_by, deed, store=act.store, cause=cause))
    if suggestion.state is SuggestionState.EXPIRED or suggestion.expires_at <= cause.at:
        raise InvalidMove("nobody answered this question for too long: it is not asked any more")
    if not suggestion.is_open:
        raise InvalidMove(
            "this question is not open any more: another decision, or newer contacts, settled it"
        )


def _same(suggestion: Suggestion, trail: Trail, act: Act, *, is_yes: bool) -> None:
    one = _issue(suggestion, suggestion.issue_id, act)
    other = _issue(suggestion, suggestion.other_id, act)
    if is_yes:
        survivor, gone = survivor_first(one, other, store=act.store)
        merge_issues(survivor, [gone], act, trail=trail)
        return
    take(suggestion.product_id, [one.id, other.id], store=act.store)
    sides = representatives(one, act), representatives(other, act)
    trail.note(_CANNOT, pair_up(_CANNOT, *sides, one, act))
    seq = record(Entry(KEPT_APART, f"from {other.name}"), one, trail, act)
    record_beside(Entry(KEPT_APART, f"from {one.name}"), other, seq, act)
    _look_again([one, other], act)


def _look_again(issues: Sequence[Issue], act: Act) -> None:
    """A candidate that is not the same as its neighbour is surer to be an issue of its own."""
    product = act.store.products.get(issues[0].product_id)
    encoder = act.context.encoder().name
    centroids = act.store.vectors.centroids(product.id, encoder)
    for one in centroids:
        if one.state is IssueState.CANDIDATE and one.issue_id in {issue.id for issue in issues}:
            look_again(one.issue_id, centroids, product, store=act.store, context=act.context)
            contacts_changed(one, product, store=act.store, context=act.context)


def _belongs(suggestion: Suggestion, trail: Trail, act: Act, *, is_yes: bool) -> None:
    issue = _issue(suggestion, suggestion.issue_id, act)
    if suggestion.contact_id is None:
        raise InvalidMove("this question names no contact")
    contact_id = suggestion.contact_id
    home = _home(contact_id, issue, act)
    if not is_yes:
        _does_not_belong(contact_id, issue, trail, act, is_there=home == issue.id)
    elif home is None:
        place_contact(contact_id, issue, act, trail=trail)
    elif home == issue.id:
        keep_contacts(issue, [contact_id], act, trail=trail)
    else:
        now_on = act.store.issues.get(issue.product_id, home)
        move_contacts(now_on, [contact_id], issue, act, trail=trail)


def _does_not_belong(
    contact_id: ContactId, issue: Issue, trail: Trail, act: Act, *, is_there: bool
) -> None:
    if is_there:
        move_contacts(issue, [contact_id], None, act, trail=trail)
        return
    stand_for = representatives(issue, act, without=[contact_id])
    trail.note(_CANNOT, pair_up(_CANNOT, [contact_id], stand_for, issue, act))
    record(Entry(KEPT_APART, f"from contact {contact_id}"), issue, trail, act)


def _real(suggestion: Suggestion, trail: Trail, act: Act, *, is_yes: bool) -> None:
    issue = _issue(suggestion, suggestion.issue_id, act)
    (issue,) = take(issue.product_id, [issue.id], store=act.store)
    if not is_yes:
        record(Entry(NOT_REAL, "not to be filed as it is"), issue, trail, act)
        return
    if issue.state is not IssueState.CANDIDATE:
        raise InvalidMove(
            f"{issue.name} is {issue.state.words} by now: there is nothing to confirm"
        )
    _file(confirm_issue(issue, store=act.store, cause=act.cause), act)


def _file(confirmed: Issue, act: Act) -> None:
    """Where the product files by itself, what a person confirmed needs no second word."""
    product = act.store.products.get(confirmed.product_id)
    has_tracker = any(act.store.connections.of_product(product.id, name) for name in TRACKERS)
    if product.filing_auto and has_tracker:
        file_issue(confirmed, product, store=act.store, cause=act.cause)


def _split(suggestion: Suggestion, trail: Trail, act: Act, *, is_yes: bool) -> None:
    issue = _issue(suggestion, suggestion.issue_id, act)
    placed = act.store.placements.of_issue(issue.product_id, issue.id)
    chosen = sorted({one.contact_id for one in placed} & set(suggestion.contacts))
    if not chosen:
        raise InvalidMove(f"these contacts are not on {issue.name} any more")
    if is_yes:
        made = split_issue(issue, chosen, act, trail=trail)
        if made.state is IssueState.CONFIRMED and issue.state in TRACKED:
            _file(made, act)
        _look_again([issue, made], act)
        return
    take(issue.product_id, [issue.id], store=act.store)
    staying = [one.contact_id for one in placed if one.contact_id not in chosen]
    apart = act.store.constraints.remove_between(issue.product_id, _CANNOT, chosen, staying)
    trail.note(_CANNOT, apart)
    few = act.store.placements.most_like(issue.id, chosen, limit=4)
    stand_for = representatives(issue, act, without=chosen)
    trail.note(_MUST, pair_up(_MUST, few, stand_for, issue, act))
    record(Entry("kept_together", "its contacts are one issue"), issue, trail, act)


def _issue(suggestion: Suggestion, issue_id: int | None, act: Act) -> Issue:
    if issue_id is None:
        raise InvalidMove("this question names no issue")
    issue = act.store.issues.get(suggestion.product_id, issue_id)
    require_living(issue, store=act.store)
    return issue


def _home(contact_id: ContactId, issue: Issue, act: Act) -> int | None:
    placed = act.store.placements.of_contacts(issue.product_id, [contact_id])
    homes = [one.issue_id for one in placed]
    if issue.id in homes:
        return issue.id
    return homes[0] if homes else None
