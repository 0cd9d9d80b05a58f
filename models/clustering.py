"""Many contacts at once: which of those that belong to no fixed issue form a group."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.clues import NO_CLUES, Clues, Fixed
from models.evidence import Group, Groups, cohesion, fixed_groups
from models.late import late_candidates, late_contacts
from models.linkage import average_linkage, linked_pieces
from models.outlook import Outlook, outlooks
from models.settings import FinderSettings
from models.uniting import unite
from models.vectors import (
    IntArray,
    Vector,
    Vectors,
    centered,
    distinct_rows,
)

ALONE = -1


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Where each loose contact belongs after a consolidation; one entry a loose row."""

    joined: IntArray
    """Row of the fixed issue it joins, else -1."""

    candidates: IntArray
    """The candidate it is in: a number of `current`, or a new one above them all; else -1."""

    similarities: Vector
    """Mean similarity to the contacts of what it is in; 0.0 where it is alone."""

    late: Collection[int] = ()
    """Rows that joined only because they had waited."""

    outlooks: Mapping[int, Outlook] = field(default_factory=dict)
    """By the number of each candidate."""


def consolidate(  # noqa: PLR0913 - a look needs all of these, and all but two by name
    loose: Vectors,
    fixed: Fixed,
    *,
    current: IntArray,
    center: Vector,
    settings: FinderSettings,
    clues: Clues = NO_CLUES,
) -> Regrouping:
    """Look at all loose contacts and the fixed issues together.

    loose: unit rows of unassigned contacts and members of untouched candidates, by arrival.
    current: for each loose row the number (>= 0) of the candidate it is in now, or -1;
    candidates keep their number by largest overlap. center: from `find_center`.

    Contacts that are nearly the same are grouped first; groups then become one, or part of a
    fixed issue, as long as the evidence says so.
    """
    space = centered(loose, center) if len(loose) else np.asarray(loose, dtype=np.float32)
    issues = fixed.members(center)
    start = fixed_groups(issues, fixed.sizes)
    start += _first_groups(loose, space, clues, settings)
    groups = Groups(start, settings)
    homes = numbered(start, len(loose), len(issues))
    groups.came(clues.days)
    groups.tie(homes, clues.follow_ups)
    groups.keep_apart(_known(homes, clues.apart))
    _put_together(groups, _known(homes, clues.together))
    unite(groups, settings)
    joined = np.full(len(loose), ALONE, dtype=np.int64)
    candidates = joined.copy()
    found: dict[tuple[int, ...], int] = {}
    for number, group in groups.by_number.items():
        if group.issue is not None:
            joined[group.rows] = group.issue
        elif _is_issue(group, loose, settings):
            group.rows.sort()
            found[tuple(group.rows)] = number
    members = sorted((np.array(rows) for rows in found), key=lambda rows: (-len(rows), rows[0]))
    labels: dict[int, int] = {}
    for label, rows in _named(members, current):
        candidates[rows] = label
        labels[found[tuple(rows.tolist())]] = label
    seen = outlooks(groups, labels, clues, settings)
    late: set[int] = set()
    for number, issue in late_candidates(seen, candidates, clues, settings).items():
        rows = np.flatnonzero(candidates == number)
        joined[rows], candidates[rows] = issue, ALONE
        late.update(rows.tolist())
        del seen[number]
    alone = np.flatnonzero((joined < 0) & (candidates < 0))
    for one in late_contacts(loose, alone, fixed, center=center, settings=settings, clues=clues):
        joined[one.row] = one.issue
        late.add(one.row)
    similarities = _similarities(space, issues, joined, candidates)
    return Regrouping(joined, candidates, similarities, late, seen)


def _first_groups(
    loose: Vectors, space: Vectors, clues: Clues, settings: FinderSettings
) -> list[Group]:
    """Contacts that are nearly the same, and those that people named, even if alone.

    The same text many times over is compared once and shares one fate.
    """
    copies = _copies(loose)
    first = np.array([rows[0] for rows in copies], dtype=np.int64)
    groups, placed = [], np.zeros(len(space), dtype=bool)
    for piece in linked_pieces(space[first], settings):
        for members in average_linkage(space[first[piece]], settings.found_threshold):
            rows = np.array([row for one in piece[members] for row in copies[one]], dtype=np.int64)
            if len(rows) > 1:
                groups.append(_group(np.sort(rows), space))
                placed[rows] = True
    lonely = [np.array(rows) for rows in copies if len(rows) > 1 and not placed[rows[0]]]
    for rows in lonely:
        placed[rows] = True
    named = {number for pair in (*clues.together, *clues.apart) for number in pair}
    lonely += [np.array([row]) for row in range(len(space)) if row in named and not placed[row]]
    return groups + [_group(rows, space) for rows in lonely]


def _copies(loose: Vectors) -> list[list[int]]:
    """Rows of each distinct vector, in order of arrival."""
    found: dict[bytes, list[int]] = {}
    for row, vector in enumerate(loose):
        found.setdefault(vector.tobytes(), []).append(row)
    return list(found.values())


def _group(rows: IntArray, space: Vectors) -> Group:
    total = np.asarray(space[rows].sum(axis=0), dtype=np.float32)
    return Group([int(row) for row in rows], total, len(rows))


def numbered(start: Sequence[Group], loose: int, fixed: int) -> IntArray:
    """For each number of `Clues` that of its group, or -1; the last one is for -1 itself."""
    homes = np.full(loose + fixed + 1, ALONE, dtype=np.int64)
    homes[loose : loose + fixed] = np.arange(fixed)
    for number, group in enumerate(start):
        if group.issue is None:
            homes[group.rows] = number
    return homes


def _known(homes: IntArray, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found = [(int(homes[one]), int(homes[other])) for one, other in pairs]
    return [(one, other) for one, other in found if one >= 0 and other >= 0]


def _put_together(groups: Groups, pairs: Sequence[tuple[int, int]]) -> None:
    """What people put together is one group, unless it is on two fixed issues."""
    moved: dict[int, int] = {}

    def now(number: int) -> int:
        while number in moved:
            number = moved[number]
        return number

    for pair in pairs:
        one, other = sorted((now(pair[0]), now(pair[1])))
        if one == other or other in groups.by_number[one].apart:
            continue
        if groups.by_number[other].issue is not None:
            continue
        groups.merge(one, other)
        moved[other] = one


def _is_issue(group: Group, loose: Vectors, settings: FinderSettings) -> bool:
    return (
        len(group.rows) >= settings.least_contacts
        and cohesion(group.mean, group.size) >= settings.least_cohesion
        and is_varied(loose[group.rows], settings=settings)
    )


def is_varied(members: Vectors, *, settings: FinderSettings) -> bool:
    """Tell people, who word the same trouble differently, from templates and auto-replies.

    members: unit rows of one group, not centred.
    """
    if len(members) >= settings.least_copies:
        return True
    wordings = len(distinct_rows(members, settings.same_wording))
    return wordings >= settings.least_contacts and (
        wordings >= settings.least_variety * len(members)
    )


def _named(groups: list[IntArray], current: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Give each group the number of the candidate it shares most with; new ones count on."""
    shared = [
        (-overlap, position, number)
        for position, members in enumerate(groups)
        for number, overlap in Counter(current[members].tolist()).items()
        if number >= 0
    ]
    names: dict[int, int] = {}
    for _, position, number in sorted(shared):
        if position not in names and number not in names.values():
            names[position] = number
    following = max([ALONE, *current.tolist()]) + 1
    for position, members in enumerate(groups):
        if position not in names:
            names[position], following = following, following + 1
        yield names[position], members


def _similarities(
    space: Vectors, issues: Vectors, joined: IntArray, candidates: IntArray
) -> Vector:
    result = np.zeros(len(space), dtype=np.float32)
    in_issue = joined >= 0
    if in_issue.any():
        result[in_issue] = np.einsum("ij,ij->i", space[in_issue], issues[joined[in_issue]])
    for number in np.unique(candidates[candidates >= 0]):
        members = candidates == number
        result[members] = space[members] @ space[members].mean(axis=0)
    return result
