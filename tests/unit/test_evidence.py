"""What speaks for two groups being one issue: follow-ups, merging, uniting, outlooks, bursts."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from models.bursts import find_burst, known_burst
from models.clues import NO_CLUES, Clues, Fixed
from models.evidence import Group, Groups, new_unless_same, probability
from models.follow_ups import FollowUps, follow_ups
from models.outlook import Outlook, look_at, outlooks
from models.settings import FinderSettings
from models.uniting import unite
from models.vectors import IntArray, Vector, Vectors, unit_rows

_SETTINGS = FinderSettings()
_SIZE = 32
_CENTER = np.zeros(_SIZE, dtype=np.float32)
_FAR_AWAY = -5.0

Pairs = Sequence[tuple[int, int]]


def _subject(number: int, count: int, *, spread: float = 0.1, seed: int = 0) -> Vectors:
    """Contacts about one subject, worded differently."""
    rows = default_rng([seed, number]).normal(0, spread, (count, _SIZE))
    rows[:, number] += 1
    return unit_rows(rows.astype(np.float32))


def _between(one: int, other: int, share: float) -> Vector:
    """A direction so far from one subject to another."""
    row = np.zeros((1, _SIZE), dtype=np.float32)
    row[0, one], row[0, other] = 1 - share, share
    found: Vector = unit_rows(row)[0]
    return found


def _array(pairs: Pairs) -> IntArray:
    return np.array(pairs, dtype=np.int64).reshape(len(pairs), 2)


def _pairs(customers: Sequence[int], days: Sequence[float], most: int = 3) -> Counter[object]:
    """The follow-ups, whichever end comes first."""
    found = follow_ups(
        np.array(customers, dtype=np.int64),
        np.array(days, dtype=np.float64),
        FinderSettings(follow_up_most=most),
    )
    # A pair is of the day of its later contact.
    assert found.days.tolist() == [max(days[one], days[other]) for one, other in found.pairs]
    return Counter(tuple(sorted(pair)) for pair in found.pairs.tolist())


def test_a_follow_up_is_by_the_same_customer_within_two_days() -> None:
    assert _pairs([7, 8, 7, 7], [0.0, 0.5, 1.9, 3.95]) == Counter({(0, 2): 1})
    assert _pairs([7, 7], [0.0, 2.0]) == Counter()
    # In any order of arrival.
    assert _pairs([7, 8, 7], [1.0, 0.0, 0.0]) == Counter({(0, 2): 1})


def test_nobody_known_follows_up_on_nobody() -> None:
    assert _pairs([-1, -1, -1], [0.0, 0.1, 0.2]) == Counter()
    assert _pairs([], []) == Counter()


def test_a_contact_follows_up_on_a_few_before_it() -> None:
    """One who writes ten times a day must not outweigh everybody else."""
    hours = [hour / 24 for hour in range(10)]
    found = _pairs([7] * 10, hours, most=2)
    assert set(found) == {(a, b) for a in range(10) for b in range(a + 1, 10) if b - a <= 2}
    assert set(found.values()) == {1}


def _groups(
    homes: Sequence[int],
    pairs: Pairs,
    apart: Pairs,
    vectors: Vectors,
    count: int | None = None,
    days: Sequence[float] = (),
) -> Groups:
    """Groups of the contacts with these homes, as a look begins; all of one day if not told."""
    numbers = np.array(homes, dtype=np.int64)
    made = []
    for number in range(max(homes) + 1 if count is None else count):
        rows = np.flatnonzero(numbers == number)
        total = np.asarray(vectors[rows].sum(axis=0), dtype=np.float32)
        made.append(Group(rows.tolist(), total, len(rows)))
    groups = Groups(made, _SETTINGS)
    at = np.array(days or [0.0] * len(pairs), dtype=np.float64)
    groups.tie(numbers, FollowUps(_array(pairs), at))
    groups.keep_apart((homes[one], homes[other]) for one, other in apart)
    return groups


_CONTACTS = st.integers(0, 23)
_PAIRS = st.lists(st.tuples(_CONTACTS, _CONTACTS).filter(lambda pair: pair[0] != pair[1]))


@given(
    homes=st.lists(st.integers(-1, 6), min_size=24, max_size=24),
    pairs=_PAIRS,
    apart=_PAIRS,
    choices=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=6),
)
@settings(max_examples=120, deadline=None)
def test_merged_groups_count_as_if_they_had_been_one_from_the_start(
    homes: list[int], pairs: Pairs, apart: Pairs, choices: Pairs
) -> None:
    vectors = _subject(1, 24)
    apart = [(a, b) for a, b in apart if homes[a] >= 0 and homes[b] >= 0]
    days = [float(number % 5) for number in range(len(pairs))]
    groups = _groups(homes, pairs, apart, vectors, count=7, days=days)
    for kept, gone in choices:
        if kept != gone and {kept, gone} <= groups.by_number.keys():
            groups.merge(kept, gone)
            homes = [kept if home == gone else home for home in homes]
    fresh = _groups(homes, pairs, apart, vectors, count=7, days=days)
    for number, group in groups.by_number.items():
        anew = fresh.by_number[number]
        assert sorted(group.rows) == anew.rows
        assert (group.size, group.ends, group.apart) == (anew.size, anew.ends, anew.apart)
        # Counters are equal when all that one does not name is 0.
        assert group.ties == anew.ties
        np.testing.assert_allclose(group.total, anew.total, atol=1e-5)
        np.testing.assert_allclose(group.shares, anew.shares, atol=1e-12)


def _two_groups(crossing: int, inside: int) -> Groups:
    """Two groups of ten with follow-ups across and within."""
    pairs = [(n % 10, 10 + n % 10) for n in range(crossing)]
    pairs += [(10 * (n % 2), 10 * (n % 2) + 1 + n % 9) for n in range(inside)]
    return _groups([0] * 10 + [1] * 10, pairs, (), _subject(1, 20))


def test_follow_ups_that_cross_speak_for_one_issue() -> None:
    odds = [_two_groups(n, 12 - n).same_issue(0, 1, 0.4) for n in range(0, 13, 2)]
    assert odds == sorted(odds)
    assert odds[-1] - odds[0] > 2
    # Many follow-ups of which none crosses speak against it.
    assert _two_groups(0, 12).same_issue(0, 1, 0.4) < _two_groups(0, 0).same_issue(0, 1, 0.4)


def test_two_outages_of_one_evening_share_customers_by_chance() -> None:
    """So many follow-ups that cross speak for one issue, unless all of them are of one evening."""
    inside = [(n % 10, (n + 1) % 10) for n in range(20)]
    inside += [(10 + one, 10 + other) for one, other in inside]
    crossing = [(n % 10, 10 + (n + 3) % 10) for n in range(20)]
    others = [(20, 21)] * 400
    homes, pairs = [0] * 10 + [1] * 10 + [2] * 2, inside + crossing + others
    elsewhere = [float(n % 40) for n in range(len(others))]

    def odds(evening: Sequence[float]) -> float:
        groups = _groups(homes, pairs, (), _subject(1, 22), days=[*evening, *elsewhere])
        return groups.same_issue(0, 1, 0.25)

    assert odds([float(n % 40) for n in range(60)]) > 0
    assert odds([17.5] * 60) < -2


@given(
    crossing=st.integers(0, 12),
    inside=st.integers(0, 12),
    similarity=st.floats(-0.2, 0.9),
    more=st.floats(0.01, 0.5),
)
@settings(max_examples=60, deadline=None)
def test_likeness_speaks_for_one_issue_and_both_sides_say_the_same(
    crossing: int, inside: int, similarity: float, more: float
) -> None:
    groups = _two_groups(crossing, inside)
    odds = groups.same_issue(0, 1, similarity)
    assert groups.same_issue(0, 1, similarity + more) > odds
    assert groups.same_issue(1, 0, similarity) == pytest.approx(odds)


def _united(groups: Groups) -> list[list[int]]:
    unite(groups, _SETTINGS)
    return sorted(sorted(group.rows) for group in groups.by_number.values())


def test_alike_groups_become_one_and_others_stay() -> None:
    vectors = np.concatenate([_subject(1, 9), _subject(2, 3)])
    homes = [0] * 3 + [1] * 6 + [2] * 3
    groups = _groups(homes, (), (), vectors)
    assert _united(groups) == [list(range(9)), [9, 10, 11]]
    # The larger one keeps its number.
    assert set(groups.by_number) == {1, 2}


def test_groups_kept_apart_stay_two_also_after_one_has_grown() -> None:
    vectors, homes = _subject(1, 9), [0] * 3 + [1] * 3 + [2] * 3
    apart = [(0, 8)]
    found = _united(_groups(homes, (), apart, vectors))
    assert len(found) == 2
    assert not any({0, 8} <= set(rows) for rows in found)


def test_two_fixed_issues_stay_two_and_a_group_between_them_joins_one() -> None:
    vectors = _subject(1, 9)
    groups = _groups([0] * 3 + [1] * 3 + [2] * 3, (), (), vectors)
    for number in (0, 1):
        groups.by_number[number].issue = number
        groups.by_number[number].rows = []
    assert _united(groups) in ([[], [6, 7, 8]], [[6, 7, 8], []])


def test_follow_ups_unite_what_likeness_alone_would_not() -> None:
    other = np.tile(_between(1, 2, 0.65), (6, 1))
    vectors, homes = np.concatenate([_subject(1, 6), other]), [0] * 6 + [1] * 6
    assert len(_united(_groups(homes, (), (), vectors))) == 2
    crossing = [(n, 6 + n) for n in range(6)]
    assert len(_united(_groups(homes, crossing, (), vectors))) == 1


@pytest.mark.parametrize(
    ("days", "is_sudden"),
    [
        ([3.0] * 6, True),
        # Most of them at once, the others whenever.
        ([0.0, 9.0, 20.1, 20.2, 20.3, 20.4, 20.5], True),
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], False),
        ([20.1, 20.2, 20.3, 20.4, 21.0, 22.0], False),
        # Too few for an outage.
        ([3.0] * 4, False),
        # When the others came nobody knows any more.
        ([-np.inf] * 6 + [3.0] * 5, False),
        ([-np.inf] * 2 + [3.0] * 5, True),
    ],
)
def test_what_comes_at_once_is_less_likely_an_issue_from_before(
    days: list[float], is_sudden: bool
) -> None:
    rows = _subject(1, len(days))
    seen = [
        look_at(rows, _fixed(1), center=_CENTER, settings=_SETTINGS, clues=Clues(days=when))
        for when in (None, np.array(days))
    ]
    shift = seen[0].same_as_nearest - seen[1].same_as_nearest
    assert shift == pytest.approx(_SETTINGS.sudden_apart if is_sudden else 0.0)


def _fixed(*subjects: int) -> Fixed:
    means = np.array([_subject(one, 10, seed=1).mean(axis=0) for one in subjects])
    return Fixed(means.reshape(-1, _SIZE), np.full(len(subjects), 10, dtype=np.int64))


def _look(fixed: Fixed, clues: Clues = NO_CLUES) -> Outlook:
    return look_at(_subject(1, 4), fixed, center=_CENTER, settings=_SETTINGS, clues=clues)


def test_a_candidate_like_an_issue_is_less_likely_a_new_one() -> None:
    alone, beside = _look(_fixed()), _look(_fixed(2, 1))
    assert (alone.nearest, alone.same_as_nearest) == (None, -math.inf)
    assert beside.nearest == 1
    assert beside.same_as_nearest > 0
    assert beside.new_issue < alone.new_issue


def test_what_people_keep_apart_is_never_nearest() -> None:
    fixed = _fixed(1, 2)
    assert _look(fixed).nearest == 0
    # Contacts are numbered 0 to 3, the issues 4 and 5.
    assert _look(fixed, Clues(apart=[(2, 4)])).nearest == 1
    found = _look(fixed, Clues(apart=[(2, 4), (5, 0)]))
    assert (found.nearest, found.new_issue) == (None, _look(_fixed()).new_issue)


def test_a_sure_candidate_counts_as_an_issue_for_those_after_it() -> None:
    vectors = np.concatenate([_subject(1, 8), _subject(1, 4, seed=3)])
    groups = _groups([0] * 8 + [1] * 4, (), (), vectors)
    found = outlooks(groups, {0: 30, 1: 31}, NO_CLUES, _SETTINGS)
    assert found[30].new_issue >= _SETTINGS.least_new
    assert (found[30].nearest_candidate, found[31].nearest_candidate) == (None, 30)
    strict = FinderSettings(least_new=found[30].new_issue + 0.1)
    assert outlooks(groups, {0: 30, 1: 31}, NO_CLUES, strict)[31].nearest_candidate is None


@pytest.mark.parametrize("same", [-9.0, _FAR_AWAY, -1.0, 2.0])
def test_were_it_not_the_same_it_would_be_as_new_as_one_far_away(same: float) -> None:
    groups = _groups([0] * 8, [(0, 1)], (), _subject(1, 8))
    new_issue = groups.new_issue(0, nearest=same, span_days=3)
    far_away = groups.new_issue(0, nearest=-math.inf, span_days=3)
    assert new_unless_same(new_issue, same, _SETTINGS) == pytest.approx(far_away)
    assert new_issue <= far_away + 1e-9


def test_a_slow_candidate_is_less_likely_an_issue_than_a_quick_or_large_one() -> None:
    groups = _groups([0] * 6 + [1] * 12, (), (), _subject(1, 18))
    slow = groups.new_issue(0, nearest=-math.inf, span_days=20)
    assert slow < groups.new_issue(0, nearest=-math.inf, span_days=1)
    assert slow < groups.new_issue(1, nearest=-math.inf, span_days=20)


def test_probabilities_of_any_log_odds_lie_between_0_and_1() -> None:
    assert probability(0) == pytest.approx(0.5)
    assert probability(2) + probability(-2) == pytest.approx(1)
    assert 0 < probability(-math.inf) < 1e-9
    assert 1 - 1e-9 < probability(math.inf) < 1


def _burst(customers: Sequence[int], strangers: int = 0) -> list[int] | None:
    """Rows of the burst around the first contact."""
    rows = [_subject(1, len(customers) - strangers), _subject(5, strangers)]
    found = find_burst(
        0,
        np.concatenate(rows),
        np.array(customers, dtype=np.int64),
        center=_CENTER,
        settings=_SETTINGS,
    )
    if found is None:
        return None
    assert (found.similarities >= _SETTINGS.burst_similarity).all()
    assert found.similarities[0] == pytest.approx(1)
    return [int(row) for row in found.rows]


def test_five_alike_contacts_by_three_customers_are_a_burst() -> None:
    assert _burst([1, 2, 3, 3, 3]) == [0, 1, 2, 3, 4]
    assert _burst([1, 2, 3, -1, -1, 8, 9], strangers=2) == [0, 1, 2, 3, 4]
    assert _burst([1, 2, 3, 4]) is None
    assert _burst([1, 2, 2, 1, 2]) is None
    assert _burst([1, 2, 3, 4, 5, 6], strangers=2) is None


def test_whoever_nobody_knows_is_no_customer_of_a_burst() -> None:
    assert _burst([1, 2, -1, -1, -1, -1]) is None


def test_a_second_burst_belongs_to_the_young_one_that_reaches_it() -> None:
    young = np.array([_between(3, 4, 0.0), _between(1, 4, 0.5), _between(1, 4, 0.2)])

    def known(subject: int, rows: Vectors) -> int | None:
        return known_burst(_subject(subject, 5), rows, center=_CENTER, settings=_SETTINGS)

    assert known(1, young) == 2
    assert known(7, young) is None
    assert known(1, young[:0]) is None


def test_contacts_from_before_anybody_looks_do_not_stretch_a_candidate() -> None:
    rows = _subject(1, 6)
    known, partly = (
        look_at(rows, _fixed(), center=_CENTER, settings=_SETTINGS, clues=Clues(days=days))
        for days in (np.arange(20.0, 26.0), np.array([-np.inf, 20.0, 21.0, 22.0, 23.0, 25.0]))
    )
    assert partly.new_issue == pytest.approx(known.new_issue)
