"""The sandbox misbehaves as told, searches as late as told, and carries the `jira` library."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from integrations.jira.sandbox import SandboxServer
from tests.contract.sandbox_client import Api, a_body


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with (
        SandboxServer(tmp_path / "jira.db", control=True) as sandbox,
        Api(sandbox.describe()) as client,
    ):
        yield client


def _summaries(api: Api) -> list[str]:
    return [ticket["summary"] for ticket in api.truth()["tickets"]]


@pytest.mark.parametrize(
    ("kind", "tickets"), [("drop_before_commit", 0), ("drop_after_commit", 1), ("hang", 0)]
)
def test_a_dropped_connection_is_seen_as_one(api: Api, kind: str, tickets: int) -> None:
    api.arm("POST /rest/api/3/issue$", kind, seconds=0.1)
    with pytest.raises(httpx2.TransportError):
        api.call("POST", "issue", a_body("lost"))
    assert len(_summaries(api)) == tickets
    assert api.create("after") == f"FB-{tickets + 1}"


@pytest.mark.parametrize(
    ("kind", "status", "tickets"),
    [
        ("error_500", 500, 0),
        ("error_500_after_commit", 500, 1),
        ("error_502", 502, 0),
        ("error_503", 503, 0),
        ("error_503_retry_after", 503, 0),
        ("error_503_after_commit", 503, 1),
        ("rate_limited", 429, 0),
        ("rate_limited_per_issue", 429, 0),
        ("rate_limited_quota", 429, 0),
        ("rate_limited_gateway", 429, 0),
        ("error_401", 401, 0),
        ("error_403", 403, 0),
        ("error_404", 404, 0),
        ("error_409", 409, 0),
        ("error_413", 413, 0),
        ("required_field", 400, 0),
        ("required_field_localised", 400, 0),
        ("html_after_commit", 200, 1),
        ("html_body", 502, 0),
        ("empty_body", 201, 1),
        ("truncated_json", 201, 1),
    ],
)
def test_a_fault_answers_its_status_and_commits_or_not(
    api: Api, kind: str, status: int, tickets: int
) -> None:
    api.arm("/issue$", kind, count=2)
    answers = [api.call("POST", "issue", a_body()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 201]
    assert len(_summaries(api)) == 2 * tickets + 1
    if kind == "rate_limited_gateway":
        assert "Retry-After" not in answers[0].headers
    elif kind.startswith("rate_limited"):
        assert answers[0].headers["Retry-After"] == "1"
        assert answers[0].headers["RateLimit-Reason"].startswith("jira-")
    if kind.startswith("required_field"):
        assert answers[0].json()["errors"].keys() == {"customfield_10060"}


def test_an_answer_sent_twice_is_two_whole_answers_on_one_connection(api: Api) -> None:
    api.arm("POST /rest/api/3/issue$", "answer_twice")
    body = json.dumps(a_body("twice")).encode()
    sign_in = base64.b64encode(f"{api.account['user']}:{api.account['token']}".encode())
    head = (
        b"POST /rest/api/3/issue HTTP/1.1\r\nHost: jira\r\nAuthorization: Basic %s\r\n"
        b"Content-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    )
    port = int(api.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head % (sign_in, len(body)) + body)
        received = b""
        while part := connection.recv(65_536):
            received += part
    assert received.count(b"HTTP/1.1 201") == 2
    assert received.count(b'"key":"FB-1"') == 2
    assert _summaries(api) == ["twice"]
    assert api.create("after") == "FB-2"


def test_a_late_commit_happens_after_the_client_has_gone(api: Api) -> None:
    api.arm("POST .*/issue$", "late_commit", seconds=0.5)
    with pytest.raises(httpx2.TransportError):
        api.call("POST", "issue", a_body("late"))
    assert _summaries(api) == []
    deadline = time.monotonic() + 5
    while not _summaries(api) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _summaries(api) == ["late"]


def test_an_unknown_fault_is_refused_and_faults_can_be_cleared(api: Api) -> None:
    for body in (
        {"route": ".", "kind": "meteor"},
        {"route": "(", "kind": "hang"},
        {"kind": "hang"},
    ):
        assert api.call("POST", "/_sandbox/faults", body).status_code == 400
    api.arm(".", "error_500", count=9)
    assert api.call("DELETE", "/_sandbox/faults").status_code == 204
    assert api.create() == "FB-1"
    assert [call["status"] for call in api.get("/_sandbox/calls")] == [201]


def test_search_lags_while_reads_by_key_do_not(api: Api) -> None:
    old = api.create("old", labels=["older"])
    assert api.call("PUT", "/_sandbox/lag", {"seconds": 600}).status_code == 200
    new = api.create("new")
    api.call("PUT", f"issue/{old}", {"fields": {"labels": ["newer"]}})
    assert api.search("project = FB") == [old]
    assert api.search("labels = older") == [old]
    assert api.get(f"issue/{new}")["fields"]["summary"] == "new"
    assert api.get(f"issue/{old}")["fields"]["labels"] == ["newer"]
    ids = [int(api.get(f"issue/{key}")["id"]) for key in (old, new)]
    fresh = {"jql": "project = FB", "fields": ["key"], "reconcileIssues": ids}
    found = api.call("POST", "search/jql", fresh).json()["issues"]
    assert [item["key"] for item in found] == [new, old]
    api.call("POST", "/_sandbox/clock", {"advance_seconds": 601})
    assert api.search("labels = newer") == [old]
    assert api.search("project = FB") == [new, old]
    api.call("DELETE", f"issue/{old}")
    assert api.search("project = FB") == [new, old]
    api.call("PUT", "/_sandbox/lag", {"seconds": 0})
    assert api.search("project = FB") == [new]


def test_the_clock_can_be_set_and_stays_so_after_a_restart(tmp_path: Path) -> None:
    base = datetime(2026, 3, 1, tzinfo=UTC)
    for run in range(2):
        server = SandboxServer(tmp_path / "jira.db", control=True, clock=lambda: base)
        with server as sandbox, Api(sandbox.describe()) as client:
            if run == 0:
                body = {"set": "2026-05-01T12:00:00Z"}
                assert client.call("POST", "/_sandbox/clock", body).status_code == 200
            key = client.create()
            created = client.get(f"issue/{key}")["fields"]["created"]
            assert created == "2026-05-01T12:00:00.000+0000"


def test_jql_finds_by_what_it_names(api: Api) -> None:
    version = api.call("POST", "version", {"name": "4.2", "projectId": 10000}).json()["id"]
    first = api.create("Login fails on phone", labels=["FB-abc"], customfield_10050=3)
    second = api.create("Export is empty", fixVersions=[{"id": version}])
    done = {"transition": {"id": "31"}, "fields": {"resolution": {"name": "Duplicate"}}}
    api.call("POST", f"issue/{second}/transitions", done)
    cases = {
        "labels = fb-ABC": [first],
        "labels != other": [first],
        "labels IS EMPTY": [second],
        "labels NOT IN (other, 'and')": [first],
        "summary ~ 'login phon*'": [first],
        'text ~ "\\"is empty\\""': [second],
        "statusCategory = Done": [second],
        "statusCategory != done AND project = FB": [first],
        "status IN ('To Do', Done) ORDER BY key ASC": [first, second],
        "resolution = Unresolved": [first],
        "resolution = duplicate": [second],
        f"fixVersion = {version}": [second],
        'fixVersion = "4.2"': [second],
        "fixVersion in unreleasedVersions()": [second],
        "fixVersion in releasedVersions(FB)": [],
        f"key = {first.lower()} OR id = 10001": [second, first],
        f"key > {first}": [second],
        "issuetype = Bug AND NOT (key = FB-1)": [second],
        "updated >= -5m ORDER BY created DESC, key DESC": [second, first],
        'created < "2020-01-01"': [],
        "cf[10050] >= 3": [first],
        '"Affected customers" IS EMPTY': [second],
        "project = FB ORDER BY cf[10050] DESC": [first, second],
    }
    assert {jql: api.search(jql) for jql in cases} == cases


@pytest.mark.parametrize(
    "jql",
    [
        "",
        "ORDER BY created",
        "surprise = 1",
        "project = OTHER",
        "status = Nowhere",
        "key = FB-99",
        "labels ~ x",
        "summary = x",
        "created > soon",
        "project = FB AND",
        "project = FB extra",
        "labels IN x",
        "labels = two words",
        "labels = a@b",
        "project = FB ORDER BY surprise",
        "fixVersion in surprise()",
        "(" * 500 + "project = FB" + ")" * 500,
    ],
)
def test_jql_that_jira_refuses_is_a_400(api: Api, jql: str) -> None:
    refused = api.call("POST", "search/jql", {"jql": jql})
    assert refused.status_code == 400
    assert refused.json()["errorMessages"]


def test_search_pages_with_a_token_that_belongs_to_its_query(api: Api) -> None:
    keys = [api.create() for _ in range(5)]
    body: dict[str, object] = {
        "jql": "project = FB ORDER BY key",
        "maxResults": 2,
        "fields": ["key"],
    }
    found: list[str] = []
    while True:
        page = api.call("POST", "search/jql", body).json()
        found += [item["key"] for item in page["issues"]]
        assert page["isLast"] is ("nextPageToken" not in page)
        if page["isLast"]:
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert found == keys
    assert api.call("POST", "search/jql", body | {"jql": "project = FB"}).status_code == 400
    for bad in ({"maxResults": 0}, {"maxResults": 5001}, {"nextPageToken": "x"}, {"startAt": 2}):
        assert api.call("POST", "search/jql", {"jql": "project = FB", **bad}).status_code == 400
    assert api.get("search/jql", jql="project = FB").keys() == {"issues", "isLast"}
