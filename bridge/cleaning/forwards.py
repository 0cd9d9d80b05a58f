"""Forwarded mail: the inner text is the report, the outer one a comment."""

import re
from dataclasses import dataclass

import quotequail

_MARKER_WORDS = (
    r"(?:begin )?forwarded message|original message"
    r"|anfang der weitergeleiteten (?:e-?mail|nachricht)|weitergeleitete nachricht"
    r"|ursprüngliche nachricht|inicio del mensaje reenviado|mensaje reenviado|mensaje original"
    r"|début du message réexpédié|message transféré|doorgestuurd bericht"
)
_MARKER = re.compile(
    rf"[>\s]*(?:-{{2,}}\s?)?(?:{_MARKER_WORDS})(?:\s?-{{2,}}|:)?\s*", re.IGNORECASE
)
_FORWARD_WORDS = re.compile(r"forward|weiterg|reenvi|réexp|transf|doorgest", re.IGNORECASE)
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|rv|tr|i)\s*:", re.IGNORECASE)
_HEADER = re.compile(
    r"[>\s*]{0,6}(?:from|von|de|sent|gesendet|enviado(?: el)?|date|datum|fecha|to|an|para|subject"
    r"|betreff|asunto)\s?:\*?\s",
    re.IGNORECASE,
)
_HEADER_WINDOW = 30
"""Lines handed to the library: its header search is quadratic, and headers are near the top."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A forwarded mail taken apart; `sender` is the From header as written, if there was one."""

    text: str
    comment: str
    sender: str | None


def is_forward_marker(line: str) -> bool:
    """Whether a line announces a forwarded mail, such as "Begin forwarded message:"."""
    if len(line) > 100 or not _FORWARD_WORDS.search(line):
        return False
    return _MARKER.fullmatch(line.strip().splitlines()[0] if line.strip() else "") is not None


def unwrap_forward(text: str, *, subject: str | None) -> Forward | None:
    """Take a forwarded mail apart, or None when the text is not a forward."""
    lines = text.split("\n")
    start = _start_of_forward(lines, subject=subject)
    if start is None:
        return None
    window = [line[:500] for line in lines[start : start + _HEADER_WINDOW]]
    found = quotequail.unwrap("\n".join(_unquoted(window)))
    if found is None or found["type"] != "forward":
        return None
    tail = _unquoted(lines[start + _HEADER_WINDOW :])
    inner = "\n".join([str(found.get("text", "")), *tail]).strip()
    if not inner:
        return None
    comment = "\n".join(lines[:start]).strip()
    return Forward(inner, comment, found.get("from"))


def _start_of_forward(lines: list[str], *, subject: str | None) -> int | None:
    says_forward = subject is not None and _FORWARD_SUBJECT.match(subject) is not None
    for number, line in enumerate(lines):
        if is_forward_marker(line):
            return number
        is_header = says_forward and _HEADER.match(line) is not None
        if is_header and number + 1 < len(lines) and _HEADER.match(lines[number + 1]):
            return number
    return None


def _unquoted(lines: list[str]) -> list[str]:
    """The lines without one level of quote marks, when the block is quoted throughout."""
    filled = [line for line in lines[1:] if line.strip()]
    if not filled or not all(line.startswith(">") for line in filled):
        return lines
    return [re.sub(r"^> ?", "", line) for line in lines]
