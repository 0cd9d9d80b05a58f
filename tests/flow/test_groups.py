"""Merge, split, move and undo: what people decide about groups holds, and can be taken back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bridge.domain.contacts import RedactedText
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.grouping import ConstraintKind, SuggestionKind, SuggestionState
from bridge.domain.issues import Issue, IssueState
from bridge.domain.workarounds import Audience
from bridge.steps.answer import answer_suggestion
from bridge.steps.move import move_contacts, split_issue
from bridge.steps.moves import Cause
from bridge.steps.review import confirm_issue, dismiss_issue
from bridge.steps.snooze import snooze_issue, wake_issue
from tests.conftest import Pipeline
from tests.groups_bench import MIA, Groups

MUST, CANNOT = ConstraintKind.MUST_LINK, ConstraintKind.CANNOT_LINK


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


def test_the_survivor_keeps_its_number_and_counts_people_once(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    before = groups.centroids()
    merged = groups.merge(export, login)
    assert merged.number == export.number
    assert groups.now(login).merged_into == export.id
    # Four and four contacts; one customer wrote about both.
    assert (len(groups.on(export)), groups.customers(export)) == (8, 7)
    assert groups.on(login) == []
    size, total = groups.centroids()[export.id]
    sums = [a + b for a, b in zip(before[export.id][1], before[login.id][1], strict=True)]
    assert size == 8
    assert total == pytest.approx(sums, abs=0.01)
    assert login.id not in groups.centroids()
    assert groups.broken_promises() == []


def test_a_merge_ties_contacts_of_both_sides_and_forgets_what_kept_them_apart(
    groups: Groups,
) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    one, other = groups.on(export)[0], groups.on(login)[0]
    with groups.application.open() as store:
        store.constraints.add(
            groups.product.id,
            CANNOT,
            [(one, other)],
            actor="jo",
            reason="different",
            now=groups.pipeline.clock.moment,
        )
    sides = set(groups.on(export)), set(groups.on(login))
    groups.merge(export, login)
    assert groups.pairs(CANNOT) == set()
    tied = groups.pairs(MUST)
    assert len(tied) == 16
    assert all((a in sides[0]) != (b in sides[0]) for a, b in tied)


def test_ten_issues_merge_in_one_action(groups: Groups) -> None:
    topics = ["export", "login", "invoice"]
    issues = [groups.issue(topics[n % 3], 2 + n) for n in range(10)]
    groups.merge(*issues)
    assert {groups.now(one).merged_into for one in issues[1:]} == {issues[0].id}
    assert groups.broken_promises() == []


def test_a_merge_that_makes_no_sense_is_refused(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    for others in ((), (export,), (login, export)):
        with pytest.raises(InvalidInput) as error:
            groups.merge(export, *others)
        assert error.value.pointer.startswith("/others")
    groups.merge(export, login)
    with pytest.raises(InvalidMove, match="was merged"):
        groups.merge(export, login)
    with pytest.raises(InvalidMove, match="was merged"):
        groups.merge(login, export)
    gone = groups.issue("invoice", state=IssueState.DISMISSED)
    with pytest.raises(InvalidMove, match="dismissed"):
        groups.merge(gone, export)


def test_a_survivor_without_a_ticket_stands_where_the_other_stood(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login", state=IssueState.FILED)
    assert groups.merge(export, login).state is IssueState.FILED
    assert groups.broken_promises() == []
    assert groups.undo(export).state is IssueState.CANDIDATE
    assert groups.now(login).state is IssueState.FILED
    assert groups.broken_promises() == []


def _merge(groups: Groups, one: Issue, other: Issue) -> None:
    groups.merge(one, other)


def _move(groups: Groups, one: Issue, other: Issue) -> None:
    with groups.application.open() as store:
        move_contacts(one, groups.on(one)[:2], other, groups.act(store))


def _take_off(groups: Groups, one: Issue, other: Issue) -> None:
    with groups.application.open() as store:
        move_contacts(one, groups.on(one)[:2], None, groups.act(store))


def _answer_no(groups: Groups, one: Issue, other: Issue) -> None:
    with groups.application.open() as store:
        asked = store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.SAME,
            key="x",
            issue_id=one.id,
            other_id=other.id,
            now=groups.pipeline.clock.moment,
        )
        suggestion = store.suggestions.get(groups.product.id, asked or 0)
        answer_suggestion(suggestion, groups.act(store), is_yes=False)


@pytest.mark.parametrize("do", [_merge, _move, _take_off, _answer_no])
def test_undo_brings_everything_back(
    groups: Groups, do: Callable[[Groups, Issue, Issue], None]
) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    with groups.application.open() as store:
        store.workarounds.add(
            login,
            RedactedText("Reload twice"),
            audience=Audience.INTERNAL,
            versions=(),
            owner=None,
            now=groups.pipeline.clock.moment,
        )
        store.constraints.add(
            groups.product.id,
            CANNOT,
            [(1, 8)],
            actor="jo",
            reason="different",
            now=groups.pipeline.clock.moment,
        )
    before = groups.whole()
    do(groups, export, login)
    assert groups.whole() != before
    groups.undo(export)
    assert groups.whole() == before
    assert groups.broken_promises() == []
    with pytest.raises(InvalidMove, match="nobody has decided"):
        groups.undo(export)


def test_undo_works_from_either_side_and_twenty_steps_deep(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    before = groups.whole()
    for number in range(20):
        one, other = (export, login) if number % 2 else (login, export)
        with groups.application.open() as store:
            move_contacts(one, groups.on(one)[:1], other, groups.act(store))
    for number in range(20):
        groups.undo(export if number % 3 else login)
    assert groups.whole() == before


def test_who_joined_after_a_merge_stays_with_the_survivor(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    groups.merge(export, login)
    (late,) = groups.contacts("invoice", 1)
    with groups.application.open() as store:
        from_nowhere = store.issues.get(groups.product.id, export.id)
        store.placements.place_unassigned(
            groups.product.id,
            [late],
            from_nowhere.id,
            actor="machine",
            reason="alike",
            now=groups.pipeline.clock.moment,
        )
    groups.undo(login)
    assert late in groups.on(export)
    assert (len(groups.on(export)), len(groups.on(login))) == (5, 4)


def test_split_contacts_are_kept_apart_and_pinned(groups: Groups) -> None:
    export = groups.issue("export", 5)
    chosen = groups.on(export)[:2]
    with groups.application.open() as store:
        made = split_issue(export, chosen, groups.act(store), title="Mail mia@x.example  about it")
    assert groups.on(made) == chosen
    assert "mia@x.example" not in made.title
    assert made.state is IssueState.CANDIDATE
    apart = groups.pairs(CANNOT)
    assert len(apart) == 2 * 3
    with groups.application.open() as store:
        pinned = store.constraints.pinned(groups.product.id)
        loose = store.vectors.loose(
            groups.product.id,
            groups.application.context.encoder().name,
            since=groups.pipeline.clock.moment - timedelta(days=60),
            limit=100,
            young_since=groups.pipeline.clock.moment,
            least_apart=5,
        )
    assert pinned == dict.fromkeys(chosen, made.id)
    assert loose == []
    assert groups.broken_promises() == []


def test_undoing_a_split_takes_late_contacts_along(groups: Groups) -> None:
    export = groups.issue("export", 5)
    before = groups.on(export)
    with groups.application.open() as store:
        made = split_issue(export, before[:2], groups.act(store))
    (late,) = groups.contacts("invoice", 1)
    with groups.application.open() as store:
        store.placements.place_unassigned(
            groups.product.id,
            [late],
            made.id,
            actor="machine",
            reason="alike",
            now=groups.pipeline.clock.moment,
        )
    groups.undo(made)
    assert groups.on(export) == [*before, late]
    assert groups.now(made).merged_into == export.id
    assert groups.pairs(CANNOT) == set()
    assert groups.broken_promises() == []


def test_a_split_of_a_filed_issue_is_confirmed_and_leaves_something_behind(groups: Groups) -> None:
    export = groups.issue("export", state=IssueState.FILED)
    with groups.application.open() as store, pytest.raises(InvalidMove, match="leave at least one"):
        split_issue(export, groups.on(export), groups.act(store))
    with groups.application.open() as store:
        made = split_issue(export, groups.on(export)[:1], groups.act(store))
    assert made.state is IssueState.CONFIRMED
    assert groups.broken_promises() == []


def test_moved_contacts_are_tied_to_the_new_and_apart_from_the_old(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    (moved, *_), there = groups.on(export), groups.on(login)
    stays = groups.on(export)[1:]
    with groups.application.open() as store:
        move_contacts(export, [moved], login, groups.act(store, "it is about signing in"))
        (shown,) = [
            one for one in store.contacts.on_issue(login.id, limit=9) if one.contact.id == moved
        ]
    assert groups.pairs(MUST) == {(min(moved, one), max(moved, one)) for one in there}
    assert groups.pairs(CANNOT) == {(min(moved, one), max(moved, one)) for one in stays}
    assert (shown.actor, shown.reason) == (MIA.name, "it is about signing in")
    assert (shown.runner_up_id, shown.threshold) == (export.id, 0.0)
    assert shown.similarity != 0.9


def test_contacts_that_are_not_there_cannot_be_moved(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    for chosen, pointer in (([], "/contacts"), ([groups.on(export)[0], 999], "/contacts/1")):
        with groups.application.open() as store, pytest.raises(InvalidInput) as error:
            move_contacts(export, chosen, login, groups.act(store))
        assert error.value.pointer == pointer
    with groups.application.open() as store, pytest.raises(InvalidInput, match="already"):
        move_contacts(export, groups.on(export), export, groups.act(store))


def test_what_was_merged_on_meanwhile_cannot_be_undone_first(groups: Groups) -> None:
    export, login, invoice = (groups.issue(topic) for topic in ("export", "login", "invoice"))
    groups.merge(export, login)
    groups.merge(invoice, export)
    with pytest.raises(InvalidMove, match="undo that first"):
        groups.undo(login)
    groups.undo(invoice)
    groups.undo(login)
    assert groups.now(login).merged_into is None


def test_confirming_and_dismissing_are_undone_to_where_they_were(groups: Groups) -> None:
    export = groups.issue("export")
    now = groups.pipeline.clock.moment
    with groups.application.open() as store:
        issue = confirm_issue(export, store=store, cause=Cause(MIA, now))
        dismiss_issue(issue, store=store, cause=Cause(MIA, now, "a training account"))
    assert groups.undo(export).state is IssueState.CONFIRMED
    assert groups.undo(export).state is IssueState.CANDIDATE
    assert groups.broken_promises() == []


def test_the_machines_decisions_are_not_undone(groups: Groups) -> None:
    export = groups.issue("export", state=IssueState.CONFIRMED)
    with pytest.raises(InvalidMove, match="nobody has decided"):
        groups.undo(export)


def test_a_snooze_ends_by_itself(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login", state=IssueState.CONFIRMED)
    now = groups.pipeline.clock.moment
    cause = Cause(MIA, now)
    with groups.application.open() as store:
        snooze_issue(export, now + timedelta(days=3), None, store=store, cause=cause)
        snooze_issue(login, None, 2, store=store, cause=cause)
    groups.pipeline.clock.advance(now + timedelta(days=2), groups.pipeline.queue)
    assert groups.now(export).state is IssueState.SNOOZED
    groups.pipeline.clock.advance(now + timedelta(days=3), groups.pipeline.queue)
    assert groups.now(export).state is IssueState.CANDIDATE
    assert groups.now(export).snoozed_until is None
    source = groups.issue("invoice", 3)
    with groups.application.open() as store:
        move_contacts(source, groups.on(source)[:1], login, groups.act(store))
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    assert groups.now(login).state is IssueState.SNOOZED
    with groups.application.open() as store:
        move_contacts(source, groups.on(source)[:1], login, groups.act(store))
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    assert groups.now(login).state is IssueState.CONFIRMED
    assert groups.broken_promises() == []


def test_a_snooze_that_ended_while_its_issue_was_merged_is_over_after_the_undo(
    groups: Groups,
) -> None:
    export, login = groups.issue("export"), groups.issue("login", state=IssueState.CONFIRMED)
    now = groups.pipeline.clock.moment
    with groups.application.open() as store:
        cause = Cause(MIA, now)
        snooze_issue(login, now + timedelta(days=3), None, store=store, cause=cause)
    groups.merge(export, groups.now(login))
    groups.pipeline.clock.advance(now + timedelta(days=5), groups.pipeline.queue)
    groups.undo(export)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    assert groups.now(login).state is IssueState.CONFIRMED


def test_that_an_issue_came_back_is_not_undone(groups: Groups) -> None:
    issue = groups.issue("login", state=IssueState.CONFIRMED)
    cause = Cause(MIA, groups.pipeline.clock.moment)
    with groups.application.open() as store:
        snooze_issue(issue, None, 1_000, store=store, cause=cause)
    with groups.application.open() as store:
        wake_issue(groups.now(issue), store=store, cause=cause)
    with pytest.raises(InvalidMove, match="snooze it again"):
        groups.undo(groups.now(issue))
    assert groups.now(issue).state is IssueState.CONFIRMED


def test_a_snooze_needs_one_future_end(groups: Groups) -> None:
    export = groups.issue("export")
    now = groups.pipeline.clock.moment
    far = datetime(9999, 12, 31, tzinfo=UTC)
    for until, customers in ((None, None), (now, None), (None, 0), (now + timedelta(1), 2)):
        with groups.application.open() as store, pytest.raises(InvalidInput):
            snooze_issue(export, until, customers, store=store, cause=Cause(MIA, now))
    for until in (far, now + timedelta(days=367)):
        with groups.application.open() as store, pytest.raises(InvalidInput, match="a year at mo"):
            snooze_issue(export, until, None, store=store, cause=Cause(MIA, now))
    with groups.application.open() as store, pytest.raises(InvalidMove, match="not snoozed"):
        wake_issue(export, store=store, cause=Cause(MIA, now))


def ask(groups: Groups, kind: SuggestionKind, **given: int | list[int] | None) -> int:
    contacts = given.pop("contacts", [])
    assert isinstance(contacts, list)
    named = {name: value for name, value in given.items() if isinstance(value, int)}
    with groups.application.open() as store:
        made = store.suggestions.propose(
            groups.product.id,
            kind=kind,
            key=f"{named}{contacts}",
            issue_id=named.get("issue_id"),
            other_id=named.get("other_id"),
            contact_id=named.get("contact_id"),
            contacts=contacts,
            now=groups.pipeline.clock.moment,
        )
    assert made is not None
    return made


def answer(groups: Groups, suggestion_id: int, *, is_yes: bool) -> None:
    with groups.application.open() as store:
        suggestion = store.suggestions.get(groups.product.id, suggestion_id)
        answer_suggestion(suggestion, groups.act(store), is_yes=is_yes)


def test_yes_to_same_merges_into_the_one_with_a_ticket(groups: Groups) -> None:
    export, login = groups.issue("export", 6), groups.issue("login", state=IssueState.FILED)
    asked = ask(groups, SuggestionKind.SAME, issue_id=export.id, other_id=login.id)
    answer(groups, asked, is_yes=True)
    assert groups.now(export).merged_into == login.id
    groups.undo(login)
    with groups.application.open() as store:
        assert store.suggestions.answered(groups.product.id) == []


def test_yes_and_no_to_belongs(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    here, (nowhere,) = groups.on(export)[0], groups.contacts("invoice", 1)
    for contact in (here, nowhere):
        asked = ask(groups, SuggestionKind.BELONGS, issue_id=login.id, contact_id=contact)
        answer(groups, asked, is_yes=True)
        assert contact in groups.on(login)
    there = groups.on(login)[0]
    asked = ask(groups, SuggestionKind.BELONGS, issue_id=login.id, contact_id=there)
    answer(groups, asked, is_yes=True)
    with groups.application.open() as store:
        pinned = store.constraints.pinned(groups.product.id)
    assert pinned == {here: login.id, nowhere: login.id, there: login.id}
    asked = ask(groups, SuggestionKind.BELONGS, issue_id=login.id, contact_id=there)
    answer(groups, asked, is_yes=False)
    assert there not in groups.on(login)
    assert any(there in pair for pair in groups.pairs(CANNOT))


def test_yes_and_no_to_real_and_split(groups: Groups) -> None:
    export, login = groups.issue("export", 5), groups.issue("login")
    answer(groups, ask(groups, SuggestionKind.REAL, issue_id=login.id), is_yes=False)
    assert groups.now(login).state is IssueState.CANDIDATE
    answer(groups, ask(groups, SuggestionKind.REAL, issue_id=export.id), is_yes=True)
    assert groups.now(export).state is IssueState.CONFIRMED
    chosen = groups.on(export)[:2]
    asked = ask(groups, SuggestionKind.SPLIT, issue_id=export.id, contacts=list(chosen))
    answer(groups, asked, is_yes=True)
    assert groups.on(export) != chosen
    assert len(groups.on(export)) == 3
    rest = groups.on(export)
    asked = ask(groups, SuggestionKind.SPLIT, issue_id=export.id, contacts=[rest[0]])
    answer(groups, asked, is_yes=False)
    assert groups.pairs(MUST) == {(rest[0], rest[1]), (rest[0], rest[2])}


def test_a_decision_made_elsewhere_withdraws_the_question(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    real = ask(groups, SuggestionKind.REAL, issue_id=export.id)
    same = ask(groups, SuggestionKind.SAME, issue_id=export.id, other_id=login.id)
    with groups.application.open() as store:
        confirm_issue(export, store=store, cause=Cause(MIA, groups.pipeline.clock.moment))
        states = [store.suggestions.get(groups.product.id, one).state for one in (real, same)]
    assert states == [SuggestionState.WITHDRAWN, SuggestionState.OPEN]
    groups.merge(groups.now(export), login)
    with pytest.raises(InvalidMove, match="not open"):
        answer(groups, same, is_yes=True)


def test_an_old_question_is_not_answered(groups: Groups) -> None:
    export = groups.issue("export")
    asked = ask(groups, SuggestionKind.REAL, issue_id=export.id)
    later = groups.pipeline.clock.moment + timedelta(days=31)
    groups.pipeline.clock.advance(later, groups.pipeline.queue)
    with pytest.raises(InvalidMove, match="too long"):
        answer(groups, asked, is_yes=True)
