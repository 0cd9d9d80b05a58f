"""What may be said to which customer, and in which words."""

from datetime import UTC, datetime

import pytest

from bridge.domain.errors import InvalidInput
from bridge.domain.issues import IssueId
from bridge.domain.letter_texts import SENTENCES, TEXTS, ToCustomer, first_words, write_out
from bridge.domain.letters import (
    LANGUAGES,
    MOVES,
    FixTold,
    FixWords,
    LetterKind,
    LetterLinks,
    LetterState,
    LetterText,
    check_text,
    greeting_name,
    is_open_until,
    language_of,
    state_of,
)
from bridge.domain.messages import MessageState
from bridge.domain.reach import Carrier, KnownOfCustomer, reach_of
from bridge.domain.regression import FixedVersion
from bridge.store.opt_outs import OptedOut

AT = datetime(2026, 3, 2, tzinfo=UTC)
LINKS = LetterLinks("https://x/stop", "https://x/still-broken", "https://x/effort")


def out(version: str, *regions: str, percent: int = 100, platform: str = "") -> Carrier:
    platforms = frozenset({platform} if platform else ())
    complete_at = AT if percent == 100 else None
    fixed = FixedVersion(version, AT, complete_at, percent=percent, platforms=platforms)
    return Carrier(fixed, frozenset(regions))


BRANCHES = (out("4.1.9"), out("4.3.0"))
EU = (out("4.3.0", "eu", "uk"),)


@pytest.mark.parametrize(
    ("version", "carriers", "told", "has_it"),
    [
        ("4.3.0", BRANCHES, "4.3.0", True),
        ("v4.3", BRANCHES, "4.3.0", True),
        ("4.4", BRANCHES, "4.3.0", True),
        ("4.1.10", BRANCHES, "4.1.9", True),
        ("4.1.2", BRANCHES, "4.1.9", False),
        ("4.2.0", BRANCHES, "4.3.0", False),
        ("4.3.0-rc1", BRANCHES, "4.3.0", False),
        (None, BRANCHES, "4.3.0", None),
        ("the blue one", BRANCHES, "4.3.0", None),
        ("4.4", (out("4.3.0", percent=20),), "4.3.0", True),
        (None, (out("4.3.0", percent=20), out("4.1.9")), "4.1.9", None),
        ("spring", (out("spring"),), "spring", True),
    ],
)
def test_a_customer_is_told_of_the_release_that_is_theirs(
    version: str | None, carriers: tuple[Carrier, ...], told: str, has_it: bool | None
) -> None:
    found = reach_of(KnownOfCustomer(version), carriers)
    assert (found.version, found.has_it) == (told, has_it)


@pytest.mark.parametrize(
    ("known", "carriers", "reason"),
    [
        (KnownOfCustomer(), (), "no release with the fix is out"),
        (KnownOfCustomer("4.1"), (out("4.3.0", percent=20),), "4.3.0 has reached 20 %"),
        (KnownOfCustomer(platform="Web"), (out("4.3", platform="ios"),), "for ios only so far"),
        (KnownOfCustomer(), EU, "4.3.0 has reached eu, uk only so far, and where they are is not"),
        (KnownOfCustomer(region="US"), EU, "and they are in us"),
    ],
)
def test_whom_the_fix_has_not_reached_waits_with_the_reason(
    known: KnownOfCustomer, carriers: tuple[Carrier, ...], reason: str
) -> None:
    found = reach_of(known, carriers)
    assert found.version is None
    assert reason in found.reason


def test_who_is_in_the_region_or_has_the_version_is_reached() -> None:
    assert reach_of(KnownOfCustomer(region="EU"), EU).version == "4.3.0"
    assert reach_of(KnownOfCustomer("4.3.1"), EU).has_it is True
    ios = (out("4.3", platform="ios"),)
    assert reach_of(KnownOfCustomer(platform="iOS"), ios).version == "4.3"


@pytest.mark.parametrize("kind", LetterKind)
def test_the_own_texts_can_be_sent_in_every_language(kind: LetterKind) -> None:
    assert set(TEXTS[kind]) == set(SENTENCES) == set(LANGUAGES)
    for language, text in TEXTS[kind].items():
        assert check_text(kind, language, text) == text
        fix = (FixTold(IssueId(1), 1, "4.2", False), FixWords("Exports stop", "Twice\nas fast"))
        is_correction = kind is LetterKind.CORRECTION
        to = ToCustomer("Shop", language, "Mia {fixes}", [fix], LINKS, is_correction)
        subject, body = write_out(text, to)
        assert subject.startswith("Shop: ")
        assert "* Exports stop\n  " in body
        assert "\n  Twice\n  as fast" in body
        assert LINKS.stop in body.splitlines()
        assert "4.2" in body
        # A correction does not ask whether it still happens: it says so.
        assert (LINKS.still_broken in body.splitlines()) is not is_correction
        assert (LINKS.effort in body) is (kind is LetterKind.CHECK_IN)
        assert "Mia {fixes}" in body, "what is filled in is not looked through"
        assert "{" not in body.replace("{fixes}", "")
        assert "\n\n\n" not in body


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LetterText("", "x"), "needs a subject"),
        (LetterText("x", "{fixes} {opt_out}"), r"have \{still_broken\}"),
        (LetterText("x", "{fixes} {still_broken}"), r"have \{opt_out\}"),
        (LetterText("{secret}", "{fixes} {still_broken} {opt_out}"), r"cannot have \{secret\}"),
        (LetterText("{fixes}", "{fixes} {still_broken} {opt_out}"), "subject cannot have"),
        (LetterText("x", "{fixes} {still_broken} {opt_out} { Opt_Out }"), "text cannot have"),
        (LetterText("x", "{fixes} {still_broken} {opt_out}", "{name}"), "nothing is filled in"),
        (LetterText("x" * 201, "{fixes} {still_broken} {opt_out}"), "at most 200"),
        (LetterText("x", "{fixes} {still_broken} {opt_out}" + "x" * 10_000), "10,000"),
    ],
)
def test_a_text_that_lacks_something_is_refused(text: LetterText, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        check_text(LetterKind.FIX, "en", text)
    with pytest.raises(InvalidInput, match="there are texts in"):
        check_text(LetterKind.FIX, "tlh", TEXTS[LetterKind.FIX]["en"])


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Mia Meyer", True),
        ("  José-María   O'Neil ", True),
        ("Dr. M. Meyer", True),
        ("李雷", True),
        (None, False),
        ("", False),
        ("mia@customer.example", False),
        ("Win at evil.example", False),
        ("Mia\nBcc: all", False),
        ("http://evil.example", False),
        ("{opt_out}", False),
        ("A" * 61, False),
        ("one two three four five six seven", False),
    ],
)
def test_only_what_looks_like_a_name_is_greeted(name: str | None, greeted: bool) -> None:
    assert (greeting_name(name) is not None) is greeted


@pytest.mark.parametrize(
    ("told", "language"),
    [("de", "de"), ("de-AT", "de"), ("ES_mx", "es"), ("fr", "en"), (None, "en"), ("", "en")],
)
def test_a_customer_is_written_to_in_their_language_where_there_is_a_text(
    told: str | None, language: str
) -> None:
    assert language_of(told, "en") == language


def test_no_letter_is_sent_but_from_approved_and_the_message_tells_from_then_on() -> None:
    assert {state for state, to in MOVES.items() if LetterState.SENDING in to} == {
        LetterState.APPROVED,
        LetterState.FAILED,
    }
    assert {state for state, to in MOVES.items() if LetterState.APPROVED in to} == {
        LetterState.DRAFTED
    }
    assert state_of(LetterState.DRAFTED, None) is LetterState.DRAFTED
    shown = {one: state_of(LetterState.SENDING, one).value for one in MessageState}
    assert shown == {
        **dict.fromkeys(("planned", "held", "sending", "unknown"), "sending"),
        **{"sent": "sent", "acknowledged": "sent", "failed": "failed", "bounced": "failed"},
        "suppressed": "suppressed",
    }


def test_words_for_a_fix_come_from_what_was_written_for_customers() -> None:
    found = first_words("Exporte enden", "de", instead=None, no_longer="Das Menü.")
    # In other languages a person writes them.
    assert found == {"de": FixWords("Exporte enden", "Das brauchen Sie nicht mehr: Das Menü.")}
    instead = first_words("", "en", instead="Press Export.", no_longer="Use the menu.")
    assert instead["en"] == FixWords("", "Press Export.")


def test_an_opt_out_holds_for_an_address_with_a_tag_and_for_the_customer() -> None:
    opted = OptedOut(frozenset({"mia@customer.example"}), frozenset({7}))
    assert opted.holds("mia+shop@customer.example", 1)
    assert opted.holds(None, 7)
    assert not opted.holds("mia@other.example", 1)


def test_answers_are_taken_for_a_while() -> None:
    assert is_open_until(None, AT, 180)
    assert not is_open_until(AT, AT.replace(year=2027), 180)
