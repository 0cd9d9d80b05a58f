"""The number on a ticket: right in the end whatever people do, and written seldom."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.domain.contacts import CustomerReceived
from bridge.domain.errors import Refused
from bridge.domain.issues import IssueState
from bridge.steps.importing import learn_people
from bridge.steps.ingest import ingest
from bridge.steps.move import move_contacts, split_issue
from bridge.wiring.directory import read_directory
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.sandbox import SandboxServer
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.counts_bench import Tickets, now_in_minutes, people
from tests.groups_bench import Groups
from tests.loop import connected_sandbox


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


@pytest.fixture
def sandbox(groups: Groups, tmp_path: Path) -> Iterator[SandboxServer]:
    """A tracker that the product files into."""
    pipeline = groups.pipeline
    with connected_sandbox(
        pipeline.application, pipeline.product, tmp_path, pipeline.clock
    ) as server:
        yield server


@pytest.fixture
def tickets(groups: Groups, sandbox: SandboxServer) -> Tickets:
    """Filed issues."""
    return Tickets(groups, sandbox)


def test_a_thousand_contacts_in_a_minute_are_two_writes_and_the_right_number(
    tickets: Tickets, groups: Groups
) -> None:
    issue = tickets.file("export")
    before = len(tickets.writes())
    start = now_in_minutes(groups)
    groups.pipeline.send(*people(1_000, start=start, apart=0.001))
    tickets.later(seconds=61)
    assert groups.customers(issue) == 1_004
    assert tickets.customers(issue) == [1_004]
    # The first change at once, all others together a minute later.
    assert len(tickets.writes()) - before == 2
    tickets.later(hours=3)
    assert len(tickets.writes()) - before == 2
    assert groups.broken_promises() == []


def test_a_change_reaches_the_ticket_within_a_minute(tickets: Tickets, groups: Groups) -> None:
    issue = tickets.file("export")
    start = now_in_minutes(groups)
    groups.pipeline.send(*people(1, start=start))
    assert tickets.customers(issue) == [5]
    groups.pipeline.send(*people(1, first=1, start=start + 0.5))
    tickets.later(seconds=29)
    assert tickets.customers(issue) == [5]
    tickets.later(seconds=2)
    assert tickets.customers(issue) == [6]


def test_another_contact_of_a_known_customer_changes_no_number_field(
    tickets: Tickets, groups: Groups
) -> None:
    issue = tickets.file("export")
    again = replace(people(1, start=now_in_minutes(groups))[0], external_id="again")
    groups.pipeline.send(again, replace(again, external_id="and again"))
    tickets.later(minutes=5)
    assert tickets.customers(issue) == [5]


def test_nothing_is_sent_when_nothing_changed(tickets: Tickets, groups: Groups) -> None:
    tickets.file("export")
    with Api(tickets.sandbox.describe()) as jira:
        before = len(jira.get("/_sandbox/calls"))
        for _ in range(3):
            with groups.application.open() as store:
                store.enqueue("refresh", ticket_id=1)
            tickets.later(minutes=5)
        assert len(jira.get("/_sandbox/calls")) == before


def test_moves_splits_and_their_undo_leave_the_right_numbers(
    tickets: Tickets, groups: Groups
) -> None:
    export, login = tickets.file("export", 6), tickets.file("login", 4)

    def told() -> tuple[list[float], list[float]]:
        tickets.later(minutes=2)
        assert groups.broken_promises() == []
        return tickets.customers(export), tickets.customers(login)

    assert told() == ([6], [4])
    with groups.application.open() as store:
        move_contacts(
            groups.now(export), groups.on(export)[:2], groups.now(login), groups.act(store)
        )
    assert told() == ([4], [6])
    groups.undo(export)
    assert told() == ([6], [4])
    with groups.application.open() as store:
        split_issue(groups.now(login), groups.on(login)[:1], groups.act(store))
    assert told() == ([6], [3])
    groups.undo(login)
    assert told() == ([6], [4])
    groups.merge(groups.now(export), groups.now(login))
    assert told() == ([9], [9])
    groups.undo(export)
    assert told() == ([6], [4])
    with groups.application.open() as store:
        move_contacts(groups.now(login), groups.on(login), groups.now(export), groups.act(store))
    assert told() == ([9], [0])
    groups.undo(login)
    assert told() == ([6], [4])


def test_customers_who_turn_out_to_be_one_are_counted_once(
    tickets: Tickets, groups: Groups
) -> None:
    issue = tickets.file("export")
    start = now_in_minutes(groups)
    first, second = people(2, start=start)
    second = replace(second, customer=CustomerReceived(phone="+15550100123"))
    groups.pipeline.send(first, second)
    tickets.later(minutes=2)
    assert tickets.customers(issue) == [6]
    both = CustomerReceived(email=first.customer.email, phone="+15550100123", account_number="7")
    elsewhere = a_contact("Where is my invoice of May?", external_id="both", minutes=start + 3)
    groups.pipeline.send(replace(elsewhere, customer=both))
    tickets.later(minutes=2)
    assert groups.customers(issue) == 5
    assert tickets.customers(issue) == [5]
    assert groups.broken_promises() == []


def test_a_directory_that_joins_customers_corrects_the_number(
    tickets: Tickets, groups: Groups, tmp_path: Path
) -> None:
    issue = tickets.file("export")
    directory = tmp_path / "directory.jsonl"
    directory.write_text(
        '{"customer": "1", "name": "Eve", "emails": ["export0@customer.example", '
        '"export1@customer.example"]}\n'
    )
    entries = read_directory(directory, source="test", region="US")
    learn_people(entries, groups.product, context=groups.application.context)
    tickets.later(minutes=2)
    assert groups.customers(issue) == 3
    assert tickets.customers(issue) == [3]


def test_a_contact_that_is_rewritten_leaves_the_count(tickets: Tickets, groups: Groups) -> None:
    issue = tickets.file("export")
    (contact,) = people(1, start=now_in_minutes(groups))
    groups.pipeline.send(contact)
    tickets.later(minutes=2)
    assert tickets.customers(issue) == [5]
    moment = groups.pipeline.clock.moment
    changed = replace(contact, text="Thank you, all is well, never mind!", updated_at=moment)
    with groups.application.open() as store:
        ingest(changed, groups.product, store=store, context=groups.application.context)
    tickets.later(minutes=2)
    assert tickets.customers(issue) == [groups.customers(issue)]
    assert groups.broken_promises() == []


def test_an_outage_delays_the_number_and_loses_nothing(tickets: Tickets, groups: Groups) -> None:
    issue = tickets.file("export")
    with Api(tickets.sandbox.describe()) as jira:
        jira.arm("GET /rest/api/3/issue/", "rate_limited", count=1)
        jira.arm("PUT /rest/api/3/issue/", "error_503_after_commit", count=1)
    groups.pipeline.send(*people(3, start=now_in_minutes(groups)))
    tickets.later(minutes=3)
    assert tickets.customers(issue) == [7]
    with Api(tickets.sandbox.describe()) as jira:
        assert len(jira.truth()["tickets"]) == 1


def test_a_ticket_that_is_gone_is_noticed_by_the_write(tickets: Tickets, groups: Groups) -> None:
    issue = tickets.file("export")
    with Api(tickets.sandbox.describe()) as jira:
        (gone,) = jira.truth()["tickets"]
        jira.call("DELETE", f"/rest/api/3/issue/{gone['id']}")
    with pytest.raises(Refused):
        groups.pipeline.send(*people(1, start=now_in_minutes(groups)))
    tickets.later(minutes=2)
    assert groups.now(issue).state is IssueState.CONFIRMED


def test_of_two_writers_at_once_the_newer_number_wins(tickets: Tickets, groups: Groups) -> None:
    issue = tickets.file("export")
    with groups.application.open() as store:
        (ticket,) = store.tickets.of_issue(issue.id)
        late = store.tickets.begin_write(ticket.id)
    groups.pipeline.send(*people(1, start=now_in_minutes(groups)))
    with Api(tickets.sandbox.describe()) as jira:
        # A worker that was asleep writes what it had read before.
        fields = {"fields": {tickets.sandbox.number_field: 4}}
        jira.call("PUT", f"/rest/api/3/issue/{ticket.ref.remote_id}", fields)
    assert tickets.customers(issue) == [4]
    now = groups.pipeline.clock.moment
    with groups.application.open() as store:
        assert not store.tickets.end_write(ticket.id, late, customers=4, digest="old", now=now)
        store.enqueue("refresh", ticket_id=ticket.id)
    tickets.later(minutes=2)
    assert tickets.customers(issue) == [5]


def test_a_project_without_a_number_field_is_told_by_one_comment(
    groups: Groups, tmp_path: Path
) -> None:
    pipeline = groups.pipeline
    with SandboxServer(tmp_path / "jira.db", control=True, clock=pipeline.clock) as sandbox:
        given = replace(JiraGiven.to_sandbox(sandbox.describe()), number_field=None)
        steps = connect_jira(given, groups.product, context=pipeline.application.context)
        assert all(step.ok for step in steps)
        tickets = Tickets(groups, sandbox)
        tickets.file("export")
        for number in range(3):
            start = now_in_minutes(groups)
            pipeline.send(*people(2, first=2 * number, start=start))
            tickets.later(minutes=2)
        with Api(sandbox.describe()) as jira:
            (ticket,) = jira.truth()["tickets"]
    (comment,) = ticket["fields"]["comment"]["comments"]
    assert "10 affected customers" in str(comment["body"])
    assert ticket["remotelinks"][0]["object"]["title"] == "ISS-1: 10 affected customers"
