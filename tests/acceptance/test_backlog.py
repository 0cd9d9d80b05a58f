"""An outage of the tracker leaves work waiting; real workers drain it at the agreed rate.

BRIDGE_BACKLOG is how many filings wait (12 by default; `make backlog` takes 500 at the product's
own rate of 5 calls a second and prints what it measured).
"""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bridge.domain.contacts import ContactReceived
from bridge.domain.errors import TryAgainLater
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE, Actor
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.domain.tickets import FilingState
from bridge.settings import Settings
from bridge.steps.ingest import ingest
from bridge.steps.moves import Cause, move_issue
from bridge.steps.review import file_issue
from bridge.store.issues import Place
from bridge.wiring import Application, build
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.sandbox import SandboxServer
from tests.builders import a_contact
from tests.contract.sandbox_client import Api

pytestmark = pytest.mark.processes

_ROOT = Path(__file__).parents[2]
_ID = re.compile("/[0-9]+")
FILINGS = int(os.environ.get("BRIDGE_BACKLOG", "12"))
IS_WHOLE = FILINGS >= 100
RATE = 5.0 if IS_WHOLE else 20.0
CHANGES_EACH = 4
FIRST_CONTACTS = 3
LIMIT_SECONDS = 600 if IS_WHOLE else 120
WORKERS = 2
_IS_AT_REST = """
    SELECT NOT EXISTS (
        SELECT FROM procrastinate_jobs AS job
        WHERE status = 'doing' AND task_name IN ('file', 'refresh', 'track', 'poll', 'sweep')
        AND %(since)s > (
            SELECT max(at) FROM procrastinate_events WHERE job_id = job.id AND type = 'started'
        )
        OR status IN ('todo', 'doing') AND coalesce(scheduled_at, now()) < now() + interval '60 s'
        AND task_name IN ('assign', 'consolidate', 'second_look', 'judge', 'parts', 'promote')
    ) AND EXISTS (SELECT FROM connection WHERE trouble IS NOT NULL)
"""


@dataclass
class Drain:
    """What one drain looked like to the tracker."""

    seconds: float
    calls: list[dict[str, Any]] = field(repr=False)

    def writes(self) -> Counter[str]:
        """Changes by ticket id."""
        return Counter(
            one["path"].split("/")[5]
            for one in self.calls
            if one["method"] in ("PUT", "POST") and "/issue/1" in one["path"]
        )

    def most_in(self, seconds: float) -> int:
        """The most calls in any stretch of that length."""
        moments = sorted(one["at"] for one in self.calls)
        most, first = 0, 0
        for last, moment in enumerate(moments):
            while moments[first] <= moment - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def closest_writes(self) -> float:
        """Seconds between the two changes of one ticket that came closest together."""
        last: dict[str, float] = {}
        closest = float("inf")
        for one in sorted(self.calls, key=lambda one: float(one["at"])):
            if one["method"] in ("PUT", "POST") and "/issue/1" in one["path"]:
                ticket = one["path"].split("/")[5]
                closest = min(closest, one["at"] - last.get(ticket, float("-inf")))
                last[ticket] = one["at"]
        return closest

    def kinds(self) -> Counter[str]:
        """Calls by method and path, without ids."""
        return Counter(
            f"{one['method']} {_ID.sub('/ID', one['path'].removeprefix('/rest/api/3'))}"
            for one in self.calls
        )

    def read_again(self) -> list[dict[str, Any]]:
        """All calls about the tickets that were read more than once, for a failure to show."""
        reads = Counter(one["path"] for one in self.calls if one["method"] == "GET")
        twice = {path for path, count in reads.items() if count > 1 and "/issue/1" in path}
        return [one for one in self.calls if any(one["path"].startswith(path) for path in twice)]

    def for_filings(self) -> int:
        """All calls but those that look around: searches, versions and what we may do there."""
        return sum("/issue/ID" in kind or kind == "POST /issue" for kind in self.kinds().elements())

    def told(self, what: str) -> dict[str, object]:
        """The figures, for people."""
        count = len(self.calls)
        return {
            "drain": what,
            "filings": FILINGS,
            "seconds": round(self.seconds, 1),
            "calls": count,
            "creates": sum(one["path"].endswith("/issue") for one in self.calls),
            "changes": sum(self.writes().values()),
            "calls_a_filing": round(count / FILINGS, 2),
            "kinds": dict(self.kinds().most_common()),
            "calls_a_second": round(count / self.seconds, 2),
            "most_in_1_s": self.most_in(1),
            "most_in_10_s": self.most_in(10),
            "closest_changes_of_a_ticket_s": round(self.closest_writes(), 2),
        }


class Backlog:
    """Issues that want tickets, and a tracker that comes and goes."""

    def __init__(self, application: Application, folder: Path) -> None:
        self.application = application
        self.state_file = folder / "jira.db"
        self.workers: list[subprocess.Popen[bytes]] = []
        with application.open() as store:
            self.product: Product = store.products.by_slug(DEFAULT_PRODUCT)
        self.tracker: SandboxServer | None = SandboxServer(self.state_file, control=True).start()
        self.port = int(self.tracker.url.rpartition(":")[2])
        account = self.tracker.describe()
        given = JiraGiven.to_sandbox(account)
        steps = connect_jira(
            JiraGiven(**{**_members(given), "calls_per_second": RATE}),
            self.product,
            context=application.context,
        )
        assert all(step.ok for step in steps), steps
        self.account = account

    def close(self) -> None:
        self.go_away()

    def go_away(self) -> None:
        """The tracker is down."""
        if self.tracker is not None:
            self.tracker.stop()
            self.tracker = None

    def come_back(self) -> None:
        """The tracker is up again, with all it had."""
        self.tracker = SandboxServer(self.state_file, port=self.port, control=True).start()

    def make_issues(self) -> list[Issue]:
        """Confirmed issues of three contacts each."""
        contacts = [
            self.contact(topic, number)
            for topic in range(FILINGS)
            for number in range(FIRST_CONTACTS)
        ]
        ids = self.send(contacts)
        for _ in range(len(contacts) // 100 + 2):
            self.application.jobs()["assign"](product_id=self.product.id)
        made = []
        for topic in range(FILINGS):
            made.append(self.group(topic, ids[topic * FIRST_CONTACTS :][:FIRST_CONTACTS]))
        return made

    def group(self, topic: int, contacts: Sequence[int]) -> Issue:
        """One issue of these contacts."""
        now = self.application.context.now()
        encoder = self.application.context.encoder().name
        with self.application.open() as store:
            number = store.products.next_issue_number(self.product.id)
            made = store.issues.add(
                self.product.id, number=number, title=_subject(topic), terms=(), now=now
            )
            places = [
                Place(one, made, 0.9, 0.5, encoder, MACHINE.name, "alike")  # type: ignore[arg-type]
                for one in contacts
            ]
            store.issues.assign_all(self.product.id, places, now=now)
            store.vectors.recount(self.product.id, [made])
            issue = store.issues.get(self.product.id, made)
            cause = Cause(MACHINE, now, "test", "test")
            return move_issue(issue, IssueState.CONFIRMED, store=store, cause=cause)

    def contact(self, topic: int, number: int) -> ContactReceived:
        """A contact about that topic, by a customer of its own."""
        made = a_contact(
            f"The {_subject(topic)} does nothing at all when I press the button",
            external_id=f"{topic}-{number}",
            email=f"c{topic}x{number}@customer.example",
        )
        moment = self.application.context.now() - timedelta(minutes=30)
        return ContactReceived(**{**_members(made), "occurred_at": moment})

    def send(self, contacts: Sequence[ContactReceived]) -> list[int]:
        """Let contacts in, some a transaction."""
        context, found = self.application.context, []
        for start in range(0, len(contacts), 25):
            with self.application.open() as store:
                for one in contacts[start : start + 25]:
                    known = ingest(one, self.product, store=store, context=context)
                    found.append(int(known.contact_id))
        return found

    def ask_for_tickets(self, issues: Sequence[Issue]) -> None:
        """A lead wants them all filed."""
        for issue in issues:
            with self.application.open() as store:
                current = store.issues.get(self.product.id, issue.id, lock=True)
                cause = Cause(Actor("person", "lead@x.example"), self.application.context.now())
                file_issue(current, self.product, store=store, cause=cause)

    def assign(self, customers: int) -> None:
        """Place what came in, beside what the workers place, until all have so many customers."""

        def is_done() -> bool:
            with suppress(TryAgainLater):
                self.application.jobs()["assign"](product_id=self.product.id)
            return self.all_counted(customers)

        wait_for(is_done, 2 * LIMIT_SECONDS)

    def all_counted(self, customers: int) -> bool:
        """Whether every issue has so many customers."""
        with psycopg.connect(self.application.conninfo) as connection:
            row = connection.execute(
                "SELECT count(*) FROM (SELECT issue_id FROM assignment WHERE ended_at IS NULL"
                " GROUP BY issue_id HAVING count(DISTINCT contact_id) = %s) AS full_ones",
                [customers],
            ).fetchone()
        return row == (FILINGS,)

    def is_drained(self) -> bool:
        """Every filing has its ticket and no count waits."""
        assert all(one.poll() is None for one in self.workers), "a worker ended by itself"
        with self.application.open() as store:
            linked = store.filings.count(self.product.id, FilingState.LINKED)
        with psycopg.connect(self.application.conninfo) as connection:
            row = connection.execute(
                "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
                " AND task_name IN ('file', 'refresh', 'track')"
            ).fetchone()
        return linked == FILINGS and row == (0,)

    def wait_for_rest(self) -> None:
        """Until workers have met the outage and no job that began before now is under way.

        Such a job may have old numbers in its hand. Others may: in an outage some job tries at
        nearly every moment.
        """
        with psycopg.connect(self.application.conninfo, autocommit=True) as connection:
            since = connection.execute("SELECT now()").fetchone()
            assert since is not None

            def is_at_rest() -> bool:
                row = connection.execute(_IS_AT_REST, {"since": since[0]}).fetchone()
                return row == (True,)

            wait_for(is_at_rest, 2 * LIMIT_SECONDS)

    def drain(self) -> Drain:
        """Let the tracker come back, and watch until nothing waits."""
        begun = time.monotonic()
        self.come_back()
        wait_for(self.is_drained, 2 * LIMIT_SECONDS)
        seconds = time.monotonic() - begun
        with Api(self.account) as jira:
            return Drain(seconds, jira.get("/_sandbox/calls"))

    def tickets(self) -> list[dict[str, Any]]:
        """What the tracker really has."""
        with Api(self.account) as jira:
            found: list[dict[str, Any]] = jira.truth()["tickets"]
        return found


def _members(one: object) -> dict[str, Any]:
    slots: tuple[str, ...] = getattr(type(one), "__slots__", ())
    return {name: getattr(one, name) for name in slots}


def _subject(topic: int) -> str:
    """Another word for every topic."""
    word = "".join(chr(ord("a") + int(digit)) * 2 for digit in str(topic))
    return f"{word}board page"


def wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so in {seconds} s"
        time.sleep(0.5)


@pytest.fixture
def backlog(settings: Settings, tmp_path: Path) -> Iterator[Backlog]:
    application = build(settings)
    made = Backlog(application, tmp_path)
    yield made
    made.close()
    application.close()


@contextmanager
def a_worker(backlog: Backlog, settings: Settings) -> Iterator[None]:
    """A worker process, such as `bridge worker` starts."""
    assert settings.database_url is not None
    assert settings.secret_key is not None
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BRIDGE_SECRET_KEY": settings.secret_key.get_secret_value(),
        "BRIDGE_DATA_DIR": str(settings.data_dir),
        "BRIDGE_ENCODER": "hashing",
        "BRIDGE_REFRESH_SECONDS": "60" if IS_WHOLE else "5",
        "PYTHONPATH": str(_ROOT),
    }
    command = [sys.executable, "-m", "bridge.cli", "worker"]
    process = subprocess.Popen(command, env=environment, cwd=_ROOT)
    backlog.workers.append(process)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def report(what: str, drain: Drain) -> None:
    """Tell people what was measured."""
    told = json.dumps(drain.told(what))
    sys.stderr.write(f"\n{told}\n")
    sys.stderr.flush()


def test_what_waited_for_the_tracker_is_drained_at_the_agreed_rate(
    backlog: Backlog, settings: Settings
) -> None:
    issues = backlog.make_issues()
    drains: list[Drain] = []
    with ExitStack() as workers:
        backlog.go_away()
        backlog.ask_for_tickets(issues)
        for _ in range(WORKERS):
            workers.enter_context(a_worker(backlog, settings))
        count = FIRST_CONTACTS
        for what in ("filings and their counts", "counts"):
            more = range(count, count + CHANGES_EACH)
            count += CHANGES_EACH
            backlog.send([backlog.contact(t, n) for n in more for t in range(FILINGS)])
            backlog.assign(count)
            backlog.wait_for_rest()
            drain = backlog.drain()
            report(what, drain)
            drains.append(drain)
            tickets = backlog.tickets()
            assert len(tickets) == FILINGS
            assert Counter(one["customers"] for one in tickets) == {count: FILINGS}
            backlog.go_away()
    for drain in drains:
        # As they arrive: a busy machine delays some calls, and they crowd the next ones.
        assert drain.most_in(10) <= 10 * RATE * 1.1 + 2
        assert drain.closest_writes() >= 0.3
    first, second = drains
    # The link and the edit that follow a create; then one edit for all counts of a ticket.
    assert sum(first.writes().values()) <= 2 * FILINGS + FILINGS // 10
    assert set(second.writes().values()) == {1}
    assert first.for_filings() <= 4 * FILINGS + FILINGS // 10, first.read_again()
    if IS_WHOLE:
        assert len(first.calls) <= 4.1 * FILINGS
        assert max(one.seconds for one in drains) < LIMIT_SECONDS
