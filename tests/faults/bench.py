"""The bench of a fault run: a product, its tracker, the lead who files, and the workers."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

from bridge.domain.people import Actor
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.domain.tickets import Filing, FilingState
from bridge.settings import Settings
from bridge.steps.moves import Cause
from bridge.steps.name_ticket import name_ticket
from bridge.steps.review import file_issue
from bridge.store import migrate
from bridge.wiring import Application, build
from bridge.wiring.jira import JiraGiven, connect_jira
from tests.contract.sandbox_client import Api, a_body
from tests.faults.floor import Floor, Handle
from tests.faults.moments import FILING
from tests.faults.rest import is_held_up, jobs_waiting, wait_until
from tests.faults.scenario import Scenario, Verdict
from tests.faults.workshop import SCALE

_LIMIT_SECONDS = 400
_BUILDING = threading.Lock()
_LEAD = Actor("person", "lead@support.example")
_QUIET, _SECOND, _POLL, _SWEEP, _REFRESH = 120, 600, 60, 3600, 60


@contextmanager
def a_bench(scenario: Scenario, floor: Floor, settings: Settings, *, lag: int) -> Iterator["Bench"]:
    """A running sandbox that misbehaves so, connected to a product on a database of its own."""
    with a_sandbox(floor, settings) as jira, an_application(settings) as application:
        bench = Bench(scenario, floor, settings, application, jira)
        bench.prepare(lag)
        yield bench


@contextmanager
def a_sandbox(floor: Floor, settings: Settings) -> Iterator[Api]:
    """The tracker in a process of its own; its state lies in the folder of the run."""
    folder = settings.data_dir
    facts_file = folder / "sandbox.json"
    sandbox = floor.workshop.start("sandbox", facts_file, {}, state=str(folder / "jira.db"))
    try:
        wait_until(facts_file.exists, "the sandbox's address", 60)
        with Api(json.loads(facts_file.read_text())) as jira:
            yield jira
    finally:
        floor.workshop.end(sandbox)


@contextmanager
def an_application(settings: Settings) -> Iterator[Application]:
    """The product as the lead and the judge see it, on a clone of a migrated database."""
    with _BUILDING, mock.patch.object(migrate, "upgrade"):
        application = build(settings)
    try:
        yield application
    finally:
        application.close()


def point_to(url: str, application: Application, integration: str = "jira") -> str:
    """Let the connection have another address; returns the one it had."""
    with application.open() as store:
        (found,) = [one for one in store.connections.all() if one.integration == integration]
        config = {**found.config, "url": url}
        store.connections.save(
            found.product_id, integration, name=found.name, config=config, sealed=found.sealed
        )
    return str(found.config["url"])


class Bench:
    """A product with its tracker, the lead who files, and the workers."""

    def __init__(
        self,
        scenario: Scenario,
        floor: Floor,
        settings: Settings,
        application: Application,
        jira: Api,
    ) -> None:
        self.scenario = scenario
        self.application = application
        self.jira = jira
        self._floor = floor
        self._settings = settings
        self._workers: list[Handle] = []
        self._named: set[int] = set()
        self._address: str | None = None
        """The tracker's real one, while the connection has a wrong one."""
        self._spent_at: float | None = None
        """When the tracker had done all the mischief it was told to."""
        with application.open() as store:
            self.product = store.products.by_slug(DEFAULT_PRODUCT)

    def prepare(self, lag: int) -> None:
        """Connect the tracker and let it misbehave."""
        given = JiraGiven.to_sandbox(self.jira.account)
        steps = connect_jira(
            replace(given, policy=self.scenario.policy),
            self.product,
            context=self.application.context,
        )
        assert all(step.ok for step in steps), steps
        self.jira.call("PUT", "/_sandbox/lag", {"seconds": lag / SCALE})

    def ask(self, issues: int, bad_address: str | None) -> None:
        """The tracker begins to misbehave; then the lead files."""
        if bad_address is not None:
            self._address = point_to(bad_address, self.application)
        fault = self.scenario.fault
        if fault is not None:
            more = {} if self.scenario.seconds is None else {"seconds": self.scenario.seconds}
            count = self.scenario.count or issues
            self.jira.arm(self.scenario.route, fault, count=count, **more)
        for number in range(1, issues + 1):
            self._file(number)

    def worker(self, log: Path, kill_at: int | None = None, *, sleeps: bool = False) -> Handle:
        """One more worker process."""
        more = {
            "BRIDGE_FILING_QUIET_SECONDS": str(_QUIET / SCALE),
            "BRIDGE_FILING_SECOND_LOOK_SECONDS": str(_SECOND / SCALE),
            "BRIDGE_POLL_SECONDS": str(_POLL / SCALE),
            "BRIDGE_SWEEP_SECONDS": str(_SWEEP / SCALE),
            "BRIDGE_REFRESH_SECONDS": str(_REFRESH / SCALE),
        }
        handle = self._floor.worker(
            self._settings, log, more, path=FILING, kill_at=kill_at, sleeps=sleeps
        )
        self._workers.append(handle)
        return handle

    def end_workers(self) -> None:
        """Kill whatever works."""
        for handle in self._workers:
            self._floor.workshop.end(handle)

    def wait_beside(self, sleeper: Handle, log: Path, moment: int) -> bool:
        """While one worker sleeps another one does all there is to do; then the first one wakes.

        Sooner, when the other one waits for a lock: a sleeper inside a transaction keeps its locks.
        Returns whether it was sooner.
        """

        def is_asleep() -> bool:
            return log.exists() and len(log.read_text().splitlines()) >= moment

        wait_until(is_asleep, "the sleep", 120)
        self.worker(self._settings.data_dir / "beside")
        wait_until(
            lambda: self._is_at_rest() or is_held_up(self.application.conninfo),
            "the work beside the sleeper",
            _LIMIT_SECONDS,
        )
        woke_early = not self._is_at_rest()
        self._floor.workshop.wake(sleeper)
        return woke_early

    def wait(self, worker: Handle, verdict: Verdict, *, lag: int) -> None:
        """Play the lead, start a new worker when one died, until everything is at rest."""
        after = (self.scenario.seconds or 0) + (_POLL + lag) / SCALE + 2
        deadline = time.monotonic() + _LIMIT_SECONDS
        rested = 0
        while rested < 3:
            if time.monotonic() > deadline:
                waiting = jobs_waiting(self.application.conninfo, FILING)
                verdict.trouble = f"not at rest: {self._states()}, {waiting} jobs"
                return
            if worker.code is not None:
                if worker.code != -9:
                    verdict.trouble = f"the worker ended with {worker.code}"
                    return
                verdict.was_killed = True
                worker = self.worker(self._settings.data_dir / "after")
            self._answer()
            self._mend()
            at_rest = self._has_been_quiet(after) and self._is_at_rest()
            rested = rested + 1 if at_rest else 0
            time.sleep(0.4)

    def judge(self, verdict: Verdict, issues: int) -> None:
        """Count open tickets by fingerprint, as the sandbox really has them."""
        tickets = self.jira.truth()["tickets"]
        open_ones: Counter[str] = Counter()
        linked = self._linked()
        for ticket in tickets:
            mark = ticket["properties"].get("bridge")
            if mark is not None and ticket["statusCategory"] != "done":
                open_ones[mark["fingerprint"]] += 1
        calls = self.jira.get("/_sandbox/calls")
        verdict.creates = sum(c["method"] == "POST" and c["path"].endswith("/issue") for c in calls)
        verdict.duplicates = sum(count - 1 for count in open_ones.values())
        ids = {ticket["id"] for ticket in tickets if ticket["statusCategory"] != "done"}
        verdict.lost = issues - sum(
            open_ones[mark] > 0 and remote_id in ids for mark, remote_id in linked.items()
        )
        with self.application.open() as store:
            broken = store.invariants.violations(now=self.application.context.now())
        if broken and not verdict.trouble:
            verdict.trouble = f"broken promise: {broken[0]}"

    def _file(self, number: int, *, again: bool = False) -> None:
        with self.application.open() as store:
            found = store.issues.by_number(self.product.id, number)
            issue = store.issues.get(self.product.id, found.id, lock=True)
            cause = Cause(_LEAD, self.application.context.now(), "", "test")
            file_issue(issue, self.product, store=store, cause=cause, again=again)

    def _filings(self) -> list[tuple[int, Filing]]:
        with self.application.open() as store:
            return [
                (number, filing)
                for number in range(1, 11)
                for filing in store.filings.of_issue(
                    store.issues.by_number(self.product.id, number).id
                )
            ]

    def _answer(self) -> None:
        """What a lead does about filings that wait for a person."""
        for number, filing in self._filings():
            if filing.state is FilingState.REFUSED:
                self._file(number)
            elif filing.state is FilingState.PARKED and not self.scenario.names_ticket:
                self._file(number, again=True)
            elif filing.state is FilingState.PARKED and number not in self._named:
                self._named.add(number)
                self._name(number)

    def _mend(self) -> None:
        """Somebody corrects the address once the trouble is seen."""
        with self.application.open() as store:
            (found,) = store.connections.all()
        if self._address is not None and found.trouble is not None:
            point_to(self._address, self.application)
            self._address = None

    def _name(self, number: int) -> None:
        key = self.jira.call("POST", "issue", a_body(f"By hand {number}")).json()["key"]
        with self.application.open() as store:
            found = store.issues.by_number(self.product.id, number)
            issue = store.issues.get(self.product.id, found.id, lock=True)
            cause = Cause(_LEAD, self.application.context.now(), "", "test")
            name_ticket(issue, key, store=store, cause=cause)

    def _has_been_quiet(self, seconds: float) -> bool:
        """Whether it is so long that the last fault was met: what comes late has come by then."""
        if self._spent_at is None and not self.jira.get("/_sandbox/faults"):
            self._spent_at = time.monotonic()
        return self._spent_at is not None and time.monotonic() - self._spent_at > seconds

    def _is_at_rest(self) -> bool:
        is_linked = all(one.state is FilingState.LINKED for _, one in self._filings())
        return is_linked and jobs_waiting(self.application.conninfo, FILING) == 0

    def _states(self) -> str:
        return ", ".join(f"{one.state}: {one.reason}" for _, one in self._filings())

    def _linked(self) -> dict[str, str]:
        with self.application.open() as store:
            return {
                one.fingerprint: store.tickets.get(one.ticket_id).ref.remote_id
                for _, one in self._filings()
                if one.ticket_id is not None
            }
