"""The estimator: grouping texts or vectors, at once or as they arrive."""

import numpy as np
import pytest
from numpy.random import default_rng
from sklearn.base import clone

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
    with pytest.raises(ValueError, match="fit the IssueFinder"):
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
    with pytest.raises(ValueError, match="shape"):
        IssueFinder().fit(np.zeros(4, dtype=np.float32))


def test_no_contacts_are_no_trouble() -> None:
    finder = IssueFinder().fit(np.zeros((0, 8), dtype=np.float32))
    assert finder.labels_.tolist() == []
    assert finder.predict(np.eye(8, dtype=np.float32)).tolist() == [-1] * 8
