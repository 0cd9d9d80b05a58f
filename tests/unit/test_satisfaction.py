"""Intervals of survey answers: published values, and how often they hold the truth."""

import numpy as np
import pytest

from bridge.domain.satisfaction import Journeys
from bridge.steps.satisfaction import effort_words
from models.satisfaction import Measured, change, mean, net_promoters, share


@pytest.mark.parametrize(
    ("hits", "answers", "low", "high"),
    [
        # Newcombe 1998, 17:857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_the_published_interval(
    hits: int, answers: int, low: float, high: float
) -> None:
    found = share(hits, answers)
    assert found.value == pytest.approx(hits / answers)
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)
    mirrored = share(answers - hits, answers)
    assert [1 - mirrored.high, 1 - mirrored.low] == pytest.approx([found.low, found.high])


@pytest.mark.parametrize(
    ("after", "before", "low", "high"),
    [
        # Newcombe 1998, 17:873-890, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_a_difference_of_shares_has_the_published_interval(
    after: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    found = change(share(*before), share(*after))
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize(
    ("promoters", "detractors", "low", "high"),
    [
        # One share is none, so that the other one's interval reaches furthest.
        (0, 0, -0.1135, 0.1135),
        (30, 0, 0.8395, 1.0),
        (0, 30, -1.0, -0.8395),
    ],
)
def test_a_net_promoter_score_stays_within_what_it_can_be(
    promoters: int, detractors: int, low: float, high: float
) -> None:
    found = net_promoters(promoters, detractors, 30)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert [found.low, found.high] == pytest.approx([low, high], abs=5e-3)


def test_a_net_promoter_score_is_symmetric() -> None:
    found, mirrored = net_promoters(30, 12, 60), net_promoters(12, 30, 60)
    assert found.value == pytest.approx(0.3)
    assert [-mirrored.high, -mirrored.low] == pytest.approx([found.low, found.high])


@pytest.mark.parametrize("answers", [10, 25, 60, 300])
@pytest.mark.parametrize("shares", [(0.5, 0.2), (0.1, 0.1), (0.8, 0.05), (0.3, 0.6)])
def test_a_net_promoter_score_holds_the_truth_about_as_often_as_it_says(
    answers: int, shares: tuple[float, float]
) -> None:
    random = np.random.default_rng(7)
    promoters, detractors = shares
    drawn = random.multinomial(answers, [promoters, detractors, 1 - sum(shares)], size=4_000)
    found = [net_promoters(int(one[0]), int(one[1]), answers) for one in drawn]
    truth = promoters - detractors
    held = np.mean([one.low <= truth <= one.high for one in found])
    assert 0.92 <= held <= 0.99


def test_a_mean_has_students_interval() -> None:
    # Student's own sleep data, the second drug: mean 2.33, 95 % from 0.898 to 3.762.
    hours = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = mean(hours, least=-24, most=24)
    assert found.value == pytest.approx(2.33)
    assert [found.low, found.high] == pytest.approx([0.8977, 3.7623], abs=1e-3)
    assert mean([1.0, 1.0, 2.0], least=1, most=7).low == 1


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="hits"):
        share(0, 0)
    with pytest.raises(ValueError, match="parts of the answers"):
        net_promoters(3, 3, 5)
    with pytest.raises(ValueError, match="fewer than two"):
        mean([3.0], least=1, most=7)


def test_a_number_changes_its_unit() -> None:
    assert Measured(0.5, 0.25, 1.0).times(100) == Measured(50, 25, 100)


def test_effort_says_what_customers_waited_for() -> None:
    told = effort_words(Journeys(48, 59, 9, 1, 40.24))
    assert told[0] == "1.2 contacts a customer and problem; 9 of 48 wrote more than once."
    assert told[2] == (
        "From the first contact to the fix, or else to the last contact,"
        " half of them waited 40.2 days or longer."
    )
    assert len(effort_words(Journeys(48, 48, 0, 0, 0.0))) == 2, "most write once"
