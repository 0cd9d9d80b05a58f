"""Real workers are killed while they file, and Jira misbehaves: each issue has one ticket.

A seeded sample; `make faults` does all of it (docs/filing.md).
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bridge.domain.tickets import FilingState
from tests.api_client import Api, serving
from tests.faults.bench import a_bench
from tests.faults.floor import Floor
from tests.faults.plan import FAULTS, KILLED, sample
from tests.faults.run import run
from tests.faults.running import Task, perform
from tests.faults.scenario import Scenario, Verdict

pytestmark = pytest.mark.processes

_SEED = 20_260
_LANES = 4
_PATIENT = 5
_PLAIN = KILLED[0]
_BEFORE, _SENDING, _SENT = 16, 17, 19
"""Moments of filing in which nothing goes wrong: `sending` not committed yet, committed, and the
request answered."""


@pytest.fixture(scope="module")
def floor(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """Databases with issues ready to be filed, and a process that forks workers."""
    made = Floor(server, template, tmp_path_factory.mktemp("faults"))
    yield made
    made.close()


def _all_good(tasks: Sequence[Task], floor: Floor) -> None:
    bad = [one for one in perform(tasks, floor, _LANES) if not one.verdict.is_good]
    assert [(one.place, one.verdict) for one in bad] == []


def test_a_worker_may_die_anywhere(floor: Floor) -> None:
    _all_good(sample(_SEED, kills=16, faults=0), floor)


def test_jira_may_misbehave_in_every_way(floor: Floor) -> None:
    _all_good(sample(_SEED, kills=0, faults=8), floor)


@pytest.mark.parametrize(
    ("moment", "name", "requests"),
    [
        (_BEFORE, "file: before commit", 1),
        (_SENDING, "file: after commit", 1),
        (_SENT, "file: after POST /rest/api/3/issue", 1),
    ],
)
def test_the_moments_are_what_they_are_called(
    floor: Floor, moment: int, name: str, requests: int
) -> None:
    verdict = run(_PLAIN, floor, kill_at=moment)
    assert verdict.moments[moment - 1 :] == [name]
    assert verdict.was_killed
    assert (verdict.is_good, verdict.creates) == (True, requests)


def test_a_worker_that_wakes_up_after_its_lease_sends_nothing(floor: Floor) -> None:
    verdict = run(_PLAIN, floor, kill_at=_SENDING, sleeps=True)
    assert (
        verdict.woke_early
        or "file: before POST /rest/api/3/issue" not in verdict.moments[_SENDING:]
    )
    assert (verdict.is_good, verdict.creates) == (True, 1)


def test_a_worker_that_falls_asleep_with_the_request_in_its_hand_makes_a_twin_that_is_swept(
    floor: Floor,
) -> None:
    verdict = run(_PLAIN, floor, kill_at=_SENT - 1, sleeps=True)
    assert verdict.moments[_SENT - 2] == "file: before POST /rest/api/3/issue"
    assert (verdict.is_good, verdict.creates) == (True, 2)


def _file(api: Api) -> int:
    """Ask once more when the service says that it is too busy to answer now."""
    status = 503
    for _ in range(_PATIENT):
        if status == 503:
            status = api.admin.post("/issues/ISS-1/file", {}).status_code
    return status


def test_fifty_people_and_two_workers_file_one_ticket(floor: Floor) -> None:
    with floor.database() as settings, a_bench(Scenario("crowd"), floor, settings, lag=600) as b:
        workers = [b.worker(settings.data_dir / f"moments-{n}") for n in range(2)]
        with serving(b.application) as api, ThreadPoolExecutor(50) as people:
            answers = list(people.map(lambda _: _file(api), range(50)))
        assert set(answers) == {200}
        verdict = Verdict()
        try:
            b.wait(workers[0], verdict, lag=600)
        finally:
            b.end_workers()
        b.judge(verdict, issues=1)
        with b.application.open() as store:
            issue = store.issues.by_number(b.product.id, 1)
            (filing,) = store.filings.of_issue(issue.id)
            attempts = store.attempts.of_filing(filing.id)
            actions = [one.action for one in store.decisions.history(issue.id)]
    assert verdict.is_good, verdict
    assert (filing.state, len(attempts), verdict.creates) == (FilingState.LINKED, 1, 1)
    assert actions.count("file") == 1


def test_a_lost_ticket_would_be_noticed(floor: Floor, tmp_path: Path) -> None:
    """The judge itself: a ticket closed behind our back is a lost one, a second one a twin."""
    with floor.database() as settings, a_bench(FAULTS[0], floor, settings, lag=0) as b:
        b.ask(2, None)
        worker = b.worker(settings.data_dir / "moments")
        verdict = Verdict()
        try:
            b.wait(worker, verdict, lag=0)
        finally:
            b.end_workers()
        first, second = b.jira.truth()["tickets"]
        b.jira.call("DELETE", f"issue/{first['key']}")
        mark = second["properties"]["bridge"]
        body = {
            "fields": {
                "project": {"key": "FB"},
                "issuetype": {"name": "Bug"},
                "summary": "A twin",
            },
            "properties": [{"key": "bridge", "value": mark}],
        }
        assert b.jira.call("POST", "issue", body).status_code == 201
        b.judge(verdict, issues=2)
    assert (verdict.lost, verdict.duplicates, verdict.is_good) == (1, 1, False)
