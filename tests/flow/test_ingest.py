"""A contact at the door: stored once, cleaned, redacted, tied to a customer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.domain.contacts import ContactNature, RedactedText
from bridge.domain.errors import InvalidInput
from bridge.steps.ingest import IngestResult, ingest
from bridge.store.contacts import ContactDraft
from tests.builders import START, a_contact
from tests.conftest import Pipeline


def test_the_same_contact_twice_is_stored_once(pipeline: Pipeline) -> None:
    first, second = pipeline.send(a_contact(), a_contact())
    assert (first.result, second.result) == (IngestResult.NEW, IngestResult.UNCHANGED)
    assert first.contact_id == second.contact_id
    with pipeline.application.open() as store:
        assert store.contacts.count(pipeline.product.id) == 1


def test_without_an_update_moment_the_first_version_wins(pipeline: Pipeline) -> None:
    other = a_contact("Something else entirely is broken here")
    first, second = pipeline.send(a_contact(), other)
    assert second.result is IngestResult.IGNORED_DIFFERENCE
    with pipeline.application.open() as store:
        assert "export" in store.contacts.get(pipeline.product.id, first.contact_id).text


def test_a_newer_version_replaces_the_text_and_an_older_one_does_not(pipeline: Pipeline) -> None:
    newer = replace(
        a_contact("The import of invoices fails with an error"),
        updated_at=START + timedelta(minutes=2),
    )
    older = replace(
        a_contact("An older text that comes late to us"), updated_at=START + timedelta(minutes=1)
    )
    results = [answer.result for answer in pipeline.send(a_contact(), newer, older)]
    assert results == [
        IngestResult.NEW,
        IngestResult.UPDATED,
        IngestResult.IGNORED_DIFFERENCE,
    ]
    with pipeline.application.open() as store:
        (contact,) = pipeline.send(newer)
        text = store.contacts.get(pipeline.product.id, contact.contact_id).text
    assert text == "The import of invoices fails with an error"


def test_no_personal_data_is_stored_in_clear(pipeline: Pipeline) -> None:
    contact = a_contact(
        "My card 4111 1111 1111 1111 was refused, call me on +44 20 7946 0123 or mia@home.example"
    )
    contact = replace(contact, customer=replace(contact.customer, name="Mia Tanaka"))
    (answer,) = pipeline.send(contact)
    with pipeline.application.open() as store:
        stored = store.contacts.get(pipeline.product.id, answer.contact_id)
        sealed = store.contacts.raw(answer.contact_id)
    assert not any(secret in stored.text for secret in ("4111", "7946", "mia@home.example"))
    assert sealed is not None
    assert b"4111" not in sealed
    assert b"4111" in pipeline.application.context.secrets.decrypt(sealed)


def test_one_person_with_several_addresses_is_one_customer(pipeline: Pipeline) -> None:
    plain = a_contact(external_id="1", email="mia@company.example")
    tagged = a_contact(external_id="2", email="Mia+support@COMPANY.example")
    by_phone = a_contact(external_id="3", email="mia@company.example")
    by_phone = replace(by_phone, customer=replace(by_phone.customer, phone="+44 20 7946 0123"))
    only_phone = a_contact(external_id="4", email=None)
    only_phone = replace(only_phone, customer=replace(only_phone.customer, phone="00442079460123"))
    answers = pipeline.send(plain, tagged, by_phone, only_phone)
    with pipeline.application.open() as store:
        found = {
            store.contacts.get(pipeline.product.id, one.contact_id).customer_id for one in answers
        }
    assert len(found) == 1


def test_a_display_name_alone_is_an_anonymous_report(pipeline: Pipeline) -> None:
    contact = a_contact(email=None)
    contact = replace(contact, customer=replace(contact.customer, display_name="Happy Camper"))
    (answer,) = pipeline.send(contact)
    with pipeline.application.open() as store:
        stored = store.contacts.get(pipeline.product.id, answer.contact_id)
    assert stored.customer_id is None


def test_thanks_are_kept_but_never_looked_at_by_the_finder(pipeline: Pipeline) -> None:
    (answer,) = pipeline.send(a_contact("Thank you so much!"))
    with pipeline.application.open() as store:
        stored = store.contacts.get(pipeline.product.id, answer.contact_id)
        assert store.waiting.take(pipeline.product.id, "any", limit=10) == []
    assert stored.nature is ContactNature.CHATTER


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"text": "   "}, "/text"),
        ({"external_id": "\x00 "}, "/external_id"),
        ({"occurred_at": datetime(1, 1, 1, tzinfo=UTC)}, "/occurred_at"),
        ({"occurred_at": datetime(9999, 12, 31, tzinfo=UTC)}, "/occurred_at"),
    ],
)
def test_nonsense_is_refused_with_a_pointer(
    pipeline: Pipeline, change: dict[str, object], pointer: str
) -> None:
    contact = replace(a_contact(), **change)  # type: ignore[arg-type]
    context = pipeline.application.context
    with context.open() as store, pytest.raises(InvalidInput) as refused:
        ingest(contact, pipeline.product, store=store, context=context)
    assert refused.value.pointer == pointer


def test_nul_surrogates_and_a_megabyte_are_cleaned_and_stored(pipeline: Pipeline) -> None:
    dirty = a_contact("Export\x00 fails \ud800 with an error\x07 " + "very " * 200_000)
    (answer,) = pipeline.send(dirty)
    with pipeline.application.open() as store:
        text = store.contacts.get(pipeline.product.id, answer.contact_id).text
    assert "\x00" not in text
    assert len(text.encode()) <= pipeline.application.settings.max_text_bytes


def test_who_stores_a_contact_second_stores_nothing(pipeline: Pipeline) -> None:
    draft = ContactDraft(
        source="test",
        external_id="c-1",
        channel="email",
        occurred_at=START,
        updated_at=None,
        content_hash=b"content",
        subject=RedactedText(""),
        text=RedactedText("The export does nothing"),
        text_hash=b"text",
        nature=ContactNature.MESSAGE,
        lang=None,
        version=None,
        platform=None,
        conversation=None,
        satisfaction_metric=None,
        satisfaction=None,
        satisfaction_max=None,
        customer_id=None,
        account_id=None,
        agent_id=None,
        placed_at=None,
    )
    with pipeline.application.open() as store:
        first = store.contacts.add(pipeline.product.id, draft, sealed=b"original")
        second = store.contacts.add(pipeline.product.id, draft, sealed=b"another")
        assert first is not None
        assert second is None
        assert store.contacts.raw(first) == b"original"
        assert store.contacts.count(pipeline.product.id) == 1


def test_what_is_too_long_to_be_a_version_is_left_out_and_the_contact_stays(
    pipeline: Pipeline,
) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 " * 3
    padded = "4.2" + " " * 100
    sent = [
        replace(a_contact(), external_id="agent", version=agent, platform="y" * 81),
        replace(a_contact(), external_id="padded", version=padded),
    ]
    found = pipeline.send(*sent)
    assert [one.result for one in found] == [IngestResult.NEW] * 2
    with pipeline.application.open() as store:
        stored = [store.contacts.get(pipeline.product.id, one.contact_id) for one in found]
    assert [one.version for one in stored] == [None, "4.2"]
