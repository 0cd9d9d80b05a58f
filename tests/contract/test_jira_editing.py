"""What we keep current on a ticket, and what people wrote there and keep, on the sandbox."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.domain.contacts import RedactedText
from bridge.domain.errors import AnswerLost
from bridge.domain.tickets import TicketDraft, TicketRef, Urgency
from bridge.ports import Tracker
from integrations.jira.adf import MAX_CHARACTERS, plain
from integrations.jira.editing import suggested
from integrations.jira.sandbox import SandboxServer
from integrations.jira.sandbox.adf import plain_text
from tests.drafts import a_draft, a_quote, an_attempt
from tests.jira_bench import JiraBench

Node = dict[str, Any]


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


def filed(tracker: Tracker, draft: TicketDraft | None = None) -> TicketRef:
    """A ticket after its first update."""
    draft = draft or a_draft()
    ref = tracker.create(draft, an_attempt())
    tracker.update(ref, draft)
    return ref


def ticket(jira: JiraBench, ref: TicketRef) -> Node:
    """The ticket as it really is."""
    found: Node = next(one for one in jira.truth() if one["id"] == ref.remote_id)
    return found


def content(jira: JiraBench, ref: TicketRef) -> list[Node]:
    """The top-level nodes of its description."""
    found: list[Node] = ticket(jira, ref)["fields"]["description"]["content"]
    return found


def comments(jira: JiraBench, ref: TicketRef) -> list[Node]:
    """Its comments, oldest first."""
    found: list[Node] = ticket(jira, ref)["fields"]["comment"]["comments"]
    return found


def said(nodes: list[Node]) -> str:
    """All the text in them."""
    return plain([*nodes])


def people_edit(jira: JiraBench, ref: TicketRef, **fields: object) -> None:
    """A person edits the ticket."""
    jira.call("PUT", f"rest/api/3/issue/{ref.remote_id}", {"fields": fields})


def describe(jira: JiraBench, ref: TicketRef, nodes: list[Node]) -> None:
    """A person writes the description."""
    people_edit(jira, ref, description={"type": "doc", "version": 1, "content": nodes})


def writes(jira: JiraBench) -> int:
    """How many calls changed something so far."""
    reads = ("GET", "HEAD")
    searches = ("/search/jql", "/issue/bulkfetch")
    return sum(
        one["method"] not in reads and not one["path"].endswith(searches) for one in jira.calls()
    )


def text_node(text: str, **more: object) -> Node:
    return {"type": "text", "text": text, **more}


ABOVE: list[Node] = [
    {"type": "heading", "attrs": {"level": 2}, "content": [text_node("Analysis")]},
    {
        "type": "paragraph",
        "content": [
            text_node("Looks like "),
            {"type": "mention", "attrs": {"id": "712020:x", "text": "@Ada", "accessLevel": ""}},
            text_node(" broke it, see ", marks=[{"type": "strong"}]),
            {"type": "inlineCard", "attrs": {"url": "https://ci.example/1"}},
        ],
    },
]
BELOW: list[Node] = [
    {
        "type": "codeBlock",
        "attrs": {"language": "python"},
        "content": [text_node("raise  Oops\n\t# 23 affected customers")],
    },
    {"type": "panel", "attrs": {"panelType": "note"}, "content": ABOVE},
]


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


def test_a_repeated_update_writes_nothing(jira: JiraBench, numberless: Tracker) -> None:
    for tracker in (jira.tracker, numberless):
        ref = filed(tracker)
        before, updated = writes(jira), ticket(jira, ref)["updated"]
        for _ in range(3):
            tracker.update(ref, a_draft())
        assert writes(jira) == before
        assert ticket(jira, ref)["updated"] == updated


def test_a_filing_takes_four_calls_and_a_new_count_two(jira: JiraBench) -> None:
    filed(jira.tracker, a_draft(fingerprint="shop/1/1"))
    jira.tracker.highest_number()
    before = len(jira.calls())
    jira.tracker.highest_number()
    ref = filed(jira.tracker, a_draft(fingerprint="shop/2/1"))
    assert len(jira.calls()) - before == 4
    jira.tracker.update(ref, a_draft(fingerprint="shop/2/1", customers=24))
    assert len(jira.calls()) - before == 6


def test_without_a_number_field_comment_and_link_tell_the_numbers(
    jira: JiraBench, numberless: Tracker
) -> None:
    ref = filed(numberless)
    for customers in (24, 25):
        numberless.update(ref, a_draft(customers=customers))
    (told,) = comments(jira, ref)
    assert "25 affected customers in 7 accounts (41 contacts)" in plain(told["body"])
    assert "Payment fails" not in plain(told["body"])
    (link,) = ticket(jira, ref)["remotelinks"]
    assert link["object"]["title"] == "ISS-42: 25 affected customers in 7 accounts"
    assert ticket(jira, ref)["customers"] is None


def test_a_deleted_comment_is_made_anew_once(jira: JiraBench, numberless: Tracker) -> None:
    ref = filed(numberless)
    (first,) = comments(jira, ref)
    jira.call("DELETE", f"rest/api/3/issue/{ref.remote_id}/comment/{first['id']}")
    for customers in (24, 25):
        numberless.update(ref, a_draft(customers=customers))
    (second,) = comments(jira, ref)
    assert second["id"] != first["id"]
    assert "25 affected customers" in plain(second["body"])


def test_a_comment_whose_id_we_never_learned_is_found_and_not_doubled(
    jira: JiraBench, numberless: Tracker
) -> None:
    ref = numberless.create(a_draft(), an_attempt())
    fault = {"route": "POST .*/comment$", "kind": "drop_after_commit", "count": 1}
    jira.call("POST", "_sandbox/faults", fault)
    with pytest.raises(AnswerLost):
        numberless.update(ref, a_draft())
    numberless.update(ref, a_draft(customers=24))
    (told,) = comments(jira, ref)
    assert "24 affected customers" in plain(told["body"])


def test_the_summary_follows_until_a_person_writes_another(jira: JiraBench) -> None:
    ref = filed(jira.tracker)
    jira.tracker.update(ref, a_draft("Checkout closes the app on Android"))
    assert ticket(jira, ref)["summary"] == "Checkout closes the app on Android"
    people_edit(jira, ref, summary="NPE in PaymentSheet")
    for title in ("Checkout crash", "Checkout crash again"):
        jira.tracker.update(ref, a_draft(title))
        assert ticket(jira, ref)["summary"] == "NPE in PaymentSheet"
    people_edit(jira, ref, summary="Checkout closes the app on Android")
    jira.tracker.update(ref, a_draft("Third title"))
    assert ticket(jira, ref)["summary"] == "Checkout closes the app on Android"


def priority(jira: JiraBench, ref: TicketRef) -> str:
    """Name of the ticket's priority."""
    read = jira.call("GET", f"rest/api/3/issue/{ref.remote_id}?fields=priority")
    return str(read["fields"]["priority"]["name"])


def urgent(urgency: Urgency) -> TicketDraft:
    return replace(a_draft(), urgency=urgency)


def test_the_priority_is_suggested_until_a_person_chooses(jira: JiraBench) -> None:
    ref = filed(jira.tracker, urgent(Urgency.HIGH))
    assert priority(jira, ref) == "High"
    jira.tracker.update(ref, urgent(Urgency.HIGHEST))
    assert priority(jira, ref) == "Highest"
    people_edit(jira, ref, priority={"name": "Low"})
    for urgency in Urgency:
        jira.tracker.update(ref, urgent(urgency))
        assert priority(jira, ref) == "Low"
    people_edit(jira, ref, priority={"name": "Highest"})
    jira.tracker.update(ref, urgent(Urgency.MEDIUM))
    assert priority(jira, ref) == "Highest"


def test_a_priority_that_was_chosen_before_our_first_look_stays(jira: JiraBench) -> None:
    ref = jira.tracker.create(urgent(Urgency.HIGHEST), an_attempt())
    people_edit(jira, ref, priority={"name": "Lowest"})
    jira.tracker.update(ref, urgent(Urgency.HIGHEST))
    assert priority(jira, ref) == "Lowest"


def test_a_configured_priority_is_a_persons_choice(jira: JiraBench) -> None:
    settings = replace(jira.settings, fields={"priority": {"name": "Low"}})
    tracker = jira.tracker_with(settings)
    ref = filed(tracker, urgent(Urgency.HIGHEST))
    assert priority(jira, ref) == "Low"


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [("12345", "1234"), ("123", "1123"), ("12", "1112"), ("7", "7777")],
)
def test_urgency_fits_any_scheme(scheme: str, expected: str) -> None:
    ids = tuple(scheme)
    found = "".join(suggested(urgency, ids) for urgency in Urgency)
    assert found[0] == scheme[0]
    assert list(found) == sorted(found, key=scheme.index)
    assert found == expected


def test_a_persons_own_ticket_gets_the_numbers_and_keeps_all_its_words(jira: JiraBench) -> None:
    fields = {
        "project": {"key": jira.settings.project},
        "issuetype": {"id": jira.settings.issue_type},
        "summary": "Found by QA",
        "description": {"type": "doc", "version": 1, "content": BELOW},
    }
    made = jira.call("POST", "rest/api/3/issue", {"fields": fields})
    ref = TicketRef(made["id"], made["key"], "")
    jira.tracker.update(ref, urgent(Urgency.HIGHEST))
    assert ticket(jira, ref)["summary"] == "Found by QA"
    assert content(jira, ref) == BELOW
    assert priority(jira, ref) == "Medium"
    assert jira.customers(ref) == 23
    (told,) = comments(jira, ref)
    assert "23 affected customers in 7 accounts" in plain(told["body"])


def test_a_copy_that_was_made_ours_gets_its_own_link_and_comment(
    jira: JiraBench, numberless: Tracker
) -> None:
    ref = filed(numberless)
    made = jira.copy(ref)
    copied = TicketRef(made, "", "")
    describe(jira, copied, content(jira, ref))
    numberless.confirm(copied, "shop/43/1")
    draft = replace(a_draft(customers=31), fingerprint="shop/43/1")
    numberless.update(copied, draft)
    assert jira.link_count(copied) == 1
    assert "31 affected customers" in said(content(jira, copied))
    for one, customers in ((ref, 23), (copied, 31)):
        (told,) = comments(jira, one)
        assert f"{customers} affected customers" in plain(told["body"])


def test_a_confirmed_ticket_keeps_what_is_known_of_it(jira: JiraBench) -> None:
    ref = jira.tracker.create(a_draft(), an_attempt())
    jira.tracker.confirm(ref, "shop/42/1")
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


def test_the_property_tells_the_numbers_too(jira: JiraBench) -> None:
    ref = filed(jira.tracker, a_draft(customers=31))
    kept = ticket(jira, ref)["properties"]["bridge"]
    assert kept["ticket"] == ref.remote_id
    assert (kept["written"]["customers"], kept["written"]["accounts"]) == (31, 7)
    assert len(json.dumps(kept)) < 1_000
