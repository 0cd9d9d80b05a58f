"""Existing tickets over HTTP, on pages and on the command line: suggested, linked, let go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Role
from tests.api_client import Api, serving
from tests.conftest import Pipeline
from tests.tracker_desk import ALIKE, TrackerDesk, tracker_desk


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Iterator[TrackerDesk]:
    with tracker_desk(pipeline, tmp_path) as desk:
        yield desk


@pytest.fixture
def theirs(desk: TrackerDesk) -> str:
    """A ticket that engineers closed, about what customers write now."""
    key = desk.write(ALIKE, "Only ada@example.com has seen it.")
    desk.move(key, "Done", "Won't Do")
    return key


@pytest.fixture
def issue(desk: TrackerDesk, theirs: str) -> Issue:
    """Filed, and waiting for an answer."""
    made = desk.groups.issue("export", state=IssueState.CONFIRMED)
    desk.file(made)
    return made


@pytest.fixture
def api(desk: TrackerDesk, issue: Issue) -> Iterator[Api]:
    with serving(desk.pipeline.application) as found:
        yield found


def test_a_ticket_is_suggested_with_title_status_and_reason(
    api: Api, issue: Issue, theirs: str
) -> None:
    (one,) = api.admin.get("/suggestions").json()["items"]
    assert one["kind"] == "ticket"
    assert one["question"] == f"Is {theirs} about the same problem as {issue.name}?"
    assert "export" in one["why"]
    assert one["left"]["issue"]["id"] == issue.name
    assert one["right"] is None
    ticket = one["ticket"]
    assert (ticket["key"], ticket["title"]) == (theirs, ALIKE)
    assert (ticket["status"], ticket["outcome"]) == ("done", "wont_fix")
    assert "ada@" not in ticket["text"]
    waiting = api.admin.get(f"/issues/{issue.name}").json()["filing"]
    assert waiting["state"] == "planned"
    assert theirs in waiting["reason"]


def test_accepting_links_and_unlinking_lets_go(
    api: Api, desk: TrackerDesk, issue: Issue, theirs: str
) -> None:
    (one,) = api.admin.get("/suggestions").json()["items"]
    assert api.admin.post(f"/suggestions/{one['id']}/accept", {}).status_code == 200
    desk.drain()
    shown = api.admin.get(f"/issues/{issue.name}").json()
    assert [ticket["key"] for ticket in shown["tickets"]] == [theirs]
    assert (shown["state"], shown["outcome"]) == ("declined", "wont_fix")
    assert api.as_(Role.AGENT).post(f"/issues/{issue.name}/unlink").status_code == 403
    stale = {"If-Match": '"0"'}
    assert api.admin.post(f"/issues/{issue.name}/unlink", {}, headers=stale).status_code == 412
    said = api.admin.post(f"/issues/{issue.name}/unlink", {"reason": "It is older"})
    assert (said.status_code, said.json()["tickets"]) == (200, [])
    assert said.json()["filing"]["state"] == "unlinked"
    assert api.admin.post(f"/issues/{issue.name}/unlink").status_code == 409
    desk.drain()
    assert desk.ours() == []
    assert desk.truth()[theirs]["statusCategory"] == "done"
    history = api.admin.get(f"/issues/{issue.name}/history").json()["items"]
    assert [one["action"] for one in history][-2:] == ["declined", "unlinked"]


def test_rejecting_files_a_new_ticket(api: Api, desk: TrackerDesk, issue: Issue) -> None:
    (one,) = api.admin.get("/suggestions").json()["items"]
    assert api.admin.post(f"/suggestions/{one['id']}/reject", {}).json()["state"] == "rejected"
    desk.drain()
    assert api.admin.get(f"/issues/{issue.name}").json()["filing"]["state"] == "linked"
    assert len(desk.truth()) == 2
