"""Grouping everything at once: issues of all sizes, strangers, copies, few contacts."""

import time

import numpy as np
import pytest
from numpy.random import default_rng

from models import IssueFinder
from models.clues import Fixed
from models.clustering import ALONE, consolidate
from models.neighbors import Edges, communities, edges_of, find_neighbors, seen_from
from models.settings import FinderSettings
from models.vectors import IntArray, Vectors, unit_rows
from models.whole import group_all, valley

_SIZE = 64


def _contacts(sizes: list[int], *, strangers: int = 0, seed: int = 0) -> tuple[Vectors, IntArray]:
    """Contacts about subjects of these sizes, and strangers, label -1, each about its own."""
    random = default_rng(seed)
    subjects = unit_rows(random.normal(0, 1, (len(sizes), _SIZE)).astype(np.float32))
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = subjects[labels] + random.normal(0, 0.06, (len(labels), _SIZE))
    rows = np.concatenate([rows, random.normal(0, 1, (strangers, _SIZE))])
    labels = np.concatenate([labels, np.full(strangers, ALONE)])
    order = random.permutation(len(labels))
    return unit_rows(rows[order].astype(np.float32)), labels[order]


def _group(vectors: Vectors, settings: FinderSettings | None = None) -> IntArray:
    return group_all(
        vectors,
        center=np.zeros(vectors.shape[1], dtype=np.float32),
        settings=settings or FinderSettings(),
    )


def _pairs(labels: IntArray) -> Vectors:
    return np.asarray(labels[:, None] == labels, dtype=np.float32)


def test_subjects_of_very_different_size_are_one_issue_each() -> None:
    vectors, labels = _contacts([400, 60, 25, 12, 8])
    np.testing.assert_array_equal(_pairs(_group(vectors)), _pairs(labels))


def test_the_biggest_issue_has_the_first_label() -> None:
    vectors, _ = _contacts([20, 90, 40])
    assert np.bincount(_group(vectors)).tolist() == [90, 40, 20]


def test_strangers_are_left_alone() -> None:
    vectors, labels = _contacts([60, 40, 30], strangers=80)
    found = _group(vectors)
    assert (found[labels == ALONE] == ALONE).mean() > 0.95
    assert (found[labels >= 0] >= 0).mean() > 0.95


def test_nothing_but_strangers_gives_no_issue() -> None:
    vectors, _ = _contacts([], strangers=300)
    assert (_group(vectors) >= 0).mean() < 0.05


def test_the_order_of_the_contacts_does_not_matter_where_it_is_clear() -> None:
    vectors, _ = _contacts([80, 50, 30, 20], strangers=20)
    order = default_rng(1).permutation(len(vectors))
    np.testing.assert_array_equal(_pairs(_group(vectors)[order]), _pairs(_group(vectors[order])))


def test_the_same_seed_gives_the_same_labels() -> None:
    vectors, _ = _contacts([50] * 6, strangers=100)
    np.testing.assert_array_equal(_group(vectors), _group(vectors))


def test_ten_thousand_copies_are_one_issue_at_once() -> None:
    vectors, _ = _contacts([60, 60])
    copies = np.repeat(unit_rows(np.ones((1, _SIZE), dtype=np.float32)), 10_000, axis=0)
    for rows in (copies, np.concatenate([copies, vectors])):
        start = time.process_time()
        found = _group(rows)
        assert time.process_time() - start < 10
        assert set(found[:10_000].tolist()) == {0}
        assert (found[10_000:] != 0).all()


@pytest.mark.parametrize(("copies", "is_issue"), [(20, False), (60, True)])
def test_one_wording_is_a_template_unless_very_many_sent_it(copies: int, is_issue: bool) -> None:
    vectors, _ = _contacts([60, 60])
    template = unit_rows(default_rng(5).normal(0, 1, (1, _SIZE)).astype(np.float32))
    found = _group(np.concatenate([vectors, np.repeat(template, copies, axis=0)]))
    assert (found[120:] >= 0).tolist() == [is_issue] * copies
    assert (found[:120] >= 0).all()


def test_small_issues_are_left_alone_when_the_settings_say_so() -> None:
    vectors, labels = _contacts([60, 40, 8])
    found = _group(vectors, FinderSettings(least_contacts=10))
    assert set(found[labels == 2].tolist()) == {ALONE}
    assert (found[labels != 2] >= 0).all()


@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_few_contacts_are_grouped_as_in_a_stream(count: int) -> None:
    vectors, _ = _contacts([20, 10])
    vectors = vectors[:count]
    center = np.zeros(_SIZE, dtype=np.float32)
    nothing = Fixed(vectors[:0], np.zeros(0, dtype=np.int64))
    alone = np.full(count, ALONE)
    looked = consolidate(vectors, nothing, current=alone, center=center, settings=FinderSettings())
    np.testing.assert_array_equal(_group(vectors), looked.candidates)


def test_contacts_that_come_after_fit_join_its_issues_or_get_new_labels() -> None:
    vectors, labels = _contacts([40, 40, 40])
    is_old = labels < 2
    finder = IssueFinder(consolidate_every=10).fit(vectors[is_old])
    early = finder.labels_.copy()
    finder.partial_fit(vectors[~is_old]).consolidate()
    np.testing.assert_array_equal(finder.labels_[: len(early)], early)
    assert set(finder.labels_[len(early) :].tolist()).isdisjoint(early.tolist())


def test_two_kinds_of_contacts_show_a_valley() -> None:
    random = default_rng(0)
    strangers, members = random.normal(0.1, 0.04, 400), random.normal(0.5, 0.1, 900)
    assert 0.15 < valley(np.concatenate([strangers, members])) < 0.3


@pytest.mark.parametrize("count", [60, 300, 3000])
def test_one_kind_of_contacts_shows_none(count: int) -> None:
    for seed in range(20):
        assert valley(default_rng(seed).normal(0.3, 0.12, count)) == 0.0


def test_two_kinds_of_members_are_no_strangers() -> None:
    random = default_rng(0)
    loose, tight = random.normal(0.4, 0.04, 500), random.normal(0.7, 0.04, 500)
    assert valley(np.concatenate([loose, tight])) == 0.0


def test_neighbors_are_the_most_similar_rows_without_itself() -> None:
    vectors, _ = _contacts([300, 300])
    near = find_neighbors(vectors, 7)
    similar = vectors @ vectors.T
    np.fill_diagonal(similar, -2)
    np.testing.assert_allclose(near.similarities, -np.sort(-similar, axis=1)[:, :7], atol=1e-5)
    np.testing.assert_array_equal(near.rows[:, 0], similar.argmax(axis=1))


def test_seen_from_all_dimensions_nothing_changes() -> None:
    vectors, _ = _contacts([40, 40])
    wide = find_neighbors(vectors, 30)
    again = seen_from(vectors, wide, np.arange(_SIZE), 10)
    np.testing.assert_array_equal(again.rows, wide.nearest(10).rows)


def test_a_link_stands_once_whoever_names_it() -> None:
    vectors, _ = _contacts([10, 10])
    near = find_neighbors(vectors, 4)
    links = edges_of(near, near.similarities)
    assert (links.ones < links.others).all()
    assert len({*zip(links.ones.tolist(), links.others.tolist(), strict=True)}) == len(links.ones)
    assert (links.weights > 0).all()


def test_rows_without_links_are_communities_of_their_own() -> None:
    links = Edges(np.array([0, 3]), np.array([1, 4]), np.ones(2, dtype=np.float32))
    labels = communities(links, 6, resolution=1, seed=0)
    assert len(set(labels.tolist())) == 4
    assert labels[0] == labels[1]
    assert labels[3] == labels[4]
    nothing = links.only(np.zeros(2, dtype=bool))
    assert len(set(communities(nothing, 3, resolution=1, seed=0).tolist())) == 3
