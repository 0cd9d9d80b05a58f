"""Words and clauses of a contact, for all languages alike."""

import re
from collections.abc import Sequence

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['’-][^\W_]+)*")
"""A word; where writing has no spaces, each character counts as one."""

_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+|(?<=[。！？])|\n+|\s[-–—]\s|;\s+")
_PLACEHOLDER = re.compile(r"\[[^\]\n]{1,30}\]|<[^>\n]{1,30}>")

LEAST_WORDS = 3


def words(text: str) -> list[str]:
    """The words in lower case, without the marks that redaction leaves."""
    return [word.lower() for word in _WORD.findall(_PLACEHOLDER.sub(" ", text))]


def says_enough(text: str) -> bool:
    """Nearly empty texts all look alike to an encoder and would form a group of their own."""
    return len(words(text)) >= LEAST_WORDS


def clauses(text: str) -> list[str]:
    """The sentences of a text, trimmed, empty ones left out."""
    parts = (" ".join(part.split()) for part in _SENTENCE_END.split(text))
    return [part for part in parts if part]


def trimmed(text: str, is_kept: Sequence[bool]) -> str:
    """The text without the sentences at both ends that are not kept; one a sentence of `clauses`.

    Whole if none is kept.
    """
    parts, at = [], 0
    for end in [*_SENTENCE_END.finditer(text), None]:
        start, at = at, len(text) if end is None else end.end()
        stop = len(text) if end is None else end.start()
        if text[start:stop].strip():
            parts.append((start, stop))
    kept = [part for part, is_in in zip(parts, is_kept, strict=True) if is_in]
    return text[kept[0][0] : kept[-1][1]].strip() if kept else text


def has_placeholder(text: str) -> bool:
    """Whether redaction took something out here."""
    return _PLACEHOLDER.search(text) is not None


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, whole words, with an ellipsis if something was cut."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    if not text[limit - 1].isspace() and " " in kept:
        kept = kept.rsplit(" ", 1)[0]
    return kept.rstrip(" ,;:.-") + "…"
