"""Recurring questions on the real store: suggested once, drafted by evidence, then watched."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from bridge.domain.errors import InvalidInput, InvalidMove, NotFound, Outdated
from bridge.domain.faq import Faq, FaqState
from bridge.domain.people import Actor
from bridge.steps.faq import (
    ReplyReceived,
    accept_faq,
    dismiss_faq,
    edit_faq,
    faq_proof,
    faq_words,
    publish_faq,
    suggest_faqs,
    take_reply,
)
from bridge.steps.moves import Cause
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline
from tests.groups_bench import Groups

LEAD = Actor("person", "lena@support.example")
DAY = 24 * 60
MENU = "Hi Mia,\n\nopen the menu, then press Export.\n\nKind regards\nAda"


class Bench:
    """One issue that asks something."""

    def __init__(self, pipeline: Pipeline, url: str) -> None:
        self.pipeline = pipeline
        self.open = pipeline.application.open
        self.context = pipeline.application.context
        self.product = pipeline.product
        self.url = url.replace("+psycopg", "")
        pipeline.send(*contacts_about_export(6))
        pipeline.consolidate()
        self.all_are("question")

    def all_are(self, kind: str) -> None:
        """As if the finder had taken each contact for that; how it tells is tested elsewhere."""
        with psycopg.connect(self.url) as connection:
            connection.execute("UPDATE contact SET kind = %s", [kind])

    def cause(self, reason: str = "") -> Cause:
        return Cause(LEAD, self.pipeline.clock.moment, reason, "page")

    def reply(self, number: int, text: str, *, minutes: float) -> bool:
        received = ReplyReceived(
            f"r-{number}",
            text,
            START + timedelta(minutes=minutes),
            source="test",
            contact=f"export-{number}",
            agent_email="ada@support.example",
        )
        with self.open() as store:
            return take_reply(received, self.product, store=store, context=self.context)

    def wait(self, days: float) -> None:
        moment = self.pipeline.clock.moment + timedelta(days=days)
        self.pipeline.clock.advance(moment, self.pipeline.queue)

    def suggest(self) -> list[Faq]:
        suggest_faqs(self.context)
        return self.all()

    def all(self) -> list[Faq]:
        with self.open() as store:
            return store.faqs.all(self.product.id, list(FaqState))

    def words(self) -> str:
        (faq,) = self.all()
        with self.open() as store:
            proof = faq_proof(faq, store=store, now=self.pipeline.clock.moment)
        return faq_words(faq, proof)


@pytest.fixture
def bench(pipeline: Pipeline, database_url: str) -> Bench:
    return Bench(pipeline, database_url)


def test_an_article_has_a_question_though_the_title_of_its_issue_is_none(bench: Bench) -> None:
    with bench.open() as store:
        issue = store.issues.by_number(bench.product.id, 1)
        store.issues.choose_title(issue.id, "It should have worked since the last update.")
    ask = "UPDATE contact SET text = text || '. What can I do? How do I make the export finish?'"
    with psycopg.connect(bench.url) as connection:
        connection.execute(ask)
    assert [one.question for one in bench.suggest()] == ["How do I make the export finish?"]


def test_the_draft_is_in_the_language_of_the_question(bench: Bench) -> None:
    for number in (0, 1, 2):
        bench.reply(number, "Öffnen Sie das Menü und wählen Sie dort den Export aus.", minutes=60)
    bench.wait(8)
    (faq,) = bench.suggest()
    assert faq.answer.startswith("Öffnen"), "any answer is better than none"
    bench.reply(3, "Open the menu, and then press the button for the export.", minutes=60)
    (faq,) = bench.suggest()
    assert faq.answer.startswith("Open the menu")
    assert (faq.told, faq.quiet) == (1, 1)


def test_the_answer_after_which_customers_were_quiet_becomes_the_draft_without_names(
    bench: Bench,
) -> None:
    for number in (0, 1, 2):
        assert bench.reply(number, MENU, minutes=60)
    assert not bench.reply(2, MENU, minutes=60)
    bench.reply(3, "Please reload the page, write to kim@support.example if not.", minutes=60)
    # Whoever got the other answer came back two days later.
    (again,) = contacts_about_export(1, first=3, minutes=2 * DAY)
    bench.pipeline.send(replace(again, external_id="export-again"))
    bench.all_are("question")
    (first,) = bench.suggest()
    assert (first.state, first.answer, first.told) == (FaqState.OPEN, "", 0)
    assert first.evidence == "no agent’s answer is known after which customers were quiet"
    bench.wait(8)
    for _ in range(2):
        (faq,) = bench.suggest()
    assert faq.id == first.id
    assert faq.answer == "open the menu, then press Export."
    assert (faq.told, faq.quiet) == (3, 3)
    assert faq.evidence == (
        "made from an answer that 3 customers got: 3 did not write again within a week"
    )


def test_what_a_person_decided_or_wrote_is_left_alone_by_the_machine(bench: Bench) -> None:
    (faq,) = bench.suggest()
    with bench.open() as store, pytest.raises(InvalidMove, match="write the answer first"):
        accept_faq(faq, store=store, cause=bench.cause())
    with bench.open() as store:
        edited = edit_faq(
            faq,
            bench.product,
            question="How do I export?",
            answer="Press Export, or write to kim@support.example.",
            edition=faq.edition,
            store=store,
            cause=bench.cause(),
        )
    assert edited.answer == "Press Export, or write to <EMAIL_1>."
    with bench.open() as store, pytest.raises(Outdated):
        edit_faq(
            edited,
            bench.product,
            question="x",
            answer="y",
            edition=faq.edition,
            store=store,
            cause=bench.cause(),
        )
    bench.reply(0, MENU, minutes=60)
    bench.wait(8)
    bench.all_are("problem")
    assert bench.suggest() == [edited]
    with bench.open() as store, pytest.raises(InvalidInput, match="why no article"):
        dismiss_faq(edited, store=store, cause=bench.cause())
    with bench.open() as store:
        dismiss_faq(edited, store=store, cause=bench.cause("the menu will change"))
    bench.all_are("question")
    (dismissed,) = bench.suggest()
    assert (dismissed.state, dismissed.reason) == (FaqState.DISMISSED, "the menu will change")


def test_what_is_no_question_is_not_suggested_and_taken_back(bench: Bench) -> None:
    bench.all_are("problem")
    assert bench.suggest() == []
    bench.all_are("question")
    assert [one.state for one in bench.suggest()] == [FaqState.OPEN]
    bench.all_are("problem")
    assert [one.state for one in bench.suggest()] == [FaqState.WITHDRAWN]
    bench.all_are("question")
    assert [one.state for one in bench.suggest()] == [FaqState.OPEN]


def test_an_article_is_watched_like_a_fix(bench: Bench) -> None:
    for day in range(1, 29):
        bench.pipeline.send(*contacts_about_export(3, first=day * 7, minutes=day * DAY))
    bench.all_are("question")
    bench.reply(0, MENU, minutes=60)
    (faq,) = bench.suggest()
    with bench.open() as store, pytest.raises(InvalidMove, match="open"):
        publish_faq(faq, "https://help.example/export", store=store, cause=bench.cause())
    with bench.open() as store:
        accept_faq(faq, store=store, cause=bench.cause())
        wanted = store.faqs.get(bench.product.id, faq.id)
        with pytest.raises(InvalidInput, match="https"):
            publish_faq(wanted, "javascript:alert(1)", store=store, cause=bench.cause())
        publish_faq(wanted, "https://help.example/export", store=store, cause=bench.cause())
    assert bench.words() == "There is not enough before or since the article to compare yet."
    out = bench.pipeline.clock.moment
    minutes = (out - START) / timedelta(minutes=1)
    bench.pipeline.send(*contacts_about_export(2, first=500, minutes=minutes + 9 * DAY))
    bench.wait(12)
    assert bench.words() == "About 56 fewer questions in 21 days (between 27 and 115)."
    # A day later with the address corrected: it came out when it came out.
    (faq,) = bench.all()
    with bench.open() as store:
        moved = publish_faq(faq, "https://help.example/e", store=store, cause=bench.cause())
    assert moved.published_at == out


def test_questions_that_go_on_are_told_to_go_on(bench: Bench) -> None:
    for day in range(1, 29):
        bench.pipeline.send(*contacts_about_export(2, first=day * 7, minutes=day * DAY))
    bench.all_are("question")
    (faq,) = bench.suggest()
    with bench.open() as store:
        edit_faq(
            faq,
            bench.product,
            question=faq.question,
            answer="Press Export.",
            edition=None,
            store=store,
            cause=bench.cause(),
        )
        accept_faq(store.faqs.get(bench.product.id, faq.id), store=store, cause=bench.cause())
        publish_faq(
            store.faqs.get(bench.product.id, faq.id),
            "https://help.example/export",
            store=store,
            cause=bench.cause(),
            published_at=START + timedelta(days=14),
        )
    assert bench.words().startswith("No change yet: in 14 days ")


def test_an_answer_to_nobody_is_refused_in_words(bench: Bench) -> None:
    with pytest.raises(NotFound, match="send it first"):
        bench.reply(99, MENU, minutes=60)
    received = ReplyReceived("r", MENU, START)
    with bench.open() as store, pytest.raises(InvalidInput, match="which contact"):
        take_reply(received, bench.product, store=store, context=bench.context)


@pytest.mark.parametrize("decide", ["dismiss", "accept", "edit"])
def test_what_a_person_made_of_a_question_holds_when_its_issue_is_merged(
    bench: Bench, decide: str
) -> None:
    (faq,) = bench.suggest()
    with bench.open() as store:
        if decide == "dismiss":
            dismiss_faq(faq, store=store, cause=bench.cause("it is in the manual"))
        else:
            words = {"question": "How do I export?", "answer": "Open the menu."}
            edited = edit_faq(
                faq, bench.product, **words, edition=None, store=store, cause=bench.cause()
            )
            if decide == "accept":
                accept_faq(edited, store=store, cause=bench.cause())
    groups = Groups(bench.pipeline)
    survivor = groups.issue("login", 8)
    bench.all_are("question")
    with bench.open() as store:
        merged = store.issues.get(bench.product.id, faq.issue_id)
    groups.merge(survivor, merged)
    assert [one.id for one in bench.suggest()] == [faq.id]
    with bench.open() as store:
        kept = store.faqs.get(bench.product.id, faq.id)
        if decide != "dismiss":
            dismiss_faq(kept, store=store, cause=bench.cause("nobody asks it"))
            last = store.decisions.history(survivor.id)[-1]
            assert last.action == "faq_dismissed"
    # What stands alone again is asked about again.
    groups.undo(survivor)
    assert {one.issue_id for one in bench.suggest()} == {faq.issue_id, survivor.id}


def test_the_history_tells_since_when_an_article_was_out(bench: Bench) -> None:
    (faq,) = bench.suggest()
    with bench.open() as store:
        edited = edit_faq(
            faq,
            bench.product,
            question="How do I export?",
            answer="Open the menu.",
            edition=None,
            store=store,
            cause=bench.cause(),
        )
        accepted = accept_faq(edited, store=store, cause=bench.cause())
        out = publish_faq(
            accepted, "https://help.example/1", store=store, cause=bench.cause(), published_at=START
        )
        dismiss_faq(out, store=store, cause=bench.cause("it is wrong"))
        published, taken_down = store.decisions.history(faq.issue_id)[-2:]
    moment = "2026-03-02T09:00:00Z"
    assert (published.before["published_at"], published.after["published_at"]) == (None, moment)
    assert (taken_down.before["published_at"], taken_down.after["published_at"]) == (moment, None)
