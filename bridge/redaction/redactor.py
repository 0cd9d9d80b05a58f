"""Puts the detectors together: finds, numbers and replaces, until nothing is left to find."""

import re
from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from itertools import chain

from bridge.domain.contacts import RedactedText
from bridge.redaction.names import NameFinder
from bridge.redaction.numbers import find_cards, find_ibans, find_ips, find_ssns
from bridge.redaction.phones import find_phones
from bridge.redaction.secrets import find_secrets
from bridge.redaction.spans import PLACEHOLDER, Span

MAX_CHARACTERS = 50_000
"""Longer texts are cut: a bound on the time one message can take."""

_PASSES = 5
_EMAIL = re.compile(
    r"(?<![\w.%+-])(?:mailto:)?([\w.%+'-]{1,64}@[^\W_](?:[\w-]{0,62})(?:\.[\w-]{1,63}){0,8}"
    r"\.[^\W\d_][\w-]{0,61}[^\W_])(?![\w@])"
)
_SEPARATORS = re.compile(r"[\s._/-]+")
_DIGIT = re.compile(r"\d")
_LEAST_NUMBER = 5
_MANY_DIGITS = re.compile(r"\d(?:[^\w\n]{0,3}\d){6}")


class Redactor:
    """Redacts the texts of one conversation: the same value gets the same placeholder in all."""

    def __init__(
        self,
        *,
        known_names: Sequence[str] = (),
        known_numbers: Sequence[str] = (),
        region: str = "US",
    ) -> None:
        """Known are what structured fields say: full names, and account or customer numbers.

        `region` is an ISO country.
        """
        self._names = NameFinder(known_names)
        self._numbers_known = _one_of(known_numbers)
        self._region = region
        self._numbers: dict[tuple[str, str], int] = {}
        self._last: dict[str, int] = {}

    def redact(self, text: str) -> RedactedText:
        """Replace personal data by <EMAIL_1>, <PHONE_1> and so on; cut at 50,000 characters.

        Redacting a redacted text changes nothing.
        """
        text = _cut(text)
        for _ in range(_PASSES):
            replaced = _cut(self._replace(text))
            if replaced == text:
                break
            text = replaced
        return RedactedText(text)

    def _replace(self, text: str) -> str:
        kept = self._placeholders(text)
        spans = _without_overlaps(kept, self._find(text))
        pieces, at = [], 0
        for span in spans:
            pieces += [text[at : span.start], self._placeholder(span)]
            at = span.end
        return "".join([*pieces, text[at:]])

    def _find(self, text: str) -> Iterator[Span]:
        """Spans in order of trust: where two overlap the earlier detector wins."""
        found = [find_secrets(text)]
        if "@" in text:
            found.append(_find_emails(text))
        # A card and an account number have seven digits too, so one look saves five scans.
        if _MANY_DIGITS.search(text):
            numbers = [find_ibans(text), find_cards(text), find_ssns(text)]
            found += [*numbers, find_phones(text, region=self._region)]
        if text.count(".") >= 3 or text.count(":") >= 2:
            found.insert(1, find_ips(text))
        if self._numbers_known is not None:
            found.insert(0, _find_known(self._numbers_known, text))
        return chain(*found, self._names.find(text))

    def _placeholders(self, text: str) -> list[tuple[int, int]]:
        """Placeholders already there; later numbers continue after theirs."""
        taken = []
        for match in PLACEHOLDER.finditer(text):
            taken.append(match.span())
            kind, number = match[1], int(match[2])
            self._last[kind] = max(self._last.get(kind, 0), number)
        return taken

    def _placeholder(self, span: Span) -> str:
        key = (span.kind, span.value)
        if key not in self._numbers:
            self._last[span.kind] = self._last.get(span.kind, 0) + 1
            self._numbers[key] = self._last[span.kind]
        return f"<{span.kind}_{self._numbers[key]}>"


def redact(
    text: str,
    *,
    known_names: Sequence[str] = (),
    known_numbers: Sequence[str] = (),
    region: str = "US",
) -> RedactedText:
    """Redact one text on its own; see `Redactor` for several texts of one conversation."""
    return Redactor(known_names=known_names, known_numbers=known_numbers, region=region).redact(
        text
    )


def _one_of(numbers: Sequence[str]) -> re.Pattern[str] | None:
    """Finds any of these numbers, however they are spaced; very short ones would find too much."""
    told = [_SEPARATORS.sub("", number) for number in numbers]
    useful = sorted({one for one in told if len(one) >= _LEAST_NUMBER and _DIGIT.search(one)})
    if not useful:
        return None
    spaced = ("[ ._/-]?".join(map(re.escape, one)) for one in useful)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", re.IGNORECASE)


def _find_known(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        value = _SEPARATORS.sub("", match.group()).casefold()
        yield Span(match.start(), match.end(), "ACCOUNT", value)


def _find_emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        address = match.group(1)
        is_repository = address.startswith("git@") and text[match.end() : match.end() + 1] == ":"
        if not is_repository:
            yield Span(match.start(1), match.end(1), "EMAIL", address.lower())


def _without_overlaps(kept: list[tuple[int, int]], found: Iterator[Span]) -> list[Span]:
    """The spans in text order, the earlier found one where two overlap."""
    taken = sorted(kept)
    chosen: list[Span] = []
    for span in found:
        if not _overlaps(taken, span):
            insort(taken, (span.start, span.end))
            chosen.append(span)
    return sorted(chosen, key=lambda span: span.start)


def _overlaps(taken: list[tuple[int, int]], span: Span) -> bool:
    place = bisect_right(taken, (span.start, span.end))
    before = place > 0 and taken[place - 1][1] > span.start
    after = place < len(taken) and taken[place][0] < span.end
    return before or after


def _cut(text: str) -> str:
    """At most 50,000 characters, and no half placeholder at the end."""
    if len(text) <= MAX_CHARACTERS:
        return text
    end = MAX_CHARACTERS
    open_at = text.rfind("<", end - 20, end)
    match = PLACEHOLDER.match(text, open_at) if open_at >= 0 else None
    return text[:open_at] if match is not None and match.end() > end else text[:end]
