"""What follows a fix, killed anywhere: a release, forty agents, a workaround, and receivers."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg

from bridge.domain.issues import Issue, IssueState
from bridge.domain.workarounds import Audience, Workaround
from bridge.settings import Settings
from bridge.steps.advise import Advice, add_workaround
from bridge.steps.copies import link_copy
from bridge.steps.moves import Cause
from bridge.wiring import Application
from bridge.wiring.zendesk import ZendeskGiven, connect_zendesk
from integrations.jira.sandbox import SandboxServer
from tests.builders import a_contact
from tests.contract.sandbox_client import Api
from tests.faults.bench import a_sandbox, an_application, point_to
from tests.faults.floor import Floor, Handle, Prepare
from tests.faults.moments import FIX
from tests.faults.receivers import AGENTS, Receiver, fill
from tests.faults.rest import Rest
from tests.faults.scenario import Verdict
from tests.groups_bench import MIA, Groups
from tests.loop import connect
from tests.tracker_desk import TrackerDesk
from tests.zendesk_desk import EMAIL, TOKEN, zendesk_desk

VERSION = "4.2"
_COUNTS = """
    SELECT (SELECT count(*) FROM workaround WHERE state = 'active'),
        (SELECT count(*) FROM issue WHERE state = 'shipped'),
        (SELECT count(*) FROM decision WHERE after ->> 'state' = 'shipped'),
        (SELECT count(*) FROM decision WHERE action = 'workarounds_retired'),
        (SELECT count(*) FROM fix WHERE release_id IS NOT NULL),
        (SELECT count(*) FROM outgoing WHERE state <> 'sent'),
        (SELECT count(*) FROM workaround_copy WHERE outcome IS DISTINCT FROM 'done'
            OR is_live IS DISTINCT FROM false OR verified_at IS NULL),
        (SELECT count(*) FROM delivery WHERE state <> 'done')
"""
_TOLD = """
    SELECT (SELECT count(*) FROM notice WHERE kind = '{kind}'),
        (SELECT count(DISTINCT recipient_id) FROM notice WHERE kind = '{kind}')
"""
_ONCE = {
    "active workarounds": 0,
    "shipped issues": 1,
    "moves": 1,
    "retirements": 1,
    "fixes": 1,
    "unsent messages": 0,
    "copies in use": 0,
    "deliveries left": 0,
}


@dataclass(frozen=True)
class FixScenario:
    """A release, and who hears of it on which channels."""

    name: str
    receivers: Callable[[], Sequence[Receiver]]
    """Makes them anew for each run."""
    prepare: Prepare | None = None
    """What there is before the release; by default what `about_to_ship` makes."""
    course: Callable[[], "Course"] = lambda: Released()
    """What begins, and how it must end; made anew for each run."""


class Course(Protocol):
    """What happens in a run, and what must have come of it."""

    path: Sequence[str]
    """The jobs whose moments count."""
    settings: Mapping[str, str]
    """What workers are told by their environment."""
    notice: str
    """The kind of notice that each agent has once."""

    def begin(self, application: Application, jira: Api) -> None:
        """Let it happen."""

    def trouble(self, application: Application, jira: Api) -> str:
        """What is not as it must be; empty when all is well."""


class Released:
    """The tracker calls a version released."""

    path: Sequence[str] = FIX
    settings: Mapping[str, str] = {}
    notice = "fix"

    def begin(self, application: Application, jira: Api) -> None:
        """Engineering releases the version, and the tracker's news of it is queued."""
        (version,) = jira.get("project/FB/versions")
        released = jira.call("PUT", f"version/{version['id']}", {"released": True})
        assert released.status_code == 200, released.text
        with application.open() as store:
            (connection,) = [one for one in store.connections.all() if one.integration == "jira"]
            store.enqueue("release", connection_id=connection.id, version=VERSION)

    def trouble(self, application: Application, jira: Api) -> str:
        """One shipment, one retirement, nothing left."""
        found = dict(zip(_ONCE, numbers(application, _COUNTS), strict=True))
        return "" if found == _ONCE else f"there are {found}"


def numbers(application: Application, query: str) -> list[int]:
    """The one row of a query."""
    with psycopg.connect(application.conninfo) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return [int(one) for one in row]


def about_to_ship(groups: Groups, folder: Path) -> None:
    """One resolved issue with a ticket, forty agents who handled it, and a workaround."""
    one_with_workaround(groups, folder)


def copied_outside(groups: Groups, folder: Path) -> None:
    """The same, and a help desk holds the workaround in a macro and an article."""
    workaround = one_with_workaround(groups, folder)
    context, pipeline = groups.application.context, groups.pipeline
    with zendesk_desk() as desk:
        given = ZendeskGiven(desk.url, EMAIL, TOKEN, allow_private=True, calls_per_second=1000)
        assert all(one.ok for one in connect_zendesk(given, groups.product, context=context))
        cause = Cause(MIA, pipeline.clock.moment, "", "test")
        with groups.application.open() as store:
            product = store.products.configure(groups.product.id, copies_auto=True)
            for url in fill(desk):
                link_copy(workaround, url, product, store=store, context=context, cause=cause)
        pipeline.queue.drain(pipeline.clock.moment)


def one_with_workaround(groups: Groups, folder: Path) -> Workaround:
    issue = _resolved(groups, folder)
    product, now = groups.product, groups.pipeline.clock.moment
    with groups.application.open() as store:
        advice = Advice("Use the print view", Audience.CUSTOMER, ())
        cause = Cause(MIA, now, "", "test")
        added, _ = add_workaround(groups.now(issue), advice, product, store=store, cause=cause)
        return added


def _resolved(groups: Groups, folder: Path) -> Issue:
    pipeline, product = groups.pipeline, groups.product
    contacts = [
        a_contact(
            f"The export button does nothing when I press it, number {number}",
            external_id=f"export-{number}",
            email=f"customer{number}@customer.example",
            agent=agent,
            minutes=number,
        )
        for number, agent in enumerate(AGENTS)
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
    return issue


def run_fix(scenario: FixScenario, floor: Floor, *, kill_at: int | None = None) -> Verdict:
    """Release the version while a worker dies at that moment, and count what came of it."""
    began, verdict = time.monotonic(), Verdict()
    receivers = scenario.receivers()
    prepare = scenario.prepare or about_to_ship
    with floor.database(prepare) as settings, ExitStack() as stack:
        jira = stack.enter_context(a_sandbox(floor, settings))
        application = stack.enter_context(an_application(settings))
        course = scenario.course()
        # Whoever died while sending is not waited for a whole minute.
        more = {"BRIDGE_NOTIFY_LEASE_SECONDS": "2", **course.settings}
        for one in receivers:
            more.update(stack.enter_context(one.open(application)))
        bench = _FixBench(floor, settings, application, more, course)
        stack.callback(bench.end_workers)
        point_to(jira.url, application)
        course.begin(application, jira)
        bench.work(verdict, kill_at)
        bench.judge(verdict, receivers, jira)
    verdict.seconds = time.monotonic() - began
    return verdict


class _FixBench:
    def __init__(
        self,
        floor: Floor,
        settings: Settings,
        application: Application,
        more: dict[str, str],
        course: Course,
    ) -> None:
        self._floor, self._settings = floor, settings
        self._application = application
        self._more = more
        self._course = course
        self._workers: list[Handle] = []

    def work(self, verdict: Verdict, kill_at: int | None) -> None:
        """One worker, another one when it died, until nothing waits."""
        log = self._settings.data_dir / "moments"
        worker = self._worker(log, kill_at)
        rest = Rest(self._application.conninfo, self._course.path)
        while not (rest.has_come() or verdict.trouble):
            if worker.code is not None and worker.code != -9:
                verdict.trouble = f"the worker ended with {worker.code}"
            elif worker.code is not None:
                verdict.was_killed = True
                worker = self._worker(self._settings.data_dir / "after", None)
            verdict.trouble = verdict.trouble or rest.trouble()
            time.sleep(0.2)
        verdict.moments = log.read_text().splitlines()

    def judge(self, verdict: Verdict, receivers: Sequence[Receiver], jira: Api) -> None:
        """Each agent has one notice, and one message on each channel, however often it came."""
        notices, told = numbers(self._application, _TOLD.format(kind=self._course.notice))
        verdict.lost = len(AGENTS) - told
        verdict.duplicates = notices - told
        for one in receivers:
            seen = one.seen()
            verdict.lost += len({*one.wanted} - seen.keys())
            verdict.duplicates += sum(len(ids) - 1 for ids in seen.values())
            verdict.duplicates += len(seen.keys() - {*one.wanted})
            verdict.creates += one.came()
        verdict.trouble = verdict.trouble or self._course.trouble(self._application, jira)
        with self._application.open() as store:
            broken = store.invariants.violations(now=self._application.context.now())
        if broken and not verdict.trouble:
            verdict.trouble = f"broken promise: {broken[0]}"

    def end_workers(self) -> None:
        """Kill whatever works."""
        for handle in self._workers:
            self._floor.workshop.end(handle)

    def _worker(self, log: Path, kill_at: int | None) -> Handle:
        made = self._floor.worker(
            self._settings, log, self._more, path=self._course.path, kill_at=kill_at
        )
        self._workers.append(made)
        return made
