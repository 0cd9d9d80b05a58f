"""What really goes over the wire to Jira, counted at a plain socket."""

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from bridge.domain.errors import AnswerLost, Refused, SignInRefused, TryAgainLater
from bridge.domain.tickets import TicketRef, Urgency
from integrations.jira.adf import description
from integrations.jira.client import JiraClient, Patience
from integrations.jira.editing import written_at_first
from integrations.jira.settings import JiraSettings
from integrations.jira.tracker import JiraTracker
from integrations.pace import RateLimited, Reach
from tests.drafts import a_draft, an_attempt
from tests.scripted_http import DROP, HANG, ScriptedHttp, reply

REF = TicketRef("10042", "FB-42", "http://127.0.0.1/browse/FB-42")
QUICK = Patience(first_wait_seconds=0.01)


@contextlib.contextmanager
def jira(*answers: bytes) -> Iterator[tuple[ScriptedHttp, JiraTracker]]:
    """A scripted Jira and a tracker that speaks to it."""
    server = ScriptedHttp(answers)
    settings = JiraSettings(
        url=f"http://127.0.0.1:{server.port}",
        user="bridge@example.com",
        token="secret-token",
        project="FB",
        issue_type="10001",
        number_field="customfield_10050",
        allow_private=True,
        calls_per_second=1000,
        read_timeout_seconds=0.5,
    )
    tracker = JiraTracker(settings, client=JiraClient(settings, patience=QUICK))
    try:
        yield server, tracker
    finally:
        tracker.close()
        server.close()


DOUBTFUL = {
    "dropped": DROP,
    "hanging": HANG,
    "500": reply(500, {}),
    "502": reply(502, raw=b"<html>"),
    "503 that asks for a repeat": reply(503, {}, "Retry-After: 1"),
    "504": reply(504, {}),
    "409": reply(409, {}),
    "200 instead of 201": reply(200, {"id": "1", "key": "FB-1"}),
    "empty": reply(201, raw=b""),
    "html": reply(201, raw=b"<html>sorry</html>"),
    "no key": reply(201, {"id": "1"}),
    "truncated": b'HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{"id": "1", "ke',
    "not http": b"hello\r\n\r\n",
    "redirect": reply(302, {}, "Location: /rest/api/3/issue"),
    "permanent redirect": reply(308, {}, "Location: /rest/api/3/issue"),
}


@pytest.mark.parametrize("answer", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_a_create_in_doubt_is_a_lost_answer_after_exactly_one_request(answer: bytes) -> None:
    with jira(answer, reply(201, {"id": "2", "key": "FB-2"})) as (server, tracker):
        with pytest.raises(AnswerLost):
            tracker.create(a_draft(), an_attempt())
        assert server.paths() == ["POST /rest/api/3/issue"]


DEFINITE = {
    "400": (reply(400, {"errorMessages": [], "errors": {"severity": "Pflichtfeld."}}), Refused),
    "404": (reply(404, {}), Refused),
    "413": (reply(413, {}), Refused),
    "401": (reply(401, {}), SignInRefused),
    "403": (reply(403, {}), SignInRefused),
    "429": (reply(429, {}, "Retry-After: 7"), TryAgainLater),
}


@pytest.mark.parametrize(("answer", "error"), DEFINITE.values(), ids=DEFINITE.keys())
def test_a_create_that_surely_failed_says_so_after_exactly_one_request(
    answer: bytes, error: type[Exception]
) -> None:
    with jira(answer, reply(201, {"id": "2", "key": "FB-2"})) as (server, tracker):
        with pytest.raises(error) as caught:
            tracker.create(a_draft(), an_attempt())
        assert isinstance(caught.value, SignInRefused) is (error is SignInRefused)
        assert len(server.requests) == 1
        if isinstance(caught.value, Refused) and "severity" in str(caught.value):
            assert caught.value.fields == {"severity": "Pflichtfeld."}
        if isinstance(caught.value, TryAgainLater) and error is TryAgainLater:
            assert caught.value.retry_after_seconds == 7


def test_nobody_listening_means_that_nothing_happened() -> None:
    with jira() as (server, _):
        port = server.port
    settings = JiraSettings(
        url=f"http://127.0.0.1:{port}",
        user="a",
        token="b",
        project="FB",
        issue_type="1",
        allow_private=True,
    )
    tracker = JiraTracker(settings)
    with pytest.raises(TryAgainLater):
        tracker.create(a_draft(), an_attempt())
    tracker = JiraTracker(replace(settings, url="https://no-such-name.invalid"))
    with pytest.raises(TryAgainLater):
        tracker.create(a_draft(), an_attempt())


def test_making_a_tracker_sends_nothing() -> None:
    with jira() as (server, tracker):
        assert tracker.name == "jira"
        assert server.requests == []


def test_the_create_carries_label_and_property_and_no_prefetch_follows() -> None:
    with jira(reply(201, {"id": "10042", "key": "FB-42"})) as (server, tracker):
        ref = tracker.create(a_draft(fingerprint="shop/42/1"), an_attempt())
        assert (ref.remote_id, ref.key) == ("10042", "FB-42")
        assert ref.url.endswith("/browse/FB-42")
        assert len(server.requests) == 1
        body = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert body["fields"]["labels"][0] == "support-bridge"
    assert body["fields"]["labels"][1].startswith("fb-")
    assert len(body["fields"]["labels"][1]) == len("fb-") + 12
    assert body["fields"]["customfield_10050"] == 23
    (kept,) = body["properties"]
    assert kept["key"] == "bridge"
    written = kept["value"].pop("written")
    assert kept["value"] == {
        "fingerprint": "shop/42/1",
        "instance": "bridge",
        "attempt": "7-1",
        "schema": 1,
    }
    assert written["nodes"] == len(body["fields"]["description"]["content"])


def test_a_call_that_changes_nothing_is_repeated_until_it_works() -> None:
    with jira(DROP, reply(503, {}), reply(429, {}), reply(200, [])) as (server, tracker):
        assert tracker.versions() == []
        assert server.paths() == ["GET /rest/api/3/project/FB/versions"] * 4


def test_after_four_tries_the_call_is_left_to_the_job() -> None:
    with jira(*[reply(500, {})] * 9) as (server, tracker):
        with pytest.raises(TryAgainLater):
            tracker.versions()
        assert len(server.requests) == 4


def test_a_refused_call_is_not_repeated() -> None:
    for answer, error in ((reply(401, {}), SignInRefused), (reply(400, {}), Refused)):
        with jira(answer, reply(200, [])) as (server, tracker):
            with pytest.raises(error):
                tracker.versions()
            assert len(server.requests) == 1


def test_a_long_wish_for_rest_is_not_waited_for() -> None:
    with jira(reply(429, {}, "Retry-After: 3600"), reply(200, [])) as (server, tracker):
        with pytest.raises(TryAgainLater) as caught:
            tracker.versions()
        assert caught.value.retry_after_seconds == 3600
        assert len(server.requests) == 1


def test_a_short_wish_for_rest_is_kept() -> None:
    with jira(reply(429, {}, "Retry-After: 0.4"), reply(200, [])) as (_, tracker):
        began = time.monotonic()
        tracker.versions()
        assert time.monotonic() - began >= 0.4


def test_a_redirect_is_refused_and_not_followed() -> None:
    redirect = reply(302, {}, "Location: http://127.0.0.1:1/elsewhere")
    with jira(redirect) as (server, tracker):
        with pytest.raises(Refused, match="redirect"):
            tracker.versions()
        assert len(server.requests) == 1


ISSUE = "/rest/api/3/issue/10042"
SCREEN = reply(
    200,
    {
        "total": 3,
        "fields": [
            {"fieldId": name, "name": name}
            for name in ("summary", "description", "customfield_10050")
        ],
    },
)


def a_ticket(customers: int = 23, **written: object) -> bytes:
    """The ticket of `a_draft` as we left it, read by id."""
    draft = a_draft()
    known = written_at_first(draft).model_dump(exclude_none=True) | written
    mark = {"fingerprint": draft.fingerprint, "instance": "bridge", "ticket": "10042"}
    fields = {
        "summary": draft.title,
        "description": description(draft),
        "customfield_10050": customers,
    }
    properties = {"bridge": {**mark, "written": known}}
    return reply(200, {"id": "10042", "fields": fields, "properties": properties})


def body_of(request: bytes) -> dict[str, Any]:
    """The JSON of a request."""
    found: dict[str, Any] = json.loads(request.partition(b"\r\n\r\n")[2])
    return found


def test_the_first_update_reads_links_and_writes_once() -> None:
    answers = (SCREEN, a_ticket(), reply(201, {}), reply(204, raw=b""))
    with jira(*answers) as (server, tracker):
        tracker.update(REF, a_draft(customers=24))
        assert server.paths()[1].startswith(f"GET {ISSUE}?")
        assert server.paths()[2:] == [f"POST {ISSUE}/remotelink", f"PUT {ISSUE}"]
        edit = body_of(server.requests[3])
    assert edit["fields"].keys() == {"description", "customfield_10050"}
    assert edit["fields"]["customfield_10050"] == 24
    assert edit["properties"][0]["value"]["written"]["customers"] == 24


def test_a_count_write_takes_two_calls_and_none_when_nothing_changed() -> None:
    link = '{"globalId"'
    answers = (SCREEN, a_ticket(), reply(201, {}), reply(204, raw=b""))
    with jira(*answers) as (server, tracker):
        tracker.update(REF, a_draft(customers=24))
        assert link.encode() in server.requests[2]
        kept = body_of(server.requests[3])
    now = {"id": "10042", "fields": {"summary": a_draft().title, **kept["fields"]}}
    now["properties"] = {"bridge": kept["properties"][0]["value"]}
    with jira(SCREEN, reply(200, now), reply(204, raw=b""), reply(200, now)) as (server, tracker):
        tracker.update(REF, a_draft(customers=25))
        assert len(server.requests) == 3
        assert server.paths()[2] == f"PUT {ISSUE}"
        tracker.update(REF, a_draft(customers=24))
        assert len(server.requests) == 4


def test_an_edit_that_met_another_one_reads_again_and_then_writes() -> None:
    theirs = a_ticket(customers=7)
    answers = (SCREEN, a_ticket(), reply(201, {}), reply(409, {}), theirs, reply(201, {}))
    with jira(*answers, reply(204, raw=b"")) as (server, tracker):
        tracker.update(REF, a_draft())
        methods = [path.partition(" ")[0] for path in server.paths()]
        assert methods == ["GET", "GET", "POST", "PUT", "GET", "POST", "PUT"]
        assert "fields" not in body_of(server.requests[3])
        assert body_of(server.requests[6])["fields"] == {"customfield_10050": 23}


@pytest.mark.parametrize("trouble", [DROP, reply(503, {}), reply(429, {})])
def test_an_edit_in_doubt_is_not_sent_again_before_the_ticket_was_read(trouble: bytes) -> None:
    answers = (SCREEN, a_ticket(), reply(201, {}), trouble, a_ticket(customers=7))
    with jira(*answers, reply(201, {}), reply(204, raw=b"")) as (server, tracker):
        tracker.update(REF, a_draft(customers=24))
        methods = [path.partition(" ")[0] for path in server.paths()]
        assert methods == ["GET", "GET", "POST", "PUT", "GET", "POST", "PUT"]


def test_an_edit_that_always_meets_another_one_is_left_to_the_job() -> None:
    once = (a_ticket(), reply(201, {}), reply(409, {}))
    with jira(SCREEN, *once * 9) as (server, tracker):
        with pytest.raises(TryAgainLater) as caught:
            tracker.update(REF, a_draft(customers=24))
        assert not caught.value.is_everywhere
        assert len(server.requests) == 1 + 4 * 3


def test_a_field_that_the_edit_screen_lacks_is_left_out_and_the_count_goes_to_a_comment() -> None:
    refusal = reply(400, {"errors": {"customfield_10050": "not on the screen"}})
    comments = reply(200, {"comments": [], "total": 0})
    answers = (SCREEN, a_ticket(), reply(201, {}), refusal, a_ticket())
    more = (comments, reply(201, {"id": "9"}), reply(200, {}), reply(204, raw=b""))
    with jira(*answers, *more) as (server, tracker):
        tracker.update(REF, a_draft(customers=24))
        paths = server.paths()
        assert paths[6:] == [f"POST {ISSUE}/comment", f"POST {ISSUE}/remotelink", f"PUT {ISSUE}"]
        assert b"24 affected customers in 7 accounts" in server.requests[6]
        assert b"24 affected customers in 7 accounts" in server.requests[7]
        edit = body_of(server.requests[8])
    assert edit["fields"].keys() == {"description"}
    assert edit["properties"][0]["value"]["written"]["comment"] == "9"


@pytest.mark.parametrize("status", [403, 413])
def test_a_ticket_that_takes_no_comment_gets_its_number_all_the_same(status: int) -> None:
    theirs = a_ticket(theirs=["description"])
    comments = reply(200, {"comments": [], "total": 0})
    answers = (SCREEN, theirs, comments, reply(status, {"errorMessages": ["full"]}))
    with jira(*answers, reply(201, {}), reply(204, raw=b"")) as (server, tracker):
        with pytest.raises(Refused, match="full"):
            tracker.update(REF, a_draft(customers=24))
        edit = body_of(server.requests[5])
        assert edit["fields"] == {"customfield_10050": 24}
        assert "comment" not in edit["properties"][0]["value"]["written"]


def test_a_project_without_priorities_is_never_sent_one() -> None:
    with jira(SCREEN, a_ticket(), reply(201, {}), reply(204, raw=b"")) as (server, tracker):
        tracker.update(REF, replace(a_draft(), urgency=Urgency.HIGHEST))
        assert b'"priority"' not in b"".join(server.requests)


LIMITS = {
    "burst": ("RateLimit-Reason: jira-burst-based", Reach.ENDPOINT),
    "per issue": ("RateLimit-Reason: jira-per-issue-on-write", Reach.ITEM),
    "quota": ("RateLimit-Reason: jira-quota-tenant-based", Reach.CONNECTION),
    "gateway": ("X-Served-By: somebody", Reach.ENDPOINT),
}


@pytest.mark.parametrize(("header", "reach"), LIMITS.values(), ids=LIMITS.keys())
def test_the_reasons_of_a_limit_are_told_apart(header: str, reach: Reach) -> None:
    answer = reply(429, {}, "Retry-After: 300", header)
    with jira(SCREEN, answer) as (server, tracker):
        with pytest.raises(RateLimited) as caught:
            tracker.update(REF, a_draft())
        assert (caught.value.reach, caught.value.retry_after_seconds) == (reach, 300)
        assert len(server.requests) == 2
        with pytest.raises(TryAgainLater) as later:
            tracker.update(REF, a_draft())
        assert later.value.retry_after_seconds == pytest.approx(300, abs=5)
        assert len(server.requests) == 2


def test_a_limit_without_a_time_is_answered_by_waiting_longer_each_time() -> None:
    with jira(reply(429, {}), reply(429, {}), reply(200, [])) as (server, tracker):
        tracker.versions()
        assert len(server.requests) == 3


def test_a_wish_for_rest_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(minutes=5))
    with jira(reply(429, {}, f"Retry-After: {moment}")) as (_, tracker):
        with pytest.raises(TryAgainLater) as caught:
            tracker.versions()
        assert caught.value.retry_after_seconds == pytest.approx(300, abs=5)


def test_a_ticket_that_could_not_be_read_is_not_taken_for_missing() -> None:
    answer = reply(200, {"issues": [], "issueErrors": [{"id": "10042", "errorMessage": "busy"}]})
    with jira(*[answer] * 9) as (_, tracker), pytest.raises(TryAgainLater):
        tracker.probe("shop/42/1", after=0)
    with jira(*[answer] * 9) as (_, tracker), pytest.raises(TryAgainLater):
        tracker.read(["10042"])


def test_absence_proves_nothing_to_an_account_that_sees_nothing() -> None:
    permission = {"BROWSE_PROJECTS": {"havePermission": False}}
    answers = [reply(200, {"issues": []}), reply(200, {"permissions": permission})]
    with jira(*answers) as (_, tracker), pytest.raises(TryAgainLater, match="Browse projects"):
        tracker.probe("shop/42/1", after=0)


def test_neither_log_nor_error_tells_the_token_or_a_body(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    page = reply(500, raw=b"<html>customer text</html>")
    with jira(*[page] * 9) as (_, tracker), pytest.raises(TryAgainLater) as caught:
        tracker.versions()
    told = caplog.text + repr(caught.value) + repr(caught.value.__cause__)
    told += str(caught.value.__cause__)
    assert "customer text" not in told
    assert "secret-token" not in told
    assert "Authorization" not in told


def test_waits_double_and_jitter_and_never_undercut_jiras_wish() -> None:
    patience = Patience(draw=lambda low, high: high)
    assert [patience.seconds(n, None) for n in (1, 2, 3)] == pytest.approx([2.6, 5.2, 10.4])
    assert Patience(draw=lambda low, high: low).seconds(1, None) == pytest.approx(1.4)
    assert patience.seconds(1, 30) == 30
    assert patience.seconds(1, 61) is None
