"""What Jira's webhooks say, and that only Jira can say it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.domain.errors import BadSignature, UnknownEvent
from bridge.domain.news import (
    TicketChanged,
    TicketDeleted,
    TrackerNews,
    VersionReleased,
    VersionUnreleased,
)
from bridge.ports import WebhookRequest
from integrations.jira.webhook import JiraWebhook

PAYLOADS = Path(__file__).parents[1] / "payloads" / "jira"
NOW = datetime(2026, 3, 9, tzinfo=UTC)
# Atlassian's published vector.
SECRET = "It's a Secret to Everybody"
BODY = b"Hello World!"
SIGNATURE = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"


def a_request(signature: str | None = SIGNATURE, body: bytes = BODY) -> WebhookRequest:
    headers = {} if signature is None else {"x-hub-signature": signature}
    return WebhookRequest(headers=headers, body=body)


def payload(name: str) -> dict[str, object]:
    stored = json.loads((PAYLOADS / f"{name}.json").read_bytes())
    assert isinstance(stored, dict)
    return stored


def test_the_published_signature_is_accepted() -> None:
    JiraWebhook().verify(a_request(), [SECRET], NOW)


def test_either_of_two_secrets_is_accepted_during_rotation() -> None:
    JiraWebhook().verify(a_request(), ["the new one", SECRET], NOW)
    JiraWebhook().verify(a_request(), [SECRET, "the new one"], NOW)


@pytest.mark.parametrize(
    ("request_", "secrets"),
    [
        (a_request(None), [SECRET]),
        (a_request(""), [SECRET]),
        (a_request("sha256="), [SECRET]),
        (a_request(SIGNATURE.removeprefix("sha256=")), [SECRET]),
        (a_request(SIGNATURE.replace("sha256", "sha1")), [SECRET]),
        (a_request(SIGNATURE[:-1]), [SECRET]),
        (a_request("sha256=ümlaut"), [SECRET]),
        (a_request(body=b"Hello World?"), [SECRET]),
        (a_request(), ["another secret"]),
        (a_request(), []),
        (a_request(), [""]),
    ],
)
def test_anything_else_is_not_from_jira(request_: WebhookRequest, secrets: list[str]) -> None:
    with pytest.raises(BadSignature):
        JiraWebhook().verify(request_, secrets, NOW)


def test_an_empty_secret_never_verifies_its_own_signature() -> None:
    signed_with_nothing = (
        "sha256=" + "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
    )
    with pytest.raises(BadSignature):
        JiraWebhook().verify(a_request(signed_with_nothing, b""), [""], NOW)


def test_a_repeated_delivery_has_the_same_id() -> None:
    stored = payload("issue_updated")
    headers = stored["headers"]
    assert isinstance(headers, dict)
    first = WebhookRequest({**headers, "x-atlassian-webhook-retry": "0"}, b"{}")
    again = WebhookRequest({**headers, "x-atlassian-webhook-retry": "1"}, b"{}")
    assert JiraWebhook().event_id(first) == JiraWebhook().event_id(again)
    assert JiraWebhook().event_id(first) == headers["x-atlassian-webhook-identifier"]


def test_without_an_identifier_the_body_is_the_id() -> None:
    webhook = JiraWebhook()
    assert webhook.event_id(a_request()) == webhook.event_id(a_request())
    assert webhook.event_id(a_request()) != webhook.event_id(a_request(body=b"other"))


@pytest.mark.parametrize(
    ("name", "news"),
    [
        ("issue_created", [TicketChanged("10042", is_labelled=True)]),
        ("issue_updated", [TicketChanged("10042", is_labelled=True)]),
        ("issue_deleted", [TicketDeleted("10042")]),
        (
            "version_released",
            [VersionReleased("10201", "4.2", datetime(2026, 3, 9, tzinfo=UTC))],
        ),
        ("version_unreleased", [VersionUnreleased("10201", "4.2")]),
        ("comment_created", []),
        ("issuelink_created", []),
        ("version_created", []),
    ],
)
def test_each_event_is_translated(name: str, news: list[TrackerNews]) -> None:
    body = json.dumps(payload(name)["body"]).encode()
    assert JiraWebhook().translate(body) == news


def test_a_release_without_a_date_is_news_all_the_same() -> None:
    body = b'{"webhookEvent": "jira:version_released", "version": {"id": 7, "name": "5"}}'
    assert JiraWebhook().translate(body) == [VersionReleased("7", "5", None)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"{}",
        b'{"webhookEvent": 7}',
        b'{"webhookEvent": "jira:issue_exploded"}',
        b'{"webhookEvent": "jira:issue_updated"}',
        b'{"webhookEvent": "jira:issue_updated", "issue": null}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": {}}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": ""}}',
        b'{"webhookEvent": "jira:version_released", "version": []}',
        b'{"webhookEvent": "jira:version_released",'
        b' "version": {"id": 1, "name": "4", "releaseDate": "soon"}}',
        b"[" * 100_000,
    ],
)
def test_a_stranger_is_named_and_never_crashes(body: bytes) -> None:
    with pytest.raises(UnknownEvent):
        JiraWebhook().translate(body)
