"""Contacts in another language meet their issue in English, or wait until they can be read."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.cli.doctor import look_over
from bridge.domain.contacts import ContactId, ContactOutcome
from bridge.domain.errors import TryAgainLater
from bridge.domain.issues import IssueId
from bridge.steps.assign import assign
from bridge.steps.match import Question, match_text
from models.encoders.base import Encoder, EncoderError
from models.encoders.routed import LEAST_FOREIGN, NO_READER
from tests.bilingual import BilingualEncoder
from tests.builders import a_contact, contacts_about_export
from tests.conftest import Pipeline

GERMAN = "Der Export Knopf tut nichts, wenn ich den Export Knopf drücke"
OTHERS = (
    "Nichts passiert, wenn ich den Export Knopf drücke",
    "Wenn ich den Export Knopf drücke, passiert nichts",
    "Ich drücke den Export Knopf und nichts passiert",
    "Der Export Knopf tut nichts und ich kann nicht drücke",
)


@pytest.fixture
def routed(pipeline: Pipeline) -> Pipeline:
    """The real steps with an encoder for German beside the English one."""
    _rewire(pipeline, BilingualEncoder)
    return pipeline


def _rewire(pipeline: Pipeline, foreign: Callable[[], Encoder]) -> None:
    pipeline.rewire(replace(pipeline.application.context, foreign=foreign))


def _missing() -> Encoder:
    raise EncoderError("it is not installed")


def _homes(pipeline: Pipeline) -> dict[ContactId, IssueId]:
    with pipeline.application.open() as store:
        return store.issues.homes(pipeline.product.id)


def _send_german(pipeline: Pipeline, count: int, *, minutes: float = 200) -> list[ContactId]:
    texts = (GERMAN, *OTHERS)
    sent = pipeline.send(
        *(
            a_contact(
                f"{texts[number % len(texts)]}{'!' * (number // len(texts))}",
                external_id=f"de-{minutes}-{number}",
                email=f"kunde{number}@firma{number}.example",
                minutes=minutes + number,
            )
            for number in range(count)
        )
    )
    return [one.contact_id for one in sent]


def test_they_join_the_issue_of_their_problem(routed: Pipeline) -> None:
    english = [one.contact_id for one in routed.send(*contacts_about_export(7))]
    routed.consolidate()
    german = _send_german(routed, LEAST_FOREIGN)
    routed.consolidate()
    homes = _homes(routed)
    assert len({homes[one] for one in english}) == 1
    assert {homes.get(one) for one in german} == {homes[english[0]]}
    with routed.application.open() as store:
        foreign = BilingualEncoder.name
        assert store.foreign.last_lesson(routed.product.id, foreign)[0] == len(english)
        # All were translated by what the English ones have taught.
        assert (
            store.foreign.behind(routed.product.id, foreign, taught_by=len(english), limit=5) == []
        )


def test_the_sums_of_issues_are_made_anew_with_the_translation(routed: Pipeline) -> None:
    routed.send(*contacts_about_export(7))
    _send_german(routed, LEAST_FOREIGN)
    routed.consolidate()
    with routed.application.open() as store:
        encoder = routed.application.context.encoder().name
        before = {
            one.issue_id: one.total for one in store.vectors.centroids(routed.product.id, encoder)
        }
        store.vectors.recount(routed.product.id, before)
        after = store.vectors.centroids(routed.product.id, encoder)
        assert before
        for one in after:
            assert abs(one.total - before[one.issue_id]).max() < 0.02


def test_english_products_never_load_the_other_encoder(pipeline: Pipeline) -> None:
    def never() -> Encoder:
        raise AssertionError("nobody asked for it")

    _rewire(pipeline, never)
    pipeline.send(*contacts_about_export(5))
    assert len(_homes(pipeline)) == 5


def test_few_foreign_contacts_teach_nothing(routed: Pipeline) -> None:
    routed.send(*contacts_about_export(5))
    _send_german(routed, LEAST_FOREIGN - 1)
    with routed.application.open() as store:
        assert store.foreign.last_lesson(routed.product.id, BilingualEncoder.name) == (0, 0)


def test_without_the_encoder_they_are_set_aside_and_taken_up_when_it_is_there(
    pipeline: Pipeline,
) -> None:
    _rewire(pipeline, _missing)
    english = pipeline.send(*contacts_about_export(5))
    (contact,) = _send_german(pipeline, 1)
    with pipeline.application.open() as store:
        found = store.contacts.get(pipeline.product.id, contact)
        assert found.outcome is ContactOutcome.QUARANTINED
        told = [one for one in look_over(store, pipeline.clock.moment) if not one.ok]
    assert [one.check for one in told] == ["contacts"]
    assert f"{NO_READER}: it is not installed" in told[0].detail
    assert "by itself" in told[0].fix
    homes = _homes(pipeline)
    assert {one.contact_id for one in english} == set(homes)
    _rewire(pipeline, BilingualEncoder)
    pipeline.consolidate()
    with pipeline.application.open() as store:
        found = store.contacts.get(pipeline.product.id, contact)
        assert found.outcome is ContactOutcome.ACCEPTED
        language = store.foreign.behind(
            pipeline.product.id, BilingualEncoder.name, taught_by=10**6, limit=5
        )
    assert [(one.contact_id, one.language) for one in language] == [(contact, "de")]


def test_another_text_forgets_what_the_first_looked_like(routed: Pipeline) -> None:
    (contact,) = _send_german(routed, 1)
    newer = a_contact(
        "The export button does nothing", external_id="de-200-0", minutes=300,
        email="kunde0@firma0.example",
    )  # fmt: skip
    routed.send(replace(newer, updated_at=newer.occurred_at))
    with routed.application.open() as store:
        assert store.foreign.count(routed.product.id, BilingualEncoder.name, limit=5) == 0
    assert contact


def test_what_is_asked_in_german_finds_the_english_issue(routed: Pipeline) -> None:
    routed.send(*contacts_about_export(7))
    _send_german(routed, LEAST_FOREIGN)
    routed.consolidate()
    with routed.application.open() as store:
        found = match_text(
            Question(GERMAN), routed.product, store=store, context=routed.application.context
        )
    assert len(found) == 1
    _rewire(routed, _missing)
    with routed.application.open() as store, pytest.raises(TryAgainLater, match=NO_READER):
        match_text(
            Question(GERMAN), routed.product, store=store, context=routed.application.context
        )


def test_a_lesson_twice_changes_nothing(routed: Pipeline) -> None:
    routed.send(*contacts_about_export(7))
    _send_german(routed, LEAST_FOREIGN)
    routed.consolidate()
    before = _homes(routed)
    with routed.application.open() as store:
        lesson = store.foreign.last_lesson(routed.product.id, BilingualEncoder.name)
        for _ in range(2):
            store.enqueue("translate", product_id=routed.product.id)
    routed.queue.drain(routed.clock.moment)
    assign(routed.application.context, product_id=routed.product.id)
    with routed.application.open() as store:
        assert store.foreign.last_lesson(routed.product.id, BilingualEncoder.name) == lesson
    assert _homes(routed) == before


def test_the_newest_english_contacts_teach_before_a_foreign_one_is_read(routed: Pipeline) -> None:
    _send_german(routed, LEAST_FOREIGN)
    english = routed.send(*contacts_about_export(5, minutes=300))
    (late,) = _send_german(routed, 1, minutes=400)
    homes = _homes(routed)
    assert late in homes
    with routed.application.open() as store:
        foreign = BilingualEncoder.name
        assert store.foreign.last_lesson(routed.product.id, foreign)[0] == len(english)
        # Those that came before any English one are translated anew with it.
        assert store.foreign.behind(routed.product.id, foreign, taught_by=5, limit=5) == []


def test_only_the_newest_teach_when_there_are_many(routed: Pipeline) -> None:
    routed.send(*contacts_about_export(7))
    _send_german(routed, LEAST_FOREIGN)
    routed.consolidate()
    with routed.application.open() as store:
        product, foreign = routed.product.id, BilingualEncoder.name
        newest = store.foreign.last_lesson(product, foreign)[1]
        store.foreign.forget_teachers(product, foreign, but=3)
        assert store.foreign.last_lesson(product, foreign) == (3, newest)
        assert store.foreign.count(product, foreign, limit=99) == LEAST_FOREIGN
        own = routed.application.context.encoder().name
        assert store.foreign.could_teach(product, foreign, own, after=newest, limit=9) == []
        assert len(store.foreign.could_teach(product, foreign, own, limit=9)) == 4
