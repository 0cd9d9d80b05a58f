"""How sure the finder is that a candidate is a recurring issue, and a new one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.clues import Clues, Fixed
from models.evidence import Group, Groups, fixed_groups
from models.settings import FinderSettings
from models.uniting import NEIGHBOURS, nearest_columns
from models.vectors import Vector, Vectors, centered


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is thought of a candidate, as log-odds."""

    new_issue: float
    """That it is a recurring issue of its own."""

    same_as_nearest: float
    """That it is the same as the likeliest fixed issue, or larger candidate."""

    nearest: int | None = None
    """Row of that fixed issue."""

    nearest_candidate: int | None = None
    """Or number of that candidate."""


def outlooks(
    groups: Groups, labels: Mapping[int, int], clues: Clues, settings: FinderSettings
) -> dict[int, Outlook]:
    """For each candidate, the larger ones first, by its number.

    labels: number of the group -> that of the candidate, the largest first. A candidate sure
    enough to be filed counts as an issue for those after it, so that one issue is not filed twice
    at one look.
    """
    known = [number for number, group in groups.by_number.items() if group.issue is not None]
    found = {}
    for number, label in labels.items():
        near, odds = likeliest(groups, number, known)
        new_issue = groups.new_issue(
            number, nearest=odds, span_days=_span(groups.by_number[number], clues)
        )
        issue = None if near is None else groups.by_number[near].issue
        candidate = labels[near] if near is not None and issue is None else None
        found[label] = Outlook(new_issue, odds, issue, candidate)
        enough = groups.by_number[number].size >= settings.least_filed
        if enough and new_issue >= settings.least_new:
            known.append(number)
    return found


def look_at(
    members: Vectors, fixed: Fixed, *, center: Vector, settings: FinderSettings, clues: Clues
) -> Outlook:
    """What is thought of one candidate; members: its unit rows, which `clues` number first."""
    space = centered(members, center)
    total = np.asarray(space.sum(axis=0), dtype=np.float32)
    candidate = Group(list(range(len(members))), total, len(members))
    known = fixed_groups(fixed.members(center), fixed.sizes)
    groups = Groups([candidate, *known], settings)
    homes = np.concatenate([np.zeros(len(members)), np.arange(1, len(known) + 1), [-1]])
    homes = homes.astype(np.int64)
    groups.came(clues.days)
    groups.tie(homes, clues.follow_ups)
    groups.keep_apart((int(homes[one]), int(homes[other])) for one, other in clues.apart)
    return outlooks(groups, {0: 0}, clues, settings)[0]


def likeliest(groups: Groups, number: int, known: Sequence[int]) -> tuple[int | None, float]:
    """The known group it is likeliest the same as, and the log-odds for that."""
    best, log_odds = None, -math.inf
    if known:
        mean = groups.by_number[number].mean
        similarities = np.array([groups.by_number[key].mean for key in known]) @ mean
        for row in nearest_columns(similarities[None], NEIGHBOURS)[0].tolist():
            if known[row] in groups.by_number[number].apart:
                continue
            odds = groups.same_issue(number, known[row], float(similarities[row]))
            if odds > log_odds:
                best, log_odds = known[row], odds
    return best, log_odds


def _span(group: Group, clues: Clues) -> float:
    if clues.days is None or not group.rows:
        return 0.0
    days = clues.days[group.rows]
    known = days[np.isfinite(days)]
    return float(known.max() - known.min()) if len(known) else 0.0
