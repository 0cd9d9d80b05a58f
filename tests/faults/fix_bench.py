"""What follows a fix, killed anywhere: a release, forty agents, a workaround, and receivers."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bridge.domain.issues import IssueState
from bridge.domain.workarounds import Audience
from bridge.settings import Settings
from bridge.steps.advise import Advice, add_workaround
from bridge.steps.moves import Cause
from bridge.wiring import Application
from integrations.jira.sandbox import SandboxServer
from tests.builders import a_contact
from tests.contract.sandbox_client import Api
from tests.faults.bench import a_sandbox, an_application, point_to
from tests.faults.floor import Floor, Handle
from tests.faults.moments import FIX
from tests.faults.receivers import Receiver
from tests.faults.rest import jobs_waiting
from tests.faults.scenario import Verdict
from tests.groups_bench import MIA, Groups
from tests.loop import connect
from tests.tracker_desk import TrackerDesk

AGENTS = 40
VERSION = "4.2"
_LIMIT_SECONDS = 180
_COUNTS = """
    SELECT (SELECT count(*) FROM notice WHERE kind = 'fix'),
        (SELECT count(DISTINCT recipient_id) FROM notice WHERE kind = 'fix'),
        (SELECT count(*) FROM workaround WHERE state = 'active'),
        (SELECT count(*) FROM issue WHERE state = 'shipped'),
        (SELECT count(*) FROM decision WHERE after ->> 'state' = 'shipped'),
        (SELECT count(*) FROM decision WHERE action = 'workarounds_retired'),
        (SELECT count(*) FROM fix WHERE release_id IS NOT NULL),
        (SELECT count(*) FROM outgoing WHERE state <> 'sent')
"""


@dataclass(frozen=True)
class FixScenario:
    """A release, and who hears of it on which channels."""

    name: str
    receivers: Callable[[], Sequence[Receiver]]
    """Makes them anew for each run."""


def about_to_ship(groups: Groups, folder: Path) -> None:
    """One resolved issue with a ticket, forty agents who handled it, and a workaround."""
    pipeline, product = groups.pipeline, groups.product
    contacts = [
        a_contact(
            f"The export button does nothing when I press it, number {number}",
            external_id=f"export-{number}",
            email=f"customer{number}@customer.example",
            agent=f"agent{number}@support.example",
            minutes=number,
        )
        for number in range(AGENTS)
    ]
    sent = [one.contact_id for one in pipeline.send(*contacts)]
    with groups.application.open() as store:
        for one in sent:
            store.issues.unassign([one], now=pipeline.clock.moment)
    issue = groups.issue_of(sent, "Export does nothing", state=IssueState.CONFIRMED)
    with (
        SandboxServer(folder / "jira.db", control=True) as server,
        Api(server.describe()) as jira,
    ):
        connect(groups.application, product, server)
        desk = TrackerDesk(groups, server, jira)
        desk.file(issue)
        key = desk.ticket(issue).ref.key
        version = {"name": VERSION, "projectId": 10000}
        assert jira.call("POST", "version", version).status_code == 201
        jira.call("PUT", f"issue/{key}", {"fields": {"fixVersions": [{"name": VERSION}]}})
        desk.move(key, "Done", "Done")
        desk.later(minutes=2)
    assert desk.state(issue) is IssueState.RESOLVED
    with groups.application.open() as store:
        cause = Cause(MIA, pipeline.clock.moment, "", "test")
        advice = Advice("Use the print view", Audience.CUSTOMER, ())
        add_workaround(groups.now(issue), advice, product, store=store, cause=cause)


def run_fix(scenario: FixScenario, floor: Floor, *, kill_at: int | None = None) -> Verdict:
    """Release the version while a worker dies at that moment, and count what came of it."""
    began, verdict = time.monotonic(), Verdict()
    receivers = scenario.receivers()
    with floor.database(about_to_ship) as settings, ExitStack() as stack:
        jira = stack.enter_context(a_sandbox(floor, settings))
        application = stack.enter_context(an_application(settings))
        # Whoever died while sending is not waited for a whole minute.
        more = {"BRIDGE_NOTIFY_LEASE_SECONDS": "2"}
        for one in receivers:
            more.update(stack.enter_context(one.open()))
        bench = _FixBench(floor, settings, application, more)
        stack.callback(bench.end_workers)
        bench.release(jira)
        bench.work(verdict, kill_at)
        bench.judge(verdict, receivers)
    verdict.seconds = time.monotonic() - began
    return verdict


class _FixBench:
    def __init__(
        self, floor: Floor, settings: Settings, application: Application, more: dict[str, str]
    ) -> None:
        self._floor, self._settings = floor, settings
        self._application = application
        self._more = more
        self._workers: list[Handle] = []

    def release(self, jira: Api) -> None:
        """Engineering releases the version, and the tracker's news of it is queued."""
        point_to(jira.url, self._application)
        (version,) = jira.get("project/FB/versions")
        released = jira.call("PUT", f"version/{version['id']}", {"released": True})
        assert released.status_code == 200, released.text
        with self._application.open() as store:
            (connection,) = store.connections.all()
            store.enqueue("release", connection_id=connection.id, version=VERSION)

    def work(self, verdict: Verdict, kill_at: int | None) -> None:
        """One worker, another one when it died, until nothing waits."""
        log = self._settings.data_dir / "moments"
        worker = self._worker(log, kill_at)
        deadline = time.monotonic() + _LIMIT_SECONDS
        rested = 0
        while rested < 3 and not verdict.trouble:
            if worker.code is not None and worker.code != -9:
                verdict.trouble = f"the worker ended with {worker.code}"
            elif worker.code is not None:
                verdict.was_killed = True
                worker = self._worker(self._settings.data_dir / "after", None)
            waiting = jobs_waiting(self._application.conninfo, FIX)
            rested = 0 if waiting else rested + 1
            if time.monotonic() > deadline:
                verdict.trouble = f"not at rest: {waiting} jobs"
            time.sleep(0.2)
        verdict.moments = log.read_text().splitlines()

    def judge(self, verdict: Verdict, receivers: Sequence[Receiver]) -> None:
        """Each agent has one notice, and one message on each channel, however often it came."""
        with psycopg.connect(self._application.conninfo) as connection:
            row = connection.execute(_COUNTS).fetchone()
        assert row is not None
        notices, told, active, shipped, moves, retired, fixes, unsent = map(int, row)
        verdict.lost = AGENTS - told
        verdict.duplicates = notices - told
        agents = {f"agent{number}@support.example" for number in range(AGENTS)}
        for one in receivers:
            seen = one.seen()
            verdict.lost += len(agents - seen.keys())
            verdict.duplicates += sum(len(ids) - 1 for ids in seen.values())
            verdict.creates += one.came()
        once = (active, shipped, moves, retired, fixes, unsent)
        if once != (0, 1, 1, 1, 1, 0) and not verdict.trouble:
            verdict.trouble = f"active, shipped, moves, retired, fixes, unsent are {once}"
        with self._application.open() as store:
            broken = store.invariants.violations(now=self._application.context.now())
        if broken and not verdict.trouble:
            verdict.trouble = f"broken promise: {broken[0]}"

    def end_workers(self) -> None:
        """Kill whatever works."""
        for handle in self._workers:
            self._floor.workshop.end(handle)

    def _worker(self, log: Path, kill_at: int | None) -> Handle:
        made = self._floor.worker(self._settings, log, self._more, path=FIX, kill_at=kill_at)
        self._workers.append(made)
        return made
