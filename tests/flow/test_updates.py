"""A contact that its source sends again, changed: what stays, and what is looked at anew."""

from dataclasses import replace

import pytest

from bridge.domain.contacts import ContactReceived
from bridge.steps.ingest import IngestResult
from bridge.steps.move import move_contacts
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.groups_bench import TEXTS, Groups


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


def _first(groups: Groups) -> ContactReceived:
    """What brought the first contact of an issue, a little later."""
    given = a_contact(
        TEXTS["export"].format(n=0), external_id="export-0", email="export0@customer.example"
    )
    return replace(given, updated_at=groups.pipeline.clock.moment)


def test_another_version_leaves_a_contact_on_its_issue(groups: Groups) -> None:
    issue = groups.issue("export")
    before = groups.on(issue)
    (answer,) = groups.pipeline.send(replace(_first(groups), version="4.2"))
    assert answer.result is IngestResult.UPDATED
    assert groups.on(issue) == before
    with groups.application.open() as store:
        assert store.contacts.get(groups.product.id, answer.contact_id).version == "4.2"
        assert store.contacts.waiting_since(groups.product.id)[0] == 0


def test_the_same_words_keep_what_the_finder_thinks_of_them(groups: Groups) -> None:
    contact = a_contact("The import of invoices fails with an error", external_id="alone")
    groups.pipeline.send(contact)
    moment = groups.pipeline.clock.moment
    (answer,) = groups.pipeline.send(replace(contact, version="4.2", updated_at=moment))
    with groups.application.open() as store:
        found = store.contacts.get(groups.product.id, answer.contact_id)
        assert (found.version, found.kind is None) == ("4.2", False)
        assert store.contacts.waiting_since(groups.product.id)[0] == 0


def test_other_words_leave_it_where_a_person_put_it(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    (contact, *_) = groups.on(export)
    with groups.application.open() as store:
        move_contacts(export, [contact], login, groups.act(store))
    words = TEXTS["invoice"].format(n=9)
    (answer,) = groups.pipeline.send(replace(_first(groups), text=words))
    assert answer.contact_id == contact
    groups.pipeline.consolidate()
    assert contact in groups.on(login)
    assert groups.centroids() == _recounted(groups)
    assert groups.broken_promises() == []


def test_other_words_leave_no_trace_in_the_issue_they_left(groups: Groups) -> None:
    export = groups.issue("export")
    words = "Thank you, all is well, never mind!"
    (answer,) = groups.pipeline.send(replace(_first(groups), text=words))
    assert answer.contact_id not in groups.on(export)
    assert groups.centroids()[export.id][0] == 3
    assert groups.centroids() == _recounted(groups)


def test_what_was_set_aside_is_looked_at_when_it_comes_again(groups: Groups) -> None:
    contact = a_contact("The import of invoices fails with an error", external_id="alone")
    (first,) = groups.pipeline.send(contact)
    with groups.application.open() as store:
        assert store.contacts.note_failure(first.contact_id, reason="refused", tries=1)
    moment = groups.pipeline.clock.moment
    (answer,) = groups.pipeline.send(replace(contact, updated_at=moment))
    assert answer.result is IngestResult.UPDATED
    with groups.application.open() as store:
        assert store.contacts.quarantined() == []


def _recounted(groups: Groups) -> object:
    """The centroids as they are when they are added up from nothing."""
    with groups.application.open() as store:
        store.vectors.recount(groups.product.id, list(groups.centroids()))
    return groups.centroids()
