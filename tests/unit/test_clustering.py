"""Many contacts at once: what becomes of the loose ones."""

from collections.abc import Sequence

import numpy as np
from numpy.random import default_rng

from models.clues import NO_CLUES, Clues, Fixed
from models.clustering import Regrouping, consolidate, is_varied
from models.follow_ups import FollowUps
from models.settings import FinderSettings
from models.vectors import IntArray, Vectors, unit_rows

_SETTINGS = FinderSettings()
_SIZE = 64
_CENTER = np.zeros(_SIZE, dtype=np.float32)
_NONE = np.zeros((0, _SIZE), dtype=np.float32)


def _subject(number: int, count: int, *, spread: float = 0.07, seed: int = 0) -> Vectors:
    """Contacts about one subject, worded differently; mean similarity about .75."""
    rows = default_rng([seed, number]).normal(0, spread, (count, _SIZE))
    rows[:, number] += 1
    return unit_rows(rows.astype(np.float32))


def _consolidate(
    loose: Vectors,
    issues: Vectors = _NONE,
    current: Sequence[int] | None = None,
    settings: FinderSettings = _SETTINGS,
    *,
    clues: Clues = NO_CLUES,
) -> Regrouping:
    now = np.full(len(loose), -1) if current is None else np.array(current)
    fixed = Fixed(issues, np.full(len(issues), 10, dtype=np.int64))
    return consolidate(
        loose,
        fixed,
        current=now.astype(np.int64),
        center=_CENTER,
        settings=settings,
        clues=clues,
    )


def _is_one_group(labels: IntArray) -> bool:
    return len(set(labels.tolist())) == 1 and labels[0] >= 0


def test_alike_contacts_become_candidates_and_strangers_stay_alone() -> None:
    strangers = np.eye(_SIZE, dtype=np.float32)[20:30]
    found = _consolidate(np.concatenate([_subject(1, 6), strangers, _subject(2, 4)]))
    assert _is_one_group(found.candidates[:6])
    assert _is_one_group(found.candidates[16:])
    assert found.candidates[0] != found.candidates[16]
    assert set(found.candidates[6:16].tolist()) == {-1}
    assert set(found.joined.tolist()) == {-1}
    assert (found.similarities[:6] > 0.5).all()
    assert not found.similarities[6:16].any()


def test_two_contacts_are_not_yet_a_candidate() -> None:
    assert set(_consolidate(_subject(1, 2)).candidates.tolist()) == {-1}


def test_a_loose_heap_of_noise_is_no_candidate() -> None:
    noise = unit_rows(default_rng(5).normal(0.1, 0.2, (40, _SIZE)).astype(np.float32))
    assert 0.1 < float((noise @ noise.T).mean()) < 0.5
    assert set(_consolidate(noise).candidates.tolist()) == {-1}


def test_templates_sent_by_many_form_no_candidate() -> None:
    copies = np.repeat(_subject(1, 1), 30, axis=0)
    slightly = np.concatenate([copies, _subject(1, 2)])
    assert set(_consolidate(copies).candidates.tolist()) == {-1}
    assert set(_consolidate(slightly).candidates.tolist()) == {-1}
    assert not is_varied(slightly, settings=_SETTINGS)
    assert is_varied(_subject(1, 5), settings=_SETTINGS)


def test_the_same_text_shares_the_fate_of_its_first() -> None:
    rows = _subject(1, 5)
    found = _consolidate(np.concatenate([rows, rows[:3]]))
    assert _is_one_group(found.candidates)


def test_loose_contacts_near_a_fixed_issue_join_it() -> None:
    issue = _subject(3, 10, seed=1).mean(axis=0, keepdims=True)
    found = _consolidate(np.concatenate([_subject(3, 4), _subject(4, 4)]), issue)
    assert found.joined[:4].tolist() == [0] * 4
    assert found.candidates[:4].tolist() == [-1] * 4
    assert found.joined[4:].tolist() == [-1] * 4
    assert _is_one_group(found.candidates[4:])


def test_a_group_whose_middle_is_near_a_fixed_issue_joins_it_as_a_whole() -> None:
    """Each contact alone is too far away, together they clearly mean the issue."""
    group = _subject(1, 6, spread=0.1)
    issue = np.zeros((1, _SIZE), dtype=np.float32)
    issue[0, [1, 40]] = 0.75, 0.4
    far = float((group @ issue[0]).max())
    settings = FinderSettings(join_threshold=far + 0.01, found_threshold=0.4)
    assert _consolidate(group, issue, settings=settings).joined.tolist() == [0] * 6


def test_candidates_keep_their_number_by_largest_overlap() -> None:
    loose = np.concatenate([_subject(1, 6), _subject(2, 5), _subject(3, 4)])
    current = [70, 70, 70, 70, 81, -1] + [81, 81, 81, -1, -1] + [-1] * 4
    found = _consolidate(loose, current=current)
    assert found.candidates.tolist() == [70] * 6 + [81] * 5 + [82] * 4


def test_two_candidates_that_grew_together_leave_one_number() -> None:
    found = _consolidate(_subject(1, 6), current=[5, 5, 9, 9, 9, -1])
    assert found.candidates.tolist() == [9] * 6


def test_a_second_pass_changes_nothing() -> None:
    loose = np.concatenate([_subject(1, 6), _subject(2, 5), np.eye(_SIZE, dtype=np.float32)[30:]])
    first = _consolidate(loose)
    again = _consolidate(loose, current=first.candidates.tolist())
    np.testing.assert_array_equal(first.candidates, again.candidates)


def test_nothing_loose_is_no_trouble() -> None:
    found = _consolidate(_NONE, _subject(1, 3))
    assert len(found.joined) == len(found.candidates) == len(found.similarities) == 0


def test_pieces_too_large_for_linkage_are_cut_into_communities() -> None:
    rows = np.concatenate([_subject(number, 30) for number in (1, 2, 3)])
    bridge = unit_rows(rows[[0, 30]] + rows[[30, 60]])
    loose = np.concatenate([rows, bridge])
    whole = _consolidate(loose)
    cut = _consolidate(loose, settings=FinderSettings(most_linked=40))
    for found in (whole, cut):
        assert [_is_one_group(found.candidates[start : start + 30]) for start in (0, 30, 60)] == [
            True
        ] * 3
        assert len(set(found.candidates[:90].tolist())) == 3


def test_ten_thousand_copies_are_quick_and_one_candidate() -> None:
    copies = np.repeat(_subject(1, 1), 10_000, axis=0)
    assert _is_one_group(_consolidate(copies).candidates)


def _two_wordings() -> Vectors:
    """Two tight groups whose middles are too far apart to be one by likeness alone."""
    mixed = unit_rows(_subject(1, 8, spread=0.05) * 0.55 + _subject(2, 8, spread=0.05))
    return np.concatenate([_subject(1, 8, spread=0.05, seed=9), mixed])


_AGAIN = FollowUps(
    np.array([(row, row + 8) for row in range(6)] + [(-1, -1)] * 200, dtype=np.int64),
    np.zeros(206),
)
"""Six customers of one wording used the other soon after; 200 wrote twice about other things."""


def test_customers_who_write_again_tie_two_wordings_into_one_issue() -> None:
    rows = _two_wordings()
    apart = _consolidate(rows)
    assert apart.candidates[0] != apart.candidates[8]
    tied = _consolidate(rows, clues=Clues(follow_ups=_AGAIN))
    assert _is_one_group(tied.candidates)


def test_what_people_keep_apart_never_becomes_one_group() -> None:
    rows = _two_wordings()
    found = _consolidate(rows, clues=Clues(follow_ups=_AGAIN, apart=[(0, 8)]))
    assert found.candidates[0] != found.candidates[8]
    assert _is_one_group(found.candidates[:8])


def test_what_people_put_together_is_one_group_whatever_the_texts_say() -> None:
    rows = np.concatenate([_subject(1, 4), _subject(2, 4), _subject(3, 4)])
    found = _consolidate(rows, clues=Clues(together=[(0, 4)]))
    assert _is_one_group(found.candidates[:8])
    assert found.candidates[8] != found.candidates[0]


def test_a_contact_that_people_put_on_a_fixed_issue_goes_there() -> None:
    issue = _subject(3, 10).mean(axis=0, keepdims=True)
    rows = np.concatenate([_subject(1, 4), np.eye(_SIZE, dtype=np.float32)[50:51]])
    found = _consolidate(rows, issue, clues=Clues(together=[(4, 5)]))
    assert found.joined.tolist() == [-1] * 4 + [0]


def test_the_outlook_of_a_candidate_falls_with_its_likeness_to_an_issue_that_exists() -> None:
    rows = _subject(1, 8)
    alone = _consolidate(rows).outlooks
    near = unit_rows(_subject(1, 10, seed=4) * 0.5 + _subject(2, 10)).mean(axis=0, keepdims=True)
    beside = _consolidate(rows, near).outlooks
    (first,), (second,) = alone.values(), beside.values()
    assert first.nearest is None
    assert second.nearest == 0
    assert second.new_issue < first.new_issue
    assert second.same_as_nearest < 0


def test_the_outlook_of_slow_noise_is_worse_than_that_of_a_burst() -> None:
    rows = _subject(1, 6)
    slow, quick = (
        _consolidate(rows, clues=Clues(days=np.linspace(0, days, 6))).outlooks for days in (40, 0.1)
    )
    assert slow[0].new_issue < quick[0].new_issue


def test_of_two_candidates_that_are_one_issue_the_second_points_to_the_first() -> None:
    rows = _two_wordings()
    found = _consolidate(np.concatenate([rows, _subject(1, 4, spread=0.05, seed=9)]))
    large, small = int(found.candidates[0]), int(found.candidates[8])
    assert found.outlooks[large].nearest_candidate is None
    assert found.outlooks[small].nearest_candidate == large
