"""Real workers are killed while a fix ships: each agent is told once, nobody is forgotten.

A seeded sample; `make faults` does all of it (docs/after-the-fix.md).
"""

from collections.abc import Iterator, Mapping

import pytest

from tests.faults.fix_bench import FixScenario, run_fix
from tests.faults.fix_plan import BACK, FIXES, TOLD, fix_sample, later_sample
from tests.faults.floor import Floor
from tests.faults.receivers import AGENTS, MailReceiver
from tests.faults.running import perform

pytestmark = pytest.mark.processes

_SEED = 20_260
_KILLS = 10
_LANES = 2
_EACH = 1
_ASKED = "reopen: before POST /rest/api/3/issue/10000/transitions"
"""Of the course in which a fix does not hold: the one request is about to be sent."""
_SHIPPED, _MAILED = 7, 14
"""Moments of the first course: everything about the release is committed, and the first mail has
been taken, but not written down as sent."""


@pytest.fixture(scope="module")
def floor(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """Databases in which a fix is about to ship, and a process that forks workers."""
    made = Floor(server, template, tmp_path_factory.mktemp("fixes"))
    yield made
    made.close()


def test_a_worker_may_die_anywhere_while_a_fix_ships(floor: Floor) -> None:
    results = perform(fix_sample(_SEED, _KILLS), floor, _LANES)
    assert [(one.place, one.verdict) for one in results if not one.verdict.is_good] == []
    assert all(one.verdict.was_killed for one in results)


def test_a_worker_may_die_anywhere_while_a_webhook_tells_or_a_fix_does_not_hold(
    floor: Floor,
) -> None:
    results = perform(later_sample(_SEED, _EACH), floor, _LANES)
    assert [(one.place, one.verdict) for one in results if not one.verdict.is_good] == []
    assert all(one.verdict.was_killed for one in results)
    assert {one.task.group for one in results} == {f"fix: {one.name}" for one in (*TOLD, BACK)}


def test_a_worker_that_dies_over_the_one_request_leaves_a_person_to_ask(floor: Floor) -> None:
    asked = 1 + run_fix(BACK, floor).moments.index(_ASKED)
    verdict = run_fix(BACK, floor, kill_at=asked)
    assert verdict.moments[asked - 1 :] == [_ASKED]
    assert (verdict.was_killed, verdict.is_good) == (True, True), verdict


@pytest.mark.parametrize(
    ("moment", "name", "mails"),
    [
        (_SHIPPED, "release: after commit", len(AGENTS)),
        # The mail goes out once more under the same id, and its receiver knows it.
        (_MAILED, "notify: after a mail", len(AGENTS) + 1),
    ],
)
def test_the_moments_are_what_they_are_called(
    floor: Floor, moment: int, name: str, mails: int
) -> None:
    verdict = run_fix(FIXES[0], floor, kill_at=moment)
    assert verdict.moments[moment - 1 :] == [name]
    assert (verdict.was_killed, verdict.is_good, verdict.creates) == (True, True, mails)


class _Careless(MailReceiver):
    """Loses what it took for one agent, and knows another one's mail by two ids."""

    def seen(self) -> Mapping[str, set[str]]:
        found = dict(super().seen())
        del found["agent0@support.example"]
        found["agent1@support.example"] |= {"another id"}
        return found


def test_a_lost_and_a_doubled_message_would_be_noticed(floor: Floor) -> None:
    verdict = run_fix(FixScenario("careless", lambda: [_Careless()]), floor)
    assert (verdict.lost, verdict.duplicates, verdict.is_good) == (1, 1, False)
