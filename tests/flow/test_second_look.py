"""Grown issues are looked at again: is one two by now, and are two one? People are asked."""

from datetime import timedelta

import pytest

from bridge.domain.contacts import ContactId
from bridge.domain.grouping import ConstraintKind, Suggestion, SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE
from bridge.steps.answer import answer_suggestion
from bridge.steps.asking import LEAST_WORTH, same_key
from bridge.steps.move import split_issue
from bridge.steps.second_look import split_key
from bridge.steps.undo import undo_last
from bridge.store.issues import Place
from tests.conftest import Pipeline
from tests.groups_bench import Groups

SAME, SPLIT = SuggestionKind.SAME, SuggestionKind.SPLIT
CONFIRMED, FILED = IssueState.CONFIRMED, IssueState.FILED


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


def add(groups: Groups, issue: Issue, contacts: list[ContactId]) -> None:
    """The machine puts these onto an issue."""
    now, encoder = groups.pipeline.clock.moment, groups.application.context.encoder().name
    with groups.application.open() as store:
        places = [
            Place(one, issue.id, 0.5, 0.4, encoder, MACHINE.name, "alike") for one in contacts
        ]
        store.issues.assign_all(groups.product.id, places, now=now)
        store.vectors.recount(groups.product.id, [issue.id])


def mixed(
    groups: Groups, state: IssueState = FILED, sizes: tuple[int, int] = (8, 6)
) -> tuple[Issue, list[ContactId]]:
    """An issue that is really two, and the contacts of the smaller one."""
    issue = groups.issue("export", sizes[0], state=state)
    others = groups.contacts("login", sizes[1])
    add(groups, issue, others)
    return issue, others


def look(groups: Groups) -> list[Suggestion]:
    """Everything that is open after a second look."""
    with groups.application.open() as store:
        store.enqueue("second_look", product_id=groups.product.id)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    with groups.application.open() as store:
        return store.suggestions.open(groups.product.id)


def answer(groups: Groups, suggestion: Suggestion, *, is_yes: bool) -> None:
    with groups.application.open() as store:
        answer_suggestion(suggestion, groups.act(store), is_yes=is_yes)


@pytest.mark.parametrize("state", [IssueState.CANDIDATE, CONFIRMED, FILED])
def test_an_issue_that_is_two_is_asked_about_and_left_as_it_is(
    groups: Groups, state: IssueState
) -> None:
    issue, others = mixed(groups, state)
    before = groups.whole()
    (asked,) = look(groups)
    assert (asked.kind, asked.issue_id, list(asked.contacts)) == (SPLIT, issue.id, others)
    assert asked.key == split_key(issue.id, 14)
    assert (asked.probability or 0) > 0.5
    assert asked.worth >= LEAST_WORTH
    assert "6 of its contacts are worded differently from 8 others" in asked.question
    assert groups.whole() == before


def test_yes_makes_the_smaller_part_an_issue_of_its_own_and_undo_brings_it_back(
    groups: Groups,
) -> None:
    issue, others = mixed(groups)
    before = groups.whole()
    (asked,) = look(groups)
    answer(groups, asked, is_yes=True)
    assert not set(groups.on(issue)) & set(others)
    homes = groups.whole()[0]
    assert isinstance(homes, dict)
    (made,) = {homes[one] for one in others}
    with groups.application.open() as store:
        assert store.issues.get(groups.product.id, made).state is CONFIRMED
    # What people parted is not asked to be one again.
    assert look(groups) == []
    with groups.application.open() as store:
        undo_last(groups.now(issue), groups.act(store))
    after = groups.whole()
    assert (after[0], after[2]) == (before[0], before[2])
    assert groups.broken_promises() == []


def test_no_is_remembered_for_this_size_and_its_pairs_for_ever(groups: Groups) -> None:
    issue, others = mixed(groups)
    (asked,) = look(groups)
    answer(groups, asked, is_yes=False)
    assert set(groups.on(issue)) > set(others)
    assert len(groups.pairs(ConstraintKind.MUST_LINK)) == 16
    # However much it grows: the two kinds are never parted.
    add(groups, issue, groups.contacts("login", 40, first=6))
    for again in look(groups):
        assert again.key != asked.key
        assert not (set(others) <= set(again.contacts))


def test_must_links_keep_both_sides_together(groups: Groups) -> None:
    issue, login = groups.issue("export", 8, state=FILED), groups.issue("login", 8)
    groups.merge(issue, login)
    with groups.application.open() as store:
        placed = [one.contact_id for one in store.placements.of_issue(groups.product.id, issue.id)]
        tied = {
            one for pair in store.constraints.of_product(groups.product.id) for one in pair.pair
        }
    assert len(placed) == 16
    for asked in look(groups):
        assert not tied & set(asked.contacts) or tied <= set(asked.contacts)


@pytest.mark.parametrize("sizes", [(9, 4), (5, 4)])
def test_a_part_that_is_too_small_is_not_asked_about(
    groups: Groups, sizes: tuple[int, int]
) -> None:
    mixed(groups, sizes=sizes)
    assert look(groups) == []


def test_an_issue_about_one_thing_is_not_asked_about(groups: Groups) -> None:
    groups.issue("export", 24, state=FILED)
    assert look(groups) == []


def test_an_issue_is_looked_at_again_once_it_has_changed_by_half(groups: Groups) -> None:
    issue = groups.issue("export", 8, state=FILED)
    assert look(groups) == []
    first = groups.contacts("login", 3)
    add(groups, issue, first)
    assert _due(groups) == []
    add(groups, issue, groups.contacts("login", 2, first=3))
    assert _due(groups) == [issue.id]
    (asked,) = look(groups)
    assert asked.kind is SPLIT
    assert _due(groups) == []
    answer(groups, asked, is_yes=True)
    # It has shrunk to 8 of 13.
    assert issue.id in _due(groups)


def _due(groups: Groups) -> list[int]:
    encoder = groups.application.context.encoder().name
    with groups.application.open() as store:
        found = store.centroids.changed_by_half(
            groups.product.id, encoder, states=[CONFIRMED, FILED], least=5, limit=9
        )
    return [one.issue_id for one in found]


def test_a_split_not_wanted_any_more_is_withdrawn(groups: Groups) -> None:
    issue, others = mixed(groups)
    (asked,) = look(groups)
    with groups.application.open() as store:
        store.issues.unassign(others, now=groups.pipeline.clock.moment)
        store.vectors.recount(groups.product.id, [issue.id])
    assert look(groups) == []
    with groups.application.open() as store:
        assert not store.suggestions.get(groups.product.id, asked.id).is_open


def twins(groups: Groups) -> tuple[Issue, Issue]:
    """Two issues about one thing, both filed."""
    one = groups.issue("export", 6, state=FILED)
    other = groups.issue("login", 1, state=FILED)
    add(groups, other, groups.contacts("export", 6, first=20))
    return one, other


def test_two_filed_issues_that_are_one_are_asked_about_and_not_merged(groups: Groups) -> None:
    one, other = twins(groups)
    before = groups.whole()
    (asked,) = look(groups)
    assert (asked.kind, asked.key) == (SAME, same_key(one.id, other.id))
    assert {asked.issue_id, asked.other_id} == {one.id, other.id}
    assert (asked.probability or 0) >= 0.5
    # Its ticket is there already: it never crowds out what spares one.
    assert asked.worth < LEAST_WORTH
    assert groups.whole() == before
    answer(groups, asked, is_yes=True)
    assert {groups.now(one).merged_into, groups.now(other).merged_into} == {None, one.id}


def test_two_issues_kept_apart_are_never_asked_about_again(groups: Groups) -> None:
    one, _ = twins(groups)
    (asked,) = look(groups)
    answer(groups, asked, is_yes=False)
    add(groups, one, groups.contacts("export", 9, first=40))
    assert look(groups) == []


def test_what_was_split_by_hand_is_kept_apart_when_all_its_contacts_are_old(
    groups: Groups,
) -> None:
    issue = groups.issue("export", 12, state=FILED)
    with groups.application.open() as store:
        made = split_issue(issue, groups.on(issue)[:6], groups.act(store))
    clock = groups.pipeline.clock
    clock.advance(clock.moment + timedelta(days=70), groups.pipeline.queue)
    assert look(groups) == []
    with groups.application.open() as store:
        for pair in store.constraints.of_product(groups.product.id):
            store.constraints.remove_between(
                groups.product.id, ConstraintKind.CANNOT_LINK, [pair.a], [pair.b]
            )
        encoder = groups.application.context.encoder().name
        store.centroids.mark_looked(encoder, {made.id: 0})
    # Nothing but these pairs keeps the machine from asking.
    assert [one.kind for one in look(groups)] == [SAME]


@pytest.mark.parametrize("state", [IssueState.CANDIDATE, IssueState.DISMISSED])
def test_only_issues_that_people_stand_behind_are_twins(groups: Groups, state: IssueState) -> None:
    groups.issue("export", 6, state=FILED)
    other = groups.issue("login", 1, state=state)
    add(groups, other, groups.contacts("export", 6, first=20))
    assert look(groups) == []


def test_a_second_look_twice_is_as_good_as_once(groups: Groups) -> None:
    mixed(groups)
    first = look(groups)
    encoder = groups.application.context.encoder().name
    with groups.application.open() as store:
        # As if the first had been killed before its commit: everything is due again.
        store.centroids.mark_looked(encoder, {one: 0 for one in groups.centroids()})
    assert look(groups) == first


def test_a_pass_over_all_contacts_is_followed_by_a_second_look(groups: Groups) -> None:
    issue, _ = mixed(groups)
    groups.pipeline.consolidate()
    with groups.application.open() as store:
        (asked,) = store.suggestions.open(groups.product.id)
    assert (asked.kind, asked.issue_id) == (SPLIT, issue.id)
