"""A contact with two problems counts on both issues, and on each once."""

from dataclasses import replace

import pytest

from bridge.domain.contacts import ContactId
from bridge.domain.issues import Issue, IssueState
from bridge.steps.move import move_contacts
from bridge.store.issues import Place
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.groups_bench import TEXTS, Groups

BOTH = f"{TEXTS['export'].format(n=50)}. Also, {TEXTS['login'].format(n=51).lower()}."


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


def _send_both(groups: Groups, *, name: str = "both", minutes: float = 100) -> ContactId:
    sent = groups.pipeline.send(
        a_contact(BOTH, external_id=name, email=f"{name}@customer.example", minutes=minutes)
    )
    return sent[0].contact_id


def _look_again(groups: Groups) -> None:
    with groups.application.open() as store:
        store.enqueue("parts", product_id=groups.product.id)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)


def _reasons(groups: Groups, issue: Issue) -> list[str]:
    with groups.application.open() as store:
        return [one.reason for one in store.contacts.on_issue(issue.id, limit=50)]


def test_it_is_on_both_issues_with_the_passage_as_the_reason(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    contact = _send_both(groups)
    assert contact in groups.on(export)
    assert contact in groups.on(login)
    assert groups.customers(export) == groups.customers(login) == 5
    assert any(
        "another problem it states, “i cannot sign in" in one for one in _reasons(groups, login)
    )
    # Only the main problem moves the middle of an issue.
    sizes = {issue: size for issue, (size, _) in groups.centroids().items()}
    assert (sizes[export.id], sizes[login.id]) == (5, 4)


def test_what_had_no_issue_joins_as_soon_as_there_is_one(groups: Groups) -> None:
    export = groups.issue("export")
    contact = _send_both(groups)
    assert contact in groups.on(export)
    login = groups.issue("login", state=IssueState.CONFIRMED)
    assert contact not in groups.on(login)
    groups.pipeline.consolidate()
    assert contact in groups.on(login)


def test_what_a_person_took_away_does_not_come_back(groups: Groups) -> None:
    groups.issue("export")
    login = groups.issue("login", state=IssueState.CONFIRMED)
    contact = _send_both(groups)
    with groups.application.open() as store:
        move_contacts(groups.now(login), [contact], None, groups.act(store))
    assert contact not in groups.on(login)
    _look_again(groups)
    groups.pipeline.consolidate()
    assert contact not in groups.on(login)


def test_another_text_takes_it_off_both(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    contact = _send_both(groups)
    newer = a_contact(
        TEXTS["invoice"].format(n=9),
        external_id="both",
        email="both@customer.example",
        minutes=130,
    )
    groups.pipeline.send(replace(newer, updated_at=newer.occurred_at))
    _look_again(groups)
    assert contact not in groups.on(export)
    assert contact not in groups.on(login)


def test_after_a_merge_it_is_counted_and_listed_once(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    contact = _send_both(groups)
    merged = groups.merge(groups.now(export), groups.now(login))
    with groups.application.open() as store:
        counts = store.issues.counts(merged.id)
        listed = [one.contact.id for one in store.contacts.on_issue(merged.id, limit=50)]
    assert counts.contacts == len(listed) == len(set(listed)) == 9
    assert listed.count(contact) == 1
    groups.undo(groups.now(merged))
    assert contact in groups.on(export)
    assert contact in groups.on(login)


def test_the_same_text_again_counts_on_both_too(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    first, second = _send_both(groups), _send_both(groups, name="again", minutes=120)
    for issue in (export, login):
        assert {first, second} <= set(groups.on(issue))


def test_moving_the_main_problem_leaves_the_other_where_it_is(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    contact = _send_both(groups)
    invoice = groups.issue("invoice")
    with groups.application.open() as store:
        place = Place(contact, invoice.id, 0.9, 0.5, "hashing-384/1", "machine", "alike")
        store.issues.assign_all(groups.product.id, [place], now=groups.pipeline.clock.moment)
    assert contact not in groups.on(export)
    assert contact in groups.on(invoice)
    assert contact in groups.on(login)
