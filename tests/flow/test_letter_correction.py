"""Customers were told of a fix that falls: a lead is offered the draft that puts it right."""

from datetime import timedelta

import pytest

from bridge.domain.errors import InvalidMove
from bridge.domain.issues import Issue, IssueState
from bridge.domain.letters import LetterKind, LetterState, Why
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.workarounds import Audience
from bridge.steps.advise import Advice, add_workaround
from bridge.steps.letter_answers import stop_letters
from bridge.steps.withdraw import withdraw
from bridge.store.issues import IssueFilter
from bridge.store.letters import Letter
from tests.conftest import Pipeline
from tests.letters_bench import TITLE, LettersBench

_S = LetterState


@pytest.fixture
def bench(pipeline: Pipeline) -> LettersBench:
    return LettersBench(pipeline)


def told(bench: LettersBench, *, first: int | None = None) -> Issue:
    """An issue with a workaround for customers, shipped, and a letter about it sent."""
    issue = bench.issue()
    with bench.pipeline.application.open() as store:
        advice = Advice("Use the print view", Audience.CUSTOMER, ())
        product = bench.pipeline.product
        add_workaround(issue, advice, product, store=store, cause=bench.cause())
    bench.ship(issue)
    letter = bench.word(bench.draft(issue), issue)
    bench.approve(letter)
    bench.send(letter, first=first)
    return issue


def fall(bench: LettersBench, version: str = "4.2") -> None:
    """The release is taken back."""
    bench.later(hours=1)
    context, product = bench.pipeline.application.context, bench.pipeline.product
    with context.open() as store:
        known = store.fixes.find(product.id, version, lock=True)
        assert known is not None
        at = bench.pipeline.clock.moment
        event = ShipEvent(id="", source="test", kind=ShipKind.ROLLED_BACK, at=at)
        cause = bench.cause("it lost settings")
        withdraw(known, event, product, store=store, context=context, cause=cause)
    bench.drain()


def corrections(bench: LettersBench) -> list[Letter]:
    with bench.pipeline.application.open() as store:
        found = store.letters.all(bench.pipeline.product.id)
    return [one for one in found if one.kind is LetterKind.CORRECTION]


def test_those_who_got_the_letter_and_no_others_are_offered_a_correction(
    bench: LettersBench,
) -> None:
    issue = told(bench, first=2)
    assert len(bench.mail.sent) == 2
    fall(bench)
    (letter,) = corrections(bench)
    assert (letter.version, letter.created_by) == ("4.2", "machine")
    got = {to for to, _ in bench.mail.sent.values()}
    readers = bench.readers(letter)
    assert {one.email for one in readers} == got
    assert {one.state for one in readers} == {_S.DRAFTED}
    bench.later(days=3)
    assert len(bench.mail.sent) == 2, "nothing goes out by itself"
    bench.approve(letter)
    bench.send(letter)
    assert len(bench.mail.sent) == 4
    mail = [one for _, one in bench.mail.sent.values()][-1]
    assert mail.subject == "Default: a correction to what we wrote"
    for words in (TITLE, "version 4.2 has the fix", "What works meanwhile: Use the print view"):
        assert words in mail.text, words
    assert "It is fixed now" not in mail.text
    assert "/stop" in mail.text
    with bench.pipeline.application.open() as store:
        history = store.decisions.history(issue.id)
    drafted = [one.after["kind"] for one in history if one.action == "letter_drafted"]
    assert drafted == ["fix", "correction"]


def test_whoever_opted_out_meanwhile_gets_none_and_nobody_once_it_is_fixed_again(
    bench: LettersBench,
) -> None:
    issue = told(bench)
    with bench.pipeline.application.open() as store:
        (first, *_) = store.addressees.of_letter(1)
        stop_letters(first, source="link", store=store, now=bench.pipeline.clock.moment)
    fall(bench)
    (letter,) = corrections(bench)
    assert [one.why for one in bench.readers(letter, _S.SUPPRESSED)] == [Why.OPTED_OUT]
    assert bench.approve(letter) == 2
    before = len(bench.mail.sent)
    bench.send(letter, drain=False)
    bench.pipeline.clock.moment += timedelta(hours=1)
    bench.ship(issue)
    assert len(bench.mail.sent) == before
    states = [(one.state, one.why) for one in bench.readers(letter)]
    assert states.count((_S.SUPPRESSED, Why.FIXED_AGAIN)) == 2


def test_where_nobody_was_told_there_is_nothing_to_correct(bench: LettersBench) -> None:
    issue = bench.issue()
    bench.ship(issue)
    bench.draft(issue)
    fall(bench)
    assert corrections(bench) == []
    with bench.pipeline.application.open() as store:
        assert store.issues.get(issue.product_id, issue.id).state is IssueState.RESOLVED
    with pytest.raises(InvalidMove, match="drafted by itself"):
        bench.draft(issue, LetterKind.CORRECTION)


def test_those_told_of_an_issue_that_was_merged_since_hear_when_the_survivors_fix_falls(
    bench: LettersBench,
) -> None:
    other = bench.issue("login", 4)
    bench.ship(other)
    told(bench)
    (about,) = [one for one in issues_of(bench) if one.id != other.id]
    got = {to for to, _ in bench.mail.sent.values()}
    bench.later(hours=1)
    bench.groups.merge(bench.groups.now(other), about)
    bench.drain()
    fall(bench)
    (letter,) = corrections(bench)
    readers = bench.readers(letter)
    assert {one.email for one in readers} == got
    assert {fix.issue_id for one in readers for fix in one.fixes} == {other.id}
    bench.approve(bench.word(letter, other))
    bench.send(letter)
    assert {to for to, mail in bench.mail.sent.values() if "correction" in mail.subject} == got
    bench.later(hours=1)
    bench.ship(other, version="4.3")
    again = bench.draft(other)
    assert got <= {one.email for one in bench.readers(again, _S.DRAFTED)}, "another fix is news"
    fall(bench, "4.3")
    assert len(corrections(bench)) == 1, "nobody was told of that one, and all know of the first"


def test_a_correction_that_waits_stays_true_when_its_issue_is_merged_into_an_open_one(
    bench: LettersBench,
) -> None:
    about = told(bench)
    fall(bench)
    (letter,) = corrections(bench)
    before = bench.readers(letter, _S.DRAFTED)
    open_one = bench.groups.issue("login", 6, state=IssueState.FILED)
    bench.groups.merge(open_one, bench.groups.now(about))
    bench.look(letter)
    assert [one.email for one in bench.readers(letter, _S.DRAFTED)] == [one.email for one in before]
    bench.later(hours=1)
    bench.ship(open_one, version="4.3")
    bench.look(letter)
    assert bench.readers(letter, _S.DRAFTED) == []


def issues_of(bench: LettersBench) -> list[Issue]:
    with bench.pipeline.application.open() as store:
        found = store.issues.search(bench.pipeline.product.id, IssueFilter())
    return [one.issue for one in found]
