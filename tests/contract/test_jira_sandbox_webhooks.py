"""Webhooks of the sandbox reach a real receiver, signed, once each, and again when it fails."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from integrations.jira.sandbox import SandboxServer
from integrations.jira.sandbox.delivery import signature
from tests.contract.sandbox_client import Api, adf

ISSUE_EVENTS = ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted"]
VERSION_EVENTS = ["jira:version_created", "jira:version_released", "jira:version_unreleased"]


class Receiver(ThreadingHTTPServer):
    """Keeps every delivery; answers the statuses in `answers`, then 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook"

    def bodies(self) -> list[Any]:
        return [json.loads(raw) for _, raw in self.received]

    def wait_for(self, count: int) -> None:
        _wait(lambda: len(self.received) >= count)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((headers, raw))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        del format, args


def _wait(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline, "nothing came in time"
        time.sleep(0.02)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with (
        SandboxServer(tmp_path / "jira.db", control=True) as sandbox,
        Api(sandbox.describe()) as client,
    ):
        yield client


def _register(api: Api, receiver: Receiver, events: list[str], **more: object) -> Any:
    body = {"name": "bridge", "url": receiver.url, "events": events, **more}
    made = api.call("POST", "/rest/webhooks/1.0/webhook", body)
    assert made.status_code == 201, made.text
    return made.json()


def test_the_signature_is_the_published_one() -> None:
    signed = signature("It's a Secret to Everybody", b"Hello World!")
    assert signed.startswith("sha256=a4771c39")
    assert signed.endswith("33263c9")


def test_what_happens_to_a_ticket_is_delivered_signed_and_in_order(
    api: Api, receiver: Receiver
) -> None:
    _register(api, receiver, ISSUE_EVENTS, secret="s3cret")
    key = api.create("Login fails", description=adf("Since 4.1"))
    api.call("POST", f"issue/{key}/transitions", {"transition": {"id": "21"}})
    api.call("DELETE", f"issue/{key}")
    receiver.wait_for(3)
    created, moved, _ = receiver.bodies()
    assert [body["webhookEvent"] for body in receiver.bodies()] == ISSUE_EVENTS
    assert created["issue"]["key"] == key
    assert created["issue"]["fields"]["description"] == "Since 4.1"
    assert "emailAddress" not in created["user"]
    (item,) = moved["changelog"]["items"]
    assert (item["fieldId"], item["fromString"], item["toString"]) == (
        "status",
        "To Do",
        "In Progress",
    )
    for headers, raw in receiver.received:
        assert headers["x-hub-signature"] == signature("s3cret", raw)
        assert headers["x-atlassian-webhook-flow"] == "Primary"
        assert "x-atlassian-webhook-retry" not in headers
    identifiers = {headers["x-atlassian-webhook-identifier"] for headers, _ in receiver.received}
    assert len(identifiers) == 3


def test_releasing_a_version_and_taking_it_back_are_two_events(
    api: Api, receiver: Receiver
) -> None:
    _register(api, receiver, VERSION_EVENTS)
    version = api.call("POST", "version", {"name": "4.2", "projectId": 10000}).json()
    for is_released in (True, False):
        api.call("PUT", f"version/{version['id']}", {"released": is_released})
    receiver.wait_for(3)
    assert [body["webhookEvent"] for body in receiver.bodies()] == VERSION_EVENTS
    assert [body["version"]["released"] for body in receiver.bodies()] == [False, True, False]
    headers, raw = receiver.received[0]
    assert headers["x-hub-signature"] == signature(api.account["webhook_secret"], raw)


def test_a_failed_delivery_comes_again_minutes_later_under_the_same_identifier(
    api: Api, receiver: Receiver
) -> None:
    receiver.answers = [503]
    _register(api, receiver, ISSUE_EVENTS)
    api.create()
    _wait(lambda: api.truth()["deliveries"][0]["tries"] == 1)
    api.call("POST", "/_sandbox/clock", {"advance_seconds": 299})
    time.sleep(0.7)
    assert len(receiver.received) == 1
    api.call("POST", "/_sandbox/clock", {"advance_seconds": 2})
    receiver.wait_for(2)
    (first, _), (second, _) = receiver.received
    name = "x-atlassian-webhook-identifier"
    assert first[name] == second[name]
    assert second["x-atlassian-webhook-retry"] == "1"
    _wait(lambda: bool(api.truth()["deliveries"][0]["is_over"]))


def test_a_refused_delivery_is_not_repeated(api: Api, receiver: Receiver) -> None:
    receiver.answers = [400]
    _register(api, receiver, ISSUE_EVENTS)
    api.create()
    _wait(lambda: bool(api.truth()["deliveries"]) and api.truth()["deliveries"][0]["is_over"])
    assert api.truth()["deliveries"][0]["status"] == 400


def test_a_filter_and_a_switch_keep_events_away(api: Api, receiver: Receiver) -> None:
    section = {"issue-related-events-section": "labels = wanted"}
    hook = _register(api, receiver, ISSUE_EVENTS, filters=section)
    api.create("unwanted")
    api.create("wanted", labels=["wanted"])
    receiver.wait_for(1)
    path = hook["self"].removeprefix(api.url)
    assert api.call("PUT", path, {"enabled": False}).json()["enabled"] is False
    api.create("wanted too", labels=["wanted"])
    assert api.call("DELETE", path).status_code == 204
    assert api.get("/rest/webhooks/1.0/webhook") == []
    (body,) = receiver.bodies()
    assert body["issue"]["fields"]["summary"] == "wanted"
    assert len(api.truth()["deliveries"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://example.com/hook"},
        {"url": "http://10.0.0.1/"},
        {"url": "file:///etc/passwd"},
        {"url": "http://[::1"},
        {"events": ["jira:surprise"]},
        {"events": []},
        {"filters": {"issue-related-events-section": "surprise ="}},
        {"surprise": 1},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(api: Api, wrong: dict[str, object]) -> None:
    body = {"name": "x", "url": "http://127.0.0.1:1/", "events": ISSUE_EVENTS, **wrong}
    assert api.call("POST", "/rest/webhooks/1.0/webhook", body).status_code == 400


def test_what_was_not_delivered_before_a_stop_is_delivered_after_it(
    tmp_path: Path, receiver: Receiver
) -> None:
    state = tmp_path / "jira.db"
    receiver.answers = [500]
    with SandboxServer(state, control=True) as sandbox, Api(sandbox.describe()) as client:
        _register(client, receiver, ISSUE_EVENTS)
        client.create()
        receiver.wait_for(1)
    with SandboxServer(state, control=True) as sandbox, Api(sandbox.describe()) as client:
        client.call("POST", "/_sandbox/clock", {"advance_seconds": 600})
        receiver.wait_for(2)
