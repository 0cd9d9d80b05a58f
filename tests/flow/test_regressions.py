"""A contact after a fix, on the real store: who has the fix, and how many of them it takes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.contacts import AccountReceived, ContactReceived
from bridge.domain.customers import Facts, Identity, IdentityKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.people import MACHINE, Actor, NoticeKind
from bridge.domain.products import OnRegression
from bridge.steps.identify import DirectoryEntry
from bridge.steps.importing import learn_people
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from integrations.jira.sandbox import SandboxServer
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.loop import connected_sandbox, issues

DAY = timedelta(days=1)


@pytest.fixture
def sandbox(pipeline: Pipeline, tmp_path: Path) -> Iterator[SandboxServer]:
    """A sandbox the product files into by itself."""
    with pipeline.application.open() as store:
        store.products.configure(pipeline.product.id, filing_auto=True)
    with connected_sandbox(
        pipeline.application, pipeline.product, tmp_path, pipeline.clock
    ) as server:
        yield server


def the_issue(pipeline: Pipeline) -> Issue:
    (summary,) = issues(pipeline.application, pipeline.product)
    return summary.issue


def shipped(pipeline: Pipeline, customers: int = 5, *versions: str) -> Issue:
    """An issue of so many customers, shipped a day after the first of them wrote."""
    pipeline.send(*contacts_about_export(customers, version="4.0"))
    pipeline.consolidate()
    pipeline.clock.advance(START + DAY, pipeline.queue)
    context = pipeline.application.context
    for version in versions or ("4.1",):
        with context.open() as store:
            news = ReleaseNews(version, pipeline.clock.moment, issue_ids=(the_issue(pipeline).id,))
            cause = Cause(Actor("token", "pipeline"), pipeline.clock.moment)
            ship(news, pipeline.product, store=store, context=context, cause=cause)
        pipeline.queue.drain(pipeline.clock.moment)
    assert the_issue(pipeline).state is IssueState.SHIPPED
    return the_issue(pipeline)


def heard(pipeline: Pipeline, version: str, *, days_ago: float) -> tuple[Issue, list[str]]:
    """The tracker tells of a release that shipped so many days ago; and what did not ship, why."""
    context, now = pipeline.application.context, pipeline.clock.moment
    told = ShipEvent(id="", source="jira:1", kind=ShipKind.RELEASED, at=now - days_ago * DAY)
    with context.open() as store:
        news = ReleaseNews(version, told.at, issue_ids=(the_issue(pipeline).id,), told=told)
        done = ship(news, pipeline.product, store=store, context=context, cause=Cause(MACHINE, now))
    pipeline.queue.drain(now)
    return the_issue(pipeline), [reason for _, reason in done.not_shipped]


def write(
    pipeline: Pipeline,
    number: int,
    *,
    day: float,
    version: str | None = None,
    account: str | None = None,
) -> None:
    """A customer writes about the problem so many days after the fix."""
    (contact,) = contacts_about_export(1, first=number, version=version)
    minutes = (1 + day) * 24 * 60 - number
    moved = contact.occurred_at + timedelta(minutes=minutes)
    pipeline.send(_of_account(replace(contact, occurred_at=moved), account))
    pipeline.queue.drain(pipeline.clock.moment)


def _of_account(contact: ContactReceived, account: str | None) -> ContactReceived:
    if account is None:
        return contact
    return replace(contact, account=AccountReceived(key=account))


def history(pipeline: Pipeline, action: str) -> list[dict[str, object]]:
    with pipeline.application.open() as store:
        found = store.decisions.history(the_issue(pipeline).id)
    return [{**one.after, "reason": one.reason} for one in found if one.action == action]


def test_the_history_keeps_what_was_seen_and_how_it_was_compared(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    write(pipeline, 8, day=3, version="4.2")
    (decision,) = history(pipeline, "regressed")
    assert decision["version_seen"] == "4.2"
    assert decision["version_from"] == "contact"
    assert decision["fixed_in"] == "4.1"
    assert decision["compared_by"] == "order of versions"
    assert decision["evidence"] == (
        "it names version 4.2, by order of versions past 4.1, that has the fix"
    )


def test_the_directory_knows_the_version_of_who_names_none(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    entry = DirectoryEntry(
        "Person 8",
        None,
        (Identity(IdentityKind.EMAIL, "customer8@company8.example"),),
        Facts(version="4.2"),
    )
    learn_people([entry], pipeline.product, context=pipeline.application.context)
    write(pipeline, 8, day=3)
    (decision,) = history(pipeline, "regressed")
    assert decision["version_from"] == "directory"
    assert "the directory says that they are on 4.2" in str(decision["evidence"])


def test_where_many_wrote_one_customer_is_worth_a_look_and_several_regress_it(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline, 12)
    write(pipeline, 20, day=3, version="4.1")
    write(pipeline, 20 + 7 * 3, day=3.1, version="4.1")
    assert the_issue(pipeline).state is IssueState.SHIPPED
    (noted,) = history(pipeline, "possible_return")
    assert "(1 customer with the fix wrote within a week, 3 are needed)" in str(noted["reason"])
    write(pipeline, 22, day=3.2, version="4.1")
    assert the_issue(pipeline).state is IssueState.REGRESSED
    (decision,) = history(pipeline, "regressed")
    assert decision["customers"] == 3


def test_customers_of_different_weeks_do_not_add_up(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline, 12)
    for number, day in ((20, 3), (21, 11), (22, 19)):
        write(pipeline, number, day=day, version="4.1")
    # Fewer than it takes do not take it back, and as long as they write it is not quiet either.
    assert the_issue(pipeline).state is IssueState.SHIPPED
    pipeline.clock.advance(pipeline.clock.moment + 13 * DAY, pipeline.queue)
    assert the_issue(pipeline).state is IssueState.SHIPPED
    pipeline.clock.advance(pipeline.clock.moment + 2 * DAY, pipeline.queue)
    assert the_issue(pipeline).state is IssueState.VERIFIED


def test_the_version_of_the_account_speaks_for_a_contact_without_one(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    write(pipeline, 30, day=1, version="4.0", account="acme")
    assert the_issue(pipeline).state is IssueState.SHIPPED
    write(pipeline, 31, day=4, account="acme")
    assert history(pipeline, "possible_return") == [], "the account is on a version without it"
    write(pipeline, 32, day=5, account="elsewhere")
    (noted,) = history(pipeline, "possible_return")
    assert "no version is known" in str(noted["reason"])
    write(pipeline, 33, day=6, account="other", version="4.1")
    assert the_issue(pipeline).state is IssueState.REGRESSED


def test_who_handled_a_contact_of_before_that_comes_late_is_told_of_the_fix_once(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    agent = "late@support.example"
    for number in (40, 41):
        (contact,) = contacts_about_export(1, first=number, version="4.0")
        moved = replace(contact, occurred_at=START + DAY / 2, agent_email=agent)
        pipeline.send(moved)
        pipeline.queue.drain(pipeline.clock.moment)
    with pipeline.application.open() as store:
        found = store.notices.of_person(pipeline.product.id, agent)
    assert [one.kind for one in found] == [NoticeKind.FIX]
    assert "is fixed in 4.1" in found[0].text
    assert the_issue(pipeline).state is IssueState.SHIPPED


def test_a_version_between_two_branches_does_not_have_the_fix(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline, 5, "4.1.9", "4.3.0")
    write(pipeline, 8, day=3, version="4.2.0")
    assert the_issue(pipeline).state is IssueState.SHIPPED
    write(pipeline, 9, day=4, version="4.1.10")
    assert the_issue(pipeline).state is IssueState.REGRESSED


def test_a_regression_is_told_on_the_ticket_once(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    shipped(pipeline)
    write(pipeline, 8, day=3, version="4.2")
    write(pipeline, 9, day=4, version="4.2")
    with pipeline.application.open() as store:
        (ticket,) = store.tickets.of_issue(the_issue(pipeline).id)
        kinds = [
            one.kind for one in store.notices.of_person(pipeline.product.id, "ada@support.example")
        ]
    assert kinds.count(NoticeKind.REGRESSION) == 1
    with Api(sandbox.describe()) as jira:
        comments = jira.get(f"issue/{ticket.ref.key}/comment")["comments"]
        assert len(jira.truth()["tickets"]) == 1
    told = "is back: a customer on 4.2 still has it, though it was fixed in 4.1; 1 customer"
    assert str(comments).count(f"{told} with the fix wrote within a week, 1 is enough.") == 1


def test_by_setting_a_regression_files_another_ticket_and_the_two_name_each_other(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    with pipeline.application.open() as store:
        store.products.configure(pipeline.product.id, on_regression=OnRegression.NEW_TICKET)
    shipped(pipeline)
    write(pipeline, 8, day=3, version="4.2")
    write(pipeline, 9, day=3.1, version="4.2")
    issue = the_issue(pipeline)
    assert (issue.state, issue.episode) == (IssueState.FILED, 2)
    with pipeline.application.open() as store:
        old, new = store.tickets.of_issue(issue.id)
    with Api(sandbox.describe()) as jira:
        assert len(jira.truth()["tickets"]) == 2
        told = [str(jira.get(f"issue/{one.ref.key}/comment")) for one in (old, new)]
    assert f"{new.ref.key} goes on with it" in told[0]
    assert f"This goes on with {old.ref.key}" in told[1]


def test_contacts_since_a_release_that_was_told_late_count_as_if_they_came_after(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(12, version="4.0"))
    pipeline.consolidate()
    for number, day in ((20, 3), (21, 4), (22, 12), (23, 12.5), (24, 13)):
        write(pipeline, number, day=day, version="4.1")
    write(pipeline, 25, day=14, version="4.0")
    issue, reasons = heard(pipeline, "4.1", days_ago=13)
    assert reasons == ["customers who have 4.1 still met it"]
    assert (issue.state, issue.episode) == (IssueState.REGRESSED, 2)
    (decision,) = history(pipeline, "regressed")
    assert decision["needed"] == "3 customers with the fix wrote within a week, 3 are enough"
    assert heard(pipeline, "4.1", days_ago=13) == (issue, reasons), "heard twice"


def test_too_few_contacts_since_a_release_that_was_told_late_are_a_possible_return(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*contacts_about_export(12, version="4.0"))
    pipeline.consolidate()
    write(pipeline, 20, day=3, version="4.1.10")
    write(pipeline, 21, day=4, version="4.0")
    assert heard(pipeline, "4.3", days_ago=4)[0].state is IssueState.SHIPPED
    assert history(pipeline, "possible_return") == [], "nobody has 4.3"
    # Another branch has the fix too, and has had it for days.
    assert heard(pipeline, "4.1.9", days_ago=4)[0].state is IssueState.SHIPPED
    (noted,) = history(pipeline, "possible_return")
    assert noted["version_seen"] == "4.1.10"
