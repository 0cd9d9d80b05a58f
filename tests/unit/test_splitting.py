"""An issue cut in two: along what it is about, the same each time, never through what is tied."""

import numpy as np
import pytest
from numpy.random import default_rng

from models.clues import NO_CLUES, Clues
from models.follow_ups import FollowUps
from models.settings import FinderSettings
from models.splitting import cut_in_two, weigh
from models.vectors import BoolArray, Vectors, unit_rows

_SETTINGS = FinderSettings()
_SIZE = 32
_CENTER = np.zeros(_SIZE, dtype=np.float32)


def _subject(number: int, count: int, *, spread: float = 0.1, seed: int = 0) -> Vectors:
    """Contacts about one subject, worded differently; all subjects have something in common."""
    rows = default_rng([seed, number]).normal(0, spread, (count, _SIZE))
    rows[:, number] += 1
    rows[:, 0] += 0.6
    return unit_rows(rows.astype(np.float32))


def _pairs(*pairs: tuple[int, int]) -> FollowUps:
    """Follow-ups of one day."""
    return FollowUps(np.array(pairs, dtype=np.int64).reshape(len(pairs), 2), np.zeros(len(pairs)))


def _stay(lengths: tuple[int, int]) -> FollowUps:
    """Follow-ups, each on its own side: chains through both."""
    one, other = lengths
    chain = [(row, row + 1) for row in range(one - 1)]
    return _pairs(*chain, *((row, row + 1) for row in range(one, one + other - 1)))


def test_two_subjects_are_parted_and_the_smaller_is_told_first() -> None:
    members = np.concatenate([_subject(1, 12), _subject(2, 7)])
    clues = Clues(follow_ups=_stay((12, 7)))
    cut = cut_in_two(members, center=_CENTER, settings=_SETTINGS, clues=clues)
    assert cut is not None
    assert cut.smaller.tolist() == list(range(12, 19))
    assert cut.larger.tolist() == list(range(12))
    assert (cut.weighed.inside, cut.weighed.crossing) == (17, 0)
    assert cut.weighed.same_issue < -2


def test_the_same_contacts_are_always_cut_alike_in_any_order() -> None:
    members = np.concatenate([_subject(1, 9), _subject(2, 14)])
    order = default_rng(5).permutation(len(members))
    found = []
    for rows in (np.arange(len(members)), order, order):
        cut = cut_in_two(members[rows], center=_CENTER, settings=_SETTINGS, clues=NO_CLUES)
        assert cut is not None
        found.append(set(rows[cut.smaller].tolist()))
    assert found == [set(range(9))] * 3


def test_customers_who_change_sides_speak_for_one_issue() -> None:
    members = np.concatenate([_subject(1, 8), _subject(2, 8)])
    side = np.arange(16) >= 8
    crossing = _pairs(*((row, row + 8) for row in range(8)))

    def odds(written: FollowUps) -> float:
        # Many others write twice too, elsewhere.
        pairs = [*map(tuple, written.pairs.tolist()), *[(-1, -1)] * 50]
        clues = Clues(follow_ups=_pairs(*pairs))
        found = weigh(members, side, center=_CENTER, settings=_SETTINGS, clues=clues)
        return found.same_issue

    assert odds(_stay((8, 8))) < odds(_pairs()) < odds(crossing)


def test_what_people_put_together_stays_together() -> None:
    members = np.concatenate([_subject(1, 10), _subject(2, 10)])
    together = [(3, 15)]
    cut = cut_in_two(members, center=_CENTER, settings=_SETTINGS, clues=Clues(together=together))
    assert cut is not None
    for rows in (cut.smaller, cut.larger):
        assert len({3, 15} & set(rows.tolist())) != 1
    # Ties to what is not a member are no concern.
    far = Clues(together=[(3, 40)])
    assert cut_in_two(members, center=_CENTER, settings=_SETTINGS, clues=far) is not None
    whole = Clues(together=[(row, row + 1) for row in range(19)])
    assert cut_in_two(members, center=_CENTER, settings=_SETTINGS, clues=whole) is None


@pytest.mark.parametrize("count", [1, 2, 40])
def test_the_same_text_is_never_cut(count: int) -> None:
    members = np.repeat(_subject(1, 1), count, axis=0)
    assert cut_in_two(members, center=_CENTER, settings=_SETTINGS, clues=NO_CLUES) is None
    more = np.concatenate([members, _subject(2, 1)])
    cut = cut_in_two(more, center=_CENTER, settings=_SETTINGS, clues=NO_CLUES)
    assert cut is not None
    assert sorted(map(len, (cut.smaller, cut.larger))) == [1, count]


def test_ends_elsewhere_count_as_ends_only() -> None:
    members = np.concatenate([_subject(1, 6), _subject(2, 6)])
    side: BoolArray = np.arange(12) >= 6
    inside = [(0, 1), (6, 7), (2, 8)]
    found = [
        weigh(
            members,
            side,
            center=_CENTER,
            settings=_SETTINGS,
            clues=Clues(follow_ups=_pairs(*inside, (3, elsewhere))),
        )
        for elsewhere in (-1, 12, 99)
    ]
    assert found[0] == found[1] == found[2]
    assert (found[0].inside, found[0].crossing) == (2, 1)
