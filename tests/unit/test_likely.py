"""Who is likely to meet a problem: facts in, what is shared and whether it tells anything out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bridge.domain.customers import Facts
from bridge.domain.likely import Pattern, pattern_of

IOS, ANDROID, WEB = Facts(platform="ios"), Facts(platform="android"), Facts(platform="web")
OLD, NEW = Facts(version="4.1"), Facts(version="4.2")
ON_PRO = Facts(platform="ios", plan="pro")


def no_fix(version: str) -> bool:
    return False


@dataclass(frozen=True)
class Case:
    name: str
    affected: list[Facts]
    others: Mapping[Facts, int] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    fitting: int = 0
    perhaps: int = 0
    refusal: str = ""


CASES = [
    Case("two affected are too few", [IOS, IOS], {IOS: 9, WEB: 90}, refusal="fewer than 3"),
    Case("nothing is known", [Facts()] * 5, {IOS: 9}, refusal="no known fact in common"),
    Case("known of two only", [IOS, IOS, *[Facts()] * 5], {IOS: 9}, refusal="in common"),
    Case("a mixture", [IOS, ANDROID, WEB, IOS, WEB], {IOS: 9}, refusal="in common"),
    Case("seven of ten", [IOS] * 7 + [WEB] * 3, {IOS: 5, WEB: 95}, refusal="in common"),
    Case("no directory", [IOS] * 5, {}, ("platform ios",), refusal="nothing of anybody else"),
    Case("all share it", [IOS] * 5, {IOS: 12, WEB: 88}, ("platform ios",), 12),
    Case("eight of ten", [IOS] * 8 + [WEB] * 2, {IOS: 12, WEB: 88}, ("platform ios",), 12),
    Case(
        "as common elsewhere",
        [IOS] * 5,
        {IOS: 60, WEB: 40},
        ("platform ios",),
        refusal="as common among all others",
    ),
    Case(
        "three of three says less than thirty of thirty",
        [IOS] * 3,
        {IOS: 40, WEB: 60},
        ("platform ios",),
        refusal="as common among all others",
    ),
    Case("thirty of thirty", [IOS] * 30, {IOS: 40, WEB: 60}, ("platform ios",), 40),
    Case(
        "a common fact narrows what a telling one says",
        [ON_PRO] * 5,
        {ON_PRO: 4, Facts(platform="ios", plan="free"): 3, Facts(platform="web", plan="pro"): 93},
        ("platform ios", "plan pro"),
        4,
    ),
    Case(
        "who lacks a fact is told apart",
        [ON_PRO] * 5,
        {ON_PRO: 4, IOS: 2, Facts(language="de"): 7, WEB: 90},
        ("platform ios", "plan pro"),
        4,
        9,
    ),
    Case(
        "two versions",
        [OLD, OLD, NEW, NEW],
        {OLD: 3, NEW: 2, Facts("5"): 95},
        ("version 4.1 or 4.2",),
        5,
    ),
    Case("each on another", [Facts("1"), Facts("2"), Facts("3")], {OLD: 9}, refusal="in common"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_only_what_affected_customers_share_more_than_others_names_anybody(case: Case) -> None:
    found = pattern_of(case.affected, case.others, has_fix=no_fix)
    assert tuple(one.words.split(":")[0] for one in found.shared) == case.shared
    assert (found.fitting, found.perhaps) == (case.fitting, case.perhaps)
    assert case.refusal in found.refusal
    assert bool(found.refusal) == bool(case.refusal)


def test_who_has_the_fix_already_is_not_likely_to_meet_it() -> None:
    affected = [Facts("4.1", "ios")] * 5
    others = {
        Facts("4.1", "ios"): 3,
        Facts("4.2", "ios"): 5,
        Facts(None, "ios"): 2,
        Facts("4.1", "web"): 9,
        Facts("4.2", "web"): 80,
    }
    found = pattern_of(affected, others, has_fix=lambda version: version == "4.2")
    assert (found.fitting, found.perhaps) == (3, 2)


def test_a_version_that_has_the_fix_is_not_what_affected_customers_share() -> None:
    affected = [Facts("4.2")] * 5
    found = pattern_of(affected, {Facts("4.2"): 9, OLD: 90}, has_fix=lambda version: True)
    assert found == Pattern((), "the affected customers have no known fact in common")


def test_the_reason_gives_the_numbers_on_both_sides() -> None:
    (fact,) = pattern_of([*[IOS] * 5, Facts()], {IOS: 12, WEB: 48, OLD: 7}, has_fix=no_fix).shared
    assert fact.words == "platform ios: 5 of 5 affected customers, 12 of 60 others"
