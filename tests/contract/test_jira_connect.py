"""Connecting to Jira: named steps with the fix in words, and a webhook that really arrives."""

import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bridge.domain.errors import BadSignature, NotConfigured, Refused
from bridge.domain.issues import Outcome
from bridge.domain.news import TicketChanged, VersionReleased
from bridge.domain.tickets import FieldKind, StatusCategory
from bridge.ports import CheckStep, WebhookRequest
from integrations.jira.client import JiraClient
from integrations.jira.connect import STEPS, check, register_webhook, resolve
from integrations.jira.outcomes import guess_outcome, guess_outcomes
from integrations.jira.sandbox import SandboxServer
from integrations.jira.settings import JiraSettings
from integrations.jira.webhook import JiraWebhook
from tests.drafts import a_draft, an_attempt
from tests.jira_bench import JiraBench, settings_for


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxServer]:
    with SandboxServer(tmp_path / "jira.db", control=True) as sandbox:
        yield sandbox


@pytest.fixture
def settings(sandbox: SandboxServer) -> JiraSettings:
    return settings_for(sandbox)


@pytest.fixture
def bench(sandbox: SandboxServer) -> Iterator[JiraBench]:
    bench = JiraBench(sandbox)
    yield bench
    bench.close()


def failed(steps: list[CheckStep]) -> CheckStep:
    """The first step that failed; all before it are fine and all after it were not tried."""
    names = [step.name for step in steps]
    assert names == list(STEPS)
    first = next(index for index, step in enumerate(steps) if not step.ok)
    assert all("not tried" in step.fix for step in steps[first + 1 :])
    return steps[first]


def test_a_good_connection_passes_every_step_and_writes_nothing(
    settings: JiraSettings, bench: JiraBench
) -> None:
    steps = check(settings)
    assert [(step.name, step.ok) for step in steps] == [(name, True) for name in STEPS]
    calls = bench.calls()
    assert all(call["method"] == "GET" for call in calls)


@pytest.mark.parametrize(
    ("changes", "step", "words"),
    [
        ({"allow_private": False}, "address", "private|https"),
        ({"url": "https://no-such-name.invalid"}, "address", "spelling"),
        ({"token": "expired"}, "sign_in", "token"),
        ({"project": "NOPE"}, "project", "NOPE"),
        ({"issue_type": "Epidemic"}, "issue_type", "Bug, Task"),
        ({"number_field": "customfield_99999"}, "number_field", "create screen"),
    ],
)
def test_a_bad_connection_says_what_to_mend(
    settings: JiraSettings, changes: dict[str, str | bool], step: str, words: str
) -> None:
    found = failed(check(replace(settings, **changes)))  # type: ignore[arg-type]
    assert found.name == step
    assert any(word in found.fix for word in words.split("|"))


def test_nobody_listening_is_told_as_such(sandbox: SandboxServer, settings: JiraSettings) -> None:
    sandbox.stop()
    assert failed(check(settings)).name == "tls"


def test_names_become_ids(settings: JiraSettings) -> None:
    found = resolve(replace(settings, issue_type="bug", number_field="affected customers"))
    assert (found.issue_type, found.number_field) == ("10001", settings.number_field)
    assert resolve(found) == found
    with pytest.raises(NotConfigured, match="it has: Bug"):
        resolve(replace(settings, issue_type="Epidemic"))


def test_a_connection_without_number_field_still_files(bench: JiraBench) -> None:
    settings = replace(bench.settings, number_field=None)
    assert all(step.ok for step in check(settings))
    tracker = bench.tracker_with(settings)
    ref = tracker.create(a_draft(), an_attempt())
    tracker.update(ref, a_draft(customers=5))
    assert bench.link_count(ref) == 1


def test_resolutions_are_guessed_and_an_unknown_one_is_no_fix(settings: JiraSettings) -> None:
    client = JiraClient(settings)
    guessed = guess_outcomes(client)
    client.close()
    assert set(guessed.values()) == set(Outcome)
    assert guess_outcome(" fixed ") is Outcome.FIXED
    assert guess_outcome("As Designed") is Outcome.WONT_FIX


def test_a_persons_mapping_wins_over_the_guess(bench: JiraBench) -> None:
    ref = bench.tracker.create(a_draft(), an_attempt())
    bench.move(ref, StatusCategory.DONE, Outcome.WONT_FIX)
    mapped = bench.tracker_with(replace(bench.settings, outcomes={"10001": Outcome.FIXED}))
    assert bench.tracker.read([ref.remote_id])[0].outcome is Outcome.WONT_FIX
    assert mapped.read([ref.remote_id])[0].outcome is Outcome.FIXED


@contextmanager
def a_receiver() -> Iterator[tuple[str, "queue.Queue[WebhookRequest]"]]:
    """An address that takes webhooks, and what came in."""
    arrived: queue.Queue[WebhookRequest] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            arrived.put(WebhookRequest(headers=headers, body=body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/webhooks/jira/1", arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_registered_webhook_brings_signed_news(bench: JiraBench) -> None:
    webhook, now = JiraWebhook(), datetime.now(UTC)
    secrets = [bench.settings.webhook_secret or ""]
    with a_receiver() as (address, arrived):
        for _ in range(2):
            register_webhook(bench.settings, address)
        assert len(bench.truth("webhooks")) == 1
        assert check(bench.settings, callback_url=address)[-1] == CheckStep("webhook", ok=True)
        ref = bench.tracker.create(a_draft(), an_attempt())
        request = arrived.get(timeout=10)
        webhook.verify(request, secrets, now)
        assert webhook.translate(request.body) == [TicketChanged(ref.remote_id, is_labelled=True)]
        assert webhook.event_id(request) == request.headers["x-atlassian-webhook-identifier"]
        with pytest.raises(BadSignature):
            webhook.verify(request, ["another"], now)
        version = bench.add_version("4.2")
        bench.release(version)
        request = arrived.get(timeout=10)
        (news,) = webhook.translate(request.body)
        assert isinstance(news, VersionReleased)
        assert (news.remote_id, news.name) == (version, "4.2")


def test_a_missing_webhook_is_only_advice(bench: JiraBench) -> None:
    step = check(bench.settings, callback_url="http://127.0.0.1:1/webhooks/jira/1")[-1]
    assert step.ok
    assert "polling" in step.fix
    assert check(replace(bench.settings, webhook_secret=None))[-1].ok
    with pytest.raises(NotConfigured):
        register_webhook(replace(bench.settings, webhook_secret=None), "http://127.0.0.1:1/")


SEVERITY, ACCOUNTS = "customfield_10060", "customfield_10051"


def test_a_required_field_is_asked_for_by_name_with_what_it_takes(
    settings: JiraSettings, bench: JiraBench
) -> None:
    bench.call("PUT", "_sandbox/screen", {"required": [SEVERITY]})
    step = failed(check(settings))
    assert step.name == "required_fields"
    assert "Severity (one of: Critical, Major, Minor)" in step.fix
    assert '--field "Severity=Critical"' in step.fix
    (asked,) = step.asks
    assert (asked.id, asked.name, asked.kind) == (SEVERITY, "Severity", FieldKind.CHOICE)
    assert asked.choices == ("Critical", "Major", "Minor")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Severity": "Huge"}, "Severity takes one of: Critical"),
        ({"Severitie": "Major"}, "no field Severitie on the create screen; it has: .*Severity"),
        ({"severity": ""}, "the project requires Severity"),
        ({"Summary": "Mine"}, "the bridge itself fills Summary"),
    ],
)
def test_a_value_that_cannot_be_is_told_before_anything_is_filed(
    settings: JiraSettings, bench: JiraBench, fields: dict[str, str], words: str
) -> None:
    bench.call("PUT", "_sandbox/screen", {"required": [SEVERITY]})
    step = failed(check(replace(settings, fields=fields)))
    assert step.name == "required_fields"
    assert re.search(words, step.fix), step.fix


def test_a_given_value_goes_with_each_create(settings: JiraSettings, bench: JiraBench) -> None:
    bench.call("PUT", "_sandbox/screen", {"required": [SEVERITY]})
    given = replace(settings, fields={"Severity": "major"})
    assert all(step.ok for step in check(given))
    found = resolve(given)
    assert found.fields == {SEVERITY: "major"}
    tracker = bench.tracker_with(found)
    for draft, wanted in (
        (a_draft(), "Major"),
        (replace(a_draft(fingerprint="other"), fields=(("severity", "Minor"),)), "Minor"),
    ):
        ref = tracker.create(draft, an_attempt())
        shown = bench.call("GET", f"rest/api/3/issue/{ref.remote_id}?fields={SEVERITY}")
        assert shown["fields"][SEVERITY]["value"] == wanted


def test_a_choice_that_the_field_does_not_take_is_refused_before_anything_is_sent(
    bench: JiraBench,
) -> None:
    draft = replace(a_draft(), fields=((SEVERITY, "Huge"),))
    with pytest.raises(Refused, match="not sent: Severity takes one of") as caught:
        bench.tracker.create(draft, an_attempt())
    assert caught.value.fields.keys() == {SEVERITY}
    assert bench.ticket_count() == 0


def test_a_refused_field_can_be_described(bench: JiraBench) -> None:
    bench.call("PUT", "_sandbox/screen", {"required": [SEVERITY]})
    with pytest.raises(Refused) as caught:
        bench.tracker.create(a_draft(), an_attempt())
    assert caught.value.fields == {SEVERITY: "Severity is required."}
    (found,) = bench.tracker.describe(caught.value.fields.keys())
    assert found.choices == ("Critical", "Major", "Minor")
    assert bench.tracker.describe(["summary", "customfield_99999"]) == []


def test_affected_accounts_have_a_number_field_of_their_own(
    settings: JiraSettings, bench: JiraBench
) -> None:
    given = replace(settings, accounts_field="affected accounts")
    assert all(step.ok for step in check(given))
    found = resolve(given)
    assert found.accounts_field == ACCOUNTS
    tracker = bench.tracker_with(found)
    draft = a_draft()
    ref = tracker.create(draft, an_attempt())
    tracker.update(ref, replace(draft, customers=50, accounts=9))
    fields = bench.call("GET", f"rest/api/3/issue/{ref.remote_id}")["fields"]
    assert (fields["customfield_10050"], fields[ACCOUNTS]) == (50, 9)


@pytest.mark.parametrize(
    ("field", "words"), [("Nowhere", "not on the create screen"), ("Severity", "takes no number")]
)
def test_a_field_for_accounts_that_cannot_be_is_told(
    settings: JiraSettings, field: str, words: str
) -> None:
    step = failed(check(replace(settings, accounts_field=field)))
    assert step.name == "accounts_field"
    assert words in step.fix


def test_a_number_field_that_leaves_the_screen_no_longer_holds_up_the_rest(
    bench: JiraBench,
) -> None:
    tracker = bench.tracker_with(replace(bench.settings, accounts_field=ACCOUNTS))
    ref = tracker.create(a_draft(), an_attempt())
    bench.call("PUT", "_sandbox/screen", {"hidden": [ACCOUNTS]})
    tracker.update(ref, a_draft(customers=77))
    assert bench.customers(ref) == 77
