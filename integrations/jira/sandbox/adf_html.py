"""ADF as HTML for the sandbox's own pages; every text is escaped."""

from collections.abc import Callable, Mapping

from markupsafe import Markup, escape

from integrations.jira.sandbox.adf import children_of
from integrations.jira.sandbox.records import Json

_SAFE_LINKS = ("http://", "https://", "mailto:", "/")
_TAGS = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "panel": "aside",
    "expand": "section",
    "tableRow": "tr",
    "tableCell": "td",
    "tableHeader": "th",
}
_MARK_TAGS = {"strong": "strong", "em": "em", "code": "code", "strike": "s", "underline": "u"}


def to_html(document: Json | None) -> Markup:
    """The document's blocks as HTML."""
    return Markup("") if document is None else _inside(document)


def _inside(node: Json) -> Markup:
    return Markup("").join(_node(child) for child in children_of(node))


def _wrap(tag: str, content: Markup) -> Markup:
    # The tag comes from the tables above, never from the document.
    return Markup(f"<{tag}>") + content + Markup(f"</{tag}>")  # noqa: S704


def _node(node: Json) -> Markup:
    kind = str(node.get("type"))
    if kind in _TAGS:
        return _wrap(_TAGS[kind], _inside(node))
    special = _SPECIAL.get(kind)
    return escape(_label(node)) if special is None else special(node)


def _label(node: Json) -> str:
    """What stands for a mention, card, date or the like: its words, never a live thing."""
    attributes = node.get("attrs")
    if not isinstance(attributes, dict):
        return ""
    return str(attributes.get("text") or attributes.get("url") or attributes.get("shortName") or "")


def _heading(node: Json) -> Markup:
    # One level for all: the page has h1 and h2, and a level left out would mislead screen readers.
    return _wrap("h3", _inside(node))


def _table(node: Json) -> Markup:
    return _wrap("table", _wrap("tbody", _inside(node)))


def _code(node: Json) -> Markup:
    return _wrap("pre", _wrap("code", _inside(node)))


def _text(node: Json) -> Markup:
    shown = escape(str(node.get("text", "")))
    marks = node.get("marks")
    for mark in marks if isinstance(marks, list) else []:
        tag = _MARK_TAGS.get(mark["type"])
        if tag is not None:
            shown = _wrap(tag, shown)
        elif mark["type"] == "link" and mark["attrs"]["href"].startswith(_SAFE_LINKS):
            link = Markup('<a rel="noreferrer nofollow" href="{}">{}</a>')
            shown = link.format(mark["attrs"]["href"], shown)
    return shown


_SPECIAL: Mapping[str, Callable[[Json], Markup]] = {
    "heading": _heading,
    "table": _table,
    "codeBlock": _code,
    "text": _text,
    "rule": lambda node: Markup("<hr>"),
    "hardBreak": lambda node: Markup("<br>"),
}
