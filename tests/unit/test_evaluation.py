"""Agreement of groups with gold labels."""

import pytest

from models.evaluation import ami, bcubed


def test_the_same_partition_is_perfect_whatever_the_names() -> None:
    assert ami(["a", "a", "b"], [7, 7, 1]) == pytest.approx(1)
    assert bcubed(["a", "a", "b"], [7, 7, 1]) == (1, 1, 1)


def test_one_heap_has_full_recall_and_poor_precision() -> None:
    found = bcubed(["a", "a", "b", "b"], [0, 0, 0, 0])
    assert found.recall == 1
    assert found.precision == pytest.approx(0.5)
    assert found.f1 == pytest.approx(2 / 3)


def test_contacts_left_alone_are_groups_of_their_own() -> None:
    found = bcubed(["a", "a", "b"], [None, None, 3])
    assert found.precision == 1
    assert found.recall == pytest.approx(2 / 3)
    assert ami(["a", "a", "b", "b"], [1, 1, None, None]) < 1


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        bcubed([], [])
    with pytest.raises(ValueError, match=r"shorter|longer"):
        bcubed(["a"], [1, 2])
