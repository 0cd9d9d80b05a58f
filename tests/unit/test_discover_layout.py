"""The map of the report: similar issues near each other, none upon another, the same each time."""

import math

import numpy as np
import pytest
from numpy.random import default_rng

from bridge.discover.layout import HEIGHT, WIDTH, Circle, dots, lay_out
from models.vectors import Vectors, unit_rows

_SIZE = 32


def _centers(families: int, each: int, *, seed: int = 0) -> Vectors:
    """Middles of issues in families: those of one family are similar."""
    random = default_rng(seed)
    rows = np.repeat(np.eye(_SIZE)[:families], each, axis=0)
    return unit_rows((rows + random.normal(0, 0.08, rows.shape)).astype(np.float32))


def _gap(one: Circle, other: Circle) -> float:
    return math.hypot(one.x - other.x, one.y - other.y) - one.radius - other.radius


@pytest.mark.parametrize(("families", "each"), [(1, 1), (2, 1), (3, 2), (5, 4), (12, 10)])
def test_every_circle_is_on_the_map_and_none_upon_another(families: int, each: int) -> None:
    count = families * each
    circles = lay_out(_centers(families, each), [200 // (n + 1) + 5 for n in range(count)], seed=0)
    assert len(circles) == count
    for circle in circles:
        assert circle.radius <= circle.x <= WIDTH - circle.radius
        assert circle.radius <= circle.y <= HEIGHT - circle.radius
    gaps = [_gap(one, other) for at, one in enumerate(circles) for other in circles[:at]]
    assert min(gaps, default=1.0) > 0


def test_the_same_issues_lie_in_the_same_places_at_each_run() -> None:
    counts = list(range(40, 0, -1))
    assert lay_out(_centers(8, 5), counts, seed=0) == lay_out(_centers(8, 5), counts, seed=0)


def test_similar_issues_lie_near_each_other() -> None:
    circles = lay_out(_centers(12, 10), [20] * 120, seed=0)
    relatives = 0
    for at, circle in enumerate(circles):
        order = sorted(range(120), key=lambda other: _gap(circle, circles[other]))
        relatives += sum(other // 10 == at // 10 for other in order[1:10])
    assert relatives / (120 * 9) > 0.65


def test_area_tells_the_number_of_contacts() -> None:
    big, small = lay_out(_centers(8, 5), [100] + [25] * 39, seed=0)[:2]
    assert big.radius == pytest.approx(2 * small.radius, rel=0.02)


def test_issues_with_one_and_the_same_middle_stand_side_by_side() -> None:
    same = np.repeat(np.eye(_SIZE, dtype=np.float32)[:1], 9, axis=0)
    circles = lay_out(same, [10] * 9, seed=0)
    assert min(_gap(one, other) for at, one in enumerate(circles) for other in circles[:at]) > 0


def test_no_issue_is_no_map() -> None:
    assert lay_out(np.zeros((0, _SIZE), dtype=np.float32), [], seed=0) == []


def test_dots_lie_inside_their_circle_and_apart() -> None:
    circle = Circle(100, 200, 40)
    places = dots(circle, 60)
    assert len(set(places)) == 60
    assert max(math.hypot(x - 100, y - 200) for x, y in places) < 40
    assert dots(circle, 0) == []
