"""Sign-offs, signatures, mobile footers, contact lines and legal notices at the end."""

import re

from bridge.cleaning.code import code_lines

_CLOSING_WORDS = (
    r"(?:(?:many|best|kind|kindest|warm|warmest|all the|with|with best|with kind|very|yours"
    r"|thanks and|thank you and|mit|viele|liebe|beste|besten|herzliche|herzlichen|freundliche"
    r"|freundlichen|sch(?:ö|oe)ne|vielen|un|muy|cordiales?|muchas|mil|atentos|con"
    r"|bien)[ ,]{1,2}){0,3}"
    r"(?:thanks(?: and regards)?|thank you|thx|regards|wishes|best|cheers|sincerely|truly"
    r"|faithfully"
    r"|respectfully|cordially|yours|br|kr|rgds|gr(?:ü|ue)(?:ß|ss)(?:e|en)?|gru(?:ß|ss)|dank"
    r"|danke|mfg|lg|vg"
    r"|saludos?|atentamente|cordialmente|gracias|abrazo|cordialement|merci|saluti|grazie)"
    r"(?:[ ,]{1,2}(?:and|&|und|y)[ ]\w{2,12}){0,1}"
    r"(?:[ ,]{1,2}(?:in advance|again|a lot|so much|very much|im voraus|de antemano|por adelantado"
    r"|cordiales|for your (?:help|time|support|assistance)|für (?:ihre|die|eure) (?:hilfe|mühe)"
    r"|por su (?:ayuda|atenci[oó]n)|aus \w{2,20}|sincerely|truly|faithfully|vielmals|schön)){0,2}"
)
_LOOKING_FORWARD = (
    r"(?:i |we |i'm |i am )?(?:look(?:ing)? forward to|hop(?:e|ing) to|hear)\b[^.?]{0,60}"
    r"|(?:ich|wir) freue[n]? (?:mich|uns) (?:auf|über)\b[^.?]{0,60}"
    r"|(?:quedo|quedamos|espero|esperamos|en espera|a la espera)\b[^.?]{0,60}"
    r"|have a (?:nice|great|good|lovely) (?:day|evening|weekend|one)"
    r"|(?:einen )?schönen (?:tag|abend)(?: noch)?|que tengan? (?:un )?buen d[ií]a"
)
_CLOSING = re.compile(
    rf"(?:{_CLOSING_WORDS}|{_LOOKING_FORWARD})\s{{0,3}}[,.!:)–-]{{0,3}}", re.IGNORECASE
)
_SIGNED = re.compile(  # "Thanks, Maria" on one line; only the name must have capitals
    rf"(?i:{_CLOSING_WORDS})\s?[,.!–-]\s{{0,3}}"
    r"[A-ZÀ-Þ][\w'.-]{0,30}(?: [A-ZÀ-Þ][\w'.-]{0,30}){0,3}"
)
_DELIMITER = re.compile(r"(?:--|—|__{1,40}|-{3,60}|={3,60}|\*{3,60})\s{0,4}")
_MOBILE = re.compile(
    r"(?:sent|gesendet|enviado|envoyé|inviato|verzonden|skickat|von meinem|desde mi)"
    r" (?:(?:from|via|with|using|by|von|vom|mit|desde|con|depuis|da|dal|vanaf|från)\b"
    r"|.{1,30} gesendet)"
    r".{0,60}"
    r"|(?:get|download|hol(?:en sie sich|e dir)|obt[eé]n|obtener|descarga[r]?)\b.{1,40}"
    r"\b(?:for|für|para) (?:ios|android|windows|mac|iphone|mobile|desktop)\b.{0,40}",
    re.IGNORECASE,
)
_IDENTIFIER = (
    r"(?:<?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}>?"  # e-mail address
    r"|https?://\S{1,200}|www\.\S{1,200}"
    r"|[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){2,8}"  # bank account
    r"|(?:\+|\(|00)?\d[\d ().\/-]{5,30}\d)"  # phone, card and other long numbers
)
_CHANNEL_WORDS = (
    r"tel(?:ephone|efon|éfono)?|phone|mobile?|m[óo]vil|handy|cell|fax|e-?mail|web|[tmfpe]"
)
_REFERENCE_WORDS = (
    r"(?:(?:my|our|your|meine?|unsere?|ihre?|mi|su|nuestr[oa])\s)?"
    r"(?:ref(?:erence|erenz|erencia)?|case|ticket|vorgang|aktenzeichen|caso|expediente|customer"
    r"|account|contract|kunden|vertrags|cliente|contrato)"
    r"(?:[- ]?(?:no|nr|num(?:ber|ero)?|número|nummer|id|code))?"
)
_CONTACT_LINE = re.compile(
    rf"(?:{_REFERENCE_WORDS}\s?[.:#]{{1,3}}\s{{0,3}}[\w/-]{{3,40}}"
    rf"|(?:(?:[^\W\d][\w.&'-]{{0,24}} ?){{1,3}}:|(?:{_CHANNEL_WORDS})\.?)?\s{{0,3}}{_IDENTIFIER}"
    r"|(?:you|sie|ustedes|puede)?[\w ,']{0,30}\b(?:reach|call|contact|e-?mail|phone|text|ring)"
    rf" (?:me|us)\b[\w ,']{{0,30}}[: ]{_IDENTIFIER}"
    rf"|(?:my|our|meine?|mi|mis) (?:[\w-]{{1,20}} ){{1,4}}(?:is|are|ist|lautet|es"
    rf"|:)[: ]{_IDENTIFIER}"
    r"|(?:sie )?(?:k(?:ö|oe)nnen|erreichen)\b[\w ,]{0,40}\b(?:mich|uns)\b[\w ,]{0,30}[: ]"
    rf"{_IDENTIFIER}"
    r"|(?:me )?(?:puede[ns]?|pueden?|ll[aá]m[ea]n?(?:me)?|contact[ea]r?(?:me)?)\b[\w ,]{0,40}[: ]"
    rf"{_IDENTIFIER})\s{{0,3}}[.;,]?",
    re.IGNORECASE,
)
_LEGAL = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"confidential|privileged|vertraulich|rechtlich geschützt|confidencial|confidentiel",
        r"intended (?:recipient|addressee|only|solely|for)|addressee|vorgesehene|adressat|empfänger"
        r"|destinatari[oa]|destinataire",
        r"e-?mail|message|nachricht|mensaje|correo|attachment|anhang|anh(?:ä|ae)nge|adjunto"
        r"|communication",
        r"delete|destroy|notify|notif|inform the sender|löschen|vernichten|benachrichtigen"
        r"|informieren"
        r"|elim[ií]n|destru|disclos|unauthori[sz]ed|unbefugt|copy|weitergabe|liab|haftung",
    )
)
_ENVIRONMENT = re.compile(
    r".{0,80}\b(?:before printing|vor dem ausdrucken|antes de imprimir)\b", re.I
)
_MAX_UNITS = 60


def strip_ending(lines: list[str]) -> list[str]:
    """Drop trailing units that sign, footer or legal text are made of, until none is left.

    At least one line with text always stays; code-like lines are never dropped.
    """
    marks = code_lines(lines)
    first = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    floor = max((n + 1 for n, mark in enumerate(marks) if mark), default=first + 1)
    end = _without_blank_end(lines, len(lines))
    for _ in range(_MAX_UNITS):
        if end <= floor:
            break
        shorter = _without_blank_end(lines, _shorter(lines, end, floor=floor))
        if shorter == end:
            break
        end = shorter
    return lines[:end]


def _shorter(lines: list[str], end: int, *, floor: int) -> int:
    """Where the text ends without its last unit; `end` itself when the last unit is content."""
    last = lines[end - 1].strip()
    is_footer = len(last) <= 160 and (
        _MOBILE.fullmatch(last) or _CONTACT_LINE.fullmatch(last) or _DELIMITER.fullmatch(last)
    )
    if is_footer or _ENVIRONMENT.match(last):
        return end - 1
    start = _paragraph_start(lines, end)
    if start >= floor and is_legal(" ".join(lines[start:end])):
        return start
    return _sign_off_start(lines, end, floor=floor)


def is_legal(paragraph: str) -> bool:
    """Whether a paragraph is a confidentiality notice: three of its four kinds of words."""
    text = paragraph[:1500]
    return len(text) > 40 and sum(kind.search(text) is not None for kind in _LEGAL) >= 3


def _sign_off_start(lines: list[str], end: int, *, floor: int) -> int:
    """Where a closing phrase with at most six short lines below it starts, else `end`."""
    below = 0
    for number in range(end - 1, floor - 1, -1):
        line = lines[number].strip()
        if not line:
            continue
        if is_closing(line) or (below and _DELIMITER.fullmatch(line)):
            return number
        below += 1
        if below > 6 or not _may_be_signature(line):
            break
    return end


def is_closing(line: str) -> bool:
    """Whether a whole line is a closing phrase such as "Best regards," or "Thanks, Maria"."""
    if len(line) > 90:
        return False
    return (_CLOSING.fullmatch(line) or _SIGNED.fullmatch(line)) is not None


def _may_be_signature(line: str) -> bool:
    """A name, role, company, address or number: short, and no sentence."""
    return len(line) <= 70 and not line.endswith(("?", "!")) and len(line.split()) <= 9


def _paragraph_start(lines: list[str], end: int) -> int:
    start = end - 1
    while start > 0 and lines[start - 1].strip() and end - start < 30:
        start -= 1
    return start


def _without_blank_end(lines: list[str], end: int) -> int:
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    return end
