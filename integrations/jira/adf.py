"""The ticket's text as Jira's document tree; customers' words go only into text nodes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import JsonValue

from bridge.domain.tickets import Quote, TicketDraft

Node = dict[str, JsonValue]

MAX_CHARACTERS = 30_000
"""Jira takes 32,767 characters; we stop earlier because how it counts is not published."""
MAX_SUMMARY = 255
TITLE = "Reported by customers"
_MAX_QUOTES = 5
_MAX_QUOTE = 300
_MAX_TITLE = 500
_MAX_WORKAROUND_LINE = 600
_MAX_WORKAROUND_LINES = 8
_MAX_VERSIONS = 8
_MAX_VERSION = 40
_KEPT_CURRENT = (
    f"The bridge keeps all from “{TITLE}” to here up to date. Write above or below it: "
    "an edit inside stays, and our numbers then move to a comment."
)
_CUT = "The rest was left out here; the page above has all of it."


_JOINERS = frozenset("\u200c\u200d")
"""Invisible, but words of some languages and many emoji fall apart without them."""
_EMOJI_TAGS = range(0xE0020, 0xE0080)


def summary(draft: TicketDraft) -> str:
    """The ticket's summary: one line of at most 255 characters, never empty."""
    return shorten(one_line(draft.title), MAX_SUMMARY) or f"Recurring issue {draft.issue_name}"


def description(draft: TicketDraft, *, limit: int = MAX_CHARACTERS) -> Node:
    """The description of a new ticket: nothing but our section."""
    return document(section(draft, limit=limit))


def section(draft: TicketDraft, *, limit: int = MAX_CHARACTERS) -> list[Node]:
    """Our part of a description, under one screen; whole elements go when it passes `limit`.

    Empty when not even its frame has room.
    """
    frame = [_heading(TITLE, level=2)]
    foot = [*_way_back(draft), _paragraph(_text(_KEPT_CURRENT))]
    nodes = [*frame, *_fit(_report(draft), foot, limit - size(frame))]
    return nodes if size(nodes) <= limit else []


def paragraphs(text: str) -> list[Node]:
    """A text by lines, cut where Jira takes no more."""
    return _fit([_paragraph(_text(line)) for line in _lines(text)], [], MAX_CHARACTERS)


def comment(text: str, marker: str) -> Node:
    """A comment's body: the text by lines, then the marker that names the comment."""
    lines = [_paragraph(_text(line)) for line in _lines(text)]
    return document(_fit(lines, [_paragraph(_text(marker))], MAX_CHARACTERS))


def counts_comment(draft: TicketDraft, marker: str, *, is_whole: bool) -> Node:
    """The one comment with our numbers, or the whole report where that has no other place."""
    body = _report(draft) if is_whole else [_bullets(_numbers(draft))]
    foot = [*_way_back(draft), _paragraph(_text(marker))]
    return document([_heading(TITLE, level=2), *_fit(body, foot, MAX_CHARACTERS)])


def affected(draft: TicketDraft) -> str:
    """How many are affected, in words: "23 affected customers in 7 accounts"."""
    customers = _count(draft.customers, "affected customer")
    return f"{customers} in {_count(draft.accounts, 'account')}" if draft.accounts else customers


def plain(node: JsonValue) -> str:
    """All text of a tree, elements separated by line breaks."""
    if isinstance(node, list):
        return "\n".join(filter(None, (plain(child) for child in node)))
    if not isinstance(node, dict):
        return ""
    text = node.get("text")
    return text if isinstance(text, str) else plain(node.get("content"))


def one_line(text: str) -> str:
    """The text without line breaks, control characters, NUL and lone surrogates."""
    return " ".join("".join(c if _is_sayable(c) else " " for c in text).split())


def shorten(text: str, limit: int) -> str:
    """The text, cut at a word and marked when it has more than `limit` UTF-16 units."""
    if _units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    head, gap, _ = kept.rpartition(" ")
    # A text without spaces near the cut (a long token, Chinese) is cut where it stands.
    whole_words = head if gap and len(head) > len(kept) // 2 else kept
    return whole_words.rstrip() + "…"


def size(nodes: Sequence[JsonValue]) -> int:
    """Characters as Jira counts them, after rendering to text."""
    return sum(_units(plain(node)) + 1 for node in nodes)


def document(content: Sequence[JsonValue]) -> Node:
    """A whole text of these top-level nodes."""
    return {"type": "doc", "version": 1, "content": [*content]}


def _report(draft: TicketDraft) -> list[Node]:
    return [*_what_happens(draft), *_facts(draft), *_voices(draft), *_workaround(draft)]


def _way_back(draft: TicketDraft) -> list[Node]:
    return [_paragraph(_link(f"{draft.issue_name} in the bridge", draft.link))]


def _what_happens(draft: TicketDraft) -> list[Node]:
    typical = [_paragraph(_text(_quoted(draft.quotes[0])))] if draft.quotes else []
    return [
        _heading("What happens"),
        _paragraph(_text(shorten(one_line(draft.title), _MAX_TITLE))),
        *typical,
    ]


def _facts(draft: TicketDraft) -> list[Node]:
    lines = _numbers(draft)
    if draft.versions:
        lines.append("Versions: " + _versions(draft.versions))
    return [_heading("Who and since when"), _bullets(lines)]


def _numbers(draft: TicketDraft) -> list[str]:
    lines = [_who(draft)]
    if draft.first_seen_at and draft.last_seen_at:
        first, last = _day(draft.first_seen_at), _day(draft.last_seen_at)
        lines.append(f"First seen {first}, last seen {last}")
    return lines


def _who(draft: TicketDraft) -> str:
    line = f"{affected(draft)} ({_count(draft.contacts, 'contact')})"
    if draft.anonymous:
        line += f", and {_count(draft.anonymous, 'anonymous report')} not counted as customers"
    return line


def _voices(draft: TicketDraft) -> list[Node]:
    further = draft.quotes[1:_MAX_QUOTES]
    if not further:
        return []
    return [_heading("Others say"), _bullets(_quoted(quote) for quote in further)]


def _workaround(draft: TicketDraft) -> list[Node]:
    lines = _lines(draft.workaround or "")[:_MAX_WORKAROUND_LINES]
    if not lines:
        return []
    paragraphs = [_paragraph(_text(shorten(line, _MAX_WORKAROUND_LINE))) for line in lines]
    return [_heading("Workaround"), *paragraphs]


def _quoted(quote: Quote) -> str:
    origin = [_day(quote.occurred_at), one_line(quote.channel)]
    if quote.version:
        origin.append(shorten(one_line(quote.version), _MAX_VERSION))
    return f"“{shorten(one_line(quote.text), _MAX_QUOTE)}” ({', '.join(origin)})"


def _versions(versions: Sequence[str]) -> str:
    shown = ", ".join(shorten(one_line(v), _MAX_VERSION) for v in versions[:_MAX_VERSIONS])
    more = len(versions) - _MAX_VERSIONS
    return f"{shown} and {more} more" if more > 0 else shown


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _lines(text: str) -> list[str]:
    return [line for line in (one_line(line) for line in text.splitlines()) if line]


def _is_sayable(character: str) -> bool:
    if character in _JOINERS or ord(character) in _EMOJI_TAGS:
        return True
    return character.isprintable() and not "\ud800" <= character <= "\udfff"


def _units(text: str) -> int:
    """Length as Java counts it, where an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def _fit(body: list[Node], foot: list[Node], limit: int) -> list[Node]:
    """As many whole elements of the body as fit together with the foot."""
    room = limit - size(foot)
    if size(body) <= room:
        return [*body, *foot]
    room -= _units(_CUT) + 1
    kept: list[Node] = []
    for node in body:
        if size([*kept, node]) > room:
            break
        kept.append(node)
    if kept and kept[-1]["type"] == "heading":
        kept.pop()
    return [*kept, *foot, _paragraph(_text(_CUT))]


def _heading(text: str, *, level: int = 3) -> Node:
    return {"type": "heading", "attrs": {"level": level}, "content": [_text(text)]}


def _paragraph(*content: Node) -> Node:
    # An empty text node makes the whole document invalid.
    return {"type": "paragraph", "content": [node for node in content if node.get("text")]}


def _bullets(lines: Iterable[str]) -> Node:
    items: list[JsonValue] = [
        {"type": "listItem", "content": [_paragraph(_text(line))]} for line in lines
    ]
    return {"type": "bulletList", "content": items}


def _text(text: str) -> Node:
    return {"type": "text", "text": text}


def _link(text: str, address: str) -> Node:
    return {
        "type": "text",
        "text": text,
        "marks": [{"type": "link", "attrs": {"href": address}}],
    }
