"""Bank accounts, cards, social security numbers and network addresses."""

import ipaddress
import re
from collections.abc import Iterator

from bridge.redaction.spans import Span

_IBAN_LENGTHS = (
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
    "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
    "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24"
    "RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
)
_IBAN_LENGTH = {
    _IBAN_LENGTHS[at : at + 2]: int(_IBAN_LENGTHS[at + 2 : at + 4])
    for at in range(0, len(_IBAN_LENGTHS), 4)
}
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")
_CARD = re.compile(r"(?<!\w)(?<![0-9a-zA-Z]-)(?<!\d[.,])\d(?:[ -]?\d){12,18}(?!\w)(?!-[0-9a-zA-Z])")
_CARD_PREFIX = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]"
    r"|[3-8]\d)\d{12}"
    r"|(?:5018|5020|5038|6304|6759|676[1-3])\d{8,15}|62\d{14,17}"
)
_SSN = re.compile(
    r"(?<![\w.-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d\d\1(?!0000)\d{4}(?![\w]|-\w|\.\d)"
)
_IP4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\w|-\w)")
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_VERSION_BEFORE = re.compile(
    r"(?:\bv|versi(?:on|ón|one|onen)|\bver|release|build|firmware|driver|treiber"
    r"|update[ds]?(?: to)?"
    r"|upgraded?(?: (?:to|from))?|app|client|browser|chrome|edge|agent|sdk|api|server|plugin"
    r"|paket|package"
    r"|node|since|seit)[\s.:=/(-]{0,3}$",
    re.IGNORECASE,
)


def find_ibans(text: str) -> Iterator[Span]:
    """Account numbers whose length fits the country and whose check digits are right."""
    for match in _IBAN.finditer(text):
        length = _IBAN_LENGTH.get(match.group()[:2].upper())
        if length is None:
            continue
        taken: list[str] = []
        end = match.start()
        while end < match.end() and len(taken) < length:
            if text[end] not in " -":
                taken.append(text[end].upper())
            end += 1
        ends_here = end == len(text) or not text[end].isalnum()
        if len(taken) == length and ends_here and _has_check_digits("".join(taken)):
            yield Span(match.start(), end, "IBAN", "".join(taken))


def _has_check_digits(iban: str) -> bool:
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def find_cards(text: str) -> Iterator[Span]:
    """Payment cards: a known prefix, its length, and a right Luhn digit."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if _CARD_PREFIX.fullmatch(digits) and _passes_luhn(digits):
            yield Span(match.start(), match.end(), "CARD", digits)


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, character in enumerate(reversed(digits)):
        number = int(character) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def find_ssns(text: str) -> Iterator[Span]:
    """Numbers of the shape of a US social security number."""
    for match in _SSN.finditer(text):
        yield Span(match.start(), match.end(), "SSN", re.sub(r"\D", "", match.group()))


def find_ips(text: str) -> Iterator[Span]:
    """IP addresses, but no four-part version numbers and no addresses everybody has."""
    for pattern in (_IP4, _IP6):
        for match in pattern.finditer(text):
            before = text[max(0, match.start() - 24) : match.start()]
            if _is_own_address(match.group()) and not _VERSION_BEFORE.search(before):
                yield Span(match.start(), match.end(), "IP", match.group().lower())


def _is_own_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.version == 6:
        groups = [group for group in text.split(":") if group]
        is_code = len(groups) < 3 and not any(character.isdigit() for character in text)
        return not (is_code or address.is_loopback or address.is_unspecified)
    return not (address.is_loopback or text.startswith("0."))
