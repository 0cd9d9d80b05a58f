"""Tickets of issues that people merge and split: their links stay, their counts become right."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.demo.engineering import Engineering
from bridge.domain.errors import InvalidMove
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.tickets import FilingState
from bridge.steps.answer import answer_suggestion
from bridge.steps.moves import Cause
from bridge.steps.review import file_issue
from integrations.jira.sandbox import SandboxServer
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.groups_bench import MIA, Groups
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


def ask_for_ticket(groups: Groups, issue: Issue) -> None:
    with groups.application.open() as store:
        current = store.issues.get(groups.product.id, issue.id, lock=True)
        cause = Cause(MIA, groups.pipeline.clock.moment)
        file_issue(current, groups.product, store=store, cause=cause)


def later(groups: Groups, **time: float) -> None:
    clock = groups.pipeline.clock
    clock.advance(clock.moment + timedelta(**time), groups.pipeline.queue)
    with groups.application.open() as store:
        store.enqueue("poll_all")
    groups.pipeline.queue.drain(clock.moment)


def customers_on_tickets(sandbox: SandboxServer) -> list[int]:
    with Api(sandbox.describe()) as jira:
        return sorted(one["customers"] for one in jira.truth()["tickets"])


def test_one_ticket_tells_the_survivors_count_and_both_their_own_after_undo(
    groups: Groups, sandbox: SandboxServer
) -> None:
    export, login = groups.issue("export", 5), groups.issue("login", 4)
    for issue in (export, login):
        ask_for_ticket(groups, issue)
    later(groups, minutes=5)
    assert customers_on_tickets(sandbox) == [4, 5]
    groups.merge(groups.now(export), groups.now(login))
    later(groups, minutes=5)
    # The other ticket is a duplicate now and keeps what it said.
    assert customers_on_tickets(sandbox) == [4, 8]
    with groups.application.open() as store:
        assert len(store.tickets.of_issue(export.id)) == 1
    assert groups.broken_promises() == []
    groups.undo(export)
    later(groups, minutes=5)
    assert customers_on_tickets(sandbox) == [4, 5]
    assert groups.broken_promises() == []


def test_the_survivor_follows_the_ticket_that_came_along(
    groups: Groups, sandbox: SandboxServer
) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    ask_for_ticket(groups, login)
    later(groups, minutes=5)
    groups.merge(export, groups.now(login))
    with groups.application.open() as store:
        (ticket,) = store.tickets.of_issue(export.id)
    with Engineering(sandbox) as engineering:
        engineering.plan_version("4.1")
        engineering.start(ticket.ref.key)
        later(groups, minutes=5)
        assert groups.now(export).state is IssueState.IN_PROGRESS
        engineering.finish(ticket.ref.key, "4.1")
        engineering.release("4.1", groups.pipeline.clock.moment)
        later(groups, minutes=5)
        later(groups, minutes=5)
    assert groups.now(export).state is IssueState.SHIPPED
    with groups.application.open() as store:
        told = store.notices.of_person(groups.product.id, None)
    assert {one.issue_id for one in told} == {export.id}
    with pytest.raises(InvalidMove, match="shipped by now"):
        groups.undo(export)


def test_a_ticket_planned_for_a_merged_issue_is_the_survivors(
    groups: Groups, sandbox: SandboxServer
) -> None:
    export, login = groups.issue("export", 5), groups.issue("login", 4)
    ask_for_ticket(groups, login)
    groups.merge(export, groups.now(login))
    ask_for_ticket(groups, export)
    later(groups, minutes=5)
    assert customers_on_tickets(sandbox) == [8]
    assert groups.now(export).state is IssueState.FILED


def test_two_planned_tickets_become_one(groups: Groups, sandbox: SandboxServer) -> None:
    export, login = groups.issue("export", 5), groups.issue("login", 4)
    for issue in (export, login):
        ask_for_ticket(groups, issue)
    groups.merge(groups.now(export), groups.now(login))
    later(groups, minutes=5)
    assert customers_on_tickets(sandbox) == [8]


def test_a_request_that_was_sent_blocks_the_merge(groups: Groups, sandbox: SandboxServer) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    ask_for_ticket(groups, login)
    now = groups.pipeline.clock.moment
    with groups.application.open() as store:
        (filing,) = store.filings.of_issue(login.id)
        store.attempts.start(
            filing.id, token="t", lower_bound=0, now=now, lease_until=now + timedelta(minutes=2)
        )
    with pytest.raises(InvalidMove, match="being filed"):
        groups.merge(export, groups.now(login))


def test_a_ticket_asked_for_is_given_up_by_undo_unless_it_was_sent(
    groups: Groups, sandbox: SandboxServer
) -> None:
    export = groups.issue("export")
    ask_for_ticket(groups, export)
    assert groups.undo(export).state is IssueState.CONFIRMED
    later(groups, minutes=5)
    assert customers_on_tickets(sandbox) == []
    ask_for_ticket(groups, groups.now(export))
    later(groups, minutes=5)
    with groups.application.open() as store:
        assert [one.state for one in store.filings.of_issue(export.id)] == [FilingState.LINKED]
    with pytest.raises(InvalidMove, match="in the tracker"):
        groups.undo(export)


def test_only_tickets_that_still_exist_are_written_again(
    groups: Groups, sandbox: SandboxServer
) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    for issue in (export, login):
        ask_for_ticket(groups, issue)
    later(groups, minutes=5)
    with groups.application.open() as store:
        # As it was before merges left one ticket.
        store.issues.change(groups.now(login), {"merged_into": export.id})
        first, second = store.tickets.of_issue(export.id)
        last = store.tickets.last_writes(export.id)
        assert [(one.ticket_id, one.written_at) for one in last] == [
            (first.id, first.written_at),
            (second.id, second.written_at),
        ]
        assert first.written_at is not None
        store.tickets.mark_deleted(first.id)
        assert [one.ticket_id for one in store.tickets.last_writes(export.id)] == [second.id]
        assert store.tickets.last_writes(login.id) == [
            one for one in last if one.ticket_id == second.id
        ]


@pytest.mark.parametrize("is_sent", [True, False])
def test_what_a_person_splits_off_a_filed_issue_gets_a_ticket_where_the_product_files(
    groups: Groups, sandbox: SandboxServer, is_sent: bool
) -> None:
    export = groups.issue("export", 10)
    ask_for_ticket(groups, export)
    later(groups, minutes=5)
    with groups.application.open() as store:
        store.products.configure(groups.product.id, filing_auto=True)
        asked = store.suggestions.propose(
            groups.product.id,
            kind=SuggestionKind.SPLIT,
            key="split",
            issue_id=export.id,
            contacts=groups.on(export)[:4],
            now=groups.pipeline.clock.moment,
        )
    with groups.application.open() as store:
        suggestion = store.suggestions.get(groups.product.id, asked or 0)
        answer_suggestion(suggestion, groups.act(store), is_yes=True)
    if is_sent:
        later(groups, minutes=5)
        assert customers_on_tickets(sandbox) == [4, 6]
        with pytest.raises(InvalidMove, match="has a ticket by now"):
            groups.undo(groups.now(export))
        return
    groups.undo(groups.now(export))
    later(groups, minutes=5)
    # The ticket that was only planned was never sent.
    assert customers_on_tickets(sandbox) == [10]
    assert len(groups.on(export)) == 10
    assert groups.broken_promises() == []
