"""Copies outside follow their workaround: proposed or at once, never against a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bridge.domain.copies import Copy, CopyId, CopyOutcome
from bridge.domain.errors import InvalidMove, TryAgainLater
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Actor
from bridge.domain.tasks import Task, TaskKind, TaskState
from bridge.domain.workarounds import Audience, Workaround
from bridge.steps.advise import (
    Advice,
    add_workaround,
    edit_workaround,
    restore_workaround,
    retire_workaround,
)
from bridge.steps.copies import link_copy, sync_copy, unlink_copy
from bridge.steps.moves import Cause, move_issue
from bridge.steps.retire import retire_fixed, revive
from bridge.steps.tasks import approve_task, drop_task, finish_task
from bridge.store import Store
from bridge.wiring.zendesk import ZendeskGiven, connect_zendesk
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline
from tests.groups_bench import Groups
from tests.zendesk_desk import EMAIL, TOKEN, Desk, zendesk_desk

LEAD = Cause(Actor("person", "lena@support.example"), START, "it is wrong", "page")


class Bench:
    """One issue with one workaround, and a desk that holds copies of it."""

    def __init__(self, pipeline: Pipeline, desk: Desk) -> None:
        self.pipeline = pipeline
        self.desk = desk
        self.open = pipeline.application.open
        self.product = pipeline.product
        given = ZendeskGiven(desk.url, EMAIL, TOKEN, allow_private=True, calls_per_second=1000)
        steps = connect_zendesk(given, self.product, context=pipeline.application.context)
        assert all(one.ok for one in steps), steps
        pipeline.send(*contacts_about_export(5, version="4.1"))
        pipeline.consolidate()
        with self.open() as store:
            issue = store.issues.by_number(self.product.id, 1)
            for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
                issue = move_issue(issue, state, store=store, cause=LEAD)
            advice = Advice("Halve it.", Audience.CUSTOMER)
            added, _ = add_workaround(issue, advice, self.product, store=store, cause=LEAD)
            self.workaround: Workaround = added
        self.issue: Issue = issue

    def link(self, url: str) -> int:
        with self.open() as store:
            copy = link_copy(
                self.workaround,
                url,
                self.product,
                store=store,
                context=self.pipeline.application.context,
                cause=LEAD,
            )
        self.drain()
        return copy.id

    def ship(self, version: str = "4.3") -> None:
        with self.open() as store:
            issue = store.issues.get(self.product.id, self.issue.id, lock=True)
            retire_fixed(issue, version, store=store, cause=LEAD)
        self.drain()

    def for_versions(self, *versions: str) -> None:
        with self.open() as store:
            one = store.workarounds.get(self.product.id, self.workaround.id, lock=True)
            advice = Advice("Halve it.", Audience.CUSTOMER, versions)
            edit_workaround(one, advice, self.product, store=store, cause=LEAD)

    def finish(self, task: Task) -> None:
        with self.open() as store:
            finish_task(task, self.product, store=store, cause=LEAD)
        self.drain()

    def regress(self) -> None:
        with self.open() as store:
            issue = store.issues.get(self.product.id, self.issue.id, lock=True)
            revive(issue, store=store, cause=replace(LEAD, reason="it is back"))
        self.drain()

    def drain(self) -> None:
        self.pipeline.queue.drain(self.pipeline.clock.moment)

    def check(self) -> None:
        with self.open() as store:
            store.enqueue("check_copies")
        self.drain()

    def automatic(self) -> None:
        with self.open() as store:
            store.products.configure(self.product.id, copies_auto=True)

    def copy(self, copy_id: int) -> Copy:
        with self.open() as store:
            return store.copies.get(self.product.id, copy_id)

    def tasks(self, state: TaskState = TaskState.OPEN) -> list[Task]:
        with self.open() as store:
            return store.tasks.all(self.product.id, state=state)

    def approve(self) -> None:
        (task,) = self.tasks()
        with self.open() as store:
            approve_task(task, self.product, store=store, cause=LEAD)
        self.drain()


@pytest.fixture
def bench(pipeline: Pipeline) -> Iterator[Bench]:
    with zendesk_desk() as desk:
        yield Bench(pipeline, desk)


def test_a_fix_proposes_and_one_button_switches_all_off(bench: Bench) -> None:
    copies = [bench.link(bench.desk.add_macro(number, "Halve it.")) for number in (1, 2)]
    article = bench.link(bench.desk.add_article(7, "Halve it."))
    bench.ship()
    (task,) = bench.tasks()
    assert (task.kind, task.text) == (
        TaskKind.WITHDRAW,
        "Take 1 article and 2 macros of ISS-1 out of use: fixed in 4.3.",
    )
    assert bench.desk.macros[1]["active"]
    bench.approve()
    assert not any(one["active"] for one in bench.desk.macros.values())
    assert bench.desk.articles[7, "en-us"]["draft"]
    for one in (*copies, article):
        found = bench.copy(one)
        assert (found.outcome, found.is_live) == (CopyOutcome.DONE, False)
        assert found.verified_at is not None
    assert bench.tasks() == []
    with bench.open() as store:
        again = store.tasks.get(bench.product.id, task.id, lock=True)
        with pytest.raises(InvalidMove, match="already said yes to this"):
            approve_task(again, bench.product, store=store, cause=LEAD)


def test_a_product_may_have_it_done_at_once_and_undone_when_the_issue_is_back(
    bench: Bench,
) -> None:
    bench.automatic()
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    assert not bench.desk.macros[1]["active"]
    bench.regress()
    assert bench.desk.macros[1]["active"]
    assert bench.tasks() == []


def test_what_somebody_changed_since_is_left_alone_and_becomes_a_task(bench: Bench) -> None:
    bench.automatic()
    copy = bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.desk.add_macro(1, "Halve it, or use the menu.")
    bench.ship()
    assert bench.desk.macros[1]["active"]
    found = bench.copy(copy)
    assert (found.outcome, found.is_live) == (CopyOutcome.CONFLICT, True)
    (task,) = bench.tasks()
    assert (task.kind, task.url) == (TaskKind.BY_HAND, found.url)
    assert "somebody changed it since it was linked" in task.text
    # Said to be done and not done: it is asked for again. Done by hand: seen, and closed.
    with bench.open() as store:
        finish_task(task, bench.product, store=store, cause=LEAD)
    bench.drain()
    assert [one.id != task.id for one in bench.tasks()] == [True]
    bench.desk.macros[1]["active"] = False
    bench.check()
    assert bench.tasks() == []
    assert bench.copy(copy).verified_at is not None


def test_what_a_person_switched_off_is_not_switched_on_by_a_regression(bench: Bench) -> None:
    bench.automatic()
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.desk.macros[1]["active"] = False
    bench.ship()
    bench.regress()
    assert not bench.desk.macros[1]["active"]
    (task,) = bench.tasks()
    assert "somebody else switched it off" in task.text


def test_a_copy_that_came_back_is_anybodys_to_switch_off_again(bench: Bench) -> None:
    bench.automatic()
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    bench.regress()
    bench.desk.macros[1]["active"] = False
    bench.ship()
    bench.regress()
    assert not bench.desk.macros[1]["active"]
    (task,) = bench.tasks()
    assert "somebody else switched it off" in task.text


@pytest.mark.parametrize("fault", ["lost", "dropped", "500", "slow"])
def test_a_lost_answer_is_looked_for_before_anything_is_sent_again(
    bench: Bench, fault: str
) -> None:
    bench.automatic()
    copy = bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.desk.faults = [("PUT", fault)]
    with pytest.raises(TryAgainLater):
        bench.ship()
    bench.desk.requests.clear()
    bench.check()
    found = bench.copy(copy)
    assert (found.outcome, bench.desk.macros[1]["active"]) == (CopyOutcome.DONE, False)
    puts = [one for one in bench.desk.requests if one.startswith("PUT")]
    assert len(puts) == (0 if fault == "lost" else 1)
    assert found.verified_at is not None


def test_somebody_faster_between_reading_and_writing_loses_no_words(bench: Bench) -> None:
    bench.automatic()
    bench.link(bench.desk.add_macro(1, "Halve it."))

    def edit() -> None:
        bench.desk.macros[1]["actions"] = [{"field": "comment_value", "value": "New words."}]

    bench.desk.before_put = edit
    bench.ship()
    assert bench.desk.macros[1]["actions"] == [{"field": "comment_value", "value": "New words."}]


def test_a_plain_link_is_a_task_for_a_person(bench: Bench) -> None:
    copy = bench.link("https://wiki.example/export")
    assert bench.copy(copy).connection_id is None
    with bench.open() as store:
        one = store.workarounds.get(bench.product.id, bench.workaround.id, lock=True)
        retire_workaround(one, bench.product, store=store, cause=LEAD)
    bench.approve()
    (task,) = bench.tasks()
    assert (task.kind, task.url, task.owner) == (
        *(TaskKind.BY_HAND, "https://wiki.example/export", "lena@support.example"),
    )
    assert bench.copy(copy).outcome is CopyOutcome.TASK_CREATED
    with bench.open() as store:
        finish_task(task, bench.product, store=store, cause=LEAD)
    assert (bench.copy(copy).outcome, bench.tasks()) == (CopyOutcome.DONE, [])


@pytest.mark.parametrize("external", ["propose", "auto"])
def test_what_was_never_taken_out_is_not_to_be_offered_again(bench: Bench, external: str) -> None:
    if external == "auto":
        bench.automatic()
    wiki = bench.link("https://wiki.example/export")
    macro = bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.desk.add_macro(1, "Halve it, or use the menu.")
    bench.ship()
    if external == "propose":
        bench.approve()
    assert {one.copy_id for one in bench.tasks()} == {wiki, macro}
    bench.regress()
    assert bench.tasks() == []
    assert bench.desk.macros[1]["active"]
    # The wiki was taken out the next time: then it is to be offered again.
    bench.ship()
    if external == "propose":
        bench.approve()
    (by_hand,) = (one for one in bench.tasks() if one.copy_id == wiki)
    with bench.open() as store:
        finish_task(by_hand, bench.product, store=store, cause=LEAD)
    bench.regress()
    if external == "propose":
        bench.approve()
    assert [one.text[:14] for one in bench.tasks()] == ["Offer it again"]


def test_a_copy_that_stays_for_older_versions_has_to_say_so_and_a_person_is_asked_once(
    bench: Bench,
) -> None:
    bench.for_versions(">=4.0,<5")
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.link(bench.desk.add_macro(2, "On versions before 4.3 halve it."))
    wiki = bench.link("https://wiki.example/export")
    for _ in range(2):
        bench.ship()
    macro, link = bench.tasks()
    assert (macro.kind, link.copy_id) == (TaskKind.NAME_VERSIONS, wiki)
    assert macro.text == (
        "Say in the macro “Macro 1” that it is for versions before 4.3: ISS-1 is fixed there."
    )
    assert bench.desk.macros[1]["active"]
    # Said to be done and not done: asked again, with what was read. Done: seen, and closed.
    bench.finish(macro)
    bench.finish(link)
    (again,) = bench.tasks()
    assert again.text.endswith("ISS-1 is fixed there (4.3 does not stand in it yet).")
    bench.desk.add_macro(1, "Below 4.3: halve it.")
    bench.check()
    assert bench.tasks() == []
    bench.ship()
    assert bench.tasks() == []
    # What the person wrote is no change behind our back: it can still be switched off.
    bench.automatic()
    bench.for_versions()
    bench.ship("4.4")
    assert [one["active"] for one in bench.desk.macros.values()] == [False, False]


def test_what_is_narrowed_no_more_asks_nobody_and_a_no_is_remembered(bench: Bench) -> None:
    bench.for_versions("4.1")
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    bench.regress()
    assert bench.tasks() == []
    bench.ship()
    (task,) = bench.tasks()
    with bench.open() as store:
        drop_task(task, bench.product, store=store, cause=LEAD)
    bench.ship()
    bench.check()
    assert bench.tasks() == []
    bench.ship("4.5")
    (task,) = bench.tasks()
    assert "before 4.5" in task.text
    with bench.open() as store:
        one = store.workarounds.get(bench.product.id, bench.workaround.id, lock=True)
        retire_workaround(one, bench.product, store=store, cause=LEAD)
    bench.check()
    assert [one.kind for one in bench.tasks()] == [TaskKind.WITHDRAW]


def test_a_proposal_falls_away_when_the_workaround_is_back(bench: Bench) -> None:
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    assert len(bench.tasks()) == 1
    bench.regress()
    assert bench.tasks() == []
    assert len(bench.tasks(TaskState.DROPPED)) == 1
    assert bench.desk.macros[1]["active"]


def test_a_regression_proposes_to_bring_back_what_was_switched_off(bench: Bench) -> None:
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    bench.approve()
    with bench.open() as store:
        one = store.workarounds.get(bench.product.id, bench.workaround.id, lock=True)
        restore_workaround(one, bench.product, store=store, cause=LEAD)
    (task,) = bench.tasks()
    assert task.text == "Bring 1 macro of ISS-1 back: it is wrong."
    bench.approve()
    assert bench.desk.macros[1]["active"]


def test_a_no_needs_a_reason_and_an_unlinked_copy_is_left_alone(bench: Bench) -> None:
    copy = bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    (task,) = bench.tasks()
    with bench.open() as store:
        drop_task(task, bench.product, store=store, cause=LEAD)
    with bench.open() as store:
        unlink_copy(
            store.copies.get(bench.product.id, copy),
            bench.workaround,
            bench.product,
            store=store,
            cause=LEAD,
        )
    bench.check()
    assert bench.desk.macros[1]["active"]


class _Killed(BaseException):
    """As kill -9: nobody catches it."""


@pytest.mark.parametrize("block", [1, 2, 3])
@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("is_back", [False, True])
def test_a_worker_that_dies_at_any_commit_leaves_a_copy_that_is_brought_home(
    bench: Bench, block: int, is_committed: bool, is_back: bool
) -> None:
    bench.automatic()
    copy = bench.link(bench.desk.add_macro(1, "Halve it."))
    if is_back:
        bench.ship()
    with bench.open() as store:
        store.copies.want([CopyId(copy)], is_live=is_back)
    blocks = 0

    @contextmanager
    def dying() -> Iterator[Store]:
        nonlocal blocks
        blocks += 1
        with bench.open() as store:
            yield store
            if blocks == block and not is_committed:
                raise _Killed
        if blocks == block:
            raise _Killed

    context = replace(bench.pipeline.application.context, open=dying)
    with pytest.raises(_Killed):
        sync_copy(context, product_id=bench.product.id, copy_id=copy)
    bench.desk.requests.clear()
    bench.check()
    found = bench.copy(copy)
    assert (found.is_live, bench.desk.macros[1]["active"]) == (is_back, is_back)
    assert bench.tasks() == []
    if block < 3 or not is_committed:
        assert found.verified_at is not None


def merged(bench: Bench) -> Issue:
    """Its issue was merged into another one, with all that was proposed about it."""
    groups = Groups(bench.pipeline)
    survivor = groups.issue("login", state=IssueState.CONFIRMED)
    groups.merge(survivor, groups.now(bench.issue))
    bench.drain()
    return survivor


def test_a_proposal_outlives_a_merge(bench: Bench) -> None:
    copy = bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    survivor = merged(bench)
    with bench.open() as store:
        (task,) = store.tasks.all(bench.product.id, issue_id=survivor.id)
    assert task.kind is TaskKind.WITHDRAW
    bench.approve()
    assert not bench.desk.macros[1]["active"]
    assert bench.copy(copy).outcome is CopyOutcome.DONE
    with bench.open() as store:
        actions = [one.action for one in store.decisions.history(survivor.id)]
    assert "task_approved" in actions


def test_a_proposal_of_what_was_merged_falls_away_when_its_workaround_is_back(
    bench: Bench,
) -> None:
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    bench.issue = merged(bench)
    bench.regress()
    assert bench.tasks() == []
    assert len(bench.tasks(TaskState.DROPPED)) == 1
    assert bench.desk.macros[1]["active"]


def test_an_ask_for_versions_of_what_was_merged_is_dropped_once_nothing_is_narrowed(
    bench: Bench,
) -> None:
    bench.for_versions("4.1")
    bench.link(bench.desk.add_macro(1, "Halve it."))
    bench.ship()
    assert [one.kind for one in bench.tasks()] == [TaskKind.NAME_VERSIONS]
    bench.issue = merged(bench)
    bench.regress()
    assert bench.tasks() == []
