"""Phone numbers in running text, through the `phonenumbers` library."""

import re
from collections.abc import Iterator

import phonenumbers

from bridge.redaction.spans import Span

_PHONE = re.compile(
    r"(?:(?<![\w+])\(?\+|(?<![\w.,/=#@$€£¥-])(?<![$€£¥] )(?:00|\(?)(?=\d))"
    r"\d?(?:[ ().\/\u2010-\u2015\u00a0-]{0,3}\d){6,16}"
    r"(?!\w|[-_/]\w|[.,]\d|\.[a-z]|@|\s?[%€$£])"
)
_GROUP_END = re.compile(r"(?<=\d)(?=[ ().\/\u2010-\u2015\u00a0-])")
_PHONE_WORD_BEFORE = re.compile(
    r"\b(?:tel|phone|mobile?|m[óo]vil|celular|cell|handy|fax|call|ring|sms|text|whatsapp|signal"
    r"|reach"
    r"|anrufen|erreich\w{0,6}|rufnummer|telefonnummer|tel[ée]fono|telefon|llam\w{0,6}|portable)\b"
    r"[^\n\d]{0,25}$",
    re.IGNORECASE,
)
_DATE_LIKE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d|(?:19|20)\d{6}(?!\d)"
    r"|\d{4}\s?[-–]\s?\d{4}$"
)
_IDENTIFIER_BEFORE = re.compile(
    r"(?:\b(?:order|invoice|ticket|case|ref(?:erence)?|transaction|payment|booking|tracking"
    r"|shipment|parcel"
    r"|serial|article|item|product|sku|model|part|customer|account|contract|policy|build|version"
    r"|error|code"
    r"|issue|bug|commit|job|request|session|user|id|uid|imei|isbn|ean|vin|version|line|bytes"
    r"|timestamp"
    r"|bestell\w{0,10}|auftrags?\w{0,10}|rechnungs?\w{0,10}|kunden\w{0,10}|vorgangs?\w{0,10}"
    r"|sendungs?\w{0,10}"
    r"|artikel\w{0,10}|serien\w{0,10}|fehler\w{0,10}|pedido|factura|referencia|cliente|contrato"
    r"|env[íi]o)"
    r"(?:[- ]?(?:id|no|nr|num|number|nummer|número|code|#))?[.:#]?|#|\bn[°º]|№)"
    r"\s{0,2}(?:is|was|ist|lautet|es|:|=)?\s{0,2}[(\"']?$",
    re.IGNORECASE,
)
_MAX_TESTS = 150
"""Calls of the (slow) library for one text; further candidates count as phones: the safe side."""


def find_phones(text: str, *, region: str) -> Iterator[Span]:
    """Phone numbers: possible ones with a leading + or 00, else only those valid in `region`.

    After a word such as "call" or "Tel." a possible national number is enough.
    """
    finder = _Finder(text, region)
    at = 0
    while (match := _PHONE.search(text, at)) is not None:
        end = finder.end_of(match)
        if end is None:
            at = match.end()
            continue
        digits = re.sub(r"\D", "", text[match.start() : end])
        has_open = match.group()[0] == "(" and ")" not in text[match.start() : end]
        yield Span(match.start() + has_open, end, "PHONE", digits)
        at = end


class _Finder:
    """One scan of one text; counts how often the library was asked."""

    def __init__(self, text: str, region: str) -> None:
        self._text = text
        self._region = region
        self._tests = 0

    def end_of(self, match: re.Match[str]) -> int | None:
        """Where the number ends: digits of something else may follow it after a separator."""
        number = match.group()
        is_international = "+" in number[:2] or number.startswith("00")
        before = self._text[max(0, match.start() - 45) : match.start()]
        has_word = _PHONE_WORD_BEFORE.search(before) is not None
        if not is_international:
            if _DATE_LIKE.match(number) or _IDENTIFIER_BEFORE.search(before):
                return None
            if number.isdigit() and not has_word and not self._may_be_bare(number):
                return None
        for end in _possible_ends(number):
            if self._is_phone(number[:end], is_lenient=is_international or has_word):
                return match.start() + end
        return None

    def _may_be_bare(self, number: str) -> bool:
        """Bare digits are more often an identifier: they need a phone's length or leading 0."""
        if self._region in {"US", "CA"}:
            return len(number) == 10 or (len(number) == 11 and number.startswith("1"))
        return number.startswith("0") and 9 <= len(number) <= 13

    def _is_phone(self, number: str, *, is_lenient: bool) -> bool:
        self._tests += 1
        if self._tests > _MAX_TESTS:
            return True
        if number.startswith("00"):
            number = "+" + number[2:]
        try:
            parsed = phonenumbers.parse(number, self._region)
        except phonenumbers.NumberParseException:
            return False
        if is_lenient:
            return phonenumbers.is_possible_number(parsed)
        return phonenumbers.is_valid_number(parsed)


def _possible_ends(number: str) -> list[int]:
    """The whole run of digits first, then what stands before each separator in it."""
    ends = [len(number), *reversed([match.start() for match in _GROUP_END.finditer(number)])]
    return [end for end in ends[:5] if sum(map(str.isdigit, number[:end])) >= 7]
