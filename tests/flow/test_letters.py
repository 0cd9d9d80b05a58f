"""Letters to customers: drafted for whom they are true, sent when a person says so, once."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.contacts import AccountReceived, CustomerReceived
from bridge.domain.errors import (
    AnswerLost,
    InvalidInput,
    InvalidMove,
    NotConfigured,
    Outdated,
    Refused,
)
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.letters import FixWords, LetterKind, LetterPlan, LetterState, LetterText, Why
from bridge.domain.messages import MessageState
from bridge.domain.news import ShipEvent, ShipKind
from bridge.queue import InlineQueue
from bridge.steps.check_in import check_in
from bridge.steps.importing import learn_people
from bridge.steps.known import show_to_customers
from bridge.steps.letter_answers import stop_letters
from bridge.steps.letters import Seen, drop_letter, edit_letter, take_off
from bridge.steps.moves import move_issue
from bridge.steps.notify import send_due
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.withdraw import withdraw
from bridge.wiring.directory import read_directory
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.letters_bench import TITLE, LettersBench

S = LetterState


@pytest.fixture
def bench(pipeline: Pipeline) -> LettersBench:
    return LettersBench(pipeline)


def test_who_sends_needs_no_mail_server_where_the_worker_has_one(bench: LettersBench) -> None:
    issue = bench.issue()
    bench.ship(issue)
    letter = bench.draft(issue)
    bench.approve(letter)
    context = bench.pipeline.application.context
    bench.pipeline.rewire(replace(context, notifiers=[]))
    with pytest.raises(NotConfigured, match="no mail server"):
        bench.send(letter)
    with bench.pipeline.application.open() as store:
        store.installation.note_worker(["smtp"], now=bench.pipeline.clock.moment)
    assert bench.send(letter, drain=False) == 3
    bench.pipeline.rewire(context)
    bench.drain()
    assert len(bench.mail.sent) == 3


def test_nothing_goes_out_before_a_person_has_approved_and_sent_it(bench: LettersBench) -> None:
    issue = bench.issue()
    with pytest.raises(InvalidMove, match="is resolved"):
        bench.draft(issue)
    bench.ship(issue)
    assert bench.mail.sent == {}
    letter = bench.draft(issue)
    with pytest.raises(InvalidMove, match="was not approved"):
        bench.send(letter)
    assert bench.approve(letter) == 3
    bench.drain()
    assert bench.mail.sent == {}
    assert bench.send(letter, first=1) == 1
    (first,) = bench.mail.sent.values()
    recipient, message = first
    assert recipient == "export0@customer.example"
    assert TITLE in message.text
    assert "Fixed in version 4.2." in message.text
    assert "About export" not in message.text
    assert "number 0" not in message.text
    assert message.stop_url is not None
    assert message.stop_url in message.text
    assert bench.send(letter) == 2
    assert sorted(to for to, _ in bench.mail.sent.values()) == [
        "export0@customer.example",
        "export1@customer.example",
        "shared@customer.example",
    ]
    assert [one.state for one in bench.readers(letter)] == [S.SENT] * 3
    with pytest.raises(InvalidMove, match="everybody whose letter was approved has it"):
        bench.send(letter)


def test_several_fixes_in_one_release_are_one_letter(bench: LettersBench) -> None:
    exports, login = bench.issue("export", 2), bench.issue("login", 2)
    bench.ship(exports, login)
    letter = bench.draft(exports)
    bench.approve(letter)
    joined = bench.draft(login)
    assert joined.id == letter.id
    letter = bench.word(joined, login, "Sign-in failed after a new password")
    counts = {one.email: len(one.fixes) for one in bench.readers(letter, S.DRAFTED)}
    assert counts == {
        "export0@customer.example": 1,
        "login0@customer.example": 1,
        "shared@customer.example": 2,
    }
    bench.approve(letter)
    bench.send(letter)
    assert len(bench.mail.sent) == 3
    (both,) = [text for to, text in bench.mail.sent.values() if to.startswith("shared")]
    assert both.text.count("Fixed in version") == 2


def test_who_was_told_of_a_fix_is_in_no_other_letter_about_it(bench: LettersBench) -> None:
    exports, login = bench.issue("export", 2), bench.issue("login", 2)
    bench.ship(exports, login)
    first = bench.draft(exports)
    bench.approve(first)
    bench.send(first)
    second = bench.draft(exports)
    assert second.id != first.id
    assert bench.readers(second) == []
    assert bench.draft(login).id == second.id
    told = {one.email: [fix.issue_id for fix in one.fixes] for one in bench.readers(second)}
    assert told == {
        "login0@customer.example": [login.id],
        "shared@customer.example": [login.id],
    }


def test_who_was_told_of_an_issue_is_not_told_again_once_it_was_merged(
    bench: LettersBench,
) -> None:
    exports, login = bench.issue("export", 2), bench.issue("login", 2)
    bench.ship(exports, login)
    first = bench.draft(exports)
    bench.approve(first)
    bench.send(first)
    bench.groups.merge(login, exports)
    second = bench.draft(login)
    assert [one.email for one in bench.readers(second)] == ["login0@customer.example"]


def test_an_unsent_letter_follows_a_merge_in_the_words_it_has(bench: LettersBench) -> None:
    export = bench.issue("export")
    bench.ship(export)
    letter = bench.word(bench.draft(export), export, "Exports go through again")
    bench.approve(letter)
    first = {one.customer_id for one in bench.readers(letter)}
    login = bench.groups.issue("login", 3, state=IssueState.CONFIRMED)
    bench.groups.merge(login, bench.groups.now(export))
    bench.drain()
    bench.look(letter)
    readers = bench.readers(letter, LetterState.DRAFTED)
    assert first < {one.customer_id for one in readers}
    assert {fix.issue_id for one in readers for fix in one.fixes} == {login.id}
    # Undone, it is for those it was for.
    bench.groups.undo(login)
    bench.look(letter)
    back = bench.readers(letter, LetterState.DRAFTED)
    assert {one.customer_id for one in back} == first
    assert {fix.issue_id for one in back for fix in one.fixes} == {export.id}
    bench.groups.merge(login, bench.groups.now(export))
    assert bench.approve(letter) == 5
    assert bench.send(letter) == 5
    assert all("Exports go through again" in str(one) for one in bench.mail.sent.values())
    assert len(bench.mail.sent) == 5


def test_a_letter_does_not_follow_a_merge_into_an_issue_that_its_release_does_not_fix(
    bench: LettersBench,
) -> None:
    export, login = bench.issue("export"), bench.issue("login")
    bench.ship(export)
    letter = bench.word(bench.draft(export), export)
    bench.ship(login, version="4.3")
    with bench.pipeline.application.open() as store:
        store.fixes.withdraw(store.fixes.releases(export.product_id)[-1].id, at=bench.cause().at)
    bench.groups.merge(bench.groups.now(login), bench.groups.now(export))
    bench.look(letter)
    assert bench.readers(letter, LetterState.DRAFTED) == []


def test_who_cannot_be_written_to_is_listed_with_the_reason(bench: LettersBench) -> None:
    chat = replace(
        a_contact(external_id="chat", minutes=1),
        customer=CustomerReceived(handle="mia", name="Mia"),
    )
    office = a_contact(external_id="office", email="info@acme.example", minutes=2)
    known = replace(
        a_contact(external_id="tom", email="tom@acme.example", minutes=3),
        lang="de-AT",
        customer=CustomerReceived(email="tom@acme.example", name="Tom Öz"),
        account=AccountReceived("acme", name="Acme"),
    )
    advert = replace(
        a_contact(external_id="ad", email="eve@else.example", minutes=4),
        customer=CustomerReceived(email="eve@else.example", name="Win at http://evil.example"),
    )
    issue = bench.issue_of(chat, office, known, advert)
    bench.ship(issue)
    letter = bench.draft(issue)
    readers = {one.email: one for one in bench.readers(letter)}
    whys = [one.why for one in bench.readers(letter, S.SUPPRESSED)]
    assert sorted(whys, key=str) == [Why.NO_ADDRESS, Why.SHARED_ADDRESS]
    assert readers["tom@acme.example"].language == "de"
    with pytest.raises(InvalidInput, match="in de"):
        bench.approve(letter)
    letter = bench.word(letter, issue)
    bench.approve(letter)
    bench.send(letter)
    texts = {to: message.text for to, message in bench.mail.sent.values()}
    assert texts["tom@acme.example"].startswith("Guten Tag Tom Öz,")
    assert texts["eve@else.example"].startswith("Hello,")
    assert "evil.example" not in texts["eve@else.example"]


def test_whom_the_fix_has_not_reached_waits_and_is_written_to_later(bench: LettersBench) -> None:
    new = a_contact(external_id="new", email="new@a.example", version="4.2.1", minutes=1)
    old = a_contact(external_id="old", email="old@a.example", version="4.1", minutes=2)
    issue = bench.issue_of(new, old, a_contact(external_id="who", email="who@a.example"))
    with bench.pipeline.application.open() as store:
        store.products.configure(bench.pipeline.product.id, full_percent=50)
    bench.pipeline.product = replace(bench.pipeline.product, full_percent=50)
    bench.ship(issue, percent=60)
    letter = bench.draft(issue)
    assert {one.email: one.state for one in bench.readers(letter)} == {
        "new@a.example": S.DRAFTED,
        "old@a.example": S.WAITING,
        "who@a.example": S.WAITING,
    }
    assert bench.readers(letter, S.WAITING)[0].reason == "4.2 has reached 60 % of customers so far"
    bench.approve(letter)
    bench.send(letter)
    bench.ship(issue)
    bench.look(letter)
    assert {one.email: one.state for one in bench.readers(letter)} == {
        "new@a.example": S.SENT,
        "old@a.example": S.DRAFTED,
        "who@a.example": S.DRAFTED,
    }
    bench.approve(letter)
    bench.send(letter)
    texts = {to: message.text for to, message in bench.mail.sent.values()}
    assert "The version that you use has it." in texts["new@a.example"]
    assert "Please update to it." in texts["old@a.example"]
    assert "If you use an older version" in texts["who@a.example"]


def test_what_the_directory_says_of_a_customer_decides_what_is_true_for_them(
    bench: LettersBench, pipeline: Pipeline, tmp_path: Path
) -> None:
    issue = bench.issue_of(
        a_contact(external_id="one", email="one@a.example", version="4.1"),
        a_contact(external_id="two", email="two@a.example"),
        a_contact(external_id="three", email="three@a.example"),
    )
    bench.later(days=1)
    now = bench.pipeline.clock.moment
    later, before = f"{now:%FT%TZ}", f"{now - timedelta(days=9):%FT%TZ}"
    rows = [
        {"version": "4.2", "updated_at": later, "language": "de"},
        {"region": "EU", "updated_at": before, "language": "es"},
        {"region": "US", "updated_at": before},
    ]
    file = tmp_path / "directory.jsonl"
    named = [
        {"customer": name, "emails": [f"{name}@a.example"], **row}
        for name, row in zip(("one", "two", "three"), rows, strict=True)
    ]
    file.write_text("\n".join(json.dumps(one) for one in named))
    entries = read_directory(file, source="test", region="US")
    learn_people(entries, pipeline.product, context=pipeline.application.context)
    event = ShipEvent(id="eu", source="ci", kind=ShipKind.DEPLOYED, at=now, region="eu")
    news = ReleaseNews("4.2", now, issue_ids=(issue.id,), told=event)
    with pipeline.application.open() as store:
        context = pipeline.application.context
        ship(news, pipeline.product, store=store, context=context, cause=bench.cause())
    readers = bench.readers(bench.draft(issue))
    assert {(one.email, one.state, one.language) for one in readers} == {
        ("one@a.example", S.DRAFTED, "de"),
        ("two@a.example", S.DRAFTED, "es"),
        ("three@a.example", S.WAITING, "en"),
    }
    (waiting,) = (one for one in readers if one.state is S.WAITING)
    assert waiting.reason == "4.2 has reached eu only so far, and they are in us"


def test_an_opt_out_holds_in_every_state_and_for_the_other_addresses_of_a_person(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    issue = bench.issue("export", 4)
    bench.ship(issue)
    letter = bench.draft(issue)
    readers = bench.readers(letter)

    def stop(number: int) -> None:
        with pipeline.application.open() as store:
            now = pipeline.clock.moment
            assert stop_letters(readers[number], source="link", store=store, now=now)
            assert not stop_letters(readers[number], source="link", store=store, now=now)

    stop(0)
    bench.approve(letter)
    stop(1)
    assert [one.why for one in bench.readers(letter, S.SUPPRESSED)] == [Why.OPTED_OUT] * 2
    bench.mail.is_down = True
    bench.send(letter)
    stop(2)
    bench.mail.is_down = False
    bench.later(hours=1)
    assert [to for to, _ in bench.mail.sent.values()] == [readers[3].email]
    other = replace(
        a_contact(external_id="again", email="other@customer.example", minutes=300),
        customer=CustomerReceived(email="other@customer.example", account_number="A-1"),
    )
    joined = replace(
        a_contact(external_id="joined", email=readers[0].email, minutes=301),
        customer=CustomerReceived(email=readers[0].email, account_number="A-1"),
    )
    second = bench.issue_of(other, joined)
    bench.ship(second, version="4.3")
    assert [one.why for one in bench.readers(bench.draft(second))] == [Why.OPTED_OUT]


def test_a_fix_that_does_not_hold_any_more_is_not_written_about(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    issue = bench.issue("export", 2)
    bench.ship(issue)
    letter = bench.draft(issue)
    bench.approve(letter)
    bench.mail.is_down = True
    bench.send(letter, first=1)
    with pipeline.application.open() as store:
        product = pipeline.product
        known = store.fixes.find(product.id, "4.2", lock=True)
        assert known is not None
        now = pipeline.clock.moment + timedelta(minutes=1)
        told = ShipEvent(id="", source="test", kind=ShipKind.ROLLED_BACK, at=now)
        context = pipeline.application.context
        withdraw(known, told, product, store=store, context=context, cause=bench.cause())
    bench.mail.is_down = False
    bench.send(letter)
    bench.later(hours=1)
    assert bench.mail.sent == {}
    assert [one.state for one in bench.readers(letter)] == [S.SUPPRESSED] * 2
    bench.look(letter)
    assert [one.why for one in bench.readers(letter)][1] is Why.NOT_FIXED
    bench.ship(issue, version="4.2.1")
    again = bench.draft(issue)
    assert again.id != letter.id
    assert [one.state for one in bench.readers(again)] == [S.DRAFTED] * 2


def test_whose_fix_does_not_hold_any_more_stays_on_the_letter_with_the_reason(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    exports, login = bench.issue("export", 2), bench.issue("login", 2)
    bench.ship(exports, login)
    letter = bench.draft(exports)
    bench.draft(login)
    with pipeline.application.open() as store:
        moved = store.issues.get(pipeline.product.id, exports.id, lock=True)
        move_issue(moved, IssueState.REGRESSED, store=store, cause=bench.cause())
    bench.look(letter)
    found = {one.email: (one.state, one.why, one.reason) for one in bench.readers(letter)}
    assert found == {
        "export0@customer.example": (
            S.SUPPRESSED,
            Why.NOT_FIXED,
            "the fix of ISS-1 does not hold any more",
        ),
        "login0@customer.example": (S.DRAFTED, None, None),
        "shared@customer.example": (S.DRAFTED, None, None),
    }
    told = {one.email: [f.issue_id for f in one.fixes] for one in bench.readers(letter)}
    assert told["shared@customer.example"] == [login.id]
    with pipeline.application.open() as store:
        moved = store.issues.get(pipeline.product.id, exports.id, lock=True)
        move_issue(moved, IssueState.RESOLVED, store=store, cause=bench.cause())
    bench.ship(exports, version="4.3")
    second = bench.draft(exports)
    assert {one.email: one.state for one in bench.readers(second)} == {
        "export0@customer.example": S.DRAFTED,
        "shared@customer.example": S.DRAFTED,
    }


def test_who_did_not_know_that_it_was_approved_does_not_unapprove_it(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    issue = bench.issue("export", 2)
    bench.ship(issue)
    letter = bench.draft(issue)
    bench.approve(letter)
    with pytest.raises(Outdated, match="approved it meanwhile"):
        bench.word(letter, issue, "Exports work again")
    assert [one.state for one in bench.readers(letter)] == [S.APPROVED] * 2
    with pipeline.application.open() as store:
        known = store.letters.get(letter.product_id, letter.id)
    assert bench.word(known, issue, "Exports work again").approved_edition is None


@pytest.mark.parametrize("told", ["{opt_out}", "a { Opt_Out } b", "{Fixes}"])
def test_a_placeholder_in_the_words_for_a_fix_is_refused(bench: LettersBench, told: str) -> None:
    issue = bench.issue("export", 2)
    bench.ship(issue)
    letter = bench.draft(issue)
    with pytest.raises(InvalidInput, match="nothing is filled in there"):
        bench.word(letter, issue, told)
    bench.word(letter, issue, 'Set {"a": 1} and {} work again')


def test_words_that_came_from_elsewhere_are_looked_at_before_they_are_approved(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    issue = bench.issue("export", 2)
    bench.ship(issue)
    with pipeline.application.open() as store:
        known = store.known.find(issue.id)
        assert known is not None
        show_to_customers(
            store.issues.get(issue.product_id, issue.id),
            title="Exports {opt_out}",
            text=known.text,
            workaround="",
            store=store,
            cause=bench.cause(),
        )
    letter = bench.draft(issue)
    with pytest.raises(InvalidInput, match=r"cannot have \{opt_out\}"):
        bench.approve(letter)


def test_what_a_lost_answer_or_a_lost_job_leaves_is_sent_once(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    issue = bench.issue("export", 3)
    bench.ship(issue)
    letter = bench.draft(issue)
    bench.approve(letter)
    bench.mail.next_errors.extend([AnswerLost("gone"), Refused("550 no such user")])
    bench.send(letter, drain=False)
    with pipeline.application.open() as store:
        assert pipeline.queue.hand_over(InlineQueue(), store) > 0
    send_due(pipeline.application.context)
    bench.later(hours=1)
    states = {one.email: one.state for one in bench.readers(letter)}
    assert sorted(states.values()) == [S.FAILED, S.SENT, S.SENT]
    assert len(bench.mail.sent) == 2
    with pipeline.application.open() as store:
        rows = store.messages.search(pipeline.product.id, [MessageState.SENT], limit=10)
    assert len(rows) == 2


def test_other_words_need_another_approval(bench: LettersBench, pipeline: Pipeline) -> None:
    issue = bench.issue("export", 2)
    bench.ship(issue)
    letter = bench.draft(issue)
    bench.approve(letter)
    with pipeline.application.open() as store:
        letter = store.letters.get(letter.product_id, letter.id)
    changed = bench.word(letter, issue, "Exports work again")
    assert [one.state for one in bench.readers(letter)] == [S.DRAFTED] * 2
    with pytest.raises(InvalidMove, match="was not approved"):
        bench.send(letter)
    with pytest.raises(Outdated):
        bench.word(letter, issue, "Too late")
    emptied = bench.word(changed, issue, " ")
    with pytest.raises(InvalidInput, match="ISS-1 in en"):
        bench.approve(emptied)
    text = LetterText("Hello", "No way out: {fixes} {still_broken}")
    with pipeline.application.open() as store, pytest.raises(InvalidInput, match="opt_out"):
        edit_letter(
            bench.locked(letter, store),
            seen=Seen(emptied.edition),
            texts={"en": text},
            words={},
            telling=bench.telling(store),
        )
    with pipeline.application.open() as store, pytest.raises(InvalidInput, match="not tell of"):
        edit_letter(
            bench.locked(letter, store),
            seen=Seen(emptied.edition),
            texts={},
            words={IssueId(99): {"en": FixWords("x")}},
            telling=bench.telling(store),
        )


def test_somebody_taken_off_stays_off_and_a_dropped_letter_has_told_nobody(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    issue = bench.issue("export", 2)
    bench.ship(issue)
    letter = bench.draft(issue)
    with pipeline.application.open() as store:
        take_off(letter, bench.readers(letter)[0], bench.telling(store))
    bench.look(letter)
    assert [one.state for one in bench.readers(letter)] == [S.SUPPRESSED, S.DRAFTED]
    with pipeline.application.open() as store:
        drop_letter(bench.locked(letter, store), bench.telling(store))
    again = bench.draft(issue)
    assert again.id != letter.id
    assert [one.state for one in bench.readers(again)] == [S.DRAFTED] * 2
    pipeline.rewire(replace(pipeline.application.context, notifiers=[]))
    bench.approve(again)
    with pytest.raises(NotConfigured, match="BRIDGE_SMTP_HOST"):
        bench.send(again)


def test_a_check_in_is_drafted_once_some_days_after_a_fix_where_that_is_switched_on(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    issue, product = bench.issue("export", 2), pipeline.product
    bench.ship(issue)
    bench.later(days=4)
    check_in(pipeline.application.context)
    with pipeline.application.open() as store:
        assert store.letters.all(product.id) == []
        store.letters.set_plan(product.id, LetterPlan(language="es", check_in_days=5))
    for _ in range(3):
        check_in(pipeline.application.context)
        bench.later(days=1)
    with pipeline.application.open() as store:
        (letter,) = store.letters.all(product.id)
        assert store.letters.count_to_read(product.id) == 1
    assert letter.kind is LetterKind.CHECK_IN
    assert {one.language for one in bench.readers(letter)} == {"es"}
    assert bench.mail.sent == {}
    with pipeline.application.open() as store:
        drop_letter(bench.locked(letter, store), bench.telling(store))
        moved = store.issues.get(product.id, issue.id, lock=True)
        move_issue(moved, IssueState.REGRESSED, store=store, cause=bench.cause())
    check_in(pipeline.application.context)
    with pipeline.application.open() as store:
        assert store.letters.all(product.id) == []
