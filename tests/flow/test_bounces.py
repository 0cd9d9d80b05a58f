"""Mails that came back: marked with the reason, and a dead address is left alone."""

from dataclasses import replace

import pytest

from bridge.domain.bounces import Bounce, Fate, mail_key
from bridge.domain.errors import InvalidMove, NotFound
from bridge.domain.letters import LetterKind, LetterState, Why
from bridge.domain.messages import MessageState
from bridge.steps.bounces import BouncesTaken, take_back_dead, take_bounces
from bridge.steps.letter_answers import answer_effort
from bridge.steps.letter_export import by_hand
from bridge.steps.notify import retry_message
from bridge.store.messages import Outgoing
from tests.conftest import Pipeline
from tests.letters_bench import LettersBench

GONE = "550 5.1.1 no such user"


@pytest.fixture
def bench(pipeline: Pipeline) -> LettersBench:
    return LettersBench(pipeline)


def sent(bench: LettersBench, kind: LetterKind = LetterKind.FIX) -> list[Outgoing]:
    """The mails of a letter to three customers."""
    issue = bench.issue("export", 3)
    bench.ship(issue)
    letter = bench.draft(issue, kind)
    bench.approve(letter)
    bench.send(letter)
    with bench.pipeline.application.open() as store:
        return store.messages.search(bench.pipeline.product.id, [MessageState.SENT], limit=10)


def a_bounce(mail: Outgoing, status: str = "5.1.1", fate: Fate = Fate.FAILED) -> Bounce:
    assert mail.message_id is not None
    return Bounce(mail_key(mail.message_id), None, (mail.recipient,), fate, status, GONE)


def take(bench: LettersBench, *found: Bounce) -> BouncesTaken:
    with bench.pipeline.application.open() as store:
        product = bench.pipeline.product
        return take_bounces(found, product, store=store, cause=bench.cause())


def test_a_mail_that_came_back_is_marked_once_and_its_address_left_alone(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    mail = sent(bench)[0]
    assert take(bench, a_bounce(mail)) == BouncesTaken(bounced=1, ended=1)
    assert take(bench, a_bounce(mail)) == BouncesTaken(known=1)
    with pipeline.application.open() as store:
        now = store.messages.get(mail.product_id, mail.id)
        assert (now.state, now.reason) == (MessageState.BOUNCED, f"came back: {GONE}")
        assert now in store.messages.troubled()
        letter = store.letters.all(mail.product_id)[0]
        (failed,) = store.addressees.of_letter(letter.id, [LetterState.FAILED])
        assert failed.reason == f"came back: {GONE}"
        assert [one.why for one in by_hand(letter, store)] == [f"came back: {GONE}"]
        with pytest.raises(InvalidMove, match="--again"):
            retry_message(now, store=store, now=pipeline.clock.moment)
    second = bench.issue("login", 2)
    bench.ship(second, version="4.3")
    other = bench.draft(second)
    readers = {one.email: one.why for one in bench.readers(other)}
    if mail.recipient in readers:
        assert readers[mail.recipient] is Why.BOUNCED


def test_a_letter_waiting_for_an_address_that_died_meanwhile_is_not_sent(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    mails = sent(bench)
    shared = next(one for one in mails if one.recipient.startswith("shared"))
    second = bench.issue("login", 2)
    bench.ship(second, version="4.3")
    letter = bench.draft(second)
    bench.approve(letter)
    take(bench, a_bounce(shared))
    bench.send(letter)
    states = {one.email: (one.state, one.why) for one in bench.readers(letter)}
    assert states[shared.recipient] == (LetterState.SUPPRESSED, Why.BOUNCED)
    assert len(bench.mail.sent) == len(mails) + 1
    with pipeline.application.open() as store:
        take_back_dead(shared.recipient.upper(), pipeline.product, store=store, cause=bench.cause())
        with pytest.raises(NotFound):
            take_back_dead("x@y.example", pipeline.product, store=store, cause=bench.cause())
        retry_message(
            store.messages.get(shared.product_id, shared.id),
            store=store,
            now=pipeline.clock.moment,
        )
    bench.look(letter)
    assert {one.state for one in bench.readers(letter)} == {LetterState.SENT, LetterState.DRAFTED}


def test_what_is_delayed_not_ours_or_temporary_ends_no_address(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    mail, other, _ = sent(bench)
    assert take(bench, a_bounce(mail, fate=Fate.DELAYED)) == BouncesTaken(waiting=1)
    foreign = replace(a_bounce(mail), mail_key="0" * 32)
    assert take(bench, foreign, replace(foreign, mail_key=None)) == BouncesTaken(foreign=2)
    elsewhere = replace(a_bounce(mail), recipients=("passed@on.example",))
    assert take(bench, elsewhere) == BouncesTaken(foreign=1)
    named = replace(elsewhere, message_id=mail.message_id, status="5.7.1")
    assert take(bench, named) == BouncesTaken(bounced=1)
    assert take(bench, a_bounce(other, "4.4.7")) == BouncesTaken(bounced=1)
    with pipeline.application.open() as store:
        assert store.bounces.count(pipeline.product.id) == 0
        states = {one.id: one.state for one in store.messages.search(mail.product_id, [], limit=9)}
    assert states[mail.id] is states[other.id] is MessageState.BOUNCED


def test_a_check_in_that_came_back_does_not_count_as_asked(
    bench: LettersBench, pipeline: Pipeline
) -> None:
    first, second, _ = sent(bench, LetterKind.CHECK_IN)

    def asked() -> list[float | None]:
        with pipeline.application.open() as store:
            return [one.score for one in store.ratings.answers(pipeline.product.id)]

    assert asked() == [None, None, None]
    with pipeline.application.open() as store:
        assert second.addressee_id is not None
        one, now = store.addressees.get(second.addressee_id), pipeline.clock.moment
        answer_effort(one, 6, pipeline.product, store=store, now=now)
    take(bench, a_bounce(first), a_bounce(first), a_bounce(second))
    assert sorted(asked(), key=str) == [6, None], "who answered has got it"
    with pipeline.application.open() as store:
        take_back_dead(first.recipient, pipeline.product, store=store, cause=bench.cause())
        came_back = store.messages.get(first.product_id, first.id)
        retry_message(came_back, store=store, now=pipeline.clock.moment)
    bench.drain()
    assert sorted(asked(), key=str) == [6, None, None], "sent again, it was asked"
