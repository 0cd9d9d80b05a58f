"""The notifiers for Slack on a Slack-shaped server, checked against the published description."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from bridge.domain.errors import (
    AnswerLost,
    BadSignature,
    EndpointGone,
    NotReachable,
    Refused,
    SignInRefused,
    TryAgainLater,
    UnknownEvent,
)
from bridge.domain.messages import MessageState
from bridge.domain.people import MACHINE, NoticeState
from bridge.ports import Message
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling, tell_fix
from bridge.wiring.channels import connect_channel, slack_app
from integrations.slack.client import SlackClient, SlackSettings
from integrations.slack.interaction import acknowledged, signature, verify
from integrations.slack.notifier import SlackNotifier, SlackWebhookNotifier
from integrations.slack.text import escaped, sections
from tests.api_client import serving
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.scripted_http import DROP, ScriptedHttp, reply
from tests.slack_desk import TOKEN, SlackDesk, slack_desk

ADA = "ada@support.example"
MESSAGE = Message("ISS-42 is fixed", "ISS-42 is fixed in 4.2.\nThank <you> & all")
HOSTILE = "<!channel> <@U1> <https://evil.example|our site> &lt;!here&gt;"


@pytest.fixture
def desk() -> Iterator[SlackDesk]:
    with slack_desk() as running:
        yield running


def app(desk: SlackDesk, token: str = TOKEN) -> SlackNotifier:
    settings = SlackSettings(token, desk.url, allow_private=True, calls_per_second=1_000)
    return SlackNotifier(SlackClient(settings))


def test_a_message_goes_to_a_channel_or_to_a_person_and_is_found_again(desk: SlackDesk) -> None:
    assert app(desk).find("C1", "m1") is None
    receipt = app(desk).send(MESSAGE, "C1", "m1")
    assert app(desk).find("C1", "m1") == receipt == "C1 1700000000.000000"
    assert app(desk).send(MESSAGE, ADA, "m2").startswith("D-U1 ")
    assert app(desk).find(ADA, "m2") is not None
    assert app(desk).find(ADA, "m1") is None


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        ("lost", AnswerLost),
        ("error_500", AnswerLost),
        ("fatal_error", AnswerLost),
        ("busy", TryAgainLater),
        ("not_in_channel", Refused),
    ],
)
def test_each_stumble_says_what_follows(
    desk: SlackDesk, trouble: str, error: type[Exception]
) -> None:
    desk.troubles.append(trouble)
    with pytest.raises(error) as caught:
        app(desk).send(MESSAGE, "C1", "m1")
    assert type(caught.value) is error
    if trouble == "busy":
        assert isinstance(caught.value, TryAgainLater)
        assert caught.value.retry_after_seconds == 30


def test_strangers_and_bad_tokens_are_told_apart(desk: SlackDesk) -> None:
    with pytest.raises(NotReachable):
        app(desk).send(MESSAGE, "nobody@support.example", "m1")
    with pytest.raises(SignInRefused):
        app(desk, "xoxb-wrong").send(MESSAGE, "C1", "m1")


def test_what_we_send_is_what_the_published_description_knows(
    desk: SlackDesk, labelled_data: Path
) -> None:
    file = labelled_data / "specs" / "slack" / "slack_web_openapi_v2_without_examples.json.gz"
    if not file.is_file():
        pytest.skip("no published description in the data folder")
    paths = json.loads(gzip.decompress(file.read_bytes()))["paths"]
    settings = SlackSettings(TOKEN, desk.url, allow_private=True, calls_per_second=1_000)
    SlackNotifier(SlackClient(settings), has_button=True).send(MESSAGE, ADA, "m1")
    app(desk).find("D-U1", "m1")
    assert len(desk.calls) == 4
    # The description is from before metadata came to messages.
    newer = {"metadata", "include_all_metadata"}
    for method, args in desk.calls:
        (operation,) = paths[f"/{method}"].values()
        known = {one["name"] for one in operation["parameters"]}
        assert set(args) - newer <= known, method


def test_a_customers_words_are_no_mention_no_link_and_no_more_than_slack_takes() -> None:
    told = json.dumps(sections(HOSTILE))
    assert "<" not in told
    assert ">" not in told
    assert escaped("&lt;!here&gt;") == "&amp;lt;!here&amp;gt;"
    blocks = sections("&<>" * 20_000)
    texts = [json.loads(json.dumps(one))["text"]["text"] for one in blocks]
    assert len(blocks) <= 50
    assert max(map(len, texts)) <= 3_000
    assert sum(map(len, texts)) <= 13_200
    assert texts[-1].endswith("…")
    for text in texts:
        rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "&" not in rest


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(500), AnswerLost),
        (DROP, AnswerLost),
        (reply(404, raw=b"no_service"), EndpointGone),
        (reply(403, raw=b"action_prohibited"), Refused),
        (reply(429, None, "Retry-After: 3"), TryAgainLater),
    ],
)
def test_an_incoming_webhook_takes_a_post_or_says_why_not(
    answer: bytes, error: type[Exception]
) -> None:
    server = ScriptedHttp([reply(200, raw=b"ok"), answer])
    try:
        notifier = SlackWebhookNotifier(f"http://127.0.0.1:{server.port}/", allow_private=True)
        assert notifier.send(MESSAGE, "webhook", "m1") == "ok"
        with pytest.raises(error) as caught:
            notifier.send(MESSAGE, "webhook", "m1")
        assert type(caught.value) is error
    finally:
        server.close()


def test_a_fix_is_told_once_in_the_channel_and_once_to_the_agent(
    pipeline: Pipeline, desk: SlackDesk
) -> None:
    """The answer to the first post is lost: it is looked up, not repeated."""
    context = pipeline.application.context
    given = slack_app(TOKEN, channel="C1", direct=True, api_url=desk.url, allow_private=True)
    steps, _ = connect_channel(given, pipeline.product, context=context)
    assert [one.ok for one in steps] == [True, True]
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    desk.troubles.append("lost")
    for _ in range(2):
        with context.open() as store:
            issue = store.issues.by_number(pipeline.product.id, 1)
            cause = Cause(MACHINE, pipeline.clock.moment)
            tell_fix(issue, "4.2", [], telling=Telling(pipeline.product, store, context, cause))
        pipeline.queue.drain(pipeline.clock.moment)
    pipeline.clock.advance(pipeline.clock.moment.replace(hour=23), pipeline.queue)
    with context.open() as store:
        found = store.messages.search(pipeline.product.id, (), limit=10)
    assert {one.state for one in found} == {MessageState.SENT}
    assert {name: len(kept) for name, kept in desk.messages.items()} == {"C1": 2, "D-U1": 1}


# The example of Slack's own page about verifying requests.
SECRET, STAMP = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618"
SIGNED = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
COMMAND = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
THEN = datetime.fromtimestamp(int(STAMP), UTC)


def headers(stamp: str = STAMP, signed: str = SIGNED) -> dict[str, str]:
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": signed}


def test_the_published_example_of_a_signature_is_accepted_for_five_minutes() -> None:
    for seconds in (0, 299, -299):
        verify(headers(), COMMAND, SECRET, THEN + timedelta(seconds=seconds))
    with pytest.raises(BadSignature, match="5 minutes"):
        verify(headers(), COMMAND, SECRET, THEN + timedelta(seconds=301))


@pytest.mark.parametrize(
    ("given", "body", "secret"),
    [
        (headers(), COMMAND + b"&", SECRET),
        (headers(), COMMAND, "another secret"),
        (headers(signed=SIGNED.replace("v0", "v1")), COMMAND, SECRET),
        (headers(signed=""), COMMAND, SECRET),
        (headers(stamp=str(int(STAMP) + 1)), COMMAND, SECRET),
        (headers(stamp="soon"), COMMAND, SECRET),
        (headers(stamp="\u0661\u0665"), COMMAND, SECRET),
        (headers(stamp="9" * 5_000), COMMAND, SECRET),
        ({}, COMMAND, SECRET),
    ],
)
def test_what_slack_has_not_signed_is_refused(
    given: dict[str, str], body: bytes, secret: str
) -> None:
    with pytest.raises(BadSignature):
        verify(given, body, secret, THEN)


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=[]", b"payload=%7B%7D", COMMAND])
def test_what_is_no_press_of_a_button_is_a_stranger(body: bytes) -> None:
    with pytest.raises(UnknownEvent):
        acknowledged(body)


def pressed(*actions: dict[str, str], kind: str = "block_actions") -> bytes:
    """What Slack posts when somebody presses buttons."""
    payload = {"type": kind, "user": {"id": "U1"}, "actions": list(actions)}
    return urlencode({"payload": json.dumps(payload)}).encode()


def test_the_button_below_a_message_says_once_that_its_notices_were_read(
    pipeline: Pipeline, desk: SlackDesk
) -> None:
    context = pipeline.application.context
    given = slack_app(
        *(TOKEN,),
        channel="C1",
        direct=True,
        signing_secret=SECRET,
        api_url=desk.url,
        allow_private=True,
    )
    _, connection = connect_channel(given, pipeline.product, context=context)
    assert connection is not None
    pipeline.send(*contacts_about_export(5))
    pipeline.consolidate()
    with context.open() as store:
        issue = store.issues.by_number(pipeline.product.id, 1)
        cause = Cause(MACHINE, pipeline.clock.moment)
        tell_fix(issue, "4.2", [], telling=Telling(pipeline.product, store, context, cause))
    pipeline.queue.drain(pipeline.clock.moment)
    assert all(one["type"] == "section" for post in desk.messages["C1"] for one in post["blocks"])
    (post,) = desk.messages["D-U1"]
    (button,) = post["blocks"][-1]["elements"]
    assert button["value"] == post["metadata"]["event_payload"]["id"]
    body = pressed({"action_id": button["action_id"], "value": button["value"]})
    path = f"/webhooks/slack/{connection.id}/actions"
    stamp = str(int(pipeline.clock.moment.timestamp()))
    good = headers(stamp, signature(SECRET, stamp, body))

    def states() -> list[NoticeState]:
        with context.open() as store:
            return [one.state for one in store.notices.of_person(pipeline.product.id, ADA)]

    with serving(pipeline.application) as api:
        assert api.client.post(path, content=body, headers=headers(stamp)).status_code == 401
        other = pressed({"action_id": "theirs", "value": button["value"]})
        theirs = headers(stamp, signature(SECRET, stamp, other))
        assert api.client.post(path, content=other, headers=theirs).status_code == 200
        assert states() == [NoticeState.UNREAD]
        for _ in range(2):
            answer = api.client.post(path, content=body, headers=good)
            assert (answer.status_code, answer.content) == (200, b"")
        assert states() == [NoticeState.ACKNOWLEDGED]
        closed = pressed(kind="view_closed")
        signed = headers(stamp, signature(SECRET, stamp, closed))
        assert api.client.post(path, content=closed, headers=signed).status_code == 422
        assert api.client.post("/webhooks/slack/99/actions", content=body).status_code == 404
    with context.open() as store:
        found = store.messages.search(pipeline.product.id, (), limit=10)
    assert MessageState.ACKNOWLEDGED in {one.state for one in found}
