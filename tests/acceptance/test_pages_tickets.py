"""Pages about existing tickets: shown with status and why, linked, refused, taken off."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Role
from bridge.domain.tickets import FilingState
from tests.conftest import Pipeline
from tests.pages_bench import PagesBench, press
from tests.tracker_desk import ALIKE, TrackerDesk, tracker_desk


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Iterator[TrackerDesk]:
    with tracker_desk(pipeline, tmp_path) as desk:
        yield desk


@pytest.fixture
def bench(pipeline: Pipeline) -> PagesBench:
    return PagesBench(pipeline)


def asked_about(desk: TrackerDesk, resolution: str | None = None) -> tuple[Issue, str]:
    """An issue that waits for an answer, and the ticket that the question is about."""
    key = desk.write(ALIKE, "<b>Seen</b> on three machines.")
    if resolution:
        desk.move(key, "Done", resolution)
    issue = desk.groups.issue("export", state=IssueState.CONFIRMED)
    desk.file(issue)
    return issue, key


def action(page: str, verb: str) -> str:
    """Where the form of that answer is sent to."""
    found = re.search(rf'action="(/issues/[^"]*/tickets/\d+/{verb})"', page)
    assert found is not None, page
    return found[1]


def test_a_similar_ticket_is_shown_and_linked(desk: TrackerDesk, bench: PagesBench) -> None:
    issue, key = asked_about(desk, "Won't Do")
    lead, address = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    page = lead.get(address).text
    assert "Is this ticket about it?" in page
    assert f"{key} {ALIKE}" in page
    assert "will not be fixed" in page
    assert "Both speak of:" in page
    assert "&lt;b&gt;Seen&lt;/b&gt;" in page
    assert f"is {key} the same problem?" in page
    # The review page asks the same, with the ticket on the other side.
    review = lead.get("/review").text
    assert f"Is {key} about the same problem as {issue.name}?" in review
    assert "Yes, link it" in review
    answer = press(lead, address, action(page, "yes"))
    assert answer.status_code == 303
    assert "being linked" in lead.get(answer.headers["Location"]).text
    bench.drain()
    shown = lead.get(address).text
    assert "Is this ticket about it?" not in shown
    assert key in shown
    assert desk.state(issue) is IssueState.DECLINED
    assert press(lead, address, action(page, "no")).status_code == 409


def test_a_no_files_and_the_ticket_can_be_left_later(desk: TrackerDesk, bench: PagesBench) -> None:
    issue, _ = asked_about(desk)
    lead, address = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    page = lead.get(address).text
    # An agent sees what it waits for, and may not answer.
    agent = bench.signed_in(Role.AGENT)
    seen = agent.get(address).text
    assert "Is this ticket about it?" in seen
    assert "Yes, link" not in seen
    assert press(agent, address, action(page, "no")).status_code == 403
    press(lead, address, action(page, "no"))
    bench.drain()
    assert desk.filing(issue).state is FilingState.LINKED
    own = desk.ticket(issue).ref.key
    assert "Not its ticket…" in lead.get(address).text
    answer = press(lead, address, f"{address}/unlink", reason="It is an older export")
    told = lead.get(answer.headers["Location"]).text
    assert "Our marks are still coming off" in told
    bench.drain()
    shown = lead.get(address).text
    assert f"taken off {own}" in shown
    assert "File in Jira" in shown
    assert "Not its ticket…" not in shown
    assert press(lead, address, f"{address}/unlink").status_code == 409


def test_a_question_of_another_issue_is_not_answered_here(
    desk: TrackerDesk, bench: PagesBench
) -> None:
    issue, _ = asked_about(desk)
    other = desk.groups.issue("login")
    lead = bench.signed_in(Role.LEAD)
    answer = action(lead.get(f"/issues/{issue.name}").text, "yes").replace(issue.name, other.name)
    assert press(lead, f"/issues/{other.name}", answer).status_code == 404
    assert len(desk.asked(issue)) == 1


def test_a_duplicate_that_leads_nowhere_is_told(desk: TrackerDesk, bench: PagesBench) -> None:
    issue = desk.groups.issue("export", state=IssueState.CONFIRMED)
    desk.file(issue)
    key = desk.ticket(issue).ref.key
    desk.move(key, "Done", "Duplicate")
    desk.later(minutes=2)
    lead, address = bench.signed_in(Role.LEAD), f"/issues/{issue.name}"
    shown = lead.get(address).text
    assert f"{key} was closed as a duplicate, but its links lead to no ticket" in shown
    theirs = desk.write("Export is broken")
    press(lead, address, f"{address}/link", ticket=theirs)
    bench.drain()
    assert desk.ticket(issue).ref.key == theirs
    assert "lead to no ticket" not in lead.get(address).text
