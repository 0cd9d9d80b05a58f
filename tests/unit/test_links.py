"""Must-link and cannot-link pairs hold for ever."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import IssueFinder
from models.encoders.hashing import HashingEncoder
from models.links import Links
from models.settings import FinderSettings

_EXPORT = [f"the export to a file stops at half since {day}" for day in ("monday", "friday", "may")]
_LOGIN = [f"I cannot sign in with my password since {day}" for day in ("monday", "friday", "may")]
_TEXTS = [*_EXPORT, *_LOGIN, "where is my parcel now"]


def _finder() -> IssueFinder:
    return IssueFinder(HashingEncoder(), settings=FinderSettings.for_hashing(), fixed_from=3)


def test_two_issues_tied_by_people_are_one() -> None:
    free = _finder().fit_predict(_TEXTS)
    assert free[0] == free[2] != free[3] == free[5]
    tied = _finder().fit_predict(_TEXTS, must_link=[(1, 4)])
    assert len(set(tied[:6].tolist())) == 1
    assert tied[6] == -1


def test_a_contact_left_alone_joins_the_issue_it_is_tied_to() -> None:
    labels = _finder().fit_predict(_TEXTS, must_link=[(6, 0)])
    assert labels[6] == labels[0] >= 0


def test_contacts_kept_apart_are_on_two_issues_or_none() -> None:
    labels = _finder().fit_predict(_TEXTS, cannot_link=[(0, 1)])
    assert labels[0] != labels[1]


def test_pairs_of_earlier_contacts_hold_when_later_ones_come() -> None:
    finder = _finder()
    finder.partial_fit(_TEXTS, must_link=[(6, 3)], cannot_link=[(0, 2)])
    finder.partial_fit(_TEXTS * 3).consolidate()
    assert finder.labels_[6] == finder.labels_[3] >= 0
    assert finder.labels_[0] != finder.labels_[2] or finder.labels_[0] == -1


@pytest.mark.parametrize(
    ("must", "cannot", "words"),
    [
        ([(0, 9)], [], "not there"),
        ([(0, 0)], [], "itself"),
        ([(0, 1), (1, 2)], [(2, 0)], "both together and apart"),
        ([(-1, 1)], [], "not there"),
    ],
)
def test_pairs_that_cannot_hold_are_refused(
    must: list[tuple[int, int]], cannot: list[tuple[int, int]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        _finder().fit(_TEXTS, must_link=must, cannot_link=cannot)


_ROWS = st.integers(0, 11)
_PAIRS = st.lists(st.tuples(_ROWS, _ROWS).filter(lambda pair: pair[0] != pair[1]), max_size=6)


@given(st.lists(st.integers(-1, 3), min_size=12, max_size=12), _PAIRS, _PAIRS)
def test_every_pair_that_can_hold_is_kept(
    labels: list[int], must: list[tuple[int, int]], cannot: list[tuple[int, int]]
) -> None:
    links = Links().with_more(must, cannot)
    try:
        links.check(12)
    except ValueError:
        return
    vectors = np.eye(12, dtype=np.float32)
    kept = links.keep(np.array(labels, dtype=np.int64), vectors)
    assert all(kept[one] == kept[other] >= 0 for one, other in must)
    assert all(kept[one] != kept[other] or kept[one] == -1 for one, other in cannot)
