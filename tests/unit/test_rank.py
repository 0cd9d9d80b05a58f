"""The rank: a sum of parts, each visible, and settings that are checked."""

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from bridge.cli.opening import read_settings
from bridge.domain.contacts import Rating
from bridge.domain.errors import NotConfigured
from bridge.domain.rank import Impact, Rank, RankRules, RankWeights
from bridge.domain.tickets import Urgency
from bridge.settings import Settings

RULES = RankRules()


def contributions(impact: Impact, rules: RankRules = RULES) -> dict[str, float]:
    return {part.name: part.contribution for part in Rank.of(impact, rules).parts}


def told(impact: Impact) -> dict[str, str]:
    return {part.name: part.told for part in Rank.of(impact, RULES).parts}


def test_a_rank_is_the_sum_of_its_parts_counted_in_customers() -> None:
    impact = Impact(
        customers=20,
        recent_customers=8,
        further_contacts=9,
        channel_switches=3,
        effort=12,
        rated_customers=4,
        unhappy_customers=3,
        mean_rating=0.25,
        tiers={"enterprise": 2, "business": 1, "solo": 5},
        weeks=6.0,
    )
    assert contributions(impact) == {
        "customers": 20,
        "growth": 8,
        "effort": 6,
        "satisfaction": 3,
        "accounts": 12,
        "age": 0.6,
    }
    rank = Rank.of(impact, RULES)
    assert rank.score == 49.6
    assert rank.leading is not None
    assert rank.leading.name == "accounts"
    assert told(impact)["effort"] == "9 further contacts and 3 channel switches: 1.4 contacts each"


def test_what_is_not_known_adds_nothing_and_says_so() -> None:
    parts = {part.name: part for part in Rank.of(Impact(), RULES).parts}
    assert {name for name, part in parts.items() if part.value is None} == {
        *("effort", "satisfaction", "accounts", "age")
    }
    assert parts["satisfaction"].told == "nobody rated the help"
    assert parts["accounts"].told == "no affected account has a tier"
    assert Rank.of(Impact(), RULES).score == 0
    assert Rank.of(Impact(), RULES).leading is None


def test_many_tries_by_few_outrank_one_try_by_many() -> None:
    few = Impact(customers=5, further_contacts=35, channel_switches=5, effort=40)
    many = Impact(customers=20)
    assert Rank.of(few, RULES).score > Rank.of(many, RULES).score


def test_a_weight_of_nought_leaves_a_part_out_and_keeps_it_visible() -> None:
    rules = RankRules(RankWeights(effort=0))
    impact = Impact(customers=3, further_contacts=4, effort=4)
    assert contributions(impact, rules)["effort"] == 0
    assert [part.value for part in Rank.of(impact, rules).parts if part.name == "effort"] == [4]


def test_tiers_are_compared_without_case_and_an_unknown_one_counts_nothing() -> None:
    rules = RankRules(tiers={"Gold ": 4})
    assert (rules.worth("GOLD"), rules.worth("gold"), rules.worth("silver")) == (4, 4, 0)
    impact = Impact(customers=1, tiers={"silver": 2})
    assert contributions(impact, rules)["accounts"] == 0


def test_age_is_bounded() -> None:
    assert contributions(Impact(customers=1, weeks=400))["age"] == 5.2


def test_the_default_steps_of_urgency_are_numbers_of_customers() -> None:
    steps = Settings().priority_ranks
    assert [Urgency.of(rank, steps) for rank in (100, 99.9, 30, 10, 9.9, 0)] == [
        *(Urgency.HIGHEST, Urgency.HIGH, Urgency.HIGH, Urgency.MEDIUM, Urgency.LOW, Urgency.LOW)
    ]


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("BRIDGE_RANK_WEIGHTS", '{"effort": -1}', "effort must be a number from 0 to 1000"),
        ("BRIDGE_RANK_WEIGHTS", '{"efort": 1}', "BRIDGE_RANK_WEIGHTS.efort"),
        ("BRIDGE_RANK_WEIGHTS", '{"age": 1e999}', "age must be a number"),
        ("BRIDGE_RANK_WEIGHTS", "effort=1", "must be JSON"),
        ("BRIDGE_RANK_TIERS", '{"gold": -1}', "BRIDGE_RANK_TIERS.gold"),
        ("BRIDGE_RANK_TIERS", '{"gold": "much"}', "BRIDGE_RANK_TIERS.gold"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(
    variable: str, value: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(NotConfigured, match=complaint):
        read_settings(None)


def test_weights_left_out_keep_their_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_RANK_WEIGHTS", '{"effort": 2}')
    monkeypatch.setenv("BRIDGE_RANK_TIERS", '{"gold": 10}')
    rules = read_settings(None).rank_rules
    assert rules.weights == RankWeights(effort=2)
    assert (rules.worth("gold"), rules.worth("enterprise")) == (10, 0)


def test_rules_made_in_code_are_checked_too() -> None:
    with pytest.raises(ValueError, match="age"):
        RankWeights(age=float("nan"))
    with pytest.raises(ValueError, match="gold"):
        RankRules(tiers={"gold": 1e9})
    with pytest.raises(ValidationError):
        Settings(priority_ranks=[1, 2])


@pytest.mark.parametrize(
    ("rating", "share"),
    [
        (("csat", 1), 0.0),
        (("csat", 3), 0.5),
        (("csat", 5), 1.0),
        (("csat", 0), 0.0),
        (("csat", 80), None),
        (("csat", 80, 100), 79 / 99),
        (("csat", 0, 1), 0.0),
        (("csat", 1, 1), 1.0),
        (("ces", 7), 1.0),
        (("ces", 4), 0.5),
        (("nps", 0), 0.0),
        (("nps", 6), 0.6),
        (("csat", -1), None),
        (("csat", 1, 0), None),
        (("stars", 4), None),
        (("stars", 4, 4), 1.0),
    ],
)
def test_a_rating_has_a_place_on_its_scale(
    rating: tuple[str, float] | tuple[str, float, float], share: float | None
) -> None:
    assert Rating(*rating).share == pytest.approx(share)


def test_tiers_cannot_be_changed_behind_the_rules() -> None:
    default: Mapping[str, float] = RankRules().tiers
    with pytest.raises(TypeError):
        default["enterprise"] = 0  # type: ignore[index]
