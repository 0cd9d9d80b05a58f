"""The database goes away under a running worker: it begins anew, and contacts are read."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bridge.domain.products import DEFAULT_PRODUCT
from bridge.settings import Settings
from bridge.steps.ingest import ingest
from bridge.wiring import Application, build
from bridge.worker import Worker
from tests.builders import a_contact

_LIMIT_SECONDS = 120
_OUTAGES_SECONDS = (3, 40)
"""Back before the worker has noticed all of it, and longer than any of its waits."""
_DROP_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


@pytest.fixture
def live(settings: Settings) -> Iterator[Application]:
    """The application on real time, with jobs in PostgreSQL."""
    application = build(settings)
    yield application
    application.close()


@contextmanager
def _outage(conninfo: str) -> Iterator[None]:
    """Nobody reaches the database, and who was connected is thrown out."""
    name = str(conninfo_to_dict(conninfo)["dbname"])
    with psycopg.connect(conninfo, dbname="postgres", autocommit=True) as connection:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        connection.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
        assert len(connection.execute(_DROP_ALL, [name]).fetchall()) > 1
        yield
        connection.execute(allow.format(sql.Identifier(name), sql.Literal(True)))


@pytest.mark.parametrize("outage_seconds", _OUTAGES_SECONDS)
def test_a_worker_begins_anew_after_the_database_was_away(
    live: Application, outage_seconds: float
) -> None:
    worker = Worker(live)
    worker.start()
    try:
        _send(live, "before")
        _wait_for(lambda: _all_placed(live))
        with _outage(live.conninfo):
            time.sleep(outage_seconds)
        _send(live, "after")
        _wait_for(lambda: _all_placed(live))
    finally:
        worker.stop()


def _send(application: Application, external_id: str) -> None:
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
        contact = a_contact(
            "The export button does nothing when I press it",
            external_id=external_id,
            email=f"{external_id}@customer.example",
        )
        ingest(contact, product, store=store, context=application.context)


def _all_placed(application: Application) -> bool:
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
        return store.contacts.waiting_since(product.id)[0] == 0


def _wait_for(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LIMIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"not so in {_LIMIT_SECONDS} s"
        time.sleep(0.2)
