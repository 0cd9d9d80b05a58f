"""Contacts that nearly belong to an issue are asked about: a few, the nearest, and no longer."""

from dataclasses import replace

import pytest

from bridge.domain.contacts import ContactId
from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.steps.answer import answer_suggestion
from bridge.steps.asking import LEAST_WORTH
from bridge.steps.move import move_contacts
from models.settings import FinderSettings
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.groups_bench import Groups

NEAR = (
    "The export button does nothing today for our whole team here",
    "Our colleagues from Spain say the export button does nothing for them",
    "The export button is grey for colleagues",
    "Our export button vanished, does nothing help, ask the colleagues",
)
"""About the issue of the export button, each further from its words."""
FAR = "My parcel came without the second shoe, who sends it after"
# Nothing is joined or grouped by itself, so that all of these stay alone.
STRICT = replace(
    FinderSettings.for_hashing(),
    join_threshold=0.65,
    similar_margin=0.4,
    found_threshold=0.95,
    same_intercept=-50.0,
    burst_similarity=0.95,
)
WELCOMING = replace(STRICT, found_threshold=0.2, same_intercept=50.0)


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand, with a strict finder."""
    pipeline.rewire(replace(pipeline.application.context, finder=STRICT))
    return Groups(pipeline)


def near(groups: Groups, *, state: IssueState = IssueState.FILED) -> tuple[Issue, list[ContactId]]:
    """An issue, and contacts near it and one that is not, the nearest first."""
    issue = groups.issue("export", 6, state=state)
    sent = groups.pipeline.send(
        *(
            a_contact(text, external_id=f"near-{number}", email=f"n{number}@x.example", minutes=60)
            for number, text in enumerate((*NEAR, FAR))
        )
    )
    return issue, [one.contact_id for one in sent]


def look(groups: Groups) -> list[Suggestion]:
    """What is asked about contacts after all were looked at together."""
    groups.pipeline.consolidate()
    with groups.application.open() as store:
        found = store.suggestions.open(groups.product.id)
    return [one for one in found if one.kind is SuggestionKind.BELONGS]


def answer(groups: Groups, suggestion: Suggestion, *, is_yes: bool) -> None:
    with groups.application.open() as store:
        answer_suggestion(suggestion, groups.act(store), is_yes=is_yes)


def test_the_nearest_few_are_asked_about_and_wait(groups: Groups) -> None:
    issue, contacts = near(groups)
    found = look(groups)
    assert {one.contact_id for one in found} == set(contacts[:3])
    assert {one.issue_id for one in found} == {issue.id}
    for one in found:
        assert one.key == f"{one.contact_id}/{issue.id}"
        assert 0.5 <= (one.probability or 0) <= 1
        # It never comes before a question about whole issues.
        assert one.worth < LEAST_WORTH
    assert look(groups) == found
    assert set(groups.on(issue)).isdisjoint(contacts)


def test_yes_puts_it_there_and_no_is_never_asked_again(groups: Groups) -> None:
    issue, contacts = near(groups)
    first = {one.contact_id: one for one in look(groups)}
    answer(groups, first[contacts[0]], is_yes=True)
    assert contacts[0] in groups.on(issue)
    answer(groups, first[contacts[1]], is_yes=False)
    for _ in range(2):
        # The fourth has its turn now.
        assert {one.contact_id for one in look(groups)} == {contacts[2], contacts[3]}


def test_one_that_finds_a_home_is_not_asked_about_any_more(groups: Groups) -> None:
    _, contacts = near(groups)
    assert len(look(groups)) == 3
    context = groups.application.context
    groups.pipeline.rewire(replace(context, finder=WELCOMING))
    assert look(groups) == []
    with groups.application.open() as store:
        assert set(contacts[:3]) <= set(store.issues.homes(groups.product.id))


def test_one_that_a_person_took_off_is_not_asked_about(groups: Groups) -> None:
    issue, _ = near(groups)
    taken = groups.on(issue)[0]
    with groups.application.open() as store:
        move_contacts(issue, [taken], None, groups.act(store))
    assert taken not in {one.contact_id for one in look(groups)}


@pytest.mark.parametrize("state", [IssueState.CANDIDATE, IssueState.DISMISSED])
def test_only_issues_that_people_stand_behind_are_asked_about(
    groups: Groups, state: IssueState
) -> None:
    near(groups, state=state)
    assert look(groups) == []


def test_what_was_asked_is_withdrawn_when_its_issue_is_merged(groups: Groups) -> None:
    issue, _ = near(groups)
    assert len(look(groups)) == 3
    groups.merge(groups.issue("login", 4, state=IssueState.FILED), issue)
    with groups.application.open() as store:
        assert store.suggestions.open(groups.product.id) == []
