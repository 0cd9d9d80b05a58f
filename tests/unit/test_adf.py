"""The ticket's text: short, literal, and within Jira's limits."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from bridge.domain.contacts import RedactedText
from integrations.jira.adf import (
    MAX_CHARACTERS,
    comment,
    description,
    one_line,
    plain,
    section,
    shorten,
    summary,
)
from tests.drafts import a_draft, a_quote

ALLOWED = {"doc", "heading", "paragraph", "bulletList", "listItem", "text"}


def nodes(tree: JsonValue) -> list[dict[str, JsonValue]]:
    """Every node of the tree."""
    if isinstance(tree, list):
        return [node for child in tree for node in nodes(child)]
    if not isinstance(tree, dict):
        return []
    return [tree, *nodes(tree.get("content"))]


def test_the_ticket_tells_all_an_engineer_asks_first() -> None:
    text = plain(description(a_draft()))
    for told in (
        "Checkout closes the app",
        "23 affected customers in 7 accounts (41 contacts), and 5 anonymous reports",
        "First seen 2026-03-01, last seen 2026-03-09",
        "Versions: 4.0, 4.1",
        "“Payment fails, case 0” (2026-03-04, email, 4.1)",
        "Pay in the browser.",
        "ISS-42 in the bridge",
    ):
        assert told in text


def test_one_of_a_kind_is_not_told_in_the_plural() -> None:
    draft = replace(a_draft(), customers=1, accounts=1, contacts=1, anonymous=0)
    assert "1 affected customer in 1 account (1 contact)" in plain(description(draft))


def test_no_more_than_five_quotes_are_shown() -> None:
    assert plain(description(a_draft(quotes=9))).count("Payment fails") == 5


def test_the_text_fits_on_one_screen() -> None:
    draft = replace(
        a_draft(quotes=0),
        quotes=tuple(a_quote("word " * 400) for _ in range(9)),
        versions=tuple(f"{n}.0" for n in range(60)),
        workaround=RedactedText("line\n" * 60),
    )
    lines = [1 + len(line) // 110 for line in plain(description(draft)).splitlines()]
    assert sum(lines) <= 45


def test_only_the_link_back_is_a_link() -> None:
    draft = a_draft("See https://evil.example and [~admin] @all {code} <b>")
    links = [node for node in nodes(description(draft)) if node.get("marks")]
    assert [node["marks"] for node in links] == [
        [{"type": "link", "attrs": {"href": "https://bridge.example/issues/ISS-42"}}]
    ]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None), max_size=400))
def test_any_text_stays_text_in_a_valid_tree(text: str) -> None:
    draft = replace(
        a_draft(text),
        quotes=(a_quote(text, version=text), a_quote(text)),
        versions=(text,),
        workaround=RedactedText(text),
    )
    for tree in (description(draft), comment(text, "marker")):
        for node in nodes(tree):
            assert node["type"] in ALLOWED
            if node["type"] == "text":
                shown = node["text"]
                assert isinstance(shown, str)
                assert shown
                assert not set(shown) & {"\0", "\r", "\n"}
                shown.encode("utf-8")
            if node["type"] in ("bulletList", "listItem", "heading"):
                assert node["content"]
    line = summary(draft)
    assert 0 < len(line.encode("utf-16-le")) // 2 <= 255
    assert "\n" not in line


@pytest.mark.parametrize("limit", [300, 350, 500])
def test_a_text_that_is_too_long_loses_whole_elements_and_keeps_the_link(limit: int) -> None:
    whole = nodes(description(a_draft()))
    tree = description(a_draft(), limit=limit)
    assert len(plain(tree)) <= limit
    assert "ISS-42 in the bridge" in plain(tree)
    assert "left out" in plain(tree)
    content = tree["content"]
    assert isinstance(content, list)
    assert all(node in whole for node in content[:-1])


def test_a_section_with_no_room_for_its_frame_is_left_out() -> None:
    assert section(a_draft(), limit=150) == []
    assert section(a_draft(), limit=-5) == []


def test_an_issue_that_lost_its_contacts_tells_so() -> None:
    draft = replace(
        a_draft(quotes=0),
        customers=0,
        accounts=0,
        contacts=0,
        anonymous=0,
        first_seen_at=None,
        last_seen_at=None,
    )
    assert "0 affected customers (0 contacts)" in plain(description(draft))
    assert "seen" not in plain(description(draft))


HOSTILE = (
    "[~admin] @all {code}rm -rf{code} https://evil.example [a|https://evil.example] "
    "<script>alert(1)</script> 👩‍💻 🏴󠁧󠁢󠁥󠁮󠁧󠁿 می‌خواهم !image.png! h1. |a|b|"
)


def test_what_customers_write_shows_literally() -> None:
    draft = replace(a_draft(HOSTILE), quotes=(a_quote(HOSTILE),))
    text = plain(description(draft))
    assert text.count(HOSTILE) == 2
    assert summary(draft) == HOSTILE
    assert HOSTILE in plain(comment(HOSTILE, "Ref. x"))


def test_text_that_turns_around_is_not_let_through() -> None:
    assert one_line("a\u202eb\u2066c\ufeffd") == "a b c d"


def test_a_comment_of_200_kilobytes_is_cut_at_a_whole_line() -> None:
    lines = [f"line {number} " + "ü😀" * 30 for number in range(3_000)]
    told = plain(comment("\n".join(lines), "Ref. x"))
    assert len(told.encode("utf-16-le")) // 2 <= MAX_CHARACTERS
    kept = told.splitlines()
    assert kept[:-2] == lines[: len(kept) - 2]
    assert kept[-2] == "Ref. x"


def test_a_summary_is_one_line_of_at_most_255_characters() -> None:
    line = summary(a_draft("Checkout\r\nfails\0 " + "again and " * 60))
    assert line.startswith("Checkout fails again")
    assert len(line) <= 255
    assert line.endswith("…")


def test_an_empty_title_still_makes_a_summary() -> None:
    assert summary(a_draft(" \n")) == "Recurring issue ISS-42"


def test_cutting_never_splits_an_emoji() -> None:
    assert shorten("😀" * 10, 6) == "😀😀…"


def test_a_comment_keeps_its_lines_and_ends_with_its_marker() -> None:
    assert plain(comment("First.\n\nSecond.", "Ref. x")).splitlines() == [
        "First.",
        "Second.",
        "Ref. x",
    ]
