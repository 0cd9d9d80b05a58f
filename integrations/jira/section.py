"""Finding our part of a description again, and telling whether somebody touched it."""

import hashlib
import json
from collections.abc import Sequence

from pydantic import JsonValue

_DIGITS = 16


def digest(value: JsonValue) -> str:
    """A short hash of any JSON value."""
    packed = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()[:_DIGITS]


def section_digest(nodes: Sequence[JsonValue]) -> str:
    """A hash of what people can see of these nodes.

    Ids that Jira adds by itself, and how it cuts one text into several nodes, make no difference.
    """
    return digest([_seen(node) for node in nodes])


def find_section(content: Sequence[JsonValue], wanted: str | None, count: int) -> int | None:
    """Where, among a description's top-level nodes, ours stand just as we wrote them."""
    if wanted is None or count < 1:
        return None
    for start in range(len(content) - count + 1):
        if section_digest(content[start : start + count]) == wanted:
            return start
    return None


def _seen(node: JsonValue) -> JsonValue:
    if not isinstance(node, dict):
        return node
    attributes = node.get("attrs")
    level = attributes.get("level") if isinstance(attributes, dict) else None
    return [node.get("type"), level, *_children(node.get("content"))]


def _children(content: JsonValue) -> list[JsonValue]:
    """What is inside, texts with the same marks joined into one."""
    found: list[JsonValue] = []
    last: tuple[JsonValue, str] | None = None
    for child in content if isinstance(content, list) else []:
        text = child.get("text") if isinstance(child, dict) else None
        if not isinstance(child, dict) or not isinstance(text, str):
            found.append(_seen(child))
            last = None
            continue
        marks = _marks(child.get("marks"))
        if last is not None and last[0] == marks:
            text = last[1] + text
            found.pop()
        found.append(["text", text, marks])
        last = (marks, text)
    return found


def _marks(marks: JsonValue) -> JsonValue:
    found: list[JsonValue] = []
    for mark in marks if isinstance(marks, list) else []:
        attributes = mark.get("attrs") if isinstance(mark, dict) else None
        target = attributes.get("href") if isinstance(attributes, dict) else None
        found.append([mark.get("type") if isinstance(mark, dict) else None, target])
    return sorted(found, key=json.dumps)
