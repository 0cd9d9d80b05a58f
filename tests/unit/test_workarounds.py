"""Scopes, shares and evidence of workarounds: pure rules."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.domain.contacts import RedactedText
from bridge.domain.copies import names_version
from bridge.domain.errors import InvalidInput
from bridge.domain.issues import IssueId
from bridge.domain.scope import Asker, Scope, require_versions, require_words
from bridge.domain.shares import Share
from bridge.domain.workarounds import (
    Audience,
    Content,
    Evidence,
    Workaround,
    WorkaroundId,
    WorkaroundState,
    ended_words,
    offered,
)
from tests.builders import START


def a_workaround(number: int = 1, text: str = "Halve it.", **content: Any) -> Workaround:
    return Workaround(
        id=WorkaroundId(number),
        issue_id=IssueId(1),
        content=replace(Content(RedactedText(text)), **content),
        state=WorkaroundState.ACTIVE,
        reason=None,
        retired_by=None,
        replaced_by=None,
        evidence=Evidence(),
        edition=1,
        created_at=START,
        created_by=None,
        changed_at=None,
        changed_by=None,
    )


@pytest.mark.parametrize(
    ("versions", "given", "fits"),
    [
        ((), "4.1", True),
        (("4.1",), None, True),
        (("4.1",), "4.1.0", True),
        (("4.1",), "4.2", False),
        (("4.1", "4.2"), "4.2", True),
        ((">=4.0,<4.3",), "4.0", True),
        ((">=4.0,<4.3",), "4.2.9", True),
        ((">=4.0,<4.3",), "4.3-rc1", True),
        ((">=4.0,<4.3",), "4.3", False),
        ((">=4.0,<4.3",), "3.9", False),
        (("<=4.3",), "4.3", True),
        ((">4.3",), "4.3", False),
        (("= 4.3",), "4.3", True),
        (("<4.3",), "nightly", True),
        (("nightly",), "Nightly", True),
        (("nightly",), "beta", False),
    ],
)
def test_a_version_fits_unless_it_is_known_not_to(
    versions: tuple[str, ...], given: str | None, fits: bool
) -> None:
    assert Scope(versions).fits(Asker(version=given)) is fits


def test_what_nobody_said_keeps_nothing_from_anybody() -> None:
    scope = Scope(("4.1",), ("iOS",), ("pro",), below="4.3")
    assert scope.fits(Asker())
    assert scope.fits(Asker("4.1", "ios", "Pro"))
    assert not scope.fits(Asker("4.1", "android", "pro"))
    assert not scope.fits(Asker("4.1", "ios", "free"))
    assert scope.words() == "versions 4.1, only for versions below 4.3, on iOS, for pro"
    assert not replace(scope, versions=()).fits(Asker("4.3"))
    assert Scope().words() == ""


@pytest.mark.parametrize(
    ("versions", "reaches"),
    [
        ((), False),
        (("4.2",), True),
        (("4.3",), False),
        (("4.3", "4.1"), True),
        ((">=4.0",), True),
        ((">=4.3",), False),
        (("<4.2",), True),
        (("nightly",), True),
    ],
)
def test_which_scopes_name_versions_that_a_fix_has_not_reached(
    versions: tuple[str, ...], reaches: bool
) -> None:
    assert Scope(versions).reaches_below("4.3") is reaches


@pytest.mark.parametrize("wrong", [">=", "<nothing", ">=4.0,", ">=4.0,4.3", "=<4"])
def test_a_range_without_versions_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="is no range of versions"):
        require_versions(["4.1", wrong])
    require_versions(["4.1", "nightly", ">=4.0, <4.3"])


@pytest.mark.parametrize(
    ("wanted", "is_empty"),
    [
        (">=4.3,<4.0", True),
        (">=4.3,<4.3", True),
        (">4.3,<=4.3", True),
        (">=4.3,<=4.3", False),
        ("=4.3,<4.3", True),
        ("=4.1,=4.2", True),
        (">=4.0,<4.3", False),
        (">=4.0,>=4.2,<4.1", True),
        ("<4.0,<4.3", False),
    ],
)
def test_a_range_that_holds_no_version_is_refused(wanted: str, is_empty: bool) -> None:
    if not is_empty:
        require_versions([wanted])
        return
    with pytest.raises(InvalidInput, match="it ends before it begins") as refused:
        require_versions(["4.1", wanted])
    assert refused.value.pointer == "/versions/1"


def test_a_blank_platform_is_refused() -> None:
    require_words(["iOS"], what="platforms")
    with pytest.raises(InvalidInput, match="platforms cannot be blank") as refused:
        require_words(["iOS", " "], what="platforms")
    assert refused.value.pointer == "/platforms/1"


def test_the_interval_of_a_share_is_wilsons_and_too_few_have_none() -> None:
    assert Share.of(9, 9) is None
    share = Share.of(8, 10)
    assert share is not None
    # Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
    assert (share.count, share.total, share.value) == (8, 10, 0.8)
    known = Share.of(81, 263)
    assert known is not None
    assert (round(known.low, 4), round(known.high, 4)) == (0.2553, 0.3662)
    none = Share.of(0, 20)
    assert none is not None
    assert (none.low, round(none.high, 4)) == (0.0, 0.1611)
    with pytest.raises(ValueError, match="no share"):
        Share.of(3, 2)


def test_poor_evidence_is_marked_and_sorted_last_but_never_hidden() -> None:
    poor = replace(a_workaround(3), evidence=Evidence(used=20, worked=2, did_not=18))
    good = replace(a_workaround(1), evidence=Evidence(used=30, worked=28, did_not=2))
    fresh, fresher = a_workaround(2), a_workaround(4)
    few = replace(a_workaround(5), evidence=Evidence(used=9, worked=0, did_not=9))
    assert [one.id for one in offered([good, fresh, poor, fresher, few], Asker())] == [
        *(1, 5, 4, 2, 3)
    ]
    assert poor.evidence.words() == "worked 2 of 20 times (3% to 30%): it mostly fails"
    assert few.evidence.words() == "worked 0 of 9 times: too few to tell"
    assert fresh.evidence.words() == ""


def test_only_active_ones_are_offered() -> None:
    draft = replace(a_workaround(1), state=WorkaroundState.DRAFT)
    retired = replace(a_workaround(2), state=WorkaroundState.RETIRED)
    assert offered([draft, retired], Asker()) == []


def test_customers_never_read_what_was_written_for_support() -> None:
    steps = (RedactedText("Open it."),)
    internal = a_workaround(steps=steps)
    assert internal.text_for(Audience.CUSTOMER) is None
    assert internal.steps_for(Audience.CUSTOMER) == ()
    both = a_workaround(customer_text=RedactedText("Please export twice."), steps=steps)
    assert both.text_for(Audience.CUSTOMER) == "Please export twice."
    assert both.text_for(Audience.INTERNAL) == "Halve it."
    assert both.steps_for(Audience.CUSTOMER) == ()
    open_to_all = a_workaround(audience=Audience.CUSTOMER, steps=steps)
    assert open_to_all.text_for(Audience.CUSTOMER) == "Halve it."
    assert open_to_all.steps_for(Audience.CUSTOMER) == steps


def test_users_hear_what_to_say_instead() -> None:
    assert ended_words(a_workaround(), "4.3") == [
        "Stop using this workaround: Halve it.",
        "Say this instead: This is fixed in 4.3: please update to it.",
    ]
    narrowed = a_workaround(
        scope=Scope(("4.1",), below="4.3"), after_fix_text=RedactedText("Update, then retry.")
    )
    assert ended_words(narrowed, "4.3") == [
        "Use this workaround only for versions below 4.3: Halve it.",
        "Say this instead: Update, then retry.",
    ]


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("For versions before 4.3.", True),
        ("only below v4.3", True),
        ("<p>Below&nbsp;4.3, halve it.</p>", True),
        ("Halve it (4.3)", True),
        ("before 4.3.1", False),
        ("before 4.31", False),
        ("before 14.3", False),
        ("before 2.4.3", False),
        ("before 4.3-rc1", False),
        ("Halve it.", False),
    ],
)
def test_a_copy_names_the_version_itself_and_not_one_that_looks_like_it(
    text: str, is_named: bool
) -> None:
    assert names_version(text, "4.3") is is_named
    assert names_version(text, "v4.3") is is_named
