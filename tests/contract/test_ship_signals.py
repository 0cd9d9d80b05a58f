"""The ship signal port on GitHub, GitLab and CDEvents: who may tell us, and what was told."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bridge.domain.errors import BadSignature, UnknownEvent
from bridge.ports import ShipSignal, WebhookRequest
from integrations.cdevents.signals import CDEventsSignals, artifact
from integrations.github.signals import GitHubSignals
from integrations.gitlab.signals import GitLabSignals
from integrations.standard_webhooks.signing import secret_of
from tests.signal_payloads import stored

NOW = datetime(2026, 3, 2, 10, 5, tzinfo=UTC)
SECRET, OTHER = secret_of(b"a" * 32), secret_of(b"b" * 32)


def by_hub(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def by_token(body: bytes, secret: str) -> dict[str, str]:
    return {"x-gitlab-token": secret}


def by_standard(body: bytes, secret: str, at: datetime = NOW) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = str(int(at.timestamp()))
    digest = hmac.new(key, f"msg-1.{stamp}.".encode() + body, hashlib.sha256).digest()
    signed = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": "msg-1", "webhook-timestamp": stamp, "webhook-signature": signed}


def by_bearer(body: bytes, secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


@dataclass(frozen=True)
class Sender:
    """A system and one of the ways in which it proves itself."""

    name: str
    signal: ShipSignal
    sign: Callable[[bytes, str], dict[str, str]]
    signs_body: bool = False
    id_header: str = ""


SENDERS = [
    Sender("github", GitHubSignals(), by_hub, True, "x-github-delivery"),
    Sender("gitlab", GitLabSignals(), by_token, id_header="idempotency-key"),
    Sender("gitlab, signed", GitLabSignals(), by_standard, True, "idempotency-key"),
    Sender("cdevents", CDEventsSignals(), by_bearer),
]


@pytest.fixture(params=SENDERS, ids=[one.name for one in SENDERS])
def sender(request: pytest.FixtureRequest) -> Sender:
    found = request.param
    assert isinstance(found, Sender)
    return found


def test_either_of_two_secrets_is_good_during_rotation(sender: Sender) -> None:
    request = WebhookRequest(sender.sign(b"{}", SECRET), b"{}")
    for secrets in ([SECRET], [OTHER, SECRET], [SECRET, OTHER]):
        sender.signal.verify(request, secrets, NOW)


def test_whatever_is_wrong_is_refused_in_the_same_words(sender: Sender) -> None:
    good = sender.sign(b"{}", SECRET)
    wrong = [
        (good, b"{}", [OTHER]),
        (good, b"{}", []),
        (good, b"{}", [""]),
        (sender.sign(b"{}", ""), b"{}", [""]) if sender.sign is not by_standard else ({}, b"", []),
        ({}, b"{}", [SECRET]),
        ({name: "" for name in good}, b"{}", [SECRET]),
        ({name: value[:-1] for name, value in good.items()}, b"{}", [SECRET]),
        ({name: f"{value}ü" for name, value in good.items()}, b"{}", [SECRET]),
    ]
    if sender.signs_body:
        wrong.append((good, b"{} ", [SECRET]))
    told = set()
    for headers, body, secrets in wrong:
        with pytest.raises(BadSignature) as refused:
            sender.signal.verify(WebhookRequest(headers, body), secrets, NOW)
        told.add(str(refused.value))
    assert told == {"this delivery does not prove where it comes from"}


def test_the_published_signature_of_github_is_accepted() -> None:
    # From GitHub's page about validating deliveries.
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    request = WebhookRequest({"x-hub-signature-256": f"sha256={digest}"}, b"Hello, World!")
    GitHubSignals().verify(request, ["It's a Secret to Everybody"], NOW)


def test_a_signed_delivery_of_gitlab_is_good_for_minutes_and_its_token_does_not_replace_it() -> (
    None
):
    signal = GitLabSignals()
    for minutes in (-4, 4):
        headers = by_standard(b"{}", SECRET, NOW + timedelta(minutes=minutes))
        signal.verify(WebhookRequest(headers, b"{}"), [SECRET], NOW)
    late = by_standard(b"{}", SECRET, NOW - timedelta(minutes=6))
    forged = {**by_standard(b"{}", OTHER), **by_token(b"{}", SECRET)}
    plain = {**by_standard(b"{}", SECRET), "webhook-timestamp": "²"}
    for headers in (late, forged, plain):
        with pytest.raises(BadSignature):
            signal.verify(WebhookRequest(headers, b"{}"), [SECRET], NOW)
    # A secret of a person's own choice is no key, but a good token.
    signal.verify(WebhookRequest(by_token(b"", "chosen"), b""), ["chosen"], NOW)
    with pytest.raises(BadSignature):
        signal.verify(WebhookRequest(by_standard(b"{}", SECRET), b"{}"), ["chosen"], NOW)


def test_a_repeated_delivery_has_the_same_id_and_another_one_another(sender: Sender) -> None:
    if sender.id_header:
        one = WebhookRequest({sender.id_header: "17"}, b"{}")
        other = WebhookRequest({sender.id_header: "18"}, b"{}")
    else:
        one, other = stored("cdevents", "deployed_binary"), stored("cdevents", "upgraded")
    again = WebhookRequest({**one.headers, "x-retry": "1"}, one.body)
    assert sender.signal.event_id(one) == sender.signal.event_id(again)
    assert sender.signal.event_id(one) != sender.signal.event_id(other)
    nameless = [WebhookRequest({}, body) for body in (b"1", b"1", b"2")]
    first, same, different = [sender.signal.event_id(request) for request in nameless]
    assert first == same != different


def test_events_of_old_gitlab_share_an_id_and_are_told_apart_by_their_bodies() -> None:
    shared = {"x-gitlab-event-uuid": "u"}
    ids = {GitLabSignals().event_id(WebhookRequest(shared, body)) for body in (b"1", b"2", b"1")}
    assert len(ids) == 2


def test_a_cdevent_has_the_same_id_in_either_mode() -> None:
    binary = stored("cdevents", "deployed_binary")
    context = json.loads(binary.body)["context"]
    wrapped = {"specversion": "1.0", **context, "data": json.loads(binary.body)}
    headers = {"content-type": "application/cloudevents+json"}
    structured = WebhookRequest(headers, json.dumps(wrapped).encode())
    bare = WebhookRequest({"content-type": "application/json"}, binary.body)
    signal = CDEventsSignals()
    assert len({signal.event_id(one) for one in (binary, structured, bare)}) == 1
    assert len({signal.translate(one, NOW).event for one in (binary, structured, bare)}) == 1


def test_a_percent_of_140_is_told_and_not_believed() -> None:
    for signal, name in (
        (GitHubSignals(), "deployment_percent_140"),
        (CDEventsSignals(), "deployed_percent_140"),
    ):
        with pytest.raises(UnknownEvent, match="percent is 140, not a number from 1 to 100"):
            signal.translate(stored(signal.name, name), NOW)


BODIES: list[bytes] = [
    b"",
    b"not json",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"action": "published"}',
    b'{"action": "published", "release": null, "repository": {}}',
    b'{"object_kind": "release", "action": "create"}',
    b'{"object_kind": "deployment", "status": "success"}',
    b'{"object_kind": "release", "action": "create", "tag": "v1", "released_at": "soon",'
    b' "project": {"path_with_namespace": "a/b"}}',
    b'{"context": {"type": "dev.cdevents.service.deployed.0.3.0"}}',
    b'{"specversion": "1.0", "type": "dev.cdevents.service.deployed.0.3.0", "data": []}',
    b'{"specversion": "1.0", "type": "dev.cdevents.service.deployed.1.0.0", "data": {}}',
    b'{"specversion": "1.0", "type": "dev.cdevents.service.deployed.0.3.0", "data_base64": "%"}',
]


def reason_for_nothing(signal: ShipSignal, request: WebhookRequest) -> str:
    """Why a delivery is no signal; empty when it is one."""
    try:
        return signal.translate(request, NOW).why_not
    except UnknownEvent as error:
        return str(error)


@pytest.mark.parametrize("body", BODIES)
def test_what_cannot_be_read_is_named_and_never_crashes(body: bytes) -> None:
    for signal in (GitHubSignals(), GitLabSignals(), CDEventsSignals()):
        for event in ("", "release", "deployment_status"):
            request = WebhookRequest({"x-github-event": event}, body)
            assert signal.event_id(request)
            assert reason_for_nothing(signal, request)


def test_a_batch_of_cloudevents_is_refused_in_words() -> None:
    headers = {"content-type": "application/cloudevents-batch+json"}
    with pytest.raises(UnknownEvent, match="one by one"):
        CDEventsSignals().translate(WebhookRequest(headers, b"[]"), NOW)


@pytest.mark.parametrize(
    ("name", "version", "commit"),
    [
        ("pkg:generic/acme/shop@4.2", "4.2", ""),
        ("pkg:npm/%40acme/shop@4.2.0-rc.1", "4.2.0-rc.1", ""),
        ("pkg:oci/shop@sha256%3Aab?tag=4.2", "4.2", ""),
        ("pkg:oci/shop@sha256%3Aab", "", ""),
        ("pkg:golang/git.example/shop@234fd47e07d1004f0aed9c", "", "234fd47e07d1004f0aed9c"),
        ("pkg:generic/shop@20260302", "20260302", ""),
        ("registry.example:5000/acme/shop:4.2", "4.2", ""),
        ("registry.example:5000/acme/shop", "", ""),
        ("0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427", "", ""),
        ("", "", ""),
    ],
)
def test_an_artifact_tells_its_version_or_its_commit(name: str, version: str, commit: str) -> None:
    assert artifact(name) == (version, commit)
