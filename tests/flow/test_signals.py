"""What systems that release and deploy tell: once, in any order, by the mapping, or in words."""

from collections.abc import Iterator

import pytest

from bridge.cli.doctor import look_over
from bridge.domain.issues import IssueState
from bridge.domain.people import NoticeKind
from bridge.domain.products import ShipRule
from bridge.domain.signals import Rule, SignalMap
from bridge.steps.expire import expire
from bridge.steps.letter_look import carriers_of
from bridge.steps.signals import read_again, read_left, set_map
from bridge.store.deliveries import DeliveryState
from bridge.wiring.signals import finish_rotation, rotate
from tests.conftest import Pipeline
from tests.signal_desk import SHOP, SignalDesk, signal_desk

_S = IssueState
FIX, CORRECTION = NoticeKind.FIX, NoticeKind.CORRECTION


@pytest.fixture
def desk(pipeline: Pipeline) -> Iterator[SignalDesk]:
    with signal_desk(pipeline) as made:
        yield made


def test_a_release_is_told_once_however_often_and_in_whichever_order_its_deliveries_come(
    desk: SignalDesk,
) -> None:
    issue = desk.done("export", "4.2")
    answers = desk.deliver(
        "release",
        {
            "action": "published",
            "release": {"tag_name": "v4.2", "published_at": desk.now.isoformat()},
            "repository": {"full_name": "acme/shop"},
        },
        delivery="one",
        times=5,
    )
    assert [one.json()["result"] for one in answers] == ["stored", *["known"] * 4]
    repeated = desk.release(action="released")
    assert repeated.reason == f"4.2 is out; known already, nothing to do: {issue.name}"
    desk.later(hours=1)
    # What was sent first comes last.
    assert "4.2 is taken back; not fixed any more" in str(desk.release(action="unpublished").reason)
    late = desk.release(minutes_ago=30, delivery="late")
    assert late.reason == (
        f"4.2 stays taken back: that was before; not shipped: {issue.name} "
        "(version 4.2 was taken back after that)"
    )
    assert desk.state(issue) == (_S.RESOLVED, None)
    desk.release(action="unpublished")
    assert desk.told(issue) == [FIX, CORRECTION]
    desk.later(hours=1)
    again = desk.release()
    assert again.reason == f"4.2 is out; shipped: {issue.name}"
    assert desk.state(issue) == (_S.SHIPPED, "4.2")
    assert desk.told(issue) == [FIX, CORRECTION, FIX]
    assert desk.log()[-1].event_id == "one"
    assert {one.state for one in desk.log()} == {DeliveryState.DONE}


def test_a_take_back_that_comes_before_its_release_keeps_it_from_coming_out(
    desk: SignalDesk,
) -> None:
    issue = desk.done("export", "4.2")
    desk.release(action="deleted")
    desk.release(minutes_ago=5)
    assert (desk.state(issue), desk.told(issue)) == ((_S.RESOLVED, None), [])


def test_an_old_release_that_is_deleted_to_tidy_up_takes_nothing_back(desk: SignalDesk) -> None:
    issue = desk.done("export", "4.2")
    desk.release()
    desk.release("v4.3")
    tidied = desk.release("v4.2", "deleted")
    assert tidied.state is DeliveryState.IGNORED
    assert "4.3 is out, which may have the fixes of 4.2 too" in str(tidied.reason)
    desk.release("v3.9", "deleted")
    with desk.application.open() as store:
        found = store.fixes.releases(desk.pipeline.product.id)
    assert {(one.version, one.is_withdrawn) for one in found} == {("4.2", False), ("4.3", False)}
    assert desk.told(issue) == [FIX]


def test_what_nobody_mapped_is_kept_in_words_and_read_once_the_mapping_is_mended(
    desk: SignalDesk,
) -> None:
    issue = desk.done("export", "4.2")
    strange = desk.release(repository="acme/new-shop")
    assert strange.state is DeliveryState.UNMAPPED
    assert strange.reason == "nothing says what acme/new-shop is here"
    assert desk.state(issue) == (_S.RESOLVED, None)
    elsewhere = SignalMap((*SHOP.rules, Rule("acme/new-*")))
    with desk.application.open() as store:
        found = store.connections.get(desk.connection.id)
        assert set_map(found, elsewhere, store=store) == 1
    desk.drain()
    assert desk.log()[0].reason == f"4.2 is out; shipped: {issue.name}"
    with desk.application.open() as store:
        read_again([strange.id], store=store)
    desk.drain()
    assert desk.told(issue) == [FIX]


def test_what_is_not_proven_is_refused_without_a_reason_and_leaves_only_its_minute(
    desk: SignalDesk,
) -> None:
    for event in ("release", "nonsense"):
        (answer,) = desk.deliver(event, {}, secret="someone else's secret")
        assert answer.status_code == 401
        assert answer.json()["detail"] == "this delivery does not prove where it comes from"
    (other,) = [desk.client.post(f"/webhooks/gitlab/{desk.connection.id}", content=b"{}")]
    assert other.status_code == 404
    too_large = b" " * (desk.application.context.settings.max_body_bytes + 1)
    large = desk.client.post(f"/webhooks/github/{desk.connection.id}", content=too_large)
    assert large.status_code == 413
    with desk.application.open() as store:
        assert store.deliveries.refused_at(desk.connection.id) == desk.now
    assert desk.log() == []


def test_during_a_rotation_two_secrets_are_good_and_afterwards_one(desk: SignalDesk) -> None:
    old, context = desk.secret, desk.application.context
    with context.open() as store:
        new = rotate(desk.connection, store=store, secrets=context.secrets)
    statuses = [desk.deliver("ping", {}, secret=one)[0].status_code for one in (old, new)]
    with context.open() as store:
        found = store.connections.get(desk.connection.id)
        finish_rotation(found, store=store, secrets=context.secrets)
    statuses += [desk.deliver("ping", {}, secret=one)[0].status_code for one in (old, new)]
    assert statuses == [202, 202, 401, 202]


def test_what_cannot_be_followed_is_acknowledged_and_told(desk: SignalDesk) -> None:
    issue = desk.done("export", "4.2")
    for event, body, state, told in (
        ("ping", {"zen": "less"}, DeliveryState.IGNORED, "it says nothing about what is out"),
        ("sponsorship", {}, DeliveryState.IGNORED, "it says nothing about what is out"),
        ("release", {}, DeliveryState.FAILED, "it has no action"),
    ):
        desk.deliver(event, body)
        assert (desk.log()[0].state, desk.log()[0].reason) == (state, told)
    assert desk.deploy(payload={"percent": 140}).reason == (
        "percent is 140, not a number from 1 to 100"
    )
    assert desk.deploy(environment="staging").state is DeliveryState.IGNORED
    assert desk.deploy(state="failure").state is DeliveryState.IGNORED
    assert desk.release("nightly").state is DeliveryState.UNMAPPED
    assert "too far away" in str(desk.release(minutes_ago=-2_000_000).reason)
    assert desk.state(issue) == (_S.RESOLVED, None)
    desk.deliver("ping", {}, secret="a wrong one")
    with desk.application.open() as store:
        found = [one for one in look_over(store, desk.now) if one.check == "signals"]
    assert [one.ok for one in found] == [False, False, False]
    assert "github: 1 delivery of things that are not mapped" in found[0].detail
    assert "bridge ship log --product default --state failed" in found[1].fix


def test_a_release_that_is_planned_ships_at_its_moment_and_is_not_forgotten_before(
    desk: SignalDesk,
) -> None:
    issue = desk.done("export", "4.2")
    desk.deliver("ping", {})
    planned = desk.release(minutes_ago=-20 * 24 * 60)
    assert planned.state is DeliveryState.WAITING
    desk.later(days=19)
    expire(desk.application.context)
    assert [one.id for one in desk.log()] == [planned.id]
    read_left(desk.application.context)
    desk.drain()
    assert desk.state(issue) == (_S.RESOLVED, None)
    desk.later(days=2)
    assert desk.state(issue) == (_S.SHIPPED, "4.2")
    assert desk.log()[0].state is DeliveryState.DONE


def test_a_delivery_that_lost_its_job_is_read_within_the_hour(desk: SignalDesk) -> None:
    issue = desk.done("export", "4.2")
    jobs = desk.pipeline.queue.jobs
    receive = jobs.pop("receive")
    jobs["receive"] = lambda delivery_id: None
    desk.release()
    jobs["receive"] = receive
    desk.later(minutes=11)
    read_left(desk.application.context)
    desk.drain()
    assert desk.state(issue) == (_S.SHIPPED, "4.2")


def test_an_older_version_that_runs_again_takes_back_what_ran_since(desk: SignalDesk) -> None:
    first, second = desk.done("export", "4.1"), desk.done("login", "4.2")
    desk.deploy("v4.1")
    desk.later(hours=1)
    desk.deploy("v4.2")
    desk.later(hours=1)
    assert desk.deploy("v4.0.9").reason == "4.0.9 is out; no issue waits for it"
    desk.later(hours=1)
    # The deployment of before, told late, is no return.
    assert "is taken back" not in str(desk.deploy("v4.1", minutes_ago=170).reason)
    back = desk.deploy("v4.1")
    assert back.reason == (
        f"4.2 is taken back; not fixed any more: {second.name};"
        f" 4.1 is out; known already, nothing to do: {first.name}"
    )
    assert desk.state(first) == (_S.SHIPPED, "4.1")
    assert desk.state(second) == (_S.RESOLVED, None)
    assert (desk.told(first), desk.told(second)) == ([FIX], [FIX, CORRECTION])


def test_a_version_has_reached_everybody_once_each_region_has_it(pipeline: Pipeline) -> None:
    given = SignalMap((Rule("acme/shop"),), ("prod-{region}",), ("eu", "us"))
    with signal_desk(pipeline, given) as desk:
        issue = desk.done("export", "4.2")
        for _ in range(2):
            first = desk.deploy(environment="prod-eu")
            desk.later(hours=1)
        assert "4.2 has reached 50 %" in str(first.reason)
        assert desk.waits_for(issue) == "4.2 to reach everybody: 50 % have it so far"
        assert desk.told(issue) == [NoticeKind.ROLLOUT]
        desk.deploy(environment="prod-us")
        assert desk.state(issue) == (_S.SHIPPED, "4.2")
        assert desk.told(issue) == [NoticeKind.ROLLOUT, FIX]
        assert desk.deploy(environment="prod-mars").state is DeliveryState.UNMAPPED
        # What runs again in one region only has not reached the others by that.
        other = desk.done("login", "4.3")
        for tag in ("v4.3", "v4.4"):
            desk.later(hours=1)
            desk.deploy(tag, environment="prod-us")
        desk.later(hours=1)
        back = desk.deploy("v4.3", environment="prod-us")
        assert "4.4 is taken back; 4.3 has reached 50 %" in str(back.reason)
        assert desk.state(other) == (_S.RESOLVED, None)


def test_a_rollback_in_one_region_takes_the_version_back_there_only(pipeline: Pipeline) -> None:
    given = SignalMap((Rule("acme/shop"),), ("prod-{region}",), ("eu", "us"))
    with signal_desk(pipeline, given) as desk:
        issue = desk.done("export", "4.3")
        for tag in ("v4.2", "v4.3"):
            for region in ("eu", "us"):
                desk.later(hours=1)
                desk.deploy(tag, environment=f"prod-{region}")
        assert desk.state(issue) == (_S.SHIPPED, "4.3")
        desk.later(hours=1)
        back = desk.deploy("v4.2", environment="prod-us")
        assert back.reason == (
            f"4.3 has gone back to 50 %: us has it no more; not fixed for everybody: {issue.name};"
            " 4.2 is out; no issue waits for it"
        )
        assert desk.state(issue) == (_S.RESOLVED, None)
        assert desk.waits_for(issue) == "4.3 to reach everybody: 50 % have it so far"
        with desk.application.open() as store:
            found = store.fixes.find(pipeline.product.id, "4.3")
            assert found is not None
            assert (found.is_withdrawn, found.percent) == (False, 50)
            (carrier,) = carriers_of(issue.id, store)
            assert carrier.regions == {"eu"}
        desk.later(hours=1)
        desk.deploy("v4.3", environment="prod-us")
        assert desk.state(issue) == (_S.SHIPPED, "4.3")
        desk.later(hours=1)
        for region in ("eu", "us"):
            desk.later(hours=1)
            last = desk.deploy("v4.2", environment=f"prod-{region}")
        assert "4.3 is taken back" in str(last.reason)


def test_a_roll_out_that_goes_back_is_noticed_in_whatever_order_its_words_come(
    desk: SignalDesk,
) -> None:
    issue = desk.done("export", "4.2")
    desk.deploy()
    desk.later(hours=1)
    desk.deploy(payload={"percent": 20}, minutes_ago=90)
    assert desk.state(issue) == (_S.SHIPPED, "4.2")
    back = desk.deploy(payload={"percent": 20})
    assert "went back from 100 % to 20 %" in str(back.reason)
    assert desk.state(issue) == (_S.RESOLVED, None)


def test_the_next_deployment_ships_done_tickets_without_a_version(desk: SignalDesk) -> None:
    nightly = desk.deploy("nightly")
    assert nightly.reason == (
        "“nightly” is no version, as the mapping reads tags, and this product ships by versions"
    )
    desk.set_rule(ShipRule.DEPLOYMENT)
    issue, named = desk.done("export"), desk.done("login", "4.3")
    assert desk.waits_for(issue) == "the next deployment to production"
    assert desk.waits_for(named) == "version 4.3 to reach customers"
    desk.deploy("main", minutes_ago=60)
    desk.deploy("main", environment="staging")
    assert desk.state(issue) == (_S.RESOLVED, None)
    desk.later(minutes=1)
    desk.deploy("main")
    assert desk.state(issue) == (_S.SHIPPED, "deployment 1a2b3c4d5e6f")
    assert desk.state(named) == (_S.RESOLVED, None)
    desk.later(hours=1)
    with desk.application.open() as store:
        assert len(store.fixes.releases(desk.pipeline.product.id)) == 1
    desk.deploy("v4.3")
    assert desk.state(named) == (_S.SHIPPED, "4.3")


def test_by_hand_machines_ship_nothing_and_take_nothing_back(desk: SignalDesk) -> None:
    desk.set_rule(ShipRule.BY_HAND)
    issue = desk.done("export", "4.2")
    told = desk.release()
    assert (told.state, told.reason) == (
        DeliveryState.IGNORED,
        "Default ships by hand: a person says what is out",
    )
    (version,) = desk.tracker.versions()
    desk.tracker.release(version.remote_id)
    desk.poll()
    desk.poll()
    assert desk.state(issue) == (_S.RESOLVED, None)
    assert "ships by hand" in desk.waits_for(issue)


def test_a_done_ticket_counts_as_shipped_and_steps_down_when_it_is_opened_again(
    desk: SignalDesk,
) -> None:
    waiting = desk.done("login")
    assert desk.waits_for(waiting) == (
        "a version: FAKE-1 names none. Name one there, or say which release has the fix"
    )
    desk.set_rule(ShipRule.DONE)
    assert desk.state(waiting) == (_S.SHIPPED, "FAKE-1")
    issue = desk.done("export")
    assert desk.state(issue) == (_S.SHIPPED, "FAKE-2")
    desk.later(hours=1)
    desk.reopen(issue)
    assert desk.state(issue) == (_S.IN_PROGRESS, None)
    desk.later(hours=1)
    before = desk.now
    desk.finish(issue)
    desk.poll()
    assert desk.state(issue) == (_S.SHIPPED, "FAKE-2")
    shipped_at = desk.groups.now(issue).shipped_at
    assert shipped_at is not None
    assert shipped_at > before
    assert desk.told(issue) == [FIX, CORRECTION, FIX]
