"""Connections by API: what they give to fields, without secrets, and what goes on by that."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Role
from bridge.domain.tickets import FilingState
from tests.api_client import Api, serving
from tests.conftest import Pipeline
from tests.tracker_desk import TrackerDesk, tracker_desk

SEVERITY = "customfield_10060"


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Iterator[TrackerDesk]:
    """A connected tracker that has begun to demand a severity."""
    with tracker_desk(pipeline, tmp_path) as made:
        made.api.call("PUT", "/_sandbox/screen", {"required": [SEVERITY]})
        yield made


@pytest.fixture
def api(desk: TrackerDesk) -> Iterator[Api]:
    with serving(desk.pipeline.application) as found:
        yield found


def refused(desk: TrackerDesk, topic: str) -> Issue:
    issue = desk.groups.issue(topic, state=IssueState.CONFIRMED)
    desk.file(issue)
    assert desk.filing(issue).state is FilingState.REFUSED
    return issue


def test_a_value_for_all_tickets_lets_refused_ones_go_on(desk: TrackerDesk, api: Api) -> None:
    waiting = [refused(desk, topic) for topic in ("export", "login")]
    (before,) = api.admin.get("/connections").json()["items"]
    assert (before["name"], before["project"], before["fields"]) == ("jira", "FB", {})
    (asked,) = before["asks"]
    assert (asked["name"], asked["choices"]) == ("Severity", ["Critical", "Major", "Minor"])
    changed = api.admin.patch("/connections/jira", {"fields": {"severity": "Major"}})
    assert changed.status_code == 200
    assert (changed.json()["fields"], changed.json()["asks"]) == ({SEVERITY: "Major"}, [])
    assert api.admin.get("/connections").json()["items"] == [changed.json()]
    desk.drain()
    waiting.append(desk.groups.issue("invoice", state=IssueState.CONFIRMED))
    desk.file(waiting[-1])
    assert {desk.filing(one).state for one in waiting} == {FilingState.LINKED}
    assert [one["severity"] for one in desk.truth().values()] == ["Major"] * 3
    assert desk.actions(waiting[0]).count("file_again") == 1


def test_a_value_may_be_taken_back_and_a_wrong_one_is_refused(desk: TrackerDesk, api: Api) -> None:
    issue = refused(desk, "export")
    wrong = api.admin.patch("/connections/jira", {"fields": {"Severity": "Huge"}})
    assert wrong.status_code == 422
    assert "Severity takes one of: Critical, Major, Minor" in wrong.text
    assert desk.filing(issue).state is FilingState.REFUSED
    api.admin.patch("/connections/jira", {"fields": {SEVERITY: "Minor", "Team": "Core"}})
    taken = api.admin.patch("/connections/jira", {"fields": {"Team": ""}})
    assert taken.json()["fields"] == {SEVERITY: "Minor"}


def test_secrets_are_never_told(desk: TrackerDesk, api: Api) -> None:
    changed = api.admin.patch("/connections/jira", {"fields": {"Severity": "Major"}})
    for answer in (api.admin.get("/connections"), changed):
        assert desk.api.account["token"] not in answer.text
        assert desk.api.account["user"] not in answer.text


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("nothing", {"fields": {"Severity": "Major"}}, 404),
        ("jira", {"fields": {}}, 422),
        ("jira", {"fields": {"": "x"}}, 422),
        ("jira", {"fields": {"Severity": None}}, 422),
        ("jira", {"token": "x"}, 422),
        ("jira", {"fields": {"Issue Type": "Bug"}}, 422),
        ("jira", {"fields": {"project": "FB"}}, 422),
        ("jira", {"fields": {"labels": "mine"}}, 422),
        ("crm", {"fields": {"Severity": "Major"}}, 409),
    ],
)
def test_what_is_no_change_is_refused(api: Api, name: str, body: object, status: int) -> None:
    receiver = {"name": "crm", "url": "https://crm.example/hooks"}
    assert api.admin.post("/endpoints", receiver).status_code == 201
    answer = api.admin.patch(f"/connections/{name}", body)
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["detail"] == "crm is no tracker: only tickets have fields"


def test_another_products_connection_is_not_there(api: Api) -> None:
    with api.application.open() as store:
        store.products.add("shop", "Shop")
    other = api.as_(Role.ADMIN, product="shop")
    assert other.get("/connections").json()["items"] == []
    answer = other.patch("/connections/jira", {"fields": {"Severity": "Major"}})
    assert answer.status_code == 404
