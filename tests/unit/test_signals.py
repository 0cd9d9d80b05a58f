"""What a sender's repositories, tags and environments mean here."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.signals import (
    Counts,
    Fate,
    InRegion,
    Rule,
    SignalMap,
    check,
    read,
    share_of,
)
from tests.builders import START

RELEASED, DEPLOYED = ShipKind.RELEASED, ShipKind.DEPLOYED
SHOP = Rule("acme/shop")
MONO = (
    Rule("acme/mono", "app", ("app-v{version}",)),
    Rule("acme/mono", "api", ("api@{version}",)),
    Rule("acme/mono", tags=("nightly*",), is_ignored=True),
)


def a_signal(
    version: str = "v4.2",
    source: str = "acme/shop",
    *,
    kind: ShipKind = RELEASED,
    environment: str = "",
    commit: str = "",
) -> ShipEvent:
    return ShipEvent(
        id="1",
        source="github:1",
        kind=kind,
        at=START,
        version=version,
        component=source,
        environment=environment,
        commit=commit,
    )


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v4.2", "4.2"),
        ("V4.2", "4.2"),
        ("4.2.0", "4.2.0"),
        ("refs/tags/v4.2", "4.2"),
        ("release-4.2", "4.2"),
        ("release/4.2", "4.2"),
        ("shop-v4.2", "4.2"),
        ("shop@4.2", "4.2"),
        ("v4.2-rc1", "4.2-rc1"),
        ("v4.2+build.7", "4.2+build.7"),
        ("v42", "42"),
        ("2026.03.02", "2026.03.02"),
        ("nightly", None),
        ("web-v4.2", None),
        ("123-fix-the-export", None),
        ("main", None),
        ("v", None),
        ("", None),
    ],
)
def test_a_version_is_read_from_the_usual_tags(tag: str, version: str | None) -> None:
    found = read(a_signal(tag), SignalMap((SHOP,)))
    if version is None:
        assert (found.fate is Fate.FOLLOW) == (tag == "")
        assert found.event.version == tag
    else:
        assert (found.fate, found.event.version) == (Fate.FOLLOW, version)


@pytest.mark.parametrize(
    ("tag", "fate", "component", "version"),
    [
        ("app-v1.2", Fate.FOLLOW, "app", "1.2"),
        ("api@7", Fate.FOLLOW, "api", "7"),
        ("nightly-2026-03-02", Fate.IGNORE, "acme/mono", "nightly-2026-03-02"),
        ("v1.2", Fate.UNMAPPED, "acme/mono", "v1.2"),
    ],
)
def test_tags_of_one_repository_tell_its_components_apart(
    tag: str, fate: Fate, component: str, version: str
) -> None:
    found = read(a_signal(tag, "acme/mono"), SignalMap(MONO))
    assert (found.fate, found.event.component, found.event.version) == (fate, component, version)
    # The name does not stand first, where a page would capitalise it.
    assert fate is not Fate.IGNORE or found.reason == "ignored on purpose: acme/mono"


def test_a_repository_that_nobody_mapped_is_told_by_name() -> None:
    found = read(a_signal(source="acme/else"), SignalMap((SHOP,)))
    assert (found.fate, found.reason) == (
        Fate.UNMAPPED,
        "nothing says what acme/else is here",
    )
    everything = SignalMap((Rule("acme/*", product="other"),))
    assert read(a_signal(source="ACME/else"), everything).product == "other"
    assert read(a_signal(source="evil/acme/shop"), everything).fate is Fate.UNMAPPED


@pytest.mark.parametrize(
    ("environment", "fate", "region"),
    [
        ("production", Fate.FOLLOW, ""),
        ("Production", Fate.FOLLOW, ""),
        ("prod-eu", Fate.FOLLOW, "eu"),
        ("prod/us-east-1", Fate.FOLLOW, "us-east-1"),
        ("staging", Fate.IGNORE, ""),
        ("pre-production", Fate.IGNORE, ""),
        ("", Fate.IGNORE, ""),
    ],
)
def test_only_environments_where_customers_are_count(
    environment: str, fate: Fate, region: str
) -> None:
    given = SignalMap((SHOP,), ("production", "prod-{region}", "prod/{region}"))
    found = read(a_signal(kind=DEPLOYED, environment=environment), given)
    assert (found.fate, found.event.region) == (fate, region)


def test_a_branch_that_is_deployed_has_a_commit_and_no_version() -> None:
    given = SignalMap((SHOP,))
    deployed = a_signal("main", kind=DEPLOYED, environment="production", commit="ab12")
    found = read(deployed, given)
    assert (found.fate, found.event.version, found.event.commit) == (Fate.FOLLOW, "", "ab12")
    assert read(replace(deployed, commit=""), given).fate is Fate.UNMAPPED
    assert read(a_signal("main", commit="ab12"), given).fate is Fate.UNMAPPED


@pytest.mark.parametrize(
    ("counts", "followed"),
    [
        (Counts.BOTH, [RELEASED, DEPLOYED]),
        (Counts.RELEASES, [RELEASED]),
        (Counts.DEPLOYMENTS, [DEPLOYED]),
    ],
)
def test_a_connection_says_whether_releases_or_deployments_count(
    counts: Counts, followed: list[ShipKind]
) -> None:
    given = SignalMap((SHOP,), counts=counts)
    signals = [a_signal(), a_signal(kind=DEPLOYED, environment="production")]
    found = [read(one, given) for one in signals]
    assert [one.event.kind for one in found if one.fate is Fate.FOLLOW] == followed


def test_a_region_that_nobody_named_is_told() -> None:
    given = SignalMap((SHOP,), ("prod-{region}",), ("eu", "us"))
    for environment, fate in (("prod-EU", Fate.FOLLOW), ("prod-ap", Fate.UNMAPPED)):
        found = read(a_signal(kind=DEPLOYED, environment=environment), given)
        assert found.fate is fate


def test_a_rollback_names_the_version_that_customers_have_again() -> None:
    signal = replace(a_signal("", kind=ShipKind.ROLLED_BACK), back_to="v4.1", environment="prod")
    found = read(signal, SignalMap((SHOP,)))
    assert (found.event.version, found.event.back_to) == ("", "4.1")


def in_region(name: str, minutes: int, *, takes_back: bool = False) -> InRegion:
    return InRegion(name, START + timedelta(minutes=minutes), takes_back)


@pytest.mark.parametrize(
    ("told", "share"),
    [
        ([], 0),
        ([in_region("eu", 0)], 33),
        ([in_region("eu", 0), in_region("EU", 5), in_region("us", 9)], 66),
        ([in_region("eu", 0), in_region("us", 1), in_region("ap", 2)], 100),
        ([in_region("eu", 0), in_region("us", 1), in_region("eu", 2, takes_back=True)], 33),
        # The take-back happened before, and came late.
        ([in_region("eu", 5), in_region("eu", 2, takes_back=True)], 33),
        ([in_region("mars", 0)], 0),
    ],
)
def test_the_share_of_regions_follows_the_last_word_of_each(
    told: list[InRegion], share: int
) -> None:
    assert share_of(("eu", "us", "ap"), told) == share


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        (SignalMap(()), "/rules"),
        (SignalMap((SHOP,) * 201), "/rules"),
        (SignalMap((Rule(""),)), "/rules/0/source"),
        (SignalMap((Rule("a****"),)), "/rules/0/source"),
        (SignalMap((SHOP, Rule("x", tags=("v1",)))), "/rules/1/tags"),
        (SignalMap((Rule("x", tags=("{version}{version}",)),)), "/rules/0/tags"),
        (SignalMap((SHOP,), ()), "/environments"),
        (SignalMap((SHOP,), ("prod", "x" * 201)), "/environments"),
        (SignalMap((SHOP,), regions=("eu",)), "/regions"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_when_it_is_saved(
    given: SignalMap, pointer: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(given)
    assert refused.value.pointer == pointer


def test_a_mapping_that_can_work_is_kept() -> None:
    for given in (SignalMap(MONO), SignalMap((SHOP,), ("prod-{region}",), ("eu",))):
        assert check(given) is given


def test_hostile_names_are_read_in_time() -> None:
    given = SignalMap((Rule("a*a*a*b", tags=("*{version}*",)),))
    assert read(a_signal("1." * 50_000, "a" * 100_000), given).fate is Fate.UNMAPPED


def test_a_name_that_looks_like_a_pattern_is_a_name() -> None:
    everything = SignalMap((Rule("*"),))
    assert read(a_signal("{version}-v4.2", "x/{version}"), everything).event.version == "4.2"
    assert read(a_signal("v4.2", "x/(?P<version>"), everything).event.version == "4.2"


def test_a_narrow_rule_comes_before_a_wide_one_and_replaces_its_own() -> None:
    given = SignalMap((Rule("acme/*"),))
    for rule in (Rule("acme/mono"), MONO[0], Rule("acme/tools-*", is_ignored=True), MONO[0]):
        given = given.with_rule(rule)
    assert [(one.source, one.component) for one in given.rules] == [
        ("acme/mono", "app"),
        ("acme/mono", ""),
        ("acme/tools-*", ""),
        ("acme/*", ""),
    ]
    assert read(a_signal("app-v1.2", "acme/mono"), given).event.component == "app"
    assert given.without_rule("acme/mono", "app").rules == given.rules[1:]
    with pytest.raises(NotFound):
        given.without_rule("acme/other")
