"""What the demo shows besides its issues: directory, GitHub, answered questions, a letter."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from bridge.demo.answers import Answers
from bridge.demo.directory import hand_over_directory
from bridge.demo.generate import DemoContact, everybody
from bridge.demo.pipeline import connect_pipeline, deliver, deliveries
from bridge.demo.post import WORDS, write_letter
from bridge.domain.letters import LetterState, Why
from bridge.domain.people import Actor
from bridge.identity import account_identity, email_identity
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling
from bridge.store.deliveries import DeliveryState
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.groups_bench import Groups
from tests.letters_bench import LettersBench

_LEAD = Actor("person", "lead@support.example")


def test_the_directory_knows_everybody_once(pipeline: Pipeline) -> None:
    now = pipeline.clock.moment
    for _ in range(2):
        with pipeline.application.open() as store:
            told = hand_over_directory(pipeline.product, anchor=now, seed=7, store=store, now=now)
    people = everybody(seed=7)
    emails = [email_identity(one.email) for one in people]
    numbers = [account_identity(one.account_number) for one in people]
    with pipeline.application.open() as store:
        found = [
            store.customers.matches(pipeline.product.id, [one for one in both if one is not None])
            for both in zip(emails, numbers, strict=True)
        ]
    assert told == len(people) > 500
    assert all(len({match.customer_id for match in matches}) == 1 for matches in found)
    assert len({matches[0].customer_id for matches in found}) == len(people)


def test_github_delivers_what_is_followed_ignored_and_not_mapped(pipeline: Pipeline) -> None:
    context = pipeline.application.context
    with pipeline.application.open() as store:
        connection = connect_pipeline(pipeline.product, store=store, context=context)
    for one in deliveries(pipeline.clock.moment):
        with pipeline.application.open() as store:
            deliver(one, connection, store=store, context=context)
        pipeline.queue.drain(pipeline.clock.moment)
    with pipeline.application.open() as store:
        counts = store.deliveries.counts(connection)
        versions = [one.version for one in store.fixes.releases(pipeline.product.id)]
    assert {state: count for state, count in counts.items() if count} == {
        DeliveryState.DONE: 2,
        DeliveryState.IGNORED: 2,
        DeliveryState.UNMAPPED: 1,
    }
    assert versions == ["5.2.1"]


def test_agents_answer_each_question_once_and_mostly_well(pipeline: Pipeline) -> None:
    answers = Answers(pipeline.product, pipeline.application.context)
    sent = [
        a_contact(f"How do I copy a week, question {n}?", external_id=f"q-{n}", source="demo")
        for n in range(8)
    ]
    taken = pipeline.send(*sent)
    issue = Groups(pipeline).issue_of([one.contact_id for one in taken], "Copy a week?")
    for one in sent:
        answers.expect(DemoContact(one, "week-copy", "person-1"))
    for _ in range(2):
        with pipeline.application.open() as store:
            answers.send(store)
    with pipeline.application.open() as store:
        found = store.replies.of_issue(issue.id, until=pipeline.clock.moment + timedelta(days=30))
    assert sorted(Counter(one.text for one in found).values()) == [2, 6]


def test_agents_answer_some_of_what_is_asked_now_and_then(pipeline: Pipeline) -> None:
    answers = Answers(pipeline.product, pipeline.application.context)
    asked = {
        "Hello,\nhow long are old jobs kept?": None,
        "Kann ich jährlich statt monatlich bezahlen?": None,
        "Is there a training video for new technicians?": None,
        "The export stops. Is it possible to pay yearly?": "photos-stuck",
    }
    sent = [
        (a_contact(text, external_id=f"n-{number}", source="demo"), topic)
        for number, (text, topic) in enumerate(asked.items())
    ]
    taken = pipeline.send(*(one for one, _ in sent))
    issue = Groups(pipeline).issue_of([one.contact_id for one in taken], "Asked")
    for one, topic in sent:
        lang = "de" if "Kann ich" in one.text else "en"
        answers.expect(DemoContact(replace(one, lang=lang), topic, "person-1"))
    with pipeline.application.open() as store:
        answers.send(store)
    with pipeline.application.open() as store:
        found = store.replies.of_issue(issue.id, until=pipeline.clock.moment + timedelta(days=30))
    assert sorted(one.text[:4] for one in found) == ["Ja: ", "Jobs"], "the rest stays open"


def test_the_letter_is_approved_without_those_who_opted_out(pipeline: Pipeline) -> None:
    bench = LettersBench(pipeline)
    issue = bench.issue("export", 4)
    bench.ship(issue)
    with pipeline.application.open() as store:
        cause = Cause(_LEAD, pipeline.clock.moment, origin="page")
        telling = Telling(pipeline.product, store, pipeline.application.context, cause)
        fixed = store.issues.get(pipeline.product.id, issue.id)
        write_letter([(fixed, "timer-runs-on")], telling)
        (letter,) = store.letters.of_issue(issue.id)
        readers = store.addressees.of_letter(letter.id, list(LetterState))
    states = Counter(one.state for one in readers)
    assert states == {LetterState.APPROVED: 2, LetterState.SUPPRESSED: 2}
    assert {one.why for one in readers if one.why} == {Why.OPTED_OUT}
    assert letter.approved_edition == letter.edition
    assert bench.mail.sent == {}


def test_every_fix_of_the_letter_has_words_in_each_language() -> None:
    assert all(set(words) == {"en", "de", "es"} for words in WORDS.values())
