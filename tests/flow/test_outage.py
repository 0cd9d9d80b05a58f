"""An outage is told once, to act or to know; the all-clear once to whoever heard of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.errors import InvalidInput, InvalidMove, Refused
from bridge.domain.issues import Issue, IssueState
from bridge.domain.messages import Preferences
from bridge.domain.people import Actor, NoticeKind, Role
from bridge.steps.moves import Cause, move_issue
from bridge.steps.outage import clear_outage, declare_outage
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.tell import Telling
from bridge.steps.undo import last_decision
from bridge.store import Store
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.fakes import FakeNotifier

ADA, BOB, EVE, LEAD = (f"{name}@support.example" for name in ("ada", "bob", "eve", "lead"))


@pytest.fixture
def issue(pipeline: Pipeline, notifier: FakeNotifier) -> Issue:
    """Ada has a contact of today about it, eve one of a month ago, bob none."""
    contacts = contacts_about_export(5)
    month = timedelta(days=30)
    old = replace(contacts[4], agent_email=EVE, occurred_at=contacts[4].occurred_at - month)
    pipeline.send(old, *contacts[:4])
    pipeline.consolidate()
    with pipeline.application.open() as store:
        store.people.agent(BOB, pipeline.product.id)
        lead = store.people.known(LEAD)
        store.people.add_member(lead.id, pipeline.product.id, Role.LEAD)
        engineer = store.people.known("dev@support.example")
        store.people.add_member(engineer.id, pipeline.product.id, Role.ENGINEER)
        return store.issues.by_number(pipeline.product.id, 1)


def telling(pipeline: Pipeline, store: Store, reason: str = "") -> Telling:
    cause = Cause(Actor("person", LEAD), pipeline.clock.moment, reason, "test")
    return Telling(pipeline.product, store, pipeline.application.context, cause)


def declare(pipeline: Pipeline, issue: Issue, text: str = "We work on it.") -> None:
    with pipeline.application.open() as store:
        locked = store.issues.get(issue.product_id, issue.id, lock=True)
        declare_outage(locked, text, telling(pipeline, store))
    pipeline.queue.drain(pipeline.clock.moment)


def clear(pipeline: Pipeline, issue: Issue) -> None:
    with pipeline.application.open() as store:
        locked = store.issues.get(issue.product_id, issue.id, lock=True)
        clear_outage(locked, telling(pipeline, store, "the database is back"))
    pipeline.queue.drain(pipeline.clock.moment)


def inbox(pipeline: Pipeline, kind: NoticeKind) -> dict[str, list[str]]:
    """Texts of that kind by reader."""
    found: dict[str, list[str]] = {}
    with pipeline.application.open() as store:
        for one in store.notices.of_person(pipeline.product.id, None):
            if one.kind is kind:
                found.setdefault(one.recipient, []).append(one.text)
    return found


def test_each_agent_is_told_to_act_or_to_know_and_it_is_not_repeated_as_it_grows(
    pipeline: Pipeline, issue: Issue, notifier: FakeNotifier
) -> None:
    declare(pipeline, issue, "Tell them we work on it; mail mia@customer.example")
    told = inbox(pipeline, NoticeKind.OUTAGE)
    assert {who: "Do this" in texts[0] for who, texts in told.items()} == {
        ADA: True,
        BOB: False,
        EVE: False,
        LEAD: False,
    }
    assert all("Good to know" in told[who][0] for who in (BOB, EVE, LEAD))
    assert all("mia@customer.example" not in text for texts in told.values() for text in texts)
    assert len(notifier.sent) == 4
    with pytest.raises(InvalidMove, match="already declared this outage"):
        declare(pipeline, issue)
    pipeline.send(*contacts_about_export(2, first=5, minutes=30, agent=BOB))
    assert inbox(pipeline, NoticeKind.OUTAGE) == told


def test_the_all_clear_reaches_whoever_heard_of_it_and_a_second_outage_is_told_anew(
    pipeline: Pipeline, issue: Issue
) -> None:
    with pytest.raises(InvalidMove, match="no outage"):
        clear(pipeline, issue)
    for count in (1, 2):
        declare(pipeline, issue)
        clear(pipeline, issue)
        with pytest.raises(InvalidMove, match="already given the all-clear"):
            clear(pipeline, issue)
        for kind in (NoticeKind.OUTAGE, NoticeKind.ALL_CLEAR):
            told = inbox(pipeline, kind)
            assert {who: len(texts) for who, texts in told.items()} == dict.fromkeys(
                (ADA, BOB, EVE, LEAD), count
            )
    assert "the database is back" in inbox(pipeline, NoticeKind.ALL_CLEAR)[ADA][0]
    with pipeline.application.open() as store:
        actions = [one.action for one in store.decisions.history(issue.id)]
        assert store.issues.get(issue.product_id, issue.id).episode == issue.episode
        assert last_decision(issue, store=store) is None
    assert actions[-4:] == ["outage", "all_clear"] * 2


def test_a_fix_that_ships_gives_the_all_clear_to_those_who_get_no_other_news(
    pipeline: Pipeline, issue: Issue
) -> None:
    declare(pipeline, issue)
    with pipeline.application.open() as store:
        cause = Cause(Actor("person", LEAD), pipeline.clock.moment)
        moved = store.issues.get(issue.product_id, issue.id, lock=True)
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
            moved = move_issue(moved, state, store=store, cause=cause)
        news = ReleaseNews("4.2", pipeline.clock.moment, issue_ids=(issue.id,))
        context = pipeline.application.context
        for _ in range(2):
            ship(news, pipeline.product, store=store, context=context, cause=cause)
        assert store.outages.open_of(issue.id) == []
    fixed, clear_ones = inbox(pipeline, NoticeKind.FIX), inbox(pipeline, NoticeKind.ALL_CLEAR)
    assert {who: len(texts) for who, texts in fixed.items()} == {ADA: 1, EVE: 1, LEAD: 1}
    assert all("The outage is over." in texts[0] for texts in fixed.values())
    assert {who: len(texts) for who, texts in clear_ones.items()} == {BOB: 1}
    with pytest.raises(InvalidMove, match="its fix has shipped"):
        declare(pipeline, issue)


def test_whoever_was_not_reached_outside_by_the_outage_gets_the_all_clear_in_the_inbox_only(
    pipeline: Pipeline, issue: Issue, notifier: FakeNotifier
) -> None:
    hour = pipeline.clock.moment.hour
    with pipeline.application.open() as store:
        asleep = Preferences(quiet_from=hour, quiet_until=(hour + 2) % 24)
        store.notices.prefer(store.people.known(BOB).id, asleep)
        store.notices.prefer(store.people.known(EVE).id, Preferences(channels=frozenset()))
    notifier.next_errors.append(Refused("550 no such user"))
    declare(pipeline, issue)
    reached = {one for one, _ in notifier.sent.values()}
    assert len(reached) == 1
    with pipeline.application.open() as store:
        for name in (BOB, EVE):
            store.notices.prefer(store.people.known(name).id, Preferences())
    notifier.sent.clear()
    clear(pipeline, issue)
    pipeline.clock.advance(pipeline.clock.moment + timedelta(hours=3), pipeline.queue)
    assert {one for one, _ in notifier.sent.values()} == reached
    assert {*inbox(pipeline, NoticeKind.ALL_CLEAR)} == {ADA, BOB, EVE, LEAD}


def test_an_outage_needs_words(pipeline: Pipeline, issue: Issue) -> None:
    with pytest.raises(InvalidInput):
        declare(pipeline, issue, "  \n ")
    assert inbox(pipeline, NoticeKind.OUTAGE) == {}
