"""Cuts what the customer did not write now: quoted replies and everything below a desk "
"delimiter."""

import re
from functools import cache
from itertools import pairwise

from mailparser_reply.parser import EmailMessage

from bridge.cleaning.code import code_lines

_DELIMITER = re.compile(
    r"[>\s]{0,8}(?:#{2,}\s?-|-{2,}\s?#|[-=*#]{3,})\s{0,4}"
    r"(?:please (?:type|write|reply)|reply above|bitte (?:antworten|schreiben)|antworten sie"
    r"|por favor,? (?:escriba|responda)|escriba su respuesta)\b.{0,120}",
    re.IGNORECASE,
)
_OWN_HEADER = re.compile(
    r"(?:on|am|el|le|il|op|em|den|dne)\b.{0,300}"
    r"(?:wrote|schrieb|escribi[óo]|a écrit|ha scritto|schreef|escreveu|skrev"
    r"|napsal).{0,120}:\s{0,4}"
    r"|-{2,}\s?(?:original message|ursprüngliche nachricht|mensaje original)\s?-{2,}\s{0,4}",
    re.IGNORECASE,
)
_HEADER_FIELD = re.compile(r"[\s*]{0,4}[A-Za-zÀ-ÿ]{1,12}(?: [a-z]{1,3})?:[\s*]{0,4}\S")
_NAMES_SUBJECT = re.compile(r"^[\s*]{0,4}(?:subject|betreff|asunto|objet|oggetto)\b", re.I | re.M)
_LANGUAGES = ["en", "de", "es", "fr", "it", "nl", "da", "sv", "pl"]
_WINDOW_LINES = 4
_WINDOW_CHARACTERS = 400
_TESTS = 12
"""The library's patterns are quadratic: it sees few and short windows, never the whole text."""


def strip_quotes(text: str) -> str:
    """Remove quoted replies; answers between or below quoted lines stay.

    Code-like blocks are never touched. Where the start of the quote is only likely (no quote
    marks below the header line) the text stays as it was when under 15 % of it would remain;
    in every case it does when fewer than 10 characters would and they are no short answer.
    """
    lines = _above_delimiter(text.split("\n"))
    marks = code_lines(lines)
    header = _find_header(lines, marks)
    kept, is_sure = _without_quote(lines, marks, header=header)
    result = "\n".join(kept).strip("\n")
    size, full_size = len(result.strip()), len("\n".join(lines).strip())
    if size < full_size and not is_sure and size < max(10, 0.15 * full_size):
        return "\n".join(lines)
    return result or "\n".join(lines)


def _above_delimiter(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if number and line.lstrip("> \t")[:1] in "#-=*" and _DELIMITER.match(line[:250]):
            above = lines[:number]
            return above if any(part.strip() for part in above) else lines
    return lines


def _find_header(lines: list[str], marks: list[bool]) -> tuple[int, int] | None:
    """First line and line after the last of "On … wrote:" or a From/Sent/Subject block."""
    tests = 0
    for number in range(len(lines)):
        if marks[number] or not _may_start_header(lines, number):
            continue
        tests += 1
        length = _header_length(lines[number : number + _WINDOW_LINES])
        if length:
            return number, number + length
        if tests >= _TESTS:
            return None
    return None


def _may_start_header(lines: list[str], number: int) -> bool:
    line = lines[number].strip()
    if not line:
        return False
    if line.startswith("--") or _HEADER_FIELD.match(line):
        return True
    following = lines[number : number + 3]
    return any(part.rstrip().endswith((":", "：")) for part in following)


def _header_length(window: list[str]) -> int:
    """How many lines of the window are a quote header; 0 when it does not start with one."""
    text = "\n".join(window)[:_WINDOW_CHARACTERS]
    for count in (1, 2, 3):
        intro = " ".join(line.strip().lstrip("> ") for line in window[:count])
        if _OWN_HEADER.fullmatch(intro[:_WINDOW_CHARACTERS]):
            return count
    found = _library_headers().match(text)
    if found is None:
        return 0
    is_field_block = _HEADER_FIELD.match(text) is not None
    if is_field_block and "@" not in text and not _NAMES_SUBJECT.search(text):
        return 0  # "From: Berlin, To: Munich" is part of a report
    return found.group().count("\n") + 1


@cache
def _library_headers() -> re.Pattern[str]:
    pattern: re.Pattern[str] = EmailMessage(text="", languages=_LANGUAGES).HEADER_REGEX
    return pattern


def _without_quote(
    lines: list[str], marks: list[bool], *, header: tuple[int, int] | None
) -> tuple[list[str], bool]:
    """The lines that are the customer's own, and whether the quote was marked without doubt."""
    is_quoted = [line.startswith(">") and not mark for line, mark in zip(lines, marks, strict=True)]
    if header is None:
        if not _alternates(lines, is_quoted):
            return lines, True
        return [line for line, quoted in zip(lines, is_quoted, strict=True) if not quoted], True
    start, end = header
    below = next((number for number in range(end, len(lines)) if lines[number].strip()), None)
    if below is not None and is_quoted[below]:
        own = [*lines[:start], *(lines[n] for n in range(end, len(lines)) if not is_quoted[n])]
        return own, True
    return lines[:start], any(line.strip() for line in lines[:start]) and below is None


def _alternates(lines: list[str], is_quoted: list[bool]) -> bool:
    """Quoted, own, quoted again: answers between the lines of an earlier mail."""
    filled = [quoted for line, quoted in zip(lines, is_quoted, strict=True) if line.strip()]
    changes = sum(before != after for before, after in pairwise(filled))
    return changes >= 2 and filled.count(True) >= 2
