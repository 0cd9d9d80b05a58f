"""The whole loop, step by step, on the real store and the Jira sandbox over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.demo.engineering import Engineering
from bridge.domain.contacts import RedactedText
from bridge.domain.issues import IssueState
from bridge.domain.people import Actor, NoticeKind
from bridge.domain.workarounds import Audience, WorkaroundState
from bridge.steps.moves import Cause
from bridge.steps.review import dismiss_issue, file_issue
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.track import track_soon
from bridge.store.issues import IssueFilter
from integrations.jira.sandbox import SandboxServer
from tests.builders import a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.loop import LEAD, connected_sandbox, issues

AGENT = "ada@support.example"


@pytest.fixture
def sandbox(pipeline: Pipeline, tmp_path: Path) -> Iterator[SandboxServer]:
    """A sandbox the product files into by itself."""
    with pipeline.application.open() as store:
        store.products.configure(pipeline.product.id, filing_auto=True)
    with connected_sandbox(
        pipeline.application, pipeline.product, tmp_path, pipeline.clock
    ) as server:
        yield server


def poll(pipeline: Pipeline) -> None:
    with pipeline.application.open() as store:
        store.enqueue("poll_all")
    pipeline.queue.drain(pipeline.clock.moment)


def later(pipeline: Pipeline, **time: float) -> None:
    pipeline.clock.advance(pipeline.clock.moment + timedelta(**time), pipeline.queue)


def state_of(pipeline: Pipeline) -> IssueState:
    (summary,) = issues(pipeline.application, pipeline.product)
    return summary.issue.state


def test_five_contacts_by_two_customers_make_no_ticket(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    contacts = contacts_about_export(6)
    same_people = [a_contact(c.text, external_id=c.external_id) for c in contacts[2:]]
    pipeline.send(*contacts[:1], *same_people)
    pipeline.consolidate()
    assert state_of(pipeline) is IssueState.CANDIDATE


def test_a_recurring_problem_becomes_one_ticket_with_its_true_count(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    assert summary.issue.state is IssueState.FILED
    # Two more people and one of them twice: seven customers, eight contacts.
    pipeline.send(*contacts_about_export(2, first=5, minutes=10))
    pipeline.send(a_contact(external_id="again", email="customer6@company6.example", minutes=30))
    later(pipeline, hours=1)
    with Api(sandbox.describe()) as jira:
        (ticket,) = jira.truth()["tickets"]
    assert ticket["customers"] == 7
    (summary,) = issues(pipeline.application, pipeline.product)
    assert (summary.counts.customers, summary.counts.contacts) == (7, 8)


def test_done_is_not_shipped_and_a_release_tells_each_agent_once(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(5, version="4.0"))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    application = pipeline.application
    with application.open() as store:
        workaround = store.workarounds.add(
            summary.issue,
            RedactedText("Use the menu instead of the button"),
            audience=Audience.CUSTOMER,
            versions=(),
            owner=None,
            now=pipeline.clock.moment,
        )
        key = store.tickets.of_issue(summary.issue.id)[0].ref.key
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.1")
        engineering.start(key)
        poll(pipeline)
        assert state_of(pipeline) is IssueState.IN_PROGRESS
        engineering.finish(key, "4.1")
        later(pipeline, minutes=5)
        poll(pipeline)
        assert state_of(pipeline) is IssueState.RESOLVED
        with application.open() as store:
            assert store.notices.of_person(pipeline.product.id, None) == []
        engineering.release("4.1", pipeline.clock.moment)
        later(pipeline, minutes=5)
        poll(pipeline)
        poll(pipeline)
    assert state_of(pipeline) is IssueState.SHIPPED
    with application.open() as store:
        notices = store.notices.of_person(pipeline.product.id, None)
        retired = store.workarounds.get(pipeline.product.id, workaround.id)
    assert {(one.recipient, one.kind, one.reasons) for one in notices} == {
        (AGENT, NoticeKind.FIX, ("agent",)),
        (LEAD, NoticeKind.FIX, ("lead",)),
    }
    assert len(notices) == 2
    assert all("4.1" in one.text for one in notices)
    assert (retired.state, retired.reason) == (WorkaroundState.RETIRED, "fixed in 4.1")


def shipped(pipeline: Pipeline) -> None:
    """An issue found, filed and shipped in 4.1."""
    pipeline.send(*contacts_about_export(5, version="4.0"))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    later(pipeline, hours=1)
    context = pipeline.application.context
    with context.open() as store:
        cause = Cause(Actor("token", "pipeline"), pipeline.clock.moment)
        news = ReleaseNews("4.1", pipeline.clock.moment, issue_ids=(summary.issue.id,))
        answer = ship(news, pipeline.product, store=store, context=context, cause=cause)
        again = ship(news, pipeline.product, store=store, context=context, cause=cause)
    assert [issue.name for issue in answer.shipped] == ["ISS-1"]
    assert [issue.name for issue in again.shipped] == ["ISS-1"]
    pipeline.queue.drain(pipeline.clock.moment)


@pytest.mark.parametrize(
    ("version", "hours", "expected"),
    [
        ("4.1", 2, IssueState.REGRESSED),
        ("4.10", 2, IssueState.REGRESSED),
        ("4.0", 2, IssueState.SHIPPED),
        (None, 100, IssueState.SHIPPED),
        ("4.1", -0.5, IssueState.SHIPPED),
    ],
    ids=["same version", "later version", "older version", "no version", "late arrival"],
)
def test_only_a_customer_who_has_the_fix_regresses_an_issue(
    pipeline: Pipeline,
    sandbox: SandboxServer,
    version: str | None,
    hours: float,
    expected: IssueState,
) -> None:
    shipped(pipeline)
    minutes = (pipeline.clock.moment - contacts_about_export(1)[0].occurred_at).total_seconds() / 60
    pipeline.send(
        *contacts_about_export(1, first=6, minutes=minutes + hours * 60 - 6, version=version)
    )
    assert state_of(pipeline) is expected


def test_a_regression_brings_the_workaround_back_and_opens_the_next_episode(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    pipeline.send(*contacts_about_export(1, first=6, minutes=600, version="4.2"))
    (summary,) = issues(pipeline.application, pipeline.product)
    assert (summary.issue.state, summary.issue.episode) == (IssueState.REGRESSED, 2)
    with pipeline.application.open() as store:
        kinds = [one.kind for one in store.notices.of_person(pipeline.product.id, AGENT)]
    assert kinds == [NoticeKind.REGRESSION, NoticeKind.FIX]
    with Api(sandbox.describe()) as jira:
        assert len(jira.truth()["tickets"]) == 1


def test_a_person_may_want_a_new_ticket_for_what_came_back(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    pipeline.send(*contacts_about_export(1, first=6, minutes=600, version="4.2"))
    for _ in range(2):
        with pipeline.application.open() as store:
            (summary,) = store.issues.search(pipeline.product.id, IssueFilter())
            issue = store.issues.get(pipeline.product.id, summary.issue.id, lock=True)
            cause = Cause(Actor("person", LEAD), pipeline.clock.moment)
            file_issue(issue, pipeline.product, store=store, cause=cause)
        pipeline.queue.drain(pipeline.clock.moment)
    assert state_of(pipeline) is IssueState.FILED
    with pipeline.application.open() as store:
        filings = store.filings.of_issue(summary.issue.id)
    assert [one.episode for one in filings] == [1, 2]
    with Api(sandbox.describe()) as jira:
        assert len(jira.truth()["tickets"]) == 2


def test_a_quiet_fix_is_verified(pipeline: Pipeline, sandbox: SandboxServer) -> None:
    shipped(pipeline)
    later(pipeline, days=13)
    assert state_of(pipeline) is IssueState.SHIPPED
    later(pipeline, days=2)
    assert state_of(pipeline) is IssueState.VERIFIED


def test_wont_fix_is_declined_and_nobody_is_told_of_a_fix(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    with pipeline.application.open() as store:
        key = store.tickets.of_issue(summary.issue.id)[0].ref.key
    with Engineering(sandbox) as engineering:
        engineering.decline(key)
    poll(pipeline)
    (summary,) = issues(pipeline.application, pipeline.product)
    assert (summary.issue.state, summary.issue.outcome) == (IssueState.DECLINED, "wont_fix")
    with pipeline.application.open() as store:
        kinds = [one.kind for one in store.notices.of_person(pipeline.product.id, AGENT)]
    assert kinds == [NoticeKind.OUTCOME]


def test_a_contact_nobody_handled_is_the_leads_business(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(5, agent=None))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    context = pipeline.application.context
    with context.open() as store:
        cause = Cause(Actor("token", "pipeline"), pipeline.clock.moment)
        news = ReleaseNews("9", pipeline.clock.moment, issue_ids=(summary.issue.id,))
        ship(news, pipeline.product, store=store, context=context, cause=cause)
        recipients = [one.recipient for one in store.notices.of_person(pipeline.product.id, None)]
    assert recipients == [LEAD]


def test_a_dismissed_issue_takes_its_contacts_and_files_nothing(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(3))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    with pipeline.application.open() as store:
        cause = Cause(Actor("person", LEAD), pipeline.clock.moment, "a training question")
        dismiss_issue(summary.issue, store=store, cause=cause)
    pipeline.send(*contacts_about_export(4, first=3))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    assert (summary.issue.state, summary.counts.contacts) == (IssueState.DISMISSED, 7)
    with Api(sandbox.describe()) as jira:
        assert jira.truth()["tickets"] == []


def test_every_move_left_a_decision_with_its_reason(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    with pipeline.application.open() as store:
        (summary,) = issues(pipeline.application, pipeline.product)
        history = store.decisions.history(summary.issue.id)
    assert [one.action for one in history] == [
        "candidate",
        "confirmed",
        "file",
        "filed",
        "shipped",
    ]
    assert history[1].reason == "5 contacts by 5 customers"


def test_a_deleted_ticket_can_be_filed_again_by_a_person(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    with Api(sandbox.describe()) as jira:
        (gone,) = jira.truth()["tickets"]
        jira.call("DELETE", f"/rest/api/3/issue/{gone['id']}")
    with pipeline.application.open() as store:
        connection = store.connections.of_product(pipeline.product.id, "jira")
        assert connection is not None
        track_soon(connection, gone["id"], store=store)
    pipeline.queue.drain(pipeline.clock.moment)
    assert state_of(pipeline) is IssueState.CONFIRMED
    with pipeline.application.open() as store:
        issue = store.issues.get(pipeline.product.id, summary.issue.id)
        cause = Cause(Actor("person", LEAD), pipeline.clock.moment)
        file_issue(issue, pipeline.product, store=store, cause=cause)
    pipeline.queue.drain(pipeline.clock.moment)
    assert state_of(pipeline) is IssueState.FILED
    with Api(sandbox.describe()) as jira:
        (ticket,) = jira.truth()["tickets"]
    assert ticket["id"] != gone["id"]
