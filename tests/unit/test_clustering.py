"""Many contacts at once: what becomes of the loose ones."""

from collections.abc import Sequence

import numpy as np
from numpy.random import default_rng

from models.clustering import Regrouping, consolidate, is_varied
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
) -> Regrouping:
    now = np.full(len(loose), -1) if current is None else np.array(current)
    return consolidate(
        loose, issues, current=now.astype(np.int64), center=_CENTER, settings=settings
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
    noise = unit_rows(default_rng(5).normal(0.12, 0.2, (40, _SIZE)).astype(np.float32))
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
    issue[0, [1, 40]] = 0.55, 0.6
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


def test_ten_thousand_copies_are_quick_and_one_fate() -> None:
    copies = np.repeat(_subject(1, 1), 10_000, axis=0)
    assert set(_consolidate(copies).candidates.tolist()) == {-1}
