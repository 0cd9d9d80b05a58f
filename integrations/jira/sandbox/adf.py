"""Which trees Jira takes as rich text, and how much text is in them."""

from collections.abc import Mapping, Sequence

from integrations.jira.sandbox.records import Json

_BLOCKS = frozenset(
    [
        "paragraph",
        "heading",
        "bulletList",
        "orderedList",
        "codeBlock",
        "blockquote",
        "rule",
        "panel",
        "table",
        "expand",
    ]
)
_INLINE = frozenset(["text", "hardBreak", "mention", "emoji", "inlineCard", "date", "status"])
_CELL = _BLOCKS - {"table", "expand"}

# Which nodes a node may hold; a node that is not named here does not exist.
_CHILDREN: Mapping[str, frozenset[str]] = {
    "doc": _BLOCKS,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": frozenset({"paragraph", "bulletList", "orderedList", "codeBlock"}),
    "codeBlock": frozenset({"text"}),
    "blockquote": frozenset({"paragraph", "bulletList", "orderedList", "codeBlock"}),
    "panel": frozenset({"paragraph", "heading", "bulletList", "orderedList", "codeBlock", "rule"}),
    "expand": _BLOCKS - {"expand"},
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableCell", "tableHeader"}),
    "tableCell": _CELL,
    "tableHeader": _CELL,
    **{leaf: frozenset() for leaf in ("text", "hardBreak", "rule", "mention", "emoji")},
    **{leaf: frozenset() for leaf in ("inlineCard", "date", "status")},
}
_NEVER_EMPTY = frozenset(
    [
        "bulletList",
        "orderedList",
        "listItem",
        "blockquote",
        "panel",
        "expand",
        "table",
        "tableRow",
        "tableCell",
        "tableHeader",
    ]
)
_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "heading": frozenset({"level"}),
    "orderedList": frozenset({"order"}),
    "codeBlock": frozenset({"language", "uniqueId"}),
    "panel": frozenset({"panelType"}),
    "expand": frozenset({"title"}),
    "table": frozenset({"isNumberColumnEnabled", "layout", "width", "displayMode"}),
    "tableCell": frozenset({"colspan", "rowspan", "colwidth", "background"}),
    "tableHeader": frozenset({"colspan", "rowspan", "colwidth", "background"}),
    "hardBreak": frozenset({"text"}),
    "mention": frozenset({"id", "text", "accessLevel", "userType"}),
    "emoji": frozenset({"shortName", "id", "text"}),
    "inlineCard": frozenset({"url"}),
    "date": frozenset({"timestamp"}),
    "status": frozenset({"text", "color", "style"}),
}
_NEEDED: Mapping[str, frozenset[str]] = {
    "heading": frozenset({"level"}),
    "panel": frozenset({"panelType"}),
    "mention": frozenset({"id"}),
    "emoji": frozenset({"shortName"}),
    "inlineCard": frozenset({"url"}),
    "date": frozenset({"timestamp"}),
    "status": frozenset({"text", "color"}),
}
_MARKS: Mapping[str, frozenset[str]] = {
    **{mark: frozenset() for mark in ("strong", "em", "code", "strike", "underline")},
    "link": frozenset({"href", "title", "id", "collection", "occurrenceKey"}),
    "subsup": frozenset({"type"}),
    "textColor": frozenset({"color"}),
}
_MEMBERS = frozenset({"type", "content", "attrs", "marks", "text"})
_LINES = frozenset({"paragraph", "heading", "codeBlock", "tableRow", "rule"})
_DEEPEST = 40


def is_document(value: object) -> bool:
    """Whether Jira would take this as rich text."""
    if not isinstance(value, dict) or value.get("type") != "doc":
        return False
    if value.get("version") != 1 or not isinstance(value.get("content"), list):
        return False
    if set(value) - {"type", "version", "content"}:
        return False
    return all(_is_node(child, within="doc", depth=1) for child in value["content"])


def _is_node(node: object, *, within: str, depth: int) -> bool:
    if not isinstance(node, dict) or set(node) - _MEMBERS or depth > _DEEPEST:
        return False
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in _CHILDREN[within]:
        return False
    if not _has_good_attributes(kind, node.get("attrs", {})):
        return False
    if kind == "text":
        text = node.get("text")
        return isinstance(text, str) and text != "" and _are_marks(node.get("marks", []), within)
    if "text" in node or node.get("marks"):
        return False
    children = node.get("content", [])
    if not isinstance(children, list) or (kind in _NEVER_EMPTY and not children):
        return False
    return all(_is_node(child, within=kind, depth=depth + 1) for child in children)


def _has_good_attributes(kind: str, attributes: object) -> bool:
    if not isinstance(attributes, dict):
        return False
    known = _ATTRIBUTES.get(kind, frozenset()) | {"localId"}
    if set(attributes) - known or _NEEDED.get(kind, frozenset()) - set(attributes):
        return False
    return kind != "heading" or attributes["level"] in (1, 2, 3, 4, 5, 6)


def _are_marks(marks: object, within: str) -> bool:
    if not isinstance(marks, list) or (marks and within == "codeBlock"):
        return False
    return all(_is_mark(mark) for mark in marks)


def _is_mark(mark: object) -> bool:
    if not isinstance(mark, dict) or mark.get("type") not in _MARKS:
        return False
    attributes = mark.get("attrs", {})
    if not isinstance(attributes, dict) or set(attributes) - _MARKS[mark["type"]]:
        return False
    return mark["type"] != "link" or isinstance(attributes.get("href"), str)


def plain_text(document: Json | None) -> str:
    """The text of a document, a line for each block; what the length limit counts."""
    if document is None:
        return ""
    return _text_of(document).strip("\n")


def _text_of(node: Mapping[str, object]) -> str:
    kind = node.get("type")
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    if not node.get("content") and isinstance(attributes, dict):
        return str(attributes.get("text") or attributes.get("url") or "")
    text = "".join(_text_of(child) for child in children_of(node))
    if kind in ("tableCell", "tableHeader"):
        return text.strip("\n").replace("\n", " ") + "\t"
    return text + "\n" if kind in _LINES else text


def children_of(node: Mapping[str, object]) -> Sequence[Json]:
    """The nodes inside a node."""
    children = node.get("content")
    return children if isinstance(children, list) else []


def from_plain_text(text: str) -> Json:
    """What API version 2 sends, as a document: a paragraph a line."""
    paragraphs: list[object] = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}
