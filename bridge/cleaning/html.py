"""HTML of mails and help desks to plain text, so that quotes are still recognisable."""

import re
from collections.abc import Iterator
from html import unescape

from bridge.cleaning.forwards import is_forward_marker

_STRUCTURE = "html|body|div|p|br|table|tr|td|ul|ol|li|blockquote|h[1-6]|pre|span|head|meta"
_OPENS_WITH_TAG = re.compile(rf"\s*<(?:!doctype html|(?:{_STRUCTURE})\b)", re.IGNORECASE)
_BREAKING_TAG = re.compile(r"<(?:br\s*/?|/p|/div|/li|/tr|/td|/h[1-6]|/blockquote)>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--(?:[^-<]|-(?!->)|<(?!!--)){0,20000}-->")
_TAG = re.compile(
    r"</?[A-Za-z](?:[^<>\"']|\"[^\"<]{0,2000}\"|'[^'<]{0,2000}'){0,2000}>|<[!?][^<>]{0,2000}>"
)
_TAG_NAME = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,20})")
_ATTRIBUTE = re.compile(
    r"\b(class|type)\s{0,3}=\s{0,3}(?:\"([^\"]{0,500})\"|'([^']{0,500})'|([\w-]{1,80}))", re.I
)
_BLOCKS_TEXT = (
    "address article blockquote body div dl dt dd fieldset footer form h1 h2 h3 h4 h5 h6 header "
    "hr li main ol p pre section table tr ul"
)
_BLOCKS = frozenset(_BLOCKS_TEXT.split())
_PARAGRAPHS_TEXT = "p h1 h2 h3 h4 h5 h6 ul ol table blockquote pre"
_PARAGRAPHS = frozenset(_PARAGRAPHS_TEXT.split())
_SILENT_TEXT = "head script style title template noscript"
_SILENT = frozenset(_SILENT_TEXT.split())
_VOID_TEXT = "area base br col embed hr img input link meta source track wbr"
_VOID = frozenset(_VOID_TEXT.split())
_QUOTE_CLASSES = frozenset({"gmail_quote", "yahoo_quoted", "moz-cite-prefix", "gmail_attr"})
_SIGNATURE_CLASSES = frozenset({"gmail_signature", "moz-signature"})
_END_CLASS = "js-signatureMarker"


def looks_like_html(text: str) -> bool:
    """Whether a text is HTML rather than plain text that mentions a tag."""
    if "<" not in text:
        return False
    if _OPENS_WITH_TAG.match(text):
        return True
    return len(_BREAKING_TAG.findall(text)) >= 2


def html_to_text(html: str) -> str:
    """Plain text of a mail: quoted replies and signatures dropped, other quotes marked with "> ".

    Falls back to the whole text when dropping would leave nothing.
    """
    return _read(html, keep_all=False) or _read(html, keep_all=True)


def _read(html: str, *, keep_all: bool) -> str:
    reader = _Reader(keep_all=keep_all)
    for is_tag, piece in _pieces(html):
        if is_tag:
            reader.take_tag(piece)
        else:
            reader.take_text(unescape(piece))
    return reader.text()


def _pieces(html: str) -> Iterator[tuple[bool, str]]:
    """Tags and the text between them, in linear time.

    The standard parser takes minutes for 50 kB of "<a " and raises on "<![<![".
    """
    at = 0
    html = _COMMENT.sub("", html)
    for match in _TAG.finditer(html):
        yield False, html[at : match.start()]
        yield True, match.group()
        at = match.end()
    yield False, html[at:]


class _Reader:
    """Collects lines; an open element may start a region that is silent, quoted or dropped."""

    def __init__(self, *, keep_all: bool) -> None:
        self._keep_all = keep_all
        self._lines: list[str] = [""]
        self._open: list[tuple[str, str]] = []  # (tag, region), region "" for most
        self._counts = {"silent": 0, "dropped": 0, "quoted": 0, "pre": 0}
        self._ended = False
        self._drop_is_fresh = False

    def take_tag(self, piece: str) -> None:
        """One tag as written, brackets included."""
        match = _TAG_NAME.match(piece)
        if match is None:
            return  # a doctype or a processing instruction
        tag = match[2].lower()
        if match[1]:
            self._end_tag(tag)
        else:
            self._start_tag(tag, _attributes(piece))

    def text(self) -> str:
        """What was read so far, at most one blank line in a row."""
        joined = "\n".join(line.rstrip() for line in self._lines)
        return re.sub(r"\n{3,}", "\n\n", joined).strip("\n")

    def _start_tag(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "br":
            self._new_line()
            return
        if tag in _BLOCKS:
            self._start_block(tag)
        if tag in _VOID:
            return
        region = self._region(tag, attributes)
        if region == "ended":
            self._ended = True
            return
        if region:
            self._counts[region] += 1
            if region == "quoted":
                self._lines[-1] = self._prefix()
        self._open.append((tag, region))

    def _end_tag(self, tag: str) -> None:
        # Mails nest badly: close up to the nearest open element of that name, near the top only.
        for back in range(1, min(len(self._open), 32) + 1):
            if self._open[-back][0] == tag:
                for _ in range(back):
                    region = self._open.pop()[1]
                    if region:
                        self._counts[region] -= 1
                break
        if tag in _BLOCKS:
            self._start_block(tag)

    def take_text(self, data: str) -> None:
        """Text between two tags, entities resolved."""
        if self._counts["dropped"] and self._drop_is_fresh and data.strip():
            self._drop_is_fresh = False
            if is_forward_marker(data):  # some mail programs wrap a forward like a reply
                self._stop_dropping()
        if self._ended or self._counts["silent"] or self._counts["dropped"]:
            return
        if self._counts["pre"]:
            first, *rest = data.split("\n")
            self._lines[-1] += first
            self._lines.extend(self._prefix() + line for line in rest)
            return
        words = re.sub(r"[ \t\n\r\u00a0]+", " ", data)
        line = self._lines[-1]
        self._lines[-1] = line + (words.lstrip() if not line or line.endswith(" ") else words)

    def _region(self, tag: str, attributes: dict[str, str]) -> str:
        classes = set(attributes.get("class", "").split())
        if tag in _SILENT:
            return "silent"
        if tag == "pre":
            return "pre"
        if _END_CLASS in classes and not self._keep_all:
            return "ended"
        is_reply = tag == "blockquote" and attributes.get("type", "").lower() == "cite"
        if is_reply or classes & _QUOTE_CLASSES:
            if self._keep_all or self._is_forward_near():
                return ""
            self._drop_is_fresh = True
            return "dropped"
        if classes & _SIGNATURE_CLASSES and not self._keep_all:
            return "dropped"
        return "quoted" if tag == "blockquote" else ""

    def _is_forward_near(self) -> bool:
        recent = [line for line in self._lines[-6:] if line.strip()]
        return any(is_forward_marker(line) for line in recent)

    def _stop_dropping(self) -> None:
        self._open = [(tag, "" if region == "dropped" else region) for tag, region in self._open]
        self._counts["dropped"] = 0
        self._new_line()

    def _prefix(self) -> str:
        return "> " * min(self._counts["quoted"], 3)

    def _new_line(self) -> None:
        if not (self._ended or self._counts["silent"] or self._counts["dropped"]):
            self._lines.append(self._prefix())

    def _start_block(self, tag: str) -> None:
        if self._lines[-1].strip("> "):
            self._new_line()
            if tag in _PARAGRAPHS:
                self._new_line()


def _attributes(tag: str) -> dict[str, str]:
    """Class and type of a tag as written; no other attribute matters here."""
    found = _ATTRIBUTE.finditer(tag)
    return {match[1].lower(): match[2] or match[3] or match[4] or "" for match in found}
