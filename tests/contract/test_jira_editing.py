"""Our part of a description, and what people wrote around and inside it, on the sandbox."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.contacts import RedactedText
from bridge.ports import Tracker
from integrations.jira.adf import MAX_CHARACTERS, plain
from integrations.jira.sandbox import SandboxServer
from integrations.jira.sandbox.adf import plain_text
from tests.drafts import a_draft, a_quote, an_attempt
from tests.editing_bench import (
    ABOVE,
    BELOW,
    Node,
    comments,
    content,
    describe,
    filed,
    said,
    text_node,
    ticket,
)
from tests.jira_bench import JiraBench


@pytest.fixture
def jira(tmp_path: Path) -> Iterator[JiraBench]:
    with SandboxServer(tmp_path / "jira.db", control=True) as sandbox:
        bench = JiraBench(sandbox)
        yield bench
        bench.close()


@pytest.fixture
def numberless(jira: JiraBench) -> Tracker:
    """A tracker of a project without a number field."""
    return jira.tracker_with(replace(jira.settings, number_field=None))


def test_what_people_write_around_our_part_stays_as_it_is(jira: JiraBench) -> None:
    ref = filed(jira.tracker)
    describe(jira, ref, [*ABOVE, *content(jira, ref), *BELOW])
    for customers in (24, 25):
        jira.tracker.update(ref, a_draft(customers=customers))
        now = content(jira, ref)
        assert now[: len(ABOVE)] == ABOVE
        assert now[-len(BELOW) :] == BELOW
        assert f"{customers} affected customers in 7 accounts" in said(now)
        assert "23 affected customers in" not in said(now)
    assert comments(jira, ref) == []


def changed_word(nodes: list[Node]) -> list[Node]:
    nodes[2]["content"][0]["text"] = "It is the cache."
    return nodes


def added_bullet(nodes: list[Node]) -> list[Node]:
    bullets = next(node for node in nodes if node["type"] == "bulletList")
    bullets["content"].append(copy.deepcopy(bullets["content"][0]))
    return nodes


def made_bold(nodes: list[Node]) -> list[Node]:
    nodes[2]["content"][0]["marks"] = [{"type": "strong"}]
    return nodes


def inserted(nodes: list[Node]) -> list[Node]:
    return [*nodes[:3], *BELOW, *nodes[3:]]


def removed(nodes: list[Node]) -> list[Node]:
    return [*nodes[:1], *nodes[2:]]


def replaced(nodes: list[Node]) -> list[Node]:
    return list(ABOVE)


EDITS = [changed_word, added_bullet, made_bold, inserted, removed, replaced]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_inside_our_part_is_kept_for_ever_and_ours_moves_to_one_comment(
    jira: JiraBench, edit: Any
) -> None:
    ref = filed(jira.tracker)
    ours = content(jira, ref)
    theirs = edit(copy.deepcopy(ours))
    describe(jira, ref, theirs)
    for customers in (24, 25, 26):
        jira.tracker.update(ref, a_draft(customers=customers))
        assert content(jira, ref) == theirs
        (told,) = comments(jira, ref)
        assert f"{customers} affected customers in 7 accounts" in plain(told["body"])
        assert "Payment fails, case 0" in plain(told["body"])
        assert jira.customers(ref) == customers
    describe(jira, ref, ours)
    jira.tracker.update(ref, a_draft(customers=27))
    assert content(jira, ref) == ours
    assert len(comments(jira, ref)) == 1


def test_ids_that_jira_adds_and_texts_it_splits_are_no_edit(jira: JiraBench) -> None:
    ref = filed(jira.tracker)
    nodes = content(jira, ref)
    nodes[1]["attrs"]["localId"] = "a-1"
    whole = nodes[2]["content"][0]["text"]
    nodes[2]["content"] = [text_node(whole[:5]), text_node(whole[5:])]
    describe(jira, ref, nodes)
    jira.tracker.update(ref, a_draft(customers=24))
    assert "24 affected customers" in said(content(jira, ref))
    assert comments(jira, ref) == []


def test_our_part_is_found_where_people_moved_it(jira: JiraBench) -> None:
    ref = filed(jira.tracker)
    describe(jira, ref, [*content(jira, ref), *ABOVE])
    jira.tracker.update(ref, a_draft(customers=24))
    describe(jira, ref, [*ABOVE, *content(jira, ref)[: -len(ABOVE)]])
    jira.tracker.update(ref, a_draft(customers=25))
    assert content(jira, ref)[: len(ABOVE)] == ABOVE
    assert "25 affected customers" in said(content(jira, ref))


def test_a_crash_between_our_calls_is_not_taken_for_an_edit(jira: JiraBench) -> None:
    ref = jira.tracker.create(a_draft(), an_attempt())
    for kind in ("drop_after_commit", "error_500_after_commit", "drop_before_commit"):
        for route in (f"PUT /rest/api/3/issue/{ref.remote_id}$", "POST .*remotelink$"):
            jira.call("POST", "_sandbox/faults", {"route": route, "kind": kind, "count": 1})
            jira.tracker.update(ref, a_draft(f"Renamed by {kind} {route[:4]}"))
    jira.tracker.update(ref, a_draft("In the end", customers=99))
    assert ticket(jira, ref)["summary"] == "In the end"
    assert "99 affected customers" in said(content(jira, ref))
    assert comments(jira, ref) == []
    assert jira.link_count(ref) == 1


def test_an_adopted_ticket_keeps_what_is_known_of_it(jira: JiraBench) -> None:
    ref = jira.tracker.create(a_draft(), an_attempt())
    jira.tracker.adopt(ref, "shop/42/1")
    jira.tracker.update(ref, a_draft("Another title", customers=24))
    assert "24 affected customers" in said(content(jira, ref))
    assert comments(jira, ref) == []


def test_beside_a_long_text_of_people_ours_gives_way(jira: JiraBench) -> None:
    ref = filed(jira.tracker)
    long: list[Node] = [
        {"type": "paragraph", "content": [text_node(f"{n} " + "x" * 900)]} for n in range(32)
    ]
    describe(jira, ref, [*long, *content(jira, ref)])
    jira.tracker.update(ref, a_draft(customers=24))
    now = content(jira, ref)
    assert now[:32] == long
    assert len(plain_text({"type": "doc", "content": now})) <= MAX_CHARACTERS
    assert "ISS-42 in the bridge" in said(now)
    longer = [*now, {"type": "paragraph", "content": [text_node("y" * 1_500)]}]
    describe(jira, ref, longer)
    jira.tracker.update(ref, a_draft(customers=25))
    assert content(jira, ref)[:32] == long
    (told,) = comments(jira, ref)
    assert "25 affected customers" in plain(told["body"])


HOSTILE = (
    "[~admin] [~accountid:712020:x] @all {code}rm -rf /{code} {panel}x{panel} !image.png! "
    "https://evil.example/login [pay here|https://evil.example] <b>bold</b> <script>alert(1)"
    "</script> 👩‍💻🏴‍☠️ h1. |a|b| \\\\ *bold*"
)


def test_hostile_text_shows_literally_and_within_limits(jira: JiraBench) -> None:
    flood = RedactedText("\n".join([HOSTILE + " " + "long " * 400] * 90))
    assert len(flood.encode()) > 190_000
    draft = replace(
        a_draft(HOSTILE),
        quotes=(a_quote(HOSTILE), a_quote(flood), a_quote(HOSTILE)),
        workaround=flood,
        versions=(HOSTILE,),
    )
    numberless = jira.tracker_with(replace(jira.settings, number_field=None))
    ref = filed(numberless, draft)
    describe(jira, ref, ABOVE)
    numberless.update(ref, replace(draft, customers=24))
    (told,) = comments(jira, ref)
    second = filed(numberless, replace(draft, fingerprint="shop/43/1"))
    for tree in (told["body"], ticket(jira, second)["fields"]["description"]):
        shown = plain(tree)
        assert HOSTILE in shown
        assert len(plain_text(tree)) <= 32_767
        assert kinds(tree) <= {"doc", "heading", "paragraph", "bulletList", "listItem", "text"}
        links = [mark["attrs"]["href"] for mark in marks(tree)]
        assert links == ["https://bridge.example/issues/ISS-42"]
    assert ticket(jira, second)["summary"] == HOSTILE[:255]


def nodes_of(tree: Any) -> list[Node]:
    if isinstance(tree, list):
        return [node for child in tree for node in nodes_of(child)]
    return [tree, *nodes_of(tree.get("content", []))]


def kinds(tree: Any) -> set[str]:
    return {node["type"] for node in nodes_of(tree)}


def marks(tree: Any) -> list[Node]:
    return [mark for node in nodes_of(tree) for mark in node.get("marks", [])]
