"""Salutations at the start of a message: they address somebody and state nothing."""

import re

from bridge.cleaning.introductions import strip_introduction

_WORDS = (
    r"hi|hiya|hello|hey|heya|yo|howdy|greetings|salutations"
    r"|good (?:morning|afternoon|evening|day)|dear|to whom(?:soever)? it may concern"
    r"|hallo|moin(?: moin)?|servus|gr(?:ü|ue)(?:ß|ss) (?:gott|dich|sie)"
    r"|guten (?:tag|morgen|abend)|sehr geehrte[rns]?|liebe[rs]?|werte[rs]?"
    r"|hola|buen(?:os|as)? (?:d[ií]as?|tardes|noches)|buenas|estimad[oa]s?|querid[oa]s?"
    r"|muy señor(?:es)? m[ií]os?|a quien (?:pueda )?corresponda"
    r"|bonjour|bonsoir|ch[eè]re?s?|madame|monsieur|ciao|buongiorno|gentile|ol[aá]|prezad[oa]s?"
)
_GREETING = re.compile(
    rf"(?:{_WORDS})(?![\w'-])"
    r"(?:[ ,/&]{1,3}[\w.'@-]{1,30}){0,6}\s{0,3}[,.!:;–-]{0,3}",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?:@\w{1,50}[,:]?\s{1,3}){1,5}(?=\S)")
_HESITATION = r"u+h+m*|u+m+|e+r+m*|h+m+|ähm*|öhm?|eh"
_CALLING = (
    r"i(?:'m| am)? (?:just )?calling (?:you )?(?:because|about|to say|as|since)"
    r"|ich rufe an,? weil|(?:le|les|os) llamo porque|llamo porque"
)
_FILLERS = re.compile(
    rf"(?:(?:{_HESITATION}|{_CALLING}|yeah|yes|yep|hello|hi|hey|so|well|okay|ok|right|like"
    r"|ja|also|hallo|guten tag|nun|sí|si|bueno|hola|pues)(?![\w'-])[ ,.…-]{1,5}){1,12}(?=\S)",
    re.IGNORECASE,
)
_SPOKEN = re.compile(rf"\b(?:{_HESITATION}|{_CALLING})(?![\w'-])", re.IGNORECASE)
_RATING = re.compile(
    r"(?:one|two|three|four|five|[1-5]|ein|eine|zwei|drei|vier|fünf|una|dos|tres|cuatro|cinco)"
    r" (?:stars?|sterne?|estrellas?)\s{0,2}[.!:,–-]{1,3}\s{1,3}(?=\S)",
    re.IGNORECASE,
)
_VERB_ENDS = re.compile(
    r"\b(?:is|are|was|am|have|has|had|can|cannot|can't|could|do|does|did|don't|doesn't|not|my|i|i'm"
    r"|need|want|how|why|what|when|where|ich|mein|meine|nicht|kann|habe|wie|warum|ist"
    r"|mi|no|puedo|tengo|c[oó]mo|por|est[aá])\b",
    re.IGNORECASE,
)


def is_greeting(line: str) -> bool:
    """Whether a whole line is a salutation such as "Dear Ms Lee," or "Hola equipo:"."""
    stripped = line.strip()
    if not stripped or len(stripped) > 70 or stripped.endswith("?"):
        return False
    return _GREETING.fullmatch(stripped) is not None and not _VERB_ENDS.search(stripped)


def strip_greeting(lines: list[str]) -> list[str]:
    """Drop leading salutation lines (at most three) and what opens the first line after them."""
    start, greetings = 0, 0
    while start < len(lines) and greetings < 3:
        if not lines[start].strip():
            start += 1
        elif is_greeting(lines[start]):
            start += 1
            greetings += 1
        else:
            break
    return [_without_opener(lines[start]), *lines[start + 1 :]] if start < len(lines) else []


def _without_opener(line: str) -> str:
    """The first line without leading @mentions, a star rating, or what one says on the phone."""
    if line.startswith("@"):
        line = _MENTION.sub("", line, count=1)
    line = _RATING.sub("", line, count=1) if _RATING.match(line) else line
    line = strip_introduction(line)
    fillers = _FILLERS.match(line)
    if fillers is not None and _SPOKEN.search(fillers.group()):
        line = line[fillers.end() :]
    return line
