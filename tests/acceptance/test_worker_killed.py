"""Kill -9 of a worker in the middle of filing: after a restart there is one ticket."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.domain.tickets import Attempt, Filing, FilingState
from bridge.settings import Settings
from bridge.steps.ingest import ingest
from bridge.wiring import Application, build
from tests.builders import contacts_about_export
from tests.contract.sandbox_client import Api
from tests.loop import connected_sandbox, issues

pytestmark = pytest.mark.processes

_ROOT = Path(__file__).parents[2]
_LIMIT_SECONDS = 90


@pytest.fixture
def live(settings: Settings) -> Iterator[Application]:
    """The application on real time, with jobs in PostgreSQL."""
    application = build(settings)
    yield application
    application.close()


@contextmanager
def a_worker(settings: Settings, moment: str = "never") -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that dies at that moment of filing."""
    assert settings.database_url is not None
    assert settings.secret_key is not None
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BRIDGE_SECRET_KEY": settings.secret_key.get_secret_value(),
        "BRIDGE_DATA_DIR": str(settings.data_dir),
        "BRIDGE_ENCODER": "hashing",
        "BRIDGE_FILING_QUIET_SECONDS": "1",
        "BRIDGE_FILING_SECOND_LOOK_SECONDS": "3",
        "PYTHONPATH": str(_ROOT),
    }
    script = _ROOT / "tests" / "killed_worker.py"
    process = subprocess.Popen([sys.executable, str(script), moment], env=environment, cwd=_ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=40)


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not happen in {_LIMIT_SECONDS} s"
        time.sleep(0.2)


def want_a_ticket(application: Application, product: Product) -> None:
    """Five customers, one problem, in a product that files by itself."""
    now = application.context.now()
    with application.open() as store:
        store.products.configure(product.id, filing_auto=True)
        for number, contact in enumerate(contacts_about_export(5)):
            received = replace(contact, occurred_at=now - timedelta(minutes=10 - number))
            ingest(received, product, store=store, context=application.context)
    application.jobs()["assign"](product_id=product.id)
    application.jobs()["consolidate"](product_id=product.id)
    assert len(issues(application, product)) == 1


def filing_of(application: Application, product: Product) -> tuple[Filing, list[Attempt]] | None:
    (summary,) = issues(application, product)
    with application.open() as store:
        found = store.filings.of_issue(summary.issue.id)
        return (found[0], store.attempts.of_filing(found[0].id)) if found else None


@pytest.mark.parametrize(("moment", "tries"), [("after", 1), ("before", 2)])
def test_a_worker_killed_while_filing_leaves_one_ticket(
    live: Application, settings: Settings, tmp_path: Path, moment: str, tries: int
) -> None:
    with live.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
    with connected_sandbox(live, product, tmp_path) as sandbox:
        want_a_ticket(live, product)
        with a_worker(settings, moment) as victim:
            wait_for(lambda: victim.poll() is not None, "the kill")
        assert victim.returncode == -9
        killed_at = filing_of(live, product)
        assert killed_at is not None
        assert killed_at[0].state is FilingState.SENDING

        def is_linked() -> bool:
            found = filing_of(live, product)
            return found is not None and found[0].state is FilingState.LINKED

        with a_worker(settings):
            wait_for(is_linked, "the ticket")
        found = filing_of(live, product)
        with Api(sandbox.describe()) as jira:
            tickets = jira.truth()["tickets"]
    assert found is not None
    assert len(found[1]) == tries
    assert len(tickets) == 1
    with live.open() as store:
        assert store.tickets.count(product.id) == 1
