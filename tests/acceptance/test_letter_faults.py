"""Processes are killed while a letter is approved and sent: each customer gets it once.

A seeded sample; `make faults ARGS=letters` does all of it (docs/letters.md).
"""

from collections.abc import Iterator, Mapping

import pytest

from tests.faults.floor import Floor
from tests.faults.letter_bench import CUSTOMERS, CustomerMail, LetterScenario, run_letter
from tests.faults.letter_plan import LETTERS, letter_sample
from tests.faults.running import perform

pytestmark = pytest.mark.processes

_SEED, _KILLS, _LANES = 28, 8, 2


@pytest.fixture(scope="module")
def floor(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """Databases in which a letter is about to be approved."""
    made = Floor(server, template, tmp_path_factory.mktemp("letters"))
    yield made
    made.close()


def test_a_process_may_die_anywhere_while_a_letter_goes_out(floor: Floor) -> None:
    results = perform(letter_sample(_SEED, _KILLS), floor, _LANES)
    assert [(one.place, one.verdict) for one in results if not one.verdict.is_good] == []
    assert all(one.verdict.was_killed for one in results)


def test_the_moments_of_approving_planning_and_sending_are_passed(floor: Floor) -> None:
    verdict = run_letter(LETTERS[0], floor)
    assert verdict.is_good
    assert verdict.creates == len(CUSTOMERS)
    for name in (
        "lead_presses: before commit",
        "lead_presses: after commit",
        "plan_letters: before commit",
        "notify: before a mail",
        "notify: after a mail",
    ):
        assert name in verdict.moments


class _Careless(CustomerMail):
    """Loses what it took for one customer, and knows another one's letter by two ids."""

    def seen(self) -> Mapping[str, set[str]]:
        found = dict(super().seen())
        del found[CUSTOMERS[0]]
        found[CUSTOMERS[1]] |= {"another id"}
        return found


def test_a_lost_and_a_doubled_letter_would_be_noticed(floor: Floor) -> None:
    verdict = run_letter(LetterScenario("careless", _Careless), floor)
    assert (verdict.lost, verdict.duplicates, verdict.is_good) == (1, 1, False)
