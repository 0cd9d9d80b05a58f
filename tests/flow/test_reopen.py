"""After a regression the ticket goes back to work by itself, or a person is asked: at most once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.demo.engineering import Engineering
from bridge.domain.errors import TryAgainLater
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Actor
from bridge.domain.products import OnRegression
from bridge.domain.tasks import Task, TaskKind
from bridge.ports import Tracker
from bridge.steps.moves import Cause
from bridge.steps.reopen import reopen
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.tasks import finish_task
from bridge.store.tickets import Ticket
from integrations.jira.sandbox import SandboxServer
from tests.builders import a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.loop import connected_sandbox, issues
from tests.tracker_desk import Dying, Killed

TO_DO = "11"


@pytest.fixture
def sandbox(pipeline: Pipeline, tmp_path: Path) -> Iterator[SandboxServer]:
    """A product that has its tickets opened again, with one issue fixed and its ticket done."""
    with pipeline.application.open() as store:
        changes = {"filing_auto": True, "on_regression": OnRegression.REOPEN}
        store.products.configure(pipeline.product.id, **changes)  # type: ignore[arg-type]
    with connected_sandbox(
        pipeline.application, pipeline.product, tmp_path, pipeline.clock
    ) as server:
        pipeline.send(*contacts_about_export(5, version="4.0"))
        pipeline.consolidate()
        with Engineering(server) as engineering:
            engineering.finish(the_ticket(pipeline).ref.key, None)
        poll(pipeline)
        context, now = pipeline.application.context, pipeline.clock.moment
        with context.open() as store:
            news = ReleaseNews("4.1", now, issue_ids=(the_issue(pipeline).id,))
            cause = Cause(Actor("token", "ci"), now)
            ship(news, pipeline.product, store=store, context=context, cause=cause)
        pipeline.queue.drain(now)
        yield server


def the_issue(pipeline: Pipeline) -> Issue:
    return issues(pipeline.application, pipeline.product)[0].issue


def the_ticket(pipeline: Pipeline) -> Ticket:
    with pipeline.application.open() as store:
        return store.tickets.of_issue(the_issue(pipeline).id)[0]


def poll(pipeline: Pipeline) -> None:
    pipeline.clock.advance(pipeline.clock.moment + timedelta(minutes=6), pipeline.queue)
    with pipeline.application.open() as store:
        store.enqueue("poll_all")
    pipeline.queue.drain(pipeline.clock.moment)


def regress(pipeline: Pipeline) -> None:
    """Somebody who has the fix writes an hour after it."""
    minutes = 120
    pipeline.send(
        a_contact(external_id="again", email="z@z.example", minutes=minutes, version="4.1")
    )


def only_way_back(sandbox: SandboxServer) -> None:
    with Api(sandbox.describe()) as jira:
        closed = {"closed_moves": [TO_DO]}
        assert jira.call("PUT", "/_sandbox/site", closed).status_code == 200


def moves_sent(sandbox: SandboxServer) -> int:
    """Transitions that reached the tracker after the ticket was done."""
    with Api(sandbox.describe()) as jira:
        calls = jira.get("/_sandbox/calls")
    sent = [one for one in calls if one["method"] == "POST" and "transitions" in one["path"]]
    return len(sent) - 1


def category(pipeline: Pipeline, sandbox: SandboxServer) -> str:
    with Api(sandbox.describe()) as jira:
        (ticket,) = jira.truth()["tickets"]
    return str(ticket["statusCategory"])


def tasks(pipeline: Pipeline) -> list[Task]:
    with pipeline.application.open() as store:
        return store.tasks.all(pipeline.product.id)


def reopened(pipeline: Pipeline) -> int:
    with pipeline.application.open() as store:
        history = store.decisions.history(the_issue(pipeline).id)
    return [one.action for one in history].count("ticket_reopened")


def once_more(pipeline: Pipeline) -> None:
    """The job comes again, as after a crash."""
    reopen(
        pipeline.application.context,
        product_id=pipeline.product.id,
        issue_id=the_issue(pipeline).id,
        episode=the_issue(pipeline).episode,
        ticket_id=the_ticket(pipeline).id,
    )
    pipeline.queue.drain(pipeline.clock.moment)


def test_the_one_way_back_is_taken_once_and_the_issue_follows(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    only_way_back(sandbox)
    regress(pipeline)
    issue = the_issue(pipeline)
    assert (issue.state, issue.episode) == (IssueState.IN_PROGRESS, 2)
    assert category(pipeline, sandbox) == "indeterminate"
    once_more(pipeline)
    assert (moves_sent(sandbox), reopened(pipeline), tasks(pipeline)) == (1, 1, [])


def test_where_people_have_a_choice_they_are_asked_until_the_ticket_is_really_open(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    regress(pipeline)
    assert the_issue(pipeline).state is IssueState.REGRESSED
    (task,) = tasks(pipeline)
    ticket = the_ticket(pipeline)
    assert (task.kind, task.url) == (TaskKind.REOPEN, ticket.ref.url)
    assert task.text == (
        f"Open {ticket.ref.key} again: ISS-1 is back, and its workflow does not offer exactly one"
        " way back."
    )
    with pipeline.application.open() as store:
        cause = Cause(Actor("user", "lead@support.example"), pipeline.clock.moment)
        finish_task(task, pipeline.product, store=store, cause=cause)
    pipeline.queue.drain(pipeline.clock.moment)
    (again,) = tasks(pipeline)
    assert again.text.endswith("ISS-1 is back, and it is still closed.")
    with Engineering(sandbox) as engineering:
        engineering.reopen(ticket.ref.key)
    poll(pipeline)
    assert (tasks(pipeline), moves_sent(sandbox)) == ([], 1), "the one was the engineer's"
    assert the_issue(pipeline).state is not IssueState.REGRESSED


class _DyingBefore(Dying):
    """Killed before the call has reached the tracker."""

    def __getattr__(self, name: str) -> object:
        if name == self._dies_at:
            raise Killed
        return super().__getattr__(name)


@pytest.mark.parametrize("dying", [Dying, _DyingBefore])
def test_a_worker_that_is_killed_over_it_sends_no_second_request(
    pipeline: Pipeline, sandbox: SandboxServer, dying: type[Dying]
) -> None:
    only_way_back(sandbox)
    context = pipeline.application.context

    def tracker(connection: object) -> Tracker:
        return dying(context.tracker(connection), "reopen")  # type: ignore[arg-type, return-value]

    pipeline.rewire(replace(context, tracker=tracker))
    with pytest.raises(Killed):
        regress(pipeline)
    pipeline.rewire(context)
    has_reached = category(pipeline, sandbox) != "done"
    if not has_reached:
        with pytest.raises(TryAgainLater, match="another worker"):
            once_more(pipeline)
    poll(pipeline)
    if the_issue(pipeline).state is IssueState.REGRESSED:
        once_more(pipeline)
    assert moves_sent(sandbox) == has_reached
    asked = [one.text.partition(", and ")[2] for one in tasks(pipeline)]
    assert asked == ([] if has_reached else ["nobody knows what came of the first try."])
