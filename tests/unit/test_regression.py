"""Is this a regression? One row a case, each with its reason in words."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bridge.domain.fixes import carrier_of, version_key
from bridge.domain.regression import (
    Compared,
    ContactFacts,
    Evidence,
    FixedVersion,
    HasFix,
    KnownVersion,
    VersionSource,
    Weight,
    customers_needed,
    judge,
    weigh_customers,
)

SHIPPED = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GRACE = 2 * DAY


def a_fix(version: str = "4.3.0", *, after: float = 0, **changes: object) -> FixedVersion:
    shipped_at = SHIPPED + after * DAY
    given: dict[str, object] = {
        "version": version,
        "shipped_at": shipped_at,
        "complete_at": shipped_at,
        **changes,
    }
    return FixedVersion(**given)  # type: ignore[arg-type]  # a builder's keyword arguments


def known(
    version: str,
    source: VersionSource = VersionSource.CONTACT,
    *,
    seen: float = 5,
    shipped: float | None = None,
    first_seen: float | None = None,
) -> KnownVersion:
    return KnownVersion(
        version,
        source,
        SHIPPED + seen * DAY,
        None if shipped is None else SHIPPED + shipped * DAY,
        None if first_seen is None else SHIPPED + first_seen * DAY,
    )


@dataclass(frozen=True)
class Case:
    name: str
    evidence: Evidence
    reason: str
    """Words that the reason must hold."""
    known: KnownVersion | None = None
    after: float = 5
    """Days from the fix to the contact."""
    fixes: tuple[FixedVersion, ...] = (a_fix(),)
    platform: str | None = None
    component: str = ""
    is_form: bool = False
    compared: Compared | None = None
    has_fix: HasFix | None = None


NONE, POSSIBLE, REGRESSION = Evidence.NONE, Evidence.POSSIBLE, Evidence.REGRESSION
CUSTOMER, ACCOUNT, DIRECTORY = (
    VersionSource.CUSTOMER,
    VersionSource.ACCOUNT,
    VersionSource.DIRECTORY,
)
TWO_BRANCHES = (a_fix("4.1.9"), a_fix("4.3.0", after=1))
CASES = [
    # The version on the contact.
    Case("equal", REGRESSION, "the very version that has the fix", known("4.3.0")),
    Case("equal, written otherwise", REGRESSION, "the very version", known("v4.3")),
    Case("equal, another build", REGRESSION, "the very version", known("4.3.0+77")),
    Case(
        "newer",
        REGRESSION,
        "by order of versions past 4.3.0",
        known("4.10"),
        compared=Compared.ORDER,
        has_fix=HasFix.YES,
    ),
    Case(
        "older", NONE, "without the fix of 4.3.0", known("4.2.9"), has_fix=HasFix.NO
    ),
    Case("pre-release of the fix", NONE, "without the fix", known("4.3.0-rc1")),
    Case("pre-release of what follows", REGRESSION, "past 4.3.0", known("4.4.0-beta2")),
    Case(
        "fixed in a pre-release", REGRESSION, "past 4.3.0-rc2", known("4.3.0"),
        fixes=(a_fix("4.3.0-rc2"),),
    ),
    Case("a hotfix of the version before", NONE, "without", known("4.2-hotfix2")),
    Case("a hotfix of the fixed version", REGRESSION, "past", known("4.3-hotfix2")),
    # Late arrival.
    Case("written before, arrived late", NONE, "whenever it arrived", known("4.3.0"), after=-0.1),
    Case("written before, without a version", NONE, "whenever it arrived", after=-30),
    Case("at the very moment", NONE, "whenever it arrived", known("4.3.0"), after=0),
    # No version on the contact.
    Case("customer newer", REGRESSION, "customer was last seen on 4.4", known("4.4", CUSTOMER)),
    Case("account equal", REGRESSION, "account was last seen on 4.3.0", known("4.3.0", ACCOUNT)),
    Case("directory newer", REGRESSION, "directory says", known("4.4", DIRECTORY, seen=-20)),
    Case("account older, seen since", NONE, "seen on 4.1, which is without", known("4.1", ACCOUNT)),
    Case("directory older", NONE, "directory says", known("4.1", DIRECTORY, seen=-20)),
    Case(
        "account older, seen before the fix: it may have updated",
        POSSIBLE, "no version is known", known("4.1", ACCOUNT, seen=-3), compared=Compared.ROLLOUT,
    ),
    Case("nothing known, within the grace", NONE, "less than 2 days", after=1.9),
    Case("nothing known, after it", POSSIBLE, "please check", after=2.1, compared=Compared.ROLLOUT),
    # Versions without a number.
    Case("same words", REGRESSION, "the very version", known("Next"), fixes=(a_fix("next"),)),
    Case(
        "unparsable, released later", REGRESSION, "by release dates", known("aurora", shipped=3),
        compared=Compared.RELEASE_DATES,
    ),
    Case("unparsable, released before", NONE, "without", known("aurora", shipped=-3)),
    Case(
        "unparsable, first seen after: perhaps an old build",
        POSSIBLE, "first seen after", known("aurora", first_seen=3), compared=Compared.FIRST_SEEN,
    ),
    Case("unparsable, seen before", NONE, "without", known("aurora", first_seen=-3)),
    Case(
        "release date counts before the day it was seen",
        NONE, "without", known("aurora", shipped=-3, first_seen=3),
    ),
    Case("unparsable, no dates, after the grace", POSSIBLE, "please check", known("aurora")),
    Case(
        "the fix has no number, the contact's version is older",
        NONE, "without the fix of aurora", known("4.2", shipped=-30), fixes=(a_fix("aurora"),),
    ),
    # Several release branches.
    Case("back-port itself", REGRESSION, "the very version", known("4.1.9"), fixes=TWO_BRANCHES),
    Case("after the back-port", REGRESSION, "past 4.1.9", known("4.1.10"), fixes=TWO_BRANCHES),
    Case("between the branches", NONE, "fix of 4.3.0", known("4.2.0"), fixes=TWO_BRANCHES),
    Case("before the back-port", NONE, "fix of 4.1.9", known("4.1.8"), fixes=TWO_BRANCHES),
    Case("after the newest", REGRESSION, "past 4.3.0", known("5.0"), fixes=TWO_BRANCHES),
    Case(
        "on the newer branch, before it shipped there",
        NONE, "before 4.3.0 shipped", known("4.3.0"), fixes=TWO_BRANCHES, after=0.5,
    ),
    # Partial roll-out.
    Case(
        "partial, no version", NONE, "4.3.0 had not reached everybody",
        fixes=(a_fix(percent=30, complete_at=None),), has_fix=HasFix.NOT_YET,
    ),
    Case(
        "partial, but the contact names it", REGRESSION, "the very version", known("4.3.0"),
        fixes=(a_fix(percent=30, complete_at=None),),
    ),
    Case(
        "complete later: the grace begins then", NONE, "less than 2 days",
        fixes=(a_fix(complete_at=SHIPPED + 4 * DAY),),
    ),
    Case(
        "written before it was complete", NONE, "had not reached everybody",
        fixes=(a_fix(complete_at=SHIPPED + 6 * DAY),),
    ),
    Case(
        "rolled out elsewhere", NONE, "for ios only", known("4.3.0"), platform="Android",
        fixes=(a_fix(platforms=frozenset({"ios"})),),
    ),
    Case(
        "rolled out here", REGRESSION, "the very version", known("4.3.0"), platform="iOS",
        fixes=(a_fix(platforms=frozenset({"ios"})),),
    ),
    Case(
        "another part of the product", NONE, "for api only", known("4.3.0"), component="web",
        fixes=(a_fix(component="api"),),
    ),
    # Written into the form behind a letter.
    Case(
        "a form names the fixed version: a person has to look",
        POSSIBLE, "the form of a letter, which nobody checks: please check", known("4.3.0"),
        is_form=True, has_fix=HasFix.YES,
    ),
    Case("a form names an older one", NONE, "without the fix", known("4.2"), is_form=True),
    Case("a form names none, after the grace", POSSIBLE, "no version is known", is_form=True),
    # Rollback.
    Case("taken back", NONE, "no release with the fix is out", known("4.3.0"),
         fixes=(a_fix(is_withdrawn=True),)),
    Case(
        "one of two taken back: it still counts", REGRESSION, "past 4.1.9", known("4.1.10"),
        fixes=(a_fix("4.1.9"), a_fix("4.3.0", is_withdrawn=True)),
    ),
    Case("never shipped", NONE, "no release with the fix is out", known("4.3.0"), fixes=()),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_regression(case: Case) -> None:
    moment = SHIPPED + case.after * DAY
    contact = ContactFacts(moment, case.known, case.platform, case.component, case.is_form)
    found = judge(contact, case.fixes, grace=GRACE)
    assert (found.evidence, case.reason in found.reason) == (case.evidence, True), found
    if case.compared is not None:
        assert found.compared is case.compared
    if case.has_fix is not None:
        assert found.has_fix is case.has_fix


def test_every_verdict_says_why_and_what_was_held_against_what() -> None:
    found = judge(ContactFacts(SHIPPED + DAY, known("4.4")), (a_fix(),), grace=GRACE)
    assert (found.version, found.source, found.fixed_in) == ("4.4", VersionSource.CONTACT, "4.3.0")
    assert found.reason == (
        "it names version 4.4, by order of versions past 4.3.0, that has the fix"
    )


@pytest.mark.parametrize(
    ("version", "fixed", "carrier"),
    [
        ("3.10", ("3.9", "4.3"), "3.9"),
        ("4.2", ("3.9", "4.3"), None),
        ("4.2", ("4.1", "4.3"), None),
        ("4.1.7", ("4.1", "4.3"), "4.1"),
        ("4.1.9.2", ("4.1.9", "4.3.0"), "4.1.9"),
        ("5", ("4.1.9", "4.3.0"), "4.3.0"),
        ("4", ("4.1.9", "4.3.0"), None),
        ("4.2", ("4.2",), "4.2"),
        ("4.2", (), None),
    ],
)
def test_a_back_port_carries_its_fix_on_its_own_branch_only(
    version: str, fixed: tuple[str, ...], carrier: str | None
) -> None:
    ours = version_key(version)
    keys = [key for one in fixed if (key := version_key(one)) is not None]
    assert ours is not None
    assert carrier_of(ours, keys) == (version_key(carrier) if carrier else None)


@pytest.mark.parametrize(
    ("weekly", "needed"), [(0, 1), (1, 1), (5, 1), (6.9, 2), (12, 3), (65, 19)]
)
def test_the_more_wrote_before_the_more_it_takes(weekly: float, needed: int) -> None:
    assert customers_needed(weekly, 0.3) == needed


def test_a_share_of_nothing_lets_one_customer_decide() -> None:
    assert customers_needed(500, 0) == 1


@pytest.mark.parametrize(
    ("after", "settling", "is_settling"),
    [(0.1, 7, True), (7, 7, True), (7.1, 7, False), (0.1, 0, False)],
)
def test_a_contact_soon_after_the_roll_out_counts_as_written_while_the_fix_settles(
    after: float, settling: float, is_settling: bool
) -> None:
    contact = ContactFacts(SHIPPED + (4 + after) * DAY, known("4.3.0"))
    fixes = (a_fix(complete_at=SHIPPED + 4 * DAY),)
    found = judge(contact, fixes, grace=GRACE, settling=settling * DAY)
    assert (found.evidence, found.is_settling) == (Evidence.REGRESSION, is_settling)


@pytest.mark.parametrize(
    ("in_week", "settled", "weekly", "weight", "is_enough"),
    [
        # Late words about what people met before the update.
        (5, 0, 16.2, Weight(5, 16, is_settling=True), False),
        (1, 0, 5.7, Weight(1, 5, is_settling=True), False),
        (1, 0, 1.2, Weight(1, 2, is_settling=True), False),
        # As many as before: it has not helped.
        (16, 0, 16.2, Weight(16, 16, is_settling=True), True),
        (2, 0, 1.2, Weight(2, 2, is_settling=True), True),
        (16, 1, 16.2, Weight(16, 16), True),
        # Settled.
        (5, 3, 16.2, Weight(3, 4), False),
        (5, 4, 16.2, Weight(4, 4), True),
        (1, 1, 5.7, Weight(1, 1), True),
    ],
)
def test_while_a_fix_settles_it_takes_as_many_as_wrote_before(
    in_week: int, settled: int, weekly: float, weight: Weight, is_enough: bool
) -> None:
    found = weigh_customers(in_week, settled, weekly_customers=weekly, share=0.3)
    assert (found, found.is_enough) == (weight, is_enough)


def test_a_share_that_nothing_reaches_holds_while_it_settles_too() -> None:
    assert weigh_customers(16, 0, weekly_customers=16, share=10).needed == 160


def test_the_history_says_that_the_fix_was_settling() -> None:
    words = "1 customer with the fix wrote within a week, 5 are needed"
    assert Weight(1, 5).words == words
    assert Weight(1, 5, is_settling=True).words == f"{words} while it settles"
