"""Messages beyond the inbox: once each under one id, whatever the channel and the worker do."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.contacts import RedactedText
from bridge.domain.errors import AnswerLost, NotReachable, Refused, TryAgainLater
from bridge.domain.issues import Issue, IssueState
from bridge.domain.messages import AfterLoss, MessageState, Preferences
from bridge.domain.people import MACHINE, NoticeKind, Role, UserId
from bridge.domain.workarounds import Audience
from bridge.steps.moves import Cause, move_issue
from bridge.steps.notify import acknowledge, notify, retry_message, send_due
from bridge.steps.tell import Telling, tell_fix, tell_regression
from bridge.store.messages import Outgoing, Result
from bridge.store.workaround_uses import Use
from tests.builders import START, a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.fakes import FakeNotifier

ADA = "ada@support.example"


def use(pipeline: Pipeline, *notifiers: FakeNotifier) -> None:
    pipeline.rewire(replace(pipeline.application.context, notifiers=notifiers))


@pytest.fixture
def issue(pipeline: Pipeline) -> Issue:
    """One resolved issue of five customers that ada helped."""
    return an_issue(pipeline)


def an_issue(pipeline: Pipeline, number: int = 1) -> Issue:
    if number == 1:
        pipeline.send(*contacts_about_export(5, version="4.0"))
        pipeline.consolidate()
    cause = Cause(MACHINE, pipeline.clock.moment, "test", "test")
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, number)
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
            issue = move_issue(issue, state, store=store, cause=cause)
    return issue


def tell(pipeline: Pipeline, issue: Issue, version: str = "4.1") -> list[UserId]:
    with pipeline.application.open() as store:
        told = tell_fix(issue, version, [], telling=telling(pipeline, store))
    pipeline.queue.drain(pipeline.clock.moment)
    return told


def telling(pipeline: Pipeline, store: object) -> Telling:
    cause = Cause(MACHINE, pipeline.clock.moment, "a test", "test")
    return Telling(pipeline.product, store, pipeline.application.context, cause)  # type: ignore[arg-type]


def later(pipeline: Pipeline, **time: float) -> None:
    pipeline.clock.advance(pipeline.clock.moment + timedelta(**time), pipeline.queue)


def rows(pipeline: Pipeline, *states: MessageState) -> list[Outgoing]:
    with pipeline.application.open() as store:
        return store.messages.search(pipeline.product.id, states, limit=100)


def only(pipeline: Pipeline) -> Outgoing:
    (row,) = rows(pipeline)
    return row


def test_a_message_is_planned_with_its_notice_and_sent_once(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    with pipeline.application.open() as store:
        tell_fix(issue, "4.1", [], telling=telling(pipeline, store))
    row = only(pipeline)
    assert (row.state, row.recipient, row.channel) == (MessageState.PLANNED, ADA, "fake")
    pipeline.queue.drain(pipeline.clock.moment)
    sent = only(pipeline)
    assert (sent.state, sent.receipt) == (MessageState.SENT, f"fake-{sent.message_id}")
    assert tell(pipeline, issue) == []
    notify(pipeline.application.context, product_id=issue.product_id, outgoing_id=row.id)
    assert (len(notifier.sent), notifier.tries) == (1, 1)


def test_a_channel_that_is_down_is_tried_again_under_the_same_id_until_it_is_given_up(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    notifier.is_down = True
    tell(pipeline, issue)
    later(pipeline, minutes=7)
    assert (only(pipeline).state, notifier.tries) == (MessageState.PLANNED, 3)
    later(pipeline, days=5)
    row = only(pipeline)
    assert (row.state, row.attempts, row.due_at) == (MessageState.FAILED, 10, None)
    assert row.reason == "given up after 10 tries: the channel is down"
    notifier.is_down = False
    with pipeline.application.open() as store:
        assert [one.id for one in store.messages.troubled()] == [row.id]
        retry_message(row, store=store, now=pipeline.clock.moment)
    pipeline.queue.drain(pipeline.clock.moment)
    again = only(pipeline)
    assert (again.state, again.message_id) == (MessageState.SENT, row.message_id)
    assert list(notifier.sent) == [row.message_id]


def test_a_wish_for_a_later_try_is_honoured(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    notifier.next_errors.append(TryAgainLater("busy", retry_after_seconds=3600))
    tell(pipeline, issue)
    later(pipeline, minutes=59)
    assert notifier.tries == 1
    later(pipeline, minutes=2)
    assert only(pipeline).state is MessageState.SENT


@pytest.mark.parametrize(
    ("after_loss", "tries", "state"),
    [
        (AfterLoss.LOOK, 1, MessageState.SENT),
        (AfterLoss.REPEAT, 2, MessageState.SENT),
        (AfterLoss.ASK, 1, MessageState.UNKNOWN),
    ],
)
def test_a_lost_answer_is_looked_up_repeated_or_left_to_a_person(
    pipeline: Pipeline, issue: Issue, after_loss: AfterLoss, tries: int, state: MessageState
) -> None:
    notifier = FakeNotifier(after_loss)
    use(pipeline, notifier)
    notifier.next_errors.append(AnswerLost("the connection broke"))
    tell(pipeline, issue)
    assert only(pipeline).state is MessageState.UNKNOWN
    later(pipeline, minutes=1)
    assert (only(pipeline).state, notifier.tries, len(notifier.sent)) == (state, tries, 1)


@pytest.mark.parametrize(
    ("after_loss", "tries", "state"),
    [
        (AfterLoss.LOOK, 1, MessageState.SENT),
        (AfterLoss.REPEAT, 2, MessageState.SENT),
        (AfterLoss.ASK, 1, MessageState.UNKNOWN),
    ],
)
def test_a_sender_that_died_after_sending_leaves_one_message(
    pipeline: Pipeline, issue: Issue, after_loss: AfterLoss, tries: int, state: MessageState
) -> None:
    """What kill -9 leaves behind: the try is written down, its end is not."""
    notifier = _DiesAfterSending(after_loss)
    use(pipeline, notifier)
    with pytest.raises(KeyboardInterrupt):
        tell(pipeline, issue)
    row = only(pipeline)
    assert row.state is MessageState.SENDING
    # The queue gives the job back at once; its time has not come before the lease is over.
    notify(pipeline.application.context, product_id=issue.product_id, outgoing_id=row.id)
    assert notifier.tries == 1
    later(pipeline, minutes=2)
    assert (only(pipeline).state, notifier.tries, len(notifier.sent)) == (state, tries, 1)


class _DiesAfterSending(FakeNotifier):
    """The first send comes through, and the process ends before it hears so."""

    def send(self, message: object, recipient: str, message_id: str) -> str:
        receipt = super().send(message, recipient, message_id)  # type: ignore[arg-type]
        if self.tries == 1:
            raise KeyboardInterrupt
        return receipt


def test_a_message_whose_job_is_gone_is_found(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    with pipeline.application.open() as store:
        tell_fix(issue, "4.1", [], telling=telling(pipeline, store))
    pipeline.queue._heap.clear()
    pipeline.queue._waiting.clear()
    send_due(pipeline.application.context)
    pipeline.queue.drain(pipeline.clock.moment)
    assert only(pipeline).state is MessageState.SENT


def test_a_sender_that_slept_past_its_lease_changes_nothing(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    tell_nobody_yet(pipeline, issue)
    row, now = only(pipeline), pipeline.clock.moment
    with pipeline.application.open() as store:
        slow = store.messages.claim(row.id, now=now, lease_until=now + timedelta(seconds=1))
    assert slow is not None
    later(pipeline, minutes=2)
    assert only(pipeline).state is MessageState.SENT
    with pipeline.application.open() as store:
        lost = Result(MessageState.FAILED, reason="too late")
        assert not store.messages.finish(slow, lost, now=pipeline.clock.moment)
    assert only(pipeline).state is MessageState.SENT


def tell_nobody_yet(pipeline: Pipeline, issue: Issue) -> None:
    """Plan the messages without running their jobs."""
    with pipeline.application.open() as store:
        tell_fix(issue, "4.1", [], telling=telling(pipeline, store))


def test_two_workers_at_once_send_one_message(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    tell_nobody_yet(pipeline, issue)
    row, context = only(pipeline), pipeline.application.context
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        notify(context, product_id=issue.product_id, outgoing_id=row.id)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert (notifier.tries, only(pipeline).state) == (1, MessageState.SENT)


def test_two_workers_at_once_write_one_notice_a_person(pipeline: Pipeline, issue: Issue) -> None:
    start, told = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        with pipeline.application.open() as store:
            told.append(tell_fix(issue, "4.1", [], telling=telling(pipeline, store)))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sorted(len(one) for one in told) == [0, 0, 0, 1]
    with pipeline.application.open() as store:
        assert len(store.notices.of_person(pipeline.product.id, None)) == 1


def test_what_the_channel_refuses_fails_with_the_reason(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    notifier.next_errors.append(Refused("550 no such user"))
    tell(pipeline, issue)
    assert (only(pipeline).state, only(pipeline).reason) == (
        MessageState.FAILED,
        "550 no such user",
    )


def test_whoever_the_channel_does_not_know_is_no_failure(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    notifier.next_errors.append(NotReachable("nobody here has that address"))
    tell(pipeline, issue)
    assert only(pipeline).state is MessageState.SUPPRESSED


def test_a_channel_that_is_gone_fails_its_messages_in_words(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    tell_nobody_yet(pipeline, issue)
    use(pipeline)
    pipeline.queue.drain(pipeline.clock.moment)
    assert only(pipeline).reason == "no channel fake is set up any more"


@pytest.fixture
def issues(pipeline: Pipeline) -> list[Issue]:
    """Three issues that ada follows."""
    with pipeline.application.open() as store:
        ada = store.people.agent(ADA, pipeline.product.id)
        made = []
        for number, title in enumerate(("Export", "Login", "Invoice"), 1):
            issue_id = store.issues.add(
                pipeline.product.id, number=number, title=title, terms=[], now=START
            )
            one = store.issues.get(pipeline.product.id, issue_id)
            store.notices.follow(ada, one.id)
            made.append(one)
    return made


def prefer(pipeline: Pipeline, wanted: Preferences) -> None:
    with pipeline.application.open() as store:
        store.notices.prefer(store.people.known(ADA).id, wanted)


def test_several_fixes_in_one_release_are_one_message_and_a_notice_each(
    pipeline: Pipeline, notifier: FakeNotifier, issues: list[Issue]
) -> None:
    with pipeline.application.open() as store:
        for one in issues:
            tell_fix(one, "4.1", [], telling=telling(pipeline, store))
    pipeline.queue.drain(pipeline.clock.moment)
    ((_, message),) = notifier.sent.values()
    assert message.subject == "3 issues are fixed in 4.1"
    assert all(one.name in message.text for one in issues)
    assert {row.message_id for row in rows(pipeline)} == set(notifier.sent)
    with pipeline.application.open() as store:
        assert len(store.notices.of_person(pipeline.product.id, ADA)) == 3


def test_a_digest_is_held_until_its_hour_and_then_one_message(
    pipeline: Pipeline, notifier: FakeNotifier, issues: list[Issue]
) -> None:
    prefer(pipeline, Preferences(digest_hour=8, zone="Europe/Berlin"))
    for version, one in zip(("4.1", "4.2", "4.3"), issues, strict=True):
        tell(pipeline, one, version)
        later(pipeline, hours=1)
    assert {row.state for row in rows(pipeline)} == {MessageState.HELD}
    assert not notifier.sent
    later(pipeline, hours=20)  # past 07:00 UTC of the next day
    assert len(notifier.sent) == 1
    ((_, message),) = notifier.sent.values()
    assert message.subject == "3 notices about issues of your customers"
    assert {row.state for row in rows(pipeline)} == {MessageState.SENT}


def test_a_digest_that_dies_half_way_is_repeated_as_the_same_message(
    pipeline: Pipeline, issues: list[Issue]
) -> None:
    notifier = _DiesAfterSending(AfterLoss.REPEAT)
    use(pipeline, notifier)
    prefer(pipeline, Preferences(digest_hour=8))
    for one in issues[:2]:
        tell(pipeline, one)
    with pytest.raises(KeyboardInterrupt):
        later(pipeline, days=1)
    tell(pipeline, issues[2])  # does not slip into the message that went out
    later(pipeline, hours=1)
    send_due(pipeline.application.context)
    pipeline.queue.drain(pipeline.clock.moment)
    assert (notifier.tries, len(notifier.sent)) == (2, 1)
    assert [row.state for row in rows(pipeline)].count(MessageState.SENT) == 2
    later(pipeline, days=1)
    assert len(notifier.sent) == 2


def test_quiet_hours_delay_and_drop_nothing(
    pipeline: Pipeline, notifier: FakeNotifier, issues: list[Issue]
) -> None:
    prefer(pipeline, Preferences(quiet_from=19, quiet_until=8, zone="America/New_York"))
    for one in issues:  # 09:00 UTC is 04:00 in New York
        tell(pipeline, one)
    later(pipeline, hours=3.9)
    assert not notifier.sent
    later(pipeline, hours=0.2)
    assert len(notifier.sent) == 1


def test_whoever_wants_no_messages_has_the_inbox(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    prefer(pipeline, Preferences(channels=frozenset()))
    assert len(tell(pipeline, issue)) == 1
    assert rows(pipeline) == []


def test_what_was_read_in_the_inbox_is_not_sent_any_more(
    pipeline: Pipeline, notifier: FakeNotifier, issues: list[Issue]
) -> None:
    tell(pipeline, issues[0])
    prefer(pipeline, Preferences(digest_hour=8))
    tell(pipeline, issues[1])
    with pipeline.application.open() as store:
        for notice in store.notices.of_person(pipeline.product.id, ADA):
            acknowledge(notice, store=store, now=pipeline.clock.moment)
    later(pipeline, days=2)
    assert [(row.state, row.reason) for row in rows(pipeline)] == [
        (MessageState.SUPPRESSED, "read in the inbox"),
        (MessageState.ACKNOWLEDGED, None),
    ]
    assert len(notifier.sent) == 1


def test_a_regression_lets_go_of_a_fix_that_nobody_was_told_outside(
    pipeline: Pipeline, notifier: FakeNotifier, issue: Issue
) -> None:
    prefer(pipeline, Preferences(digest_hour=8))
    tell(pipeline, issue)
    with pipeline.application.open() as store:
        back = replace(issue, episode=2)
        tell_regression(back, [], telling=telling(pipeline, store))
    later(pipeline, days=1)
    ((_, message),) = notifier.sent.values()
    assert "is back" in message.text
    assert "fixed" not in message.text
    assert {row.state for row in rows(pipeline)} == {MessageState.SENT, MessageState.SUPPRESSED}


def test_everybody_whom_it_concerns_is_told_once_with_all_reasons(
    pipeline: Pipeline, issue: Issue
) -> None:
    now = pipeline.clock.moment
    with pipeline.application.open() as store:
        people = {
            name: store.people.known(f"{name}@support.example")
            for name in ("lead", "used", "used_long_ago", "follower", "ada")
        }
        store.people.add_member(people["lead"].id, pipeline.product.id, Role.LEAD)
        store.notices.follow(people["follower"].id, issue.id)
        store.notices.follow(people["ada"].id, issue.id)
        advice = store.workarounds.add(
            issue,
            RedactedText("Use the menu"),
            audience=Audience.INTERNAL,
            versions=(),
            owner=None,
            now=now,
        )
        for name, days in (("used", 29), ("used_long_ago", 31)):
            at = now - timedelta(days=days)
            store.workaround_uses.add(advice.id, Use(None, people[name].id), now=at)
    tell(pipeline, issue)
    with pipeline.application.open() as store:
        found = store.notices.of_person(pipeline.product.id, None)
    assert {one.recipient.partition("@")[0]: one.reasons for one in found} == {
        "ada": ("agent", "follower"),
        "lead": ("lead",),
        "used": ("workaround",),
        "follower": ("follower",),
    }


def test_an_owner_is_told_and_one_without_an_address_is_named_in_words(
    pipeline: Pipeline,
) -> None:
    contacts = contacts_about_export(5)
    owners = ["kim@support.example", "Kim Lee", "kim@support.example", None, None]
    pipeline.send(
        *(
            replace(
                one,
                account=replace(
                    a_contact(account=f"acme-{number}").account,  # type: ignore[type-var]
                    owner=owner,
                ),
            )
            for number, (one, owner) in enumerate(zip(contacts, owners, strict=True))
        )
    )
    pipeline.consolidate()
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, 1)
    tell(pipeline, issue)
    tell(pipeline, replace(issue, episode=2))
    with pipeline.application.open() as store:
        told = store.notices.of_person(pipeline.product.id, "kim@support.example")
        history = store.decisions.history(issue.id)
        ownerless = store.accounts.ownerless()
    assert [(one.kind, one.reasons) for one in told] == [(NoticeKind.FIX, ("owner",))] * 2
    assert [one.reason for one in history if one.action == "owner_not_told"] == [
        "Kim Lee, the owner of acme-1, has no e-mail address"
    ]
    assert ownerless == [("acme-1", "Kim Lee")]
