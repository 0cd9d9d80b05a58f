"""Events to receivers of Standard Webhooks that fail in every way, and the published vectors."""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.errors import AnswerLost, EndpointGone, InvalidInput, Refused, TryAgainLater
from bridge.domain.messages import MessageState
from bridge.ports import Message
from bridge.steps.announce import announce
from bridge.steps.notify import enable_channel
from bridge.store.connections import Connection
from bridge.store.messages import Outgoing
from bridge.wiring.channels import connect_channel, endpoint, new_secret, save_channel
from integrations.standard_webhooks.notifier import EndpointSettings, WebhookNotifier
from integrations.standard_webhooks.signing import key_of, secret_of, signature
from tests.builders import START
from tests.conftest import Pipeline
from tests.scripted_http import DROP, HANG, ScriptedHttp, reply

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = secret_of(b"another key of thirty-two bytes.")
EVENT = Message("fix.shipped", '{"type": "fix.shipped"}')


@contextmanager
def receiving(*answers: bytes) -> Iterator[ScriptedHttp]:
    server = ScriptedHttp(answers)
    try:
        yield server
    finally:
        server.close()


def notifier(server: ScriptedHttp, *secrets: str, seconds: float = 2) -> WebhookNotifier:
    url = f"http://127.0.0.1:{server.port}/hooks"
    settings = EndpointSettings(url, secrets or (SECRET,), True, read_seconds=seconds)
    return WebhookNotifier(settings, now=lambda: START)


def headers_of(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def test_the_published_vector_is_signed_as_published() -> None:
    signed = signature(
        [SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_headers_and_their_forms_are_those_of_the_specification(labelled_data: Path) -> None:
    file = labelled_data / "specs" / "standard-webhooks" / "standard-webhooks.md.gz"
    if not file.is_file():
        pytest.skip("no published specification in the data folder")
    text = gzip.decompress(file.read_bytes()).decode()
    named = set(re.findall(r"`(webhook-[a-z]+)`", text))
    with receiving(reply(200)) as server:
        notifier(server).send(EVENT, "crm", "m1-2026")
    sent = headers_of(server.requests[0])
    assert named == {name for name in sent if name.startswith("webhook-")}
    assert re.fullmatch(r"\d+", sent["webhook-timestamp"])
    assert "whsec_" in text
    assert sent["webhook-signature"].startswith("v1,")


def test_during_a_rotation_each_secret_signs() -> None:
    with receiving(reply(204)) as server:
        notifier(server, OTHER, SECRET).send(EVENT, "crm", "m1")
    sent = headers_of(server.requests[0])
    at, body = int(sent["webhook-timestamp"]), EVENT.text.encode()
    both = [signature([one], "m1", at, body) for one in (OTHER, SECRET)]
    assert sent["webhook-signature"].split(" ") == both
    assert server.requests[0].endswith(body)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_???", SECRET[6:]])
def test_what_is_no_secret_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInput):
        key_of(secret)


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (reply(500), TryAgainLater, "500"),
        (reply(400), TryAgainLater, "400"),
        (HANG, AnswerLost, "in time"),
        (DROP, AnswerLost, "broke"),
        (reply(410), EndpointGone, "410"),
        (reply(302, None, "Location: http://127.0.0.1:1/"), TryAgainLater, "redirects"),
        (reply(429, None, "Retry-After: 120"), TryAgainLater, "429"),
    ],
    ids=["500", "400", "time-out", "reset", "410", "redirect", "429"],
)
def test_each_way_to_fail_says_what_follows(
    answer: bytes, error: type[Exception], told: str
) -> None:
    with receiving(answer) as server, pytest.raises(error, match=told) as caught:
        notifier(server, seconds=0.4 if told == "in time" else 10).send(EVENT, "crm", "m1")
    assert type(caught.value) is error
    assert len(server.requests) == 1
    if told == "429":
        assert isinstance(caught.value, TryAgainLater)
        assert caught.value.retry_after_seconds == 120


def test_nobody_listening_means_nothing_happened() -> None:
    with receiving() as server:
        pass
    with pytest.raises(TryAgainLater):
        notifier(server).send(EVENT, "crm", "m1")


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "https://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/x"],
)
def test_an_address_inside_is_refused_without_leave(url: str) -> None:
    with pytest.raises(Refused):
        WebhookNotifier(EndpointSettings(url, (SECRET,)), now=lambda: START).send(EVENT, "c", "m")


def add_endpoint(pipeline: Pipeline, server: ScriptedHttp, *events: str) -> Connection:
    given = endpoint(
        f"http://127.0.0.1:{server.port}/",
        name="crm",
        events=events,
        secret=SECRET,
        allow_private=True,
    )
    context = pipeline.application.context
    with context.open() as store:
        return save_channel(given, pipeline.product, store=store, secrets=context.secrets)


def tell(pipeline: Pipeline, kind: str = "fix.shipped", key: str = "1") -> None:
    with pipeline.application.open() as store:
        number = store.products.next_issue_number(pipeline.product.id)
        issue_id = store.issues.add(
            pipeline.product.id, number=number, title="Export", terms=[], now=START
        )
        issue = store.issues.get(pipeline.product.id, issue_id)
        for _ in range(2):
            announce(kind, issue, {}, key=key, store=store, at=pipeline.clock.moment)
    pipeline.queue.drain(pipeline.clock.moment)


def rows(pipeline: Pipeline) -> Sequence[Outgoing]:
    with pipeline.application.open() as store:
        return store.messages.search(pipeline.product.id, (), limit=100)


def later(pipeline: Pipeline, **time: float) -> None:
    pipeline.clock.advance(pipeline.clock.moment + timedelta(**time), pipeline.queue)


def test_an_event_is_repeated_under_one_id_until_it_is_taken(pipeline: Pipeline) -> None:
    answers = [reply(503), DROP, reply(429, None, "Retry-After: 7200"), reply(200)]
    with receiving(*answers) as server:
        add_endpoint(pipeline, server)
        tell(pipeline)
        later(pipeline, hours=1.5)
        assert len(server.requests) == 3
        later(pipeline, hours=2)
        (row,) = rows(pipeline)
    sent = [headers_of(one) for one in server.requests]
    assert (row.state, len(sent)) == (MessageState.SENT, 4)
    assert {one["webhook-id"] for one in sent} == {row.message_id}
    assert len({one["webhook-timestamp"] for one in sent}) == 4
    body = json.loads(server.requests[-1].partition(b"\r\n\r\n")[2])
    assert (body["type"], body["data"]["issue"]) == ("fix.shipped", "ISS-1")
    assert len(server.requests[-1]) < 20_000


def test_410_disables_with_a_visible_reason_and_a_person_enables_it(pipeline: Pipeline) -> None:
    with receiving(reply(410), reply(200), reply(200)) as server:
        connection = add_endpoint(pipeline, server)
        tell(pipeline)
        with pipeline.application.open() as store:
            gone = store.connections.get(connection.id)
        assert gone.disabled_at is not None
        assert gone.trouble == "the receiver answered 410: it wants nothing more"
        tell(pipeline)  # nothing is planned for what is disabled
        later(pipeline, days=4)
        assert ([one.state for one in rows(pipeline)], len(server.requests)) == (
            [MessageState.FAILED],
            1,
        )
        with pipeline.application.open() as store:
            assert enable_channel(gone, store=store, now=pipeline.clock.moment) == 1
        pipeline.queue.drain(pipeline.clock.moment)
        assert [one.state for one in rows(pipeline)] == [MessageState.SENT]


def test_an_endpoint_that_never_answers_is_disabled_after_the_last_try(
    pipeline: Pipeline,
) -> None:
    with receiving(*[reply(500)] * 20) as server:
        connection = add_endpoint(pipeline, server)
        tell(pipeline)
        later(pipeline, days=5)
        assert len(server.requests) == 10
    with pipeline.application.open() as store:
        found = store.connections.get(connection.id)
    assert found.trouble == "given up after 10 tries: the receiver answered 500"
    assert found.disabled_at is not None


def test_an_endpoint_gets_the_events_it_chose(pipeline: Pipeline) -> None:
    with receiving(*[reply(200)] * 5) as server:
        add_endpoint(pipeline, server, "issue.filed")
        tell(pipeline, "fix.shipped")
        tell(pipeline, "issue.filed")
        assert [one.subject for one in rows(pipeline)] == ["issue.filed"]
    with pytest.raises(InvalidInput, match="there is no event"):
        endpoint("https://example.com/", name="crm", events=["fix.lost"])


def test_connecting_tries_the_endpoint_and_a_rotation_keeps_one_older_secret(
    pipeline: Pipeline,
) -> None:
    context = pipeline.application.context
    with receiving(reply(500), reply(200), reply(200)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        given = endpoint(url, name="crm", allow_private=True)
        steps, saved = connect_channel(given, pipeline.product, context=context)
        assert ([one.ok for one in steps], saved) == ([True, False], None)
        steps, saved = connect_channel(given, pipeline.product, context=context)
        assert saved is not None
        for _ in range(3):
            with context.open() as store:
                fresh = store.connections.get(saved.id)
                newest = new_secret(fresh, store=store, secrets=context.secrets)
        tell(pipeline)
    sent = headers_of(server.requests[-1])
    signed = sent["webhook-signature"].split(" ")
    body = server.requests[-1].partition(b"\r\n\r\n")[2]
    at = int(sent["webhook-timestamp"])
    assert len(signed) == 2
    assert signed[0] == signature([newest], sent["webhook-id"], at, body)
    refused = endpoint("https://127.0.0.1/", name="inside")
    steps, saved = connect_channel(refused, pipeline.product, context=context)
    assert ([one.name for one in steps if not one.ok], saved) == (["address", "message"], None)
