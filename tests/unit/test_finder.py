"""The estimator: grouping texts or vectors, at once or as they arrive."""

from typing import cast

import numpy as np
import pytest
from numpy.random import default_rng
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from models import IssueFinder
from models.encoders.hashing import HashingEncoder
from models.settings import FinderSettings
from models.vectors import Vectors, unit_rows

_SIZE = 48


def _stream(subjects: int, each: int, *, strangers: int = 0, seed: int = 0) -> Vectors:
    """Contacts about some subjects in mixed order, then strangers that share nothing."""
    random = default_rng(seed)
    rows = random.normal(0, 0.08, (subjects * each, _SIZE))
    rows[np.arange(len(rows)), np.arange(len(rows)) % subjects] += 1
    apart = np.eye(_SIZE)[subjects : subjects + strangers]
    return unit_rows(np.concatenate([rows, apart]).astype(np.float32))


def test_fit_groups_subjects_and_leaves_strangers_alone() -> None:
    labels = IssueFinder().fit_predict(_stream(4, 8, strangers=5))
    assert [len(set(labels[start:32:4].tolist())) for start in range(4)] == [1] * 4
    assert len(set(labels[:32].tolist())) == 4
    assert set(labels[32:].tolist()) == {-1}


def test_contacts_that_arrive_are_placed_and_old_labels_stay() -> None:
    finder = IssueFinder(consolidate_every=10)
    stream = _stream(3, 20)
    finder.partial_fit(stream[:30])
    early = finder.labels_.copy()
    assert (early >= 0).sum() >= 25
    for row in stream[30:]:
        finder.partial_fit(row[None])
    assert len(finder.labels_) == 60
    kept = early >= 0
    np.testing.assert_array_equal(finder.labels_[:30][kept], early[kept])
    assert len(set(finder.labels_.tolist())) == 3


def test_no_contact_sees_the_future() -> None:
    """Labels after the first half do not depend on what the second half will be."""
    half, stream, other = 40, _stream(4, 20), _stream(4, 20, seed=9)
    one = IssueFinder(consolidate_every=20).partial_fit(stream)
    two = IssueFinder(consolidate_every=20)
    two.partial_fit(np.concatenate([stream[:half], other[half:]]))
    np.testing.assert_array_equal(
        IssueFinder(consolidate_every=20).partial_fit(stream[:half]).labels_,
        one.labels_[:half],
    )
    np.testing.assert_array_equal(one.labels_[:half], two.labels_[:half])


def test_batches_or_single_contacts_give_the_same_labels() -> None:
    stream = _stream(4, 15, strangers=6)
    whole = IssueFinder(consolidate_every=20).partial_fit(stream).labels_
    single = IssueFinder(consolidate_every=20)
    for row in stream:
        single.partial_fit(row[None])
    np.testing.assert_array_equal(whole, single.labels_)


def test_predict_learns_nothing() -> None:
    finder = IssueFinder().fit(_stream(3, 8))
    before = finder.labels_.copy()
    again = finder.predict(_stream(3, 8, strangers=2, seed=1))
    np.testing.assert_array_equal(again[:24], before)
    assert again[24:].tolist() == [-1, -1]
    np.testing.assert_array_equal(finder.labels_, before)


def test_texts_need_an_encoder_and_are_grouped_with_one() -> None:
    texts = [
        "export to pdf stops at half",
        "pdf export stops at half of the file",
        "the export to pdf stops",
        "hello?",
        "hello?",
        "hello?",
        "hello?",
        "where is my parcel please",
    ]
    with pytest.raises(ValueError, match="encoder"):
        IssueFinder().fit(texts)
    finder = IssueFinder(HashingEncoder(), settings=FinderSettings.for_hashing())
    labels = finder.fit_predict(texts)
    assert len(set(labels[:3].tolist())) == 1
    assert labels[0] >= 0
    assert set(labels[3:].tolist()) == {-1}


def test_a_clone_has_the_same_parameters_and_is_not_fitted() -> None:
    finder = IssueFinder(HashingEncoder(), consolidate_every=7).fit(_stream(2, 5))
    copy = clone(finder, safe=False)
    assert copy.get_params()["consolidate_every"] == 7
    with pytest.raises(NotFittedError, match="fit the IssueFinder"):
        copy.predict(_stream(2, 5))


def test_two_runs_agree() -> None:
    stream = _stream(5, 20, strangers=10)
    one, two = (IssueFinder(consolidate_every=25).partial_fit(stream) for _ in range(2))
    np.testing.assert_array_equal(one.labels_, two.labels_)


def test_consolidating_by_hand_finds_what_waited() -> None:
    finder = IssueFinder().partial_fit(_stream(2, 6))
    assert set(finder.labels_.tolist()) == {-1}
    assert len(set(finder.consolidate().labels_.tolist())) == 2


def test_vectors_must_be_rows() -> None:
    with pytest.raises(ValueError, match="2D array"):
        IssueFinder().fit(np.zeros(4, dtype=np.float32))


def test_no_contacts_are_no_trouble() -> None:
    nothing = np.zeros((0, 8), dtype=np.float32)
    finder = IssueFinder().partial_fit(nothing)
    assert finder.labels_.tolist() == []
    assert finder.predict(nothing).tolist() == []
    assert finder.predict(np.eye(8, dtype=np.float32)).tolist() == [-1] * 8
    with pytest.raises(ValueError, match="0 sample"):
        IssueFinder().fit(nothing)


def test_texts_come_as_a_list_or_an_array_but_are_all_texts() -> None:
    texts = ["export stops at half", "the export stops at half", "stops at half the export does"]
    finder = IssueFinder(HashingEncoder(), settings=FinderSettings.for_hashing())
    listed = finder.fit_predict(texts)
    for array in (np.array(texts), np.array(texts, dtype=object)):
        np.testing.assert_array_equal(finder.fit_predict(array), listed)
    with pytest.raises(ValueError, match="contact 1 is no text"):
        finder.fit(["export stops", cast(str, float("nan")), "export stops"])


def test_it_keeps_the_rules_of_scikit_learn() -> None:
    """All checks but one with the settings of the product, and all without its rule on templates.

    The one exception groups points of a plane, where only the direction counts here: those of one
    direction look like one text sent over and over, and such templates are left alone.
    """
    reason = "points of one direction are one template to the finder, and it leaves those alone"
    check_estimator(
        IssueFinder(), expected_failed_checks={"check_clustering": reason}, on_skip=None
    )
    no_templates = FinderSettings(least_variety=0, same_wording=1.01)
    check_estimator(IssueFinder(settings=no_templates), on_skip=None)
