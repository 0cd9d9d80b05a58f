"""Fixtures: one embedded PostgreSQL for the run, and a migrated clone of a template per test."""

import gc
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock
from pydantic import SecretStr
from sqlalchemy import event, make_url
from sqlalchemy.engine import Dialect

from bridge import wiring
from bridge.domain.contacts import ContactReceived
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.queue import InlineQueue
from bridge.settings import Settings
from bridge.steps.context import Context
from bridge.steps.ingest import Ingested, ingest
from bridge.store import Engine, embedded, make_engine, migrate
from bridge.wiring import Application, build, for_replay
from bridge.wiring.clock import SimulatedClock
from tests.builders import START
from tests.fakes import FakeNotifier

FAST_SERVER = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "200",
}
"""For databases that are thrown away, used by many processes at once."""
_TEMPLATE = "bridge_template"
_ROOT = Path(tempfile.gettempdir()) / f"bridge-tests-{os.getuid()}"


def pytest_collection_finish() -> None:
    """Look through what was imported no more: that took a seventh of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(40_000, 50, 50)


@pytest.fixture(scope="session")
def server(worker_id: str, testrun_uid: str) -> Iterator[str]:
    """A conninfo of the test server, without a database; shared by all xdist workers.

    TEST_DATABASE_URL names a server to use instead; its user must be allowed to make databases.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Open to the database's own user, so that it needs no second place under /var.
    _ROOT.mkdir(mode=0o711, exist_ok=True)
    data_dir = _ROOT / testrun_uid[:12]
    running = embedded.start(data_dir, options=FAST_SERVER, databases=("bridge",))
    yield running.conninfo("")
    embedded.stop_if_unused(running)
    if worker_id == "master":
        embedded.discard(data_dir)


@pytest.fixture(scope="session")
def template(server: str, testrun_uid: str) -> str:
    """The name of a migrated database that tests are cloned from."""
    name = f"{_TEMPLATE}_{testrun_uid[:8]}"
    with (
        FileLock(_ROOT.with_suffix(f".{testrun_uid[:8]}.lock")),
        psycopg.connect(server, dbname="postgres", autocommit=True) as connection,
    ):
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone() is None:
            connection.execute(f'CREATE DATABASE "{name}_making"')
            engine = make_engine(database_of(server, f"{name}_making"))
            migrate.upgrade(engine)
            engine.dispose()
            connection.execute(f'ALTER DATABASE "{name}_making" RENAME TO "{name}"')
    return name


class OneEngine:
    """An engine for the databases of all tests, one after the other.

    An engine keeps the statements it has compiled; a new one for each test compiles them all again.
    """

    def __init__(self) -> None:
        self.url = ""
        self._engines: dict[bool, Engine] = {}

    def make(self, url: str, *, pool_size: int = 10, is_scratch: bool = False) -> Engine:
        """Instead of `bridge.store.make_engine`."""
        if url != self.url:
            return make_engine(url, pool_size=pool_size, is_scratch=is_scratch)
        if is_scratch not in self._engines:
            made = make_engine(url, pool_size=pool_size, is_scratch=is_scratch)
            event.listen(made, "do_connect", self._connect)
            self._engines[is_scratch] = made
        return self._engines[is_scratch]

    def _connect(
        self, dialect: Dialect, _record: object, args: list[object], options: dict[str, object]
    ) -> None:
        there, where = dialect.create_connect_args(make_url(self.url))
        args[:] = there
        options.update(where)

    def close(self) -> None:
        """Let the connections to the database of the test go."""
        for engine in self._engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def one_engine() -> Iterator[OneEngine]:
    """Statements are compiled once in a run, not once in a test."""
    one = OneEngine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wiring, "make_engine", one.make)
        yield one


@pytest.fixture
def database_url(server: str, template: str, one_engine: OneEngine) -> Iterator[str]:
    """The URL of a fresh, migrated database of this test's own."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        one_engine.url = database_of(server, name)
        yield one_engine.url
        one_engine.close()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a test: its own database and folder, an encoder without weights."""
    return Settings(
        DATABASE_URL=SecretStr(database_url),
        secret_key=SecretStr("a secret key for tests only"),
        data_dir=tmp_path,
        encoder="hashing",
        # Stories of tests last days, not weeks.
        regression_settling_days=0,
    )


@pytest.fixture
def queue() -> InlineQueue:
    """Jobs in memory, by simulated time."""
    return InlineQueue()


@pytest.fixture
def clock() -> SimulatedClock:
    """Simulated time, standing at START."""
    return SimulatedClock(START)


@pytest.fixture
def application(
    settings: Settings, queue: InlineQueue, clock: SimulatedClock
) -> Iterator[Application]:
    """Everything wired together on the test's own database."""
    built = for_replay(build(settings, queue=queue, now=clock))
    yield built
    built.close()


@pytest.fixture
def product(application: Application) -> Product:
    """The product that every installation has."""
    with application.open() as store:
        return store.products.by_slug(DEFAULT_PRODUCT)


class Pipeline:
    """Sends contacts through the real steps."""

    def __init__(
        self, application: Application, queue: InlineQueue, clock: SimulatedClock, product: Product
    ) -> None:
        self.application = application
        self.queue = queue
        self.clock = clock
        self.product = product

    def send(self, *contacts: ContactReceived) -> list[Ingested]:
        """Ingest each contact at its own time and run what follows."""
        answers = []
        for contact in contacts:
            self.clock.advance(contact.occurred_at, self.queue)
            with self.application.open() as store:
                answers.append(
                    ingest(contact, self.product, store=store, context=self.application.context)
                )
            self.queue.drain(self.clock.moment)
        return answers

    def rewire(self, context: Context) -> None:
        """Work with another context from now on, in jobs too."""
        self.application = replace(self.application, context=context)
        self.queue.jobs.update(self.application.jobs())

    def consolidate(self) -> None:
        """Look at everything together, now."""
        with self.application.open() as store:
            store.enqueue("consolidate", product_id=self.product.id)
        self.queue.drain(self.clock.moment)


@pytest.fixture
def pipeline(
    application: Application, queue: InlineQueue, clock: SimulatedClock, product: Product
) -> Pipeline:
    """The real steps on the test's own database."""
    return Pipeline(application, queue, clock, product)


@pytest.fixture
def notifier(pipeline: Pipeline) -> FakeNotifier:
    """The only channel."""
    made = FakeNotifier()
    pipeline.rewire(replace(pipeline.application.context, notifiers=[made]))
    return made


@pytest.fixture(scope="session")
def labelled_data() -> Path:
    """The folder of labelled public data; tests that need it are skipped without."""
    default = Path(__file__).parent.parent.parent / "shared" / "data"
    folder = Path(os.environ.get("BRIDGE_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip("no labelled data: set BRIDGE_TEST_DATA to its folder")
    return folder


def database_of(conninfo: str, database: str) -> str:
    """A conninfo or URL, pointed at another database, for SQLAlchemy."""
    if conninfo.startswith(("postgresql://", "postgresql+psycopg://")):
        return f"{conninfo.rsplit('/', 1)[0]}/{database}"
    parts = psycopg.conninfo.conninfo_to_dict(conninfo)
    return (
        f"postgresql+psycopg://{parts['user']}@/{database}"
        f"?host={parts['host']}&port={parts.get('port', 5432)}"
    )
