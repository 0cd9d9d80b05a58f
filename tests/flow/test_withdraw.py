"""Releases that step down again: un-released, rolled back, reopened, in any order and repeated."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.demo.engineering import Engineering
from bridge.domain.contacts import RedactedText
from bridge.domain.issues import Issue, IssueState, Outcome
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.people import Actor, NoticeKind
from bridge.domain.workarounds import Audience, WorkaroundState
from bridge.steps.announce import ENDPOINT
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.track import release_soon, track_soon
from bridge.steps.withdraw import withdraw
from integrations.jira.sandbox import SandboxServer
from tests.builders import START, a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.fakes import FakeNotifier
from tests.loop import connected_sandbox, issues

AGENT = "ada@support.example"
FIX, CORRECTION = NoticeKind.FIX, NoticeKind.CORRECTION


@pytest.fixture
def sandbox(pipeline: Pipeline, tmp_path: Path) -> Iterator[SandboxServer]:
    """A sandbox with one issue filed in it that has a workaround."""
    with pipeline.application.open() as store:
        store.products.configure(pipeline.product.id, filing_auto=True)
    with connected_sandbox(
        pipeline.application, pipeline.product, tmp_path, pipeline.clock
    ) as server:
        pipeline.send(*contacts_about_export(5, version="4.0"))
        pipeline.consolidate()
        with pipeline.application.open() as store:
            store.workarounds.add(
                the_issue(pipeline),
                RedactedText("Use the menu instead"),
                audience=Audience.CUSTOMER,
                versions=(),
                owner=None,
                now=pipeline.clock.moment,
            )
        yield server


def the_issue(pipeline: Pipeline) -> Issue:
    return issues(pipeline.application, pipeline.product)[0].issue


def later(pipeline: Pipeline, **time: float) -> None:
    pipeline.clock.advance(pipeline.clock.moment + timedelta(**time), pipeline.queue)


def key_of(pipeline: Pipeline) -> str:
    with pipeline.application.open() as store:
        return store.tickets.of_issue(the_issue(pipeline).id)[0].ref.key


def poll(pipeline: Pipeline) -> None:
    later(pipeline, minutes=5)
    with pipeline.application.open() as store:
        store.enqueue("poll_all")
    pipeline.queue.drain(pipeline.clock.moment)


def hear_version(pipeline: Pipeline, name: str, times: int = 1) -> None:
    """A webhook of the version comes so many times."""
    for _ in range(times):
        with pipeline.application.open() as store:
            connection = store.connections.of_product(pipeline.product.id, "jira")
            assert connection is not None
            release_soon(connection, name, store=store)
        pipeline.queue.drain(pipeline.clock.moment)


def hear_ticket(pipeline: Pipeline) -> None:
    """The tracker tells that something has happened to the ticket."""
    with pipeline.application.open() as store:
        (ticket,) = store.tickets.of_issue(the_issue(pipeline).id)
        connection = store.connections.get(ticket.connection_id)
        track_soon(connection, ticket.ref.remote_id, store=store)
    pipeline.queue.drain(pipeline.clock.moment)


def told(pipeline: Pipeline) -> list[NoticeKind]:
    with pipeline.application.open() as store:
        found = store.notices.of_person(pipeline.product.id, AGENT)
    return [one.kind for one in reversed(found)]


def workaround(pipeline: Pipeline) -> WorkaroundState:
    with pipeline.application.open() as store:
        (found,) = store.workarounds.all(pipeline.product.id)
    return found.state


def release(
    pipeline: Pipeline,
    version: str = "4.1",
    *,
    percent: int = 100,
    minutes_ago: float = 0,
    named: bool = True,
) -> list[str]:
    """A release hook; returns why issues did not ship."""
    context = pipeline.application.context
    at = pipeline.clock.moment - timedelta(minutes=minutes_ago)
    with context.open() as store:
        ids = (the_issue(pipeline).id,) if named else ()
        news = ReleaseNews(version, at, percent=percent, issue_ids=ids)
        cause = Cause(Actor("token", "ci"), pipeline.clock.moment, origin="api")
        done = ship(news, pipeline.product, store=store, context=context, cause=cause)
    pipeline.queue.drain(pipeline.clock.moment)
    return [reason for _, reason in done.not_shipped]


def take_back(pipeline: Pipeline, version: str = "4.1", *, minutes_ago: float = 0) -> None:
    context = pipeline.application.context
    with context.open() as store:
        known = store.fixes.find(pipeline.product.id, version, lock=True)
        assert known is not None
        at = pipeline.clock.moment - timedelta(minutes=minutes_ago)
        event = ShipEvent(id="", source="api", kind=ShipKind.ROLLED_BACK, at=at)
        cause = Cause(Actor("token", "ci"), pipeline.clock.moment, "it lost settings", "api")
        withdraw(known, event, pipeline.product, store=store, context=context, cause=cause)
    pipeline.queue.drain(pipeline.clock.moment)


def test_a_version_released_unreleased_and_released_is_told_corrected_and_told_again(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.1")
        engineering.start(key)
        engineering.finish(key, "4.1")
        poll(pipeline)
        engineering.release("4.1", pipeline.clock.moment)
        hear_version(pipeline, "4.1", times=5)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.SHIPPED
        assert told(pipeline) == [FIX]
        assert workaround(pipeline) is WorkaroundState.RETIRED
        later(pipeline, hours=1)
        engineering.unrelease("4.1")
        hear_version(pipeline, "4.1", times=5)
        poll(pipeline)
        issue = the_issue(pipeline)
        assert (issue.state, issue.episode) == (IssueState.RESOLVED, 2)
        assert (issue.fixed_in, issue.shipped_at) == (None, None)
        assert told(pipeline) == [FIX, CORRECTION]
        assert workaround(pipeline) is WorkaroundState.ACTIVE
        later(pipeline, hours=1)
        engineering.release("4.1", pipeline.clock.moment)
        poll(pipeline)
        hear_version(pipeline, "4.1", times=5)
    issue = the_issue(pipeline)
    assert (issue.state, issue.episode, issue.fixed_in) == (IssueState.SHIPPED, 2, "4.1")
    assert told(pipeline) == [FIX, CORRECTION, FIX]
    assert workaround(pipeline) is WorkaroundState.RETIRED
    with Api(sandbox.describe()) as jira:
        comments = str(jira.get(f"issue/{key}/comment"))
    assert comments.count("is not fixed for customers any more") == 1


def test_a_version_that_people_took_back_stays_so_although_the_tracker_still_calls_it_released(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.1")
        engineering.start(key)
        engineering.finish(key, "4.1")
        engineering.release("4.1", pipeline.clock.moment)
    poll(pipeline)
    later(pipeline, hours=1)
    take_back(pipeline)
    take_back(pipeline)
    for _ in range(3):
        poll(pipeline)
        hear_version(pipeline, "4.1")
    assert the_issue(pipeline).state is IssueState.RESOLVED
    assert told(pipeline) == [FIX, CORRECTION]


def test_a_release_of_a_person_does_not_fall_because_the_tracker_never_released_it(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.1")
        engineering.start(key)
        engineering.finish(key, "4.1")
    poll(pipeline)
    release(pipeline)
    poll(pipeline)
    hear_version(pipeline, "4.1", times=2)
    assert the_issue(pipeline).state is IssueState.SHIPPED
    assert told(pipeline) == [FIX]


def test_late_news_neither_bring_a_version_back_nor_take_it_away(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    later(pipeline, hours=3)
    release(pipeline)
    take_back(pipeline, minutes_ago=60)
    assert the_issue(pipeline).state is IssueState.SHIPPED, "that rollback was before the release"
    later(pipeline, hours=1)
    take_back(pipeline)
    assert release(pipeline, minutes_ago=30) == ["version 4.1 was taken back after that"]
    assert told(pipeline) == [FIX, CORRECTION]
    later(pipeline, minutes=1)
    assert release(pipeline, named=False) == []
    assert told(pipeline) == [FIX, CORRECTION, FIX]


def last_words(pipeline: Pipeline) -> str:
    with pipeline.application.open() as store:
        return store.notices.of_person(pipeline.product.id, AGENT)[0].text


def test_what_was_shipped_by_hand_goes_back_to_where_its_ticket_is(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    release(pipeline)
    later(pipeline, hours=1)
    take_back(pipeline)
    take_back(pipeline)
    issue = the_issue(pipeline)
    assert (issue.state, issue.outcome, issue.episode) == (IssueState.FILED, None, 2)
    assert told(pipeline) == [FIX, CORRECTION]
    words = f"not fixed after all: it lost settings. {key} is to do: you will be told when"
    assert words in last_words(pipeline)
    assert workaround(pipeline) is WorkaroundState.ACTIVE
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.2")
        engineering.start(key)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.IN_PROGRESS
        engineering.finish(key, "4.2")
        engineering.release("4.2", pipeline.clock.moment)
        poll(pipeline)
    assert the_issue(pipeline).fixed_in == "4.2"
    assert told(pipeline) == [FIX, CORRECTION, FIX]


def test_what_ships_while_its_ticket_is_worked_on_is_said_by_name_and_falls_in_true_words(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.start(key)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.IN_PROGRESS
        release(pipeline)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.SHIPPED, "its ticket is as it was"
        engineering.finish(key, None)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.SHIPPED
        engineering.reopen(key)
        poll(pipeline)
    assert the_issue(pipeline).state is IssueState.IN_PROGRESS
    assert release(pipeline, named=False) == ["it is in progress, not resolved"]
    assert f"ticket {key} was opened again" in last_words(pipeline)
    assert told(pipeline) == [FIX, CORRECTION]


def test_what_was_named_while_it_rolled_out_ships_with_the_rest_unless_work_begins_anew(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.start(key)
        poll(pipeline)
        assert release(pipeline, percent=30) == ["the release has reached 30 % of customers so far"]
        assert release(pipeline, named=False) == []
        assert the_issue(pipeline).state is IssueState.SHIPPED
        release(pipeline, percent=30, named=False)
        assert the_issue(pipeline).state is IssueState.IN_PROGRESS
        assert release(pipeline, named=False) == []
        release(pipeline, percent=30, named=False)
        engineering.finish(key, None)
        poll(pipeline)
        engineering.reopen(key)
        poll(pipeline)
    assert release(pipeline, named=False) == ["it is filed, not resolved"]


def test_work_on_a_ticket_that_was_never_done_is_not_called_opened_again(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    release(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.start(key)
        poll(pipeline)
    assert the_issue(pipeline).state is IssueState.IN_PROGRESS
    assert f"ticket {key} is still worked on" in last_words(pipeline)


def test_a_ticket_that_goes_back_to_do_after_its_issue_shipped_by_hand_is_not_called_worked_on(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.start(key)
        poll(pipeline)
        release(pipeline)
        engineering.reopen(key)
        poll(pipeline)
    assert the_issue(pipeline).state is IssueState.FILED
    assert f"ticket {key} is to do again" in last_words(pipeline)
    assert told(pipeline) == [FIX, CORRECTION]


def test_other_systems_hear_of_a_withdrawn_fix_wherever_the_issue_goes_back_to(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    with pipeline.application.open() as store:
        store.connections.add(pipeline.product.id, ENDPOINT, name="crm", config={}, sealed=b"")
    context, at = pipeline.application.context, pipeline.clock.moment
    cause = Cause(Actor("token", "ci"), at, "oops", "api")
    with context.open() as store:
        news = ReleaseNews("4.1", at, issue_ids=(the_issue(pipeline).id,))
        ship(news, pipeline.product, store=store, context=context, cause=cause)
        known = store.fixes.find(pipeline.product.id, "4.1", lock=True)
        assert known is not None
        event = ShipEvent(id="", source="api", kind=ShipKind.ROLLED_BACK, at=at)
        withdraw(known, event, pipeline.product, store=store, context=context, cause=cause)
        found = store.messages.search(pipeline.product.id, (), limit=20)
    events = [one.subject for one in reversed(found) if one.recipient == "crm"]
    assert [one for one in events if one.startswith("fix")] == ["fix.shipped", "fix.withdrawn"]
    assert the_issue(pipeline).state is IssueState.FILED


def test_a_ticket_that_was_closed_or_lost_meanwhile_says_where_the_issue_goes_back_to(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    release(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.decline(key)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.SHIPPED, "customers have it all the same"
        take_back(pipeline)
        issue = the_issue(pipeline)
        assert (issue.state, issue.outcome) == (IssueState.DECLINED, Outcome.WONT_FIX)
        assert f"{key} was closed without a fix" in last_words(pipeline)
        engineering.reopen(key)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.FILED
    later(pipeline, hours=1)
    release(pipeline, "4.2")
    with Api(sandbox.describe()) as jira:
        jira.call("DELETE", f"issue/{key}")
    hear_ticket(pipeline)
    assert the_issue(pipeline).state is IssueState.SHIPPED
    take_back(pipeline, "4.2")
    assert the_issue(pipeline).state is IssueState.CONFIRMED
    assert f"{key} is gone: it has no ticket any more" in last_words(pipeline)


def test_a_second_fix_that_is_taken_back_leaves_the_issue_regressed_as_it_was(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.1")
        engineering.start(key)
        engineering.finish(key, "4.1")
        engineering.release("4.1", pipeline.clock.moment)
    poll(pipeline)
    later(pipeline, hours=1)
    minutes = (pipeline.clock.moment - START).total_seconds() / 60
    pipeline.send(a_contact(external_id="y", email="z@z.example", minutes=minutes, version="4.1"))
    assert the_issue(pipeline).state is IssueState.REGRESSED
    later(pipeline, hours=1)
    release(pipeline, "4.2")
    assert the_issue(pipeline).state is IssueState.SHIPPED
    take_back(pipeline, "4.2")
    issue = the_issue(pipeline)
    assert (issue.state, issue.fixed_in, issue.episode) == (IssueState.REGRESSED, "4.1", 3)
    assert f"{key} was closed before the issue came back" in last_words(pipeline)
    assert told(pipeline) == [FIX, NoticeKind.REGRESSION, FIX, CORRECTION]


def test_an_issue_that_is_fixed_in_two_releases_stays_shipped_when_one_is_taken_back(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    release(pipeline, "4.1.9")
    assert release(pipeline, "4.3.0") == ["it shipped in 4.1.9 already"]
    later(pipeline, hours=1)
    take_back(pipeline, "4.1.9")
    issue = the_issue(pipeline)
    assert (issue.state, issue.fixed_in, issue.episode) == (IssueState.SHIPPED, "4.3.0", 1)
    assert told(pipeline) == [FIX]
    take_back(pipeline, "4.3.0")
    assert the_issue(pipeline).state is not IssueState.SHIPPED
    assert told(pipeline) == [FIX, CORRECTION]


def test_a_ticket_that_is_opened_again_takes_the_fix_back_once(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.1")
        engineering.start(key)
        engineering.finish(key, "4.1")
        engineering.release("4.1", pipeline.clock.moment)
        poll(pipeline)
        assert told(pipeline) == [FIX]
        engineering.reopen(key)
        poll(pipeline)
        poll(pipeline)
        issue = the_issue(pipeline)
        assert (issue.state, issue.episode) == (IssueState.IN_PROGRESS, 2)
        assert told(pipeline) == [FIX, CORRECTION]
        assert workaround(pipeline) is WorkaroundState.ACTIVE
        engineering.plan_version("4.2")
        engineering.finish(key, "4.2")
        poll(pipeline)
        poll(pipeline)
        assert the_issue(pipeline).state is IssueState.RESOLVED, "4.2 is not out"
        engineering.release("4.2", pipeline.clock.moment)
        poll(pipeline)
    issue = the_issue(pipeline)
    assert (issue.state, issue.fixed_in) == (IssueState.SHIPPED, "4.2")
    assert told(pipeline) == [FIX, CORRECTION, FIX]


def test_a_release_that_did_not_hold_does_not_ship_the_issue_again(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    release(pipeline)
    later(pipeline, hours=1)
    hours = (pipeline.clock.moment - START).total_seconds() / 60
    pipeline.send(a_contact(external_id="again", email="z@z.example", minutes=hours, version="4.1"))
    assert the_issue(pipeline).state is IssueState.REGRESSED
    later(pipeline, hours=1)
    assert release(pipeline, named=False) == ["customers who have 4.1 still met it"]
    assert release(pipeline, "4.2") == []
    assert the_issue(pipeline).fixed_in == "4.2"


def test_a_fix_that_was_not_sent_outside_yet_is_not_sent_after_it_was_taken_back(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    channel = FakeNotifier()
    pipeline.rewire(replace(pipeline.application.context, notifiers=(channel,)))
    context = pipeline.application.context
    with context.open() as store:
        cause = Cause(Actor("token", "ci"), pipeline.clock.moment, "oops", "api")
        at = pipeline.clock.moment
        news = ReleaseNews("4.1", at, issue_ids=(the_issue(pipeline).id,))
        ship(news, pipeline.product, store=store, context=context, cause=cause)
        known = store.fixes.find(pipeline.product.id, "4.1", lock=True)
        assert known is not None
        event = ShipEvent(id="", source="api", kind=ShipKind.ROLLED_BACK, at=at)
        withdraw(known, event, pipeline.product, store=store, context=context, cause=cause)
    pipeline.queue.drain(pipeline.clock.moment)
    assert ["not fixed after all" in one.text for _, one in channel.sent.values()] == [True] * 2


def test_a_part_of_the_customers_is_told_once_and_everybody_when_it_is_complete(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    for percent in (10, 30, 30):
        (reason,) = release(pipeline, percent=percent)
        assert f"has reached {percent} %" in reason
        later(pipeline, hours=1)
    assert told(pipeline) == [NoticeKind.ROLLOUT]
    assert workaround(pipeline) is WorkaroundState.ACTIVE
    assert release(pipeline, named=False) == []
    assert told(pipeline) == [NoticeKind.ROLLOUT, FIX]


def test_a_roll_out_that_goes_back_below_what_was_told_steps_down_once(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    assert release(pipeline, percent=50) != []
    later(pipeline, hours=1)
    for _ in range(2):
        (reason,) = release(pipeline, percent=20)
    assert "went back from 50 % to 20 %" in reason or "has reached 20 %" in reason
    assert told(pipeline) == [NoticeKind.ROLLOUT] * 2
    later(pipeline, hours=1)
    assert release(pipeline) == []
    assert workaround(pipeline) is WorkaroundState.RETIRED
    assert release(pipeline, percent=40, minutes_ago=90) == [], "an older word comes too late"
    later(pipeline, hours=1)
    (reason,) = release(pipeline, percent=30)
    assert reason == "the roll-out of 4.1 went back from 100 % to 30 %"
    assert the_issue(pipeline).state is IssueState.FILED
    assert workaround(pipeline) is WorkaroundState.ACTIVE
    assert told(pipeline)[2:] == [FIX, NoticeKind.CORRECTION]
    later(pipeline, hours=1)
    assert release(pipeline, percent=100) == []
    assert the_issue(pipeline).state is IssueState.SHIPPED
    assert told(pipeline)[4:] == [FIX]
    # A late older word changes nothing, and hides nothing from the next one.
    later(pipeline, hours=1)
    assert release(pipeline, percent=20, minutes_ago=90) == []
    (reason,) = release(pipeline, percent=20)
    assert reason == "the roll-out of 4.1 went back from 100 % to 20 %"


def test_a_source_that_repeats_itself_does_not_raise_what_was_lowered_since(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    assert release(pipeline) == []
    later(pipeline, hours=1)
    context = pipeline.application.context
    with context.open() as store:
        news = ReleaseNews("4.1", pipeline.clock.moment, percent=30)
        cause = Cause(Actor("operator", "root"), pipeline.clock.moment, origin="cli")
        ship(news, pipeline.product, store=store, context=context, cause=cause)
    later(pipeline, hours=1)
    assert release(pipeline) != []
    assert the_issue(pipeline).state is IssueState.FILED
    with context.open() as store:
        known = store.fixes.find(pipeline.product.id, "4.1")
    assert known is not None
    assert (known.percent, known.complete_at) == (30, None)


@pytest.mark.parametrize("resolution", ["Won't Do", "Cannot Reproduce"])
def test_agents_hear_once_that_engineering_will_not_fix_it(
    pipeline: Pipeline, sandbox: SandboxServer, resolution: str
) -> None:
    key = key_of(pipeline)
    with Engineering(sandbox) as engineering:
        for _ in range(2):
            engineering.decline(key, resolution)
            poll(pipeline)
            poll(pipeline)
            engineering.reopen(key)
            poll(pipeline)
    assert told(pipeline) == [NoticeKind.OUTCOME]
    with pipeline.application.open() as store:
        (notice,) = store.notices.of_person(pipeline.product.id, AGENT)
    assert "This workaround stays: Use the menu instead" in notice.text
    assert workaround(pipeline) is WorkaroundState.ACTIVE
