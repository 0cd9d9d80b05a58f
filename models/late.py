"""Late joins: what waits beside an issue whose fix is out joins it at even odds.

While an issue is open, what is not surely like it waits: it may be the first of a new one. Once its
fix is out, few more will come, and those who wrote before it should be counted and told. Most of
what still waits beside the issue belongs to it.
"""

from collections.abc import Mapping

import numpy as np

from models.clues import Clues, Fixed
from models.matching import NearMiss, near_misses
from models.outlook import Outlook
from models.settings import FinderSettings
from models.vectors import IntArray, Vector, Vectors


def late_contacts(  # noqa: PLR0913 - all but three by name
    loose: Vectors,
    alone: IntArray,
    fixed: Fixed,
    *,
    center: Vector,
    settings: FinderSettings,
    clues: Clues,
) -> list[NearMiss]:
    """Rows of `loose` that came before a fix, each with the fixed issue that takes it.

    loose: unit rows. alone: those of them that are in no group.
    """
    until, days = clues.takes_until, clues.days
    if until is None or days is None or not np.isfinite(until).any():
        return []
    apart = {pair for one, other in clues.apart for pair in ((one, other), (other, one))}
    found = []
    for one in near_misses(loose[alone], fixed, center=center, settings=settings):
        row = int(alone[one.row])
        if days[row] <= until[one.issue] and (row, len(loose) + one.issue) not in apart:
            found.append(NearMiss(row, one.issue, one.similarity, one.log_odds))
    return found


def late_candidates(
    outlooks: Mapping[int, Outlook], candidates: IntArray, clues: Clues, settings: FinderSettings
) -> dict[int, int]:
    """Candidates that are likely the same as a fixed issue, by number, with that issue.

    candidates: the number of each loose row, or -1. What is surely new stays, as does what came
    after the fix, and what people are asked about.
    """
    until, days = clues.takes_until, clues.days
    if until is None or days is None:
        return {}
    found = {}
    for number, outlook in outlooks.items():
        if outlook.nearest is None or number in clues.asked:
            continue
        is_likely = outlook.same_as_nearest + settings.asked_shift >= 0
        if not is_likely or outlook.new_issue >= settings.least_new:
            continue
        if (days[candidates == number] <= until[outlook.nearest]).all():
            found[number] = outlook.nearest
    return found
