"""After a merge the fix of what was merged away is the survivor's: shipped, watched, taken back."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.issues import Issue, IssueState
from bridge.domain.messages import Preferences
from bridge.domain.people import Notice, NoticeKind
from bridge.domain.products import ShipRule
from bridge.domain.tasks import TaskKind, check_return_key
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.tasks import approve_task
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.fakes import FakeNotifier
from tests.groups_bench import MIA
from tests.signal_desk import SignalDesk, signal_desk

_S = IssueState
FIX, CORRECTION = NoticeKind.FIX, NoticeKind.CORRECTION
ADA, BOB, EVE = (f"{name}@support.example" for name in ("ada", "bob", "eve"))


@pytest.fixture
def desk(pipeline: Pipeline) -> Iterator[SignalDesk]:
    with signal_desk(pipeline) as made:
        yield made


def ship_by_hand(desk: SignalDesk, issue: Issue, version: str = "4.2", percent: int = 100) -> None:
    with desk.application.open() as store:
        cause = Cause(MIA, desk.now, "", "test")
        news = ReleaseNews(version, desk.now, percent=percent, issue_ids=(issue.id,))
        context = desk.application.context
        ship(news, desk.pipeline.product, store=store, context=context, cause=cause)
    desk.drain()


def handled(desk: SignalDesk, topic: str, agent: str, *, minutes_ago: float = 0) -> Issue:
    """A confirmed issue of one contact that this agent handled."""
    told = a_contact(f"{topic} is broken", external_id=f"{topic}-1", agent=agent)
    at = desk.now - timedelta(minutes=minutes_ago)
    (sent,) = desk.pipeline.send(replace(told, occurred_at=at))
    with desk.application.open() as store:
        store.issues.unassign([sent.contact_id], now=desk.now)
    return desk.groups.issue_of([sent.contact_id], f"About {topic}", state=_S.CONFIRMED)


def test_a_release_that_names_the_ticket_that_came_along_ships_the_survivor(
    desk: SignalDesk,
) -> None:
    filed = desk.filed("login")
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    key = desk.ticket(filed).ref.key
    desk.groups.merge(survivor, filed)
    desk.set_rule(ShipRule.DEPLOYMENT)
    told = desk.deploy("v4.2", payload={"tickets": [key]})
    assert f"shipped: {survivor.name}" in str(told.reason)
    assert desk.state(survivor) == (_S.SHIPPED, "4.2")


def test_a_roll_out_that_is_complete_ships_the_survivor_of_what_waited_for_it(
    desk: SignalDesk,
) -> None:
    done = desk.done("login")
    ship_by_hand(desk, done, percent=50)
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, done)
    assert desk.state(survivor) == (_S.RESOLVED, None)
    desk.later(hours=1)
    desk.release("v4.2")
    assert desk.state(survivor) == (_S.SHIPPED, "4.2")
    assert desk.told(survivor) == [FIX]


def test_the_next_deployment_ships_the_survivor_of_what_was_done_without_a_version(
    desk: SignalDesk,
) -> None:
    desk.set_rule(ShipRule.DEPLOYMENT)
    done = desk.done("login")
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, done)
    desk.later(minutes=1)
    assert desk.waits_for(survivor) == "the next deployment to production"
    desk.deploy("main")
    assert desk.state(survivor) == (_S.SHIPPED, "deployment 1a2b3c4d5e6f")


def test_no_release_is_awaited_for_a_survivor_that_it_has_shipped(desk: SignalDesk) -> None:
    done = desk.done("login", "4.2")
    desk.release()
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, desk.groups.now(done))
    assert desk.state(survivor) == (_S.SHIPPED, "4.2")
    with desk.application.open() as store:
        assert store.meant.awaiting(desk.pipeline.product.id, "4.2") == []


def test_a_fix_that_came_along_is_verified_on_the_survivor_and_after_an_undo_where_it_was(
    desk: SignalDesk,
) -> None:
    done = desk.done("login", "4.2")
    desk.release()
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, desk.groups.now(done))
    desk.later(days=15)
    assert desk.state(survivor)[0] is _S.VERIFIED
    other = desk.done("invoice", "4.3")
    desk.release("v4.3")
    calm = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(calm, desk.groups.now(other))
    desk.later(days=10)
    desk.groups.undo(calm)
    assert (desk.state(calm)[0], desk.state(other)[0]) == (_S.CONFIRMED, _S.SHIPPED)
    desk.later(days=10)
    assert desk.state(other)[0] is _S.VERIFIED


def test_a_fix_that_was_merged_is_not_verified_while_the_survivor_is_not(desk: SignalDesk) -> None:
    done = desk.done("login", "4.2")
    desk.release()
    survivor = desk.filed("export")
    desk.groups.merge(survivor, desk.groups.now(done))
    desk.later(days=15)
    assert desk.state(survivor)[0] is _S.FILED
    assert desk.state(done)[0] is _S.SHIPPED


def written(desk: SignalDesk, issue: Issue, number: int, version: str) -> int:
    """A customer with that version writes again, onto that issue; nobody has looked yet."""
    told = replace(
        a_contact(
            f"It is broken again, number {number}",
            external_id=f"again-{issue.name}-{number}",
            email=f"again{number}@customer.example",
            version=version,
        ),
        occurred_at=desk.now,
    )
    (sent,) = desk.pipeline.send(told)
    with desk.application.open() as store:
        store.issues.unassign([sent.contact_id], now=desk.now)
        store.placements.place_unassigned(
            issue.product_id, [sent.contact_id], issue.id, actor="machine", reason="x", now=desk.now
        )
    return sent.contact_id


def test_contacts_of_the_survivor_speak_against_a_fix_that_came_along(desk: SignalDesk) -> None:
    done = desk.done("login", "4.2")
    desk.release()
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.later(days=2)
    for number in range(4):
        written(desk, survivor, number, "4.2")
    desk.groups.merge(survivor, desk.groups.now(done))
    desk.drain()
    assert desk.state(survivor)[0] is _S.REGRESSED


def test_a_look_that_was_queued_before_the_merge_is_taken_at_the_survivor(desk: SignalDesk) -> None:
    done = desk.done("login", "4.2")
    desk.release()
    desk.later(days=2)
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    contacts = [written(desk, done, number, "4.2") for number in range(4)]
    with desk.application.open() as store:
        for one in contacts:
            store.enqueue("watch", product_id=done.product_id, issue_id=done.id, contact_id=one)
    desk.groups.merge(survivor, desk.groups.now(done))
    desk.drain()
    assert desk.state(survivor)[0] is _S.REGRESSED


def test_whoever_was_told_of_a_fix_that_was_merged_hears_when_the_survivors_fix_falls(
    desk: SignalDesk,
) -> None:
    issue = handled(desk, "login", ADA)
    with desk.application.open() as store:
        locked = store.issues.get(issue.product_id, issue.id, lock=True)
        store.issues.change(locked, {"state": _S.RESOLVED.value})
    ship_by_hand(desk, issue)
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, desk.groups.now(issue))
    desk.later(hours=1)
    for _ in range(2):
        desk.release("v4.2", "unpublished")
    told = notices(desk, ADA)
    assert [one.kind for one in told] == [FIX, CORRECTION]
    assert told[1].issue_id == survivor.id
    assert survivor.name in told[1].text
    assert desk.state(survivor)[0] is not _S.SHIPPED
    desk.later(hours=1)
    desk.release("v4.2")
    assert desk.state(survivor) == (_S.SHIPPED, "4.2")


def test_who_heard_that_it_is_fixed_does_not_hear_it_again_by_a_merge(desk: SignalDesk) -> None:
    issues = [handled(desk, "login", ADA), handled(desk, "export", EVE)]
    for issue in issues:
        with desk.application.open() as store:
            locked = store.issues.get(issue.product_id, issue.id, lock=True)
            store.issues.change(locked, {"state": _S.RESOLVED.value})
    desk.later(minutes=5)
    for issue in issues:
        ship_by_hand(desk, issue)
    late = handled(desk, "invoice", BOB, minutes_ago=60)
    survivor, gone = issues
    desk.groups.merge(desk.groups.now(survivor), desk.groups.now(gone), desk.groups.now(late))
    desk.drain()
    assert [one.kind for one in notices(desk, ADA)] == [FIX]
    assert [one.kind for one in notices(desk, EVE)] == [FIX]
    # Nobody has told him.
    assert [one.kind for one in notices(desk, BOB)] == [FIX]
    assert desk.told(survivor) == [FIX]


def test_what_waits_to_be_sent_of_a_fix_that_came_along_is_let_go_when_it_falls(
    desk: SignalDesk,
) -> None:
    notifier = FakeNotifier()
    desk.pipeline.rewire(replace(desk.application.context, notifiers=[notifier]))
    desk.application = desk.pipeline.application
    issue = handled(desk, "login", ADA)
    with desk.application.open() as store:
        digest = Preferences(digest_hour=(desk.now.hour + 12) % 24)
        store.notices.prefer(store.people.known(ADA).id, digest)
        locked = store.issues.get(issue.product_id, issue.id, lock=True)
        store.issues.change(locked, {"state": _S.RESOLVED.value})
    ship_by_hand(desk, issue)
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, desk.groups.now(issue))
    desk.later(hours=1)
    desk.release("v4.2", "unpublished")
    desk.later(hours=24)
    texts = [one.text for who, one in notifier.sent.values() if who == ADA]
    assert len(texts) == 1
    assert "is not fixed after all" in texts[0]
    assert "is fixed in" not in texts[0]


def test_whoever_heard_how_far_a_roll_out_was_hears_that_it_went_back(desk: SignalDesk) -> None:
    issue = handled(desk, "login", ADA)
    with desk.application.open() as store:
        locked = store.issues.get(issue.product_id, issue.id, lock=True)
        store.issues.change(locked, {"state": _S.RESOLVED.value})
    ship_by_hand(desk, issue, percent=60)
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, desk.groups.now(issue))
    desk.later(hours=1)
    ship_by_hand(desk, survivor, percent=20)
    told = notices(desk, ADA)
    assert [one.kind for one in told] == [NoticeKind.ROLLOUT, NoticeKind.ROLLOUT]
    assert "went back" in told[1].text


def survivor_of_one_asked_about(desk: SignalDesk) -> Issue:
    """It took over a fix, of which somebody is asked whether the problem is back."""
    done = desk.done("login", "4.2")
    desk.release()
    with desk.application.open() as store:
        key = check_return_key(done.id)
        store.tasks.ask(done, key, TaskKind.CHECK_RETURN, text="Is it back?", now=desk.now)
    survivor = desk.groups.issue("export", state=_S.CONFIRMED)
    desk.groups.merge(survivor, desk.groups.now(done))
    return survivor


def test_who_was_asked_whether_it_is_back_is_asked_about_the_survivor(desk: SignalDesk) -> None:
    survivor = survivor_of_one_asked_about(desk)
    desk.later(days=20)
    # Not verified while a person has still to say.
    assert desk.state(survivor)[0] is _S.SHIPPED
    with desk.application.open() as store:
        (task,) = store.tasks.all(desk.pipeline.product.id, issue_id=survivor.id)
        cause = Cause(MIA, desk.now, "", "test")
        approve_task(task, desk.pipeline.product, store=store, cause=cause)
    desk.drain()
    assert desk.state(survivor)[0] is _S.REGRESSED


def test_nobody_need_check_what_was_merged_once_the_survivors_fix_has_fallen(
    desk: SignalDesk,
) -> None:
    survivor_of_one_asked_about(desk)
    desk.later(hours=1)
    desk.release("v4.2", "unpublished")
    with desk.application.open() as store:
        assert store.tasks.all(desk.pipeline.product.id) == []


def notices(desk: SignalDesk, reader: str) -> list[Notice]:
    with desk.application.open() as store:
        return list(reversed(store.notices.of_person(desk.pipeline.product.id, reader)))
