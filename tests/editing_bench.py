"""What stands on tickets in the sandbox, and people who edit them."""

from typing import Any

from bridge.domain.tickets import TicketDraft, TicketRef
from bridge.ports import Tracker
from integrations.jira.adf import plain
from tests.drafts import a_draft, an_attempt
from tests.jira_bench import JiraBench

Node = dict[str, Any]


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
