"""Kinds on the real steps: chatter founds no issue, and people teach what chatter is."""

from dataclasses import replace

import pytest

from bridge.domain.contacts import Contact, ContactNature
from bridge.domain.issues import IssueState
from bridge.steps.review import confirm_issue, dismiss_issue
from tests.builders import a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.groups_bench import Groups

TALK = (
    "Thanks a lot, that did the trick with number {n}!",
    "Thank you for the quick answer about number {n}, I will try it tomorrow",
    "That answers my question {n}, thank you very much",
)


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """As sure about kinds as hashed words allow."""
    finder = replace(pipeline.application.context.finder, least_chatter=0.6)
    pipeline.rewire(replace(pipeline.application.context, finder=finder))
    return Groups(pipeline)


def _contact(groups: Groups, text: str, name: str, minutes: float) -> Contact:
    sent = groups.pipeline.send(
        a_contact(text, external_id=name, email=f"{name}@customer.example", minutes=minutes)
    )
    with groups.application.open() as store:
        return store.contacts.get(groups.product.id, sent[0].contact_id)


def _is_on_an_issue(groups: Groups, contact: Contact) -> bool:
    with groups.application.open() as store:
        return bool(store.placements.of_contacts(groups.product.id, [contact.id]))


def test_alike_thanks_found_no_issue_and_alike_problems_do(groups: Groups) -> None:
    for number in range(9):
        _contact(groups, TALK[number % 3].format(n=number), f"t{number}", minutes=number)
    groups.pipeline.consolidate()
    assert groups.centroids() == {}
    groups.pipeline.send(*contacts_about_export(6, minutes=20))
    groups.pipeline.consolidate()
    assert len(groups.centroids()) == 1


def test_the_kind_and_how_sure_it_is_are_kept(groups: Groups) -> None:
    thanks = _contact(groups, TALK[0].format(n=1), "t1", minutes=0)
    assert (thanks.kind, thanks.nature) == ("chatter", ContactNature.CHATTER)
    assert thanks.kind_confidence is not None
    assert 0.6 < thanks.kind_confidence <= 1
    problem = _contact(groups, "The export button does nothing when I press it", "p1", minutes=1)
    assert problem.nature is ContactNature.MESSAGE
    assert problem.kind is not None


def test_a_dismissal_teaches_what_states_no_problem_and_undo_takes_it_back(groups: Groups) -> None:
    quiz = groups.issue("invoice")
    later = _contact(groups, "My invoice of month 77 shows the wrong address", "i77", minutes=90)
    with groups.application.open() as store:
        store.issues.unassign([later.id], now=groups.pipeline.clock.moment)
        cause = groups.act(store, "a quiz, no problem").cause
        dismiss_issue(groups.now(quiz), store=store, cause=cause, states_no_problem=True)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    with groups.application.open() as store:
        assert store.contacts.get(groups.product.id, later.id).nature is ContactNature.CHATTER
        taught = store.examples.taught(
            groups.product.id, groups.application.context.encoder().name, limit=200
        )
    assert [one.is_chatter for one in taught] == [True] * 4
    groups.undo(quiz)
    with groups.application.open() as store:
        store.enqueue("judge", product_id=groups.product.id)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    with groups.application.open() as store:
        assert store.contacts.get(groups.product.id, later.id).nature is ContactNature.MESSAGE


def test_a_plain_dismissal_teaches_nothing_and_a_confirmed_issue_is_real(groups: Groups) -> None:
    plain, real = groups.issue("invoice"), groups.issue("login")
    with groups.application.open() as store:
        cause = groups.act(store, "known, will not be mended").cause
        dismiss_issue(plain, store=store, cause=cause)
        confirm_issue(real, store=store, cause=replace(cause, reason=""))
    encoder = groups.application.context.encoder().name
    with groups.application.open() as store:
        taught = store.examples.taught(groups.product.id, encoder, limit=200)
    assert [one.is_chatter for one in taught] == [False] * 4
    assert all("sign in" in one.text for one in taught)


def test_the_text_of_a_contact_on_an_issue_joins_it_whatever_its_kind(groups: Groups) -> None:
    issue = groups.issue("login", state=IssueState.CONFIRMED)
    text = TALK[1].format(n=5)
    first = _contact(groups, text, "a", minutes=60)
    assert not _is_on_an_issue(groups, first)
    with groups.application.open() as store:
        store.placements.place_unassigned(
            groups.product.id,
            [first.id],
            issue.id,
            actor="mia@support.example",
            reason="belongs here",
            now=groups.pipeline.clock.moment,
        )
    again = _contact(groups, text, "b", minutes=70)
    assert again.id in groups.on(issue)
