"""Operating the API: health, metrics, limits, headers, webhooks, logs, the database away."""

import hashlib
import hmac
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
import structlog
from starlette.responses import Response

from bridge.domain.errors import TryAgainLater
from bridge.domain.people import Role
from bridge.queue import InlineQueue
from bridge.settings import Settings
from bridge.steps.context import Context
from bridge.store.measures import Measures
from bridge.wiring import Application, running
from bridge.wiring.logging import configure_logging
from tests.api_client import CONTACT, Api, serving

_SECRET = "webhook secret"


@pytest.fixture
def api(application: Application) -> Iterator[Api]:
    with serving(application) as found:
        yield found


@pytest.fixture
def webhook(application: Application) -> str:
    """The address of a Jira connection's webhook."""
    sealed = application.context.secrets.encrypt(
        json.dumps({"token": "t", "webhook_secret": _SECRET}).encode()
    )
    with application.open() as store:
        product = store.products.by_slug("default")
        saved = store.connections.save(product.id, "jira", name="jira", config={}, sealed=sealed)
    return f"/webhooks/jira/{saved.id}"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging(stream=stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def signed(body: bytes, secret: str = _SECRET, event: str = "e-1") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature": f"sha256={digest}", "X-Atlassian-Webhook-Identifier": event}


def test_health_is_open_and_says_no_more_than_it_must(api: Api) -> None:
    for path in ("/healthz", "/readyz"):
        answer = api.client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert "server" not in answer.headers


def test_readyz_is_503_without_the_newest_schema_and_without_a_database(
    api: Api, database_url: str, server: str
) -> None:
    plain = database_url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute("UPDATE alembic_version SET version_num = 'older'")
        assert api.client.get("/readyz").status_code == 503
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )
        answer = api.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
        lost = api.admin.post("/contacts", CONTACT)
        assert (lost.status_code, lost.json()["type"]) == (
            503,
            "urn:bridge:problem:try-again-later",
        )
        assert int(lost.headers["Retry-After"]) > 0
        assert api.client.get("/healthz").status_code == 200
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert api.admin.post("/contacts", CONTACT).status_code == 201


def test_metrics_need_an_admin_and_have_bounded_labels(api: Api, webhook: str) -> None:
    api.admin.post("/contacts", CONTACT)
    api.admin.get("/issues/ISS-99")
    api.client.get("/api/v1/no-such-path-of-somebody")
    api.client.post(webhook, content=b"{}", headers=signed(b"{}", "wrong"))
    assert api.client.get("/metrics").status_code == 401
    assert api.client.get("/metrics", headers=api.as_(Role.LEAD).headers).status_code == 403
    answer = api.client.get("/metrics", headers=api.admin.headers)
    text = answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    for line in (
        'bridge_http_requests_total{method="POST",route="/api/v1/contacts",status="201"} 1.0',
        'bridge_http_requests_total{method="GET",route="/api/v1/issues/{id}",status="404"} 1.0',
        'bridge_http_requests_total{method="GET",route="other",status="404"} 1.0',
        'bridge_webhook_deliveries_total{integration="jira",result="bad_signature"} 1.0',
        "bridge_contacts_waiting 1.0",
        "bridge_contacts_quarantined 0.0",
        'bridge_jobs{status="failed"} 0.0',
        'bridge_filings{state="uncertain"} 0.0',
    ):
        assert line in text
    assert "of-somebody" not in text


def test_the_job_of_a_contact_commits_with_it(settings: Settings) -> None:
    with running(settings) as application, serving(application) as api:
        for number in range(3):
            contact = {**CONTACT, "external_id": str(number)}
            assert api.admin.post("/contacts", contact).status_code == 201
        assert api.admin.post("/contacts", {**CONTACT, "external_id": ""}).status_code == 422
        text = api.client.get("/metrics", headers=api.admin.headers).text
        assert 'bridge_jobs{status="todo"} 1.0' in text, "one job places all waiting contacts"


def test_a_body_over_the_limit_is_413_also_when_its_length_is_not_told(
    application: Application,
) -> None:
    small = application.settings.model_copy(update={"max_body_bytes": 1_000})
    with serving(replace(application, settings=small)) as api:
        told = api.admin.post("/contacts", {**CONTACT, "text": "a" * 2_000})
        parts = (b"[" + b" " * 400 for _ in range(5))
        headers = api.admin.headers | {"Content-Type": "application/json"}
        for path in ("/api/v1/contacts", "/api/v1/contacts/batch", "/webhooks/jira/1"):
            untold = api.client.post(path, content=parts, headers=headers)
            parts = (b"[" + b" " * 400 for _ in range(5))
            assert untold.status_code == 413
            assert untold.headers["content-type"] == "application/problem+json"
        assert (told.status_code, told.json()["status"]) == (413, 413)
        assert api.admin.post("/contacts", CONTACT).status_code == 201


def test_every_answer_has_safe_headers_and_an_id(api: Api) -> None:
    for answer in (
        api.client.get("/healthz"),
        api.admin.get("/issues"),
        api.admin.get("/issues/ISS-9"),
        api.client.get("/nowhere"),
        api.client.get("/api/openapi.json"),
        api.client.delete("/api/v1/issues"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert len(answer.headers["X-Request-ID"]) == 32


def test_unknown_paths_and_methods_are_problems(api: Api) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/docs", 404),
        ("DELETE", "/api/v1/issues", 405),
        ("TRACE", "/api/v1/contacts", 405),
        ("GET", "/api/v1/issues/", 404),
    ):
        answer = api.client.request(method, path, headers=api.admin.headers)
        assert answer.status_code == status
        assert answer.json()["status"] == status
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_keeps_its_own_policy(api: Api) -> None:
    def page() -> Response:
        return Response("", headers={"Content-Security-Policy": "default-src 'self'"})

    api.app.add_api_route("/page", page)
    answer = api.client.get("/page")
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_bug_is_a_problem_with_an_id_and_the_log_has_no_customer_text(
    api: Api, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Measures) -> None:
        raise ValueError("mia@customer.example wrote something")

    monkeypatch.setattr(Measures, "take", broken)
    answer = api.client.get("/metrics", headers=api.admin.headers)
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:bridge:problem:internal-error",
        "title": "Something went wrong",
        "status": 500,
        "id": answer.headers["X-Request-ID"],
    }
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    failed = next(line for line in lines if line["event"] == "a request failed")
    assert (failed["error"], failed["request_id"]) == ("ValueError", answer.json()["id"])
    assert "mia" not in log.getvalue()


def test_a_request_is_one_line_without_body_query_or_token(api: Api, log: io.StringIO) -> None:
    api.admin.post("/contacts", CONTACT)
    api.admin.get("/issues", q="canary")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = [(one["method"], one["route"], one["status"]) for one in lines if "route" in one]
    assert told == [("POST", "/api/v1/contacts", 201), ("GET", "/api/v1/issues", 200)]
    assert not [word for word in ("canary", "mia", api.admin.secret) if word in log.getvalue()]


def test_talkative_libraries_never_log_bodies(log: io.StringIO) -> None:
    configure_logging(stream=log, level=logging.DEBUG)
    logging.getLogger("jira").debug("the body")
    logging.getLogger("urllib3.connectionpool").debug("the body")
    logging.getLogger("other").warning("line\nbreak")
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == ["line\nbreak"]


def test_a_signed_delivery_is_stored_once_and_received_by_a_job(
    api: Api, webhook: str, queue: InlineQueue
) -> None:
    body = b'{"webhookEvent": "comment_created"}'
    first = api.client.post(webhook, content=body, headers=signed(body))
    again = api.client.post(webhook, content=body, headers=signed(body))
    assert (first.status_code, first.json()) == (202, {"result": "stored"})
    assert (again.status_code, again.json()) == (202, {"result": "known"})
    assert queue.drain(api.application.context.now()) == 1
    with api.application.open() as store:
        delivery = store.connections.delivery(1)
    assert delivery.state == "ignored"
    assert b"comment" not in delivery.sealed
    assert api.application.context.secrets.decrypt(delivery.sealed) == body


def test_a_delivery_that_proves_nothing_is_401_and_not_stored(
    api: Api, webhook: str, queue: InlineQueue
) -> None:
    for headers in ({}, signed(b"{}", "other"), signed(b"other")):
        assert api.client.post(webhook, content=b"{}", headers=headers).status_code == 401
    assert queue.next_due() is None


def test_a_delivery_for_nobody_is_404(api: Api, webhook: str) -> None:
    for path in (
        webhook.replace("jira", "zendesk"),
        "/webhooks/jira/999",
        "/webhooks/jira/x",
        "/webhooks/jira/%D9%A3",
        f"/webhooks/jira/{'9' * 40}",
    ):
        assert api.client.post(path, content=b"{}", headers=signed(b"{}")).status_code == 404


def test_an_event_id_of_any_length_is_stored(api: Api, webhook: str) -> None:
    answer = api.client.post(webhook, content=b"{}", headers=signed(b"{}", event="x" * 5_000))
    assert answer.status_code == 202


def test_matching_without_an_encoder_is_503_and_contacts_are_still_taken(
    application: Application,
) -> None:
    def paused() -> None:
        raise TryAgainLater("issue finding is paused: /secret/path", retry_after_seconds=7)

    context: Context = replace(application.context, encoder=paused)  # type: ignore[arg-type]
    with serving(replace(application, context=context)) as api:
        answer = api.admin.post("/match", {"text": "It broke again today"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "8")
        assert "secret" not in answer.text
        assert api.admin.post("/contacts", CONTACT).status_code == 201


def test_the_openapi_document_is_complete(api: Api) -> None:
    document = api.client.get("/api/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert operation["description"], where
            if path.startswith("/api/"):
                assert operation["security"] == [{"HTTPBearer": []}], where
                assert {"401", "403", "404", "503"} <= operation["responses"].keys(), where
            for status, answer in operation["responses"].items():
                if path.startswith("/api/") and int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], where
