"""Prepare the demo: its past is played once into the data folder and found there ever after."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from bridge.demo.engineering import Engineering
from bridge.demo.generate import generate_contacts
from bridge.demo.history import History
from bridge.demo.story import AGENTS, LEAD, PRODUCT_NAME, VISITOR_EMAIL, story_start
from bridge.domain.errors import NotConfigured
from bridge.domain.people import Role
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.domain.tickets import FilingState
from bridge.queue import InlineQueue, ProcrastinateQueue
from bridge.settings import Settings
from bridge.store import embedded
from bridge.wiring import Application, build, for_replay
from bridge.wiring.clock import SimulatedClock
from bridge.wiring.frugal import frugal
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.sandbox import SandboxServer

ADMIN_EMAIL = VISITOR_EMAIL
_SEED = 7
_JIRA_PORT = 8100
_SECRET_FOLDER_MODE = 0o711


@dataclass(slots=True)
class DemoRun:
    """A prepared demo: the application on real time, and the sandbox beside it."""

    application: Application
    sandbox: SandboxServer
    result: dict[str, int | float]
    """The line of `bridge demo --exit-when-done --json`."""

    def close(self) -> None:
        """Stop what runs; the data stay."""
        self.sandbox.stop()
        self.application.close()


@contextmanager
def alone_in(data_dir: Path) -> Iterator[None]:
    """Keep a second demo out of the folder, however this one ends; raises NotConfigured."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=_SECRET_FOLDER_MODE)
    lock = FileLock(data_dir / "demo.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise NotConfigured(
            f"a demo runs in {data_dir} already: use that one, stop it first, or give another "
            "--data-dir and --port"
        ) from error
    try:
        yield
    finally:
        lock.release()


def prepare_demo(settings: Settings, *, say: Callable[[str], None]) -> DemoRun:
    """Play the demo's past unless the data folder has it, then open it on real time."""
    started = time.monotonic()
    settings = settings.model_copy(
        update={"database_url": None, "data_dir": settings.data_dir.resolve()}
    )
    data_dir: Path = settings.data_dir
    # The embedded database may run as another user, who has to pass through the folder.
    data_dir.mkdir(parents=True, exist_ok=True, mode=_SECRET_FOLDER_MODE)
    marker = data_dir / "demo.json"
    state = _read(marker, data_dir)
    if state is None or not state["is_finished"]:
        state = _start_over(marker, data_dir, state)
        with frugal():
            _play(settings, datetime.fromisoformat(str(state["anchor"])), say=say)
        _write(marker, {**state, "is_finished": True})
    with ExitStack() as opened:
        sandbox = _sandbox(data_dir).start()
        opened.callback(sandbox.stop)
        application = build(settings, say=say)
        opened.callback(application.close)
        _connect(application, sandbox, is_live=True)
        result = _count(application)
        result["seconds"] = round(time.monotonic() - started, 1)
        opened.pop_all()
    return DemoRun(application, sandbox, result)


def _read(marker: Path, data_dir: Path) -> dict[str, object] | None:
    if marker.exists():
        return dict(json.loads(marker.read_text()))
    if embedded.exists(data_dir):
        raise NotConfigured(
            f"{data_dir} holds a database that is not the demo's: give another --data-dir"
        )
    return None


def _start_over(marker: Path, data_dir: Path, state: dict[str, object] | None) -> dict[str, object]:
    """Begin, or begin again after a run that was cut short; the anchor stays the first one."""
    embedded.discard(data_dir)
    for path in data_dir.glob("jira-sandbox.db*"):
        path.unlink()
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    fresh = state or {"anchor": now.isoformat(), "seed": _SEED, "is_finished": False}
    _write(marker, fresh)
    return fresh


def _write(marker: Path, state: dict[str, object]) -> None:
    fresh = marker.with_suffix(".new")
    fresh.write_text(json.dumps(state))
    fresh.replace(marker)


def _play(settings: Settings, anchor: datetime, *, say: Callable[[str], None]) -> None:
    say("playing twelve weeks of contacts, once, about two minutes")
    queue = InlineQueue()
    clock = SimulatedClock(story_start(anchor))
    daily = settings.model_copy(update={"refresh_seconds": 28 * 86_400.0})
    application = for_replay(build(daily, queue=queue, now=clock, say=say))
    try:
        with SandboxServer(_state_file(settings.data_dir), clock=clock) as sandbox:
            product = _people(application)
            _connect(application, sandbox, is_live=False)
            with Engineering(sandbox) as engineering:
                contacts = generate_contacts(anchor=anchor, seed=_SEED)
                History(application, queue, clock, product, engineering).play(
                    contacts, anchor, seed=_SEED, say=say
                )
            _raise_curtain(application, queue, clock)
    finally:
        application.close()


def _raise_curtain(application: Application, queue: InlineQueue, clock: SimulatedClock) -> None:
    """Bring every ticket's numbers up to date; what lies ahead becomes the live worker's."""
    no_pause = application.context.settings.model_copy(update={"refresh_seconds": 0.0})
    hurried = replace(application, context=replace(application.context, settings=no_pause))
    queue.jobs.update(hurried.jobs())
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
        for ticket, _, _ in store.tickets.filed(product.id):
            store.enqueue("refresh", ticket_id=ticket.id)
    queue.drain(clock.moment)
    with application.open() as store:
        queue.hand_over(ProcrastinateQueue(), store)


def _people(application: Application) -> Product:
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
        product = store.products.configure(
            product.id, name=f"{PRODUCT_NAME} (demo)", filing_auto=True
        )
        for person, role in ((LEAD, Role.LEAD), *((agent, Role.AGENT) for agent in AGENTS)):
            user = store.people.known(person.email, name=person.name)
            store.people.add_member(user.id, product.id, role)
        admin = store.people.known(ADMIN_EMAIL, name="You")
        store.people.add_member(admin.id, product.id, Role.ADMIN)
        return product


def _sandbox(data_dir: Path) -> SandboxServer:
    """On its usual port, so that links to tickets last; on another when that is taken."""
    try:
        return SandboxServer(_state_file(data_dir), port=_JIRA_PORT)
    except OSError:
        return SandboxServer(_state_file(data_dir))


def _state_file(data_dir: Path) -> Path:
    return data_dir / "jira-sandbox.db"


def _connect(application: Application, sandbox: SandboxServer, *, is_live: bool) -> None:
    """Only a live demo hears the tracker's webhooks; its past is polled."""
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
    steps = connect_jira(
        JiraGiven.to_sandbox(sandbox.describe(), has_webhook=is_live),
        product,
        context=application.context,
    )
    failed = [step for step in steps if not step.ok]
    if failed:
        raise NotConfigured(f"the Jira sandbox: {failed[0].name}: {failed[0].fix}")
    with application.open() as store:
        connection = store.connections.of_product(product.id, "jira")
        if connection is not None:
            store.tickets.move_site(connection.id, sandbox.url)


def _count(application: Application) -> dict[str, int | float]:
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
        connection = store.connections.of_product(product.id, "jira")
        by_state = store.issues.count_by_state(product.id)
        result: dict[str, int | float] = {
            "contacts": store.contacts.count(product.id),
            "customers": store.customers.count(product.id),
            "issues": sum(count for state, count in by_state.items() if state != "dismissed"),
            "issues_filed": store.filings.count_issues(product.id, FilingState.LINKED),
            "tickets": store.tickets.count(product.id),
            "releases": len(store.fixes.releases(product.id)),
            "notices": store.notices.count(product.id),
            "workarounds_retired": store.workarounds.count_retired(product.id),
        }
    if connection is None:
        raise NotConfigured("the demo has lost its Jira connection")
    tracker = application.context.tracker(connection)
    long_ago = application.context.now() - timedelta(days=365)
    result["tickets_in_tracker"] = len(tracker.changes_since(long_ago))
    return result
