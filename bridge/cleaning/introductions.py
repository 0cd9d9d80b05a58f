"""Who is calling: how people introduce themselves, and a number said when asked for it."""

import re

_WORD = r"[A-ZÀ-ÖØ-Þ][\w.'’&-]{0,30}"
_NAME = rf"{_WORD}(?:\s(?:(?:de|del|la|los|van|von|der|den|zu|y|und|and|&)\s){{0,2}}{_WORD}){{0,5}}"
"""One to six words with a capital, with the small words between them."""
_OPENING = (
    r"(?i:hi|hey|hello|hiya|yes|yeah|good (?:morning|afternoon|evening|day)|there|hallo|ja|moin"
    r"|guten (?:tag|morgen|abend)|gr(?:ü|ue)(?:ß|ss) gott|sí|si|hola|buen[oa]s(?: d[ií]as| tardes"
    r"| noches)?)"
)
_FROM = (
    r"(?i:from|of|with|at|(?:(?:i'm|i am) )?calling (?:from|for|on behalf of)|i work (?:for|at)"
    r"|von(?: der firma)?|(?:ich )?rufe (?:für|von)(?: der firma)?|aus"
    r"|de(?: la empresa| parte de)?|llamo (?:de|desde)(?: la empresa| parte de)?)"
)
_I_AM = (
    r"(?i:this is|it's|it is|my name is|hier (?:ist|spricht)|mein name ist|mi nombre es|me llamo"
    r"|(?:le|les|os) habla|soy)"
)
_AFTER = r"(?i:speaking|here|am apparat|hier|mein name|al habla|al aparato)"
_INTRODUCTION = re.compile(
    rf"(?:{_OPENING}[ ,]{{1,3}}){{0,4}}"
    rf"(?:(?:{_I_AM}\s{_NAME}|{_NAME}\s{_AFTER})(?:,?\s{_FROM}\s{_NAME}(?:\s(?i:an))?)?"
    # "I'm Furious." is no name, "I'm Ada, I work for Acme." is one.
    rf"|(?i:i'm|i am|ich bin)\s{_NAME},?\s{_FROM}\s{_NAME})"
    r"\s{0,2}(?:[.!:;]|,(?=\s))\s{1,3}(?=\S)"
)
_NUMBER_SAID = re.compile(
    r"(?:(?:yes|sure|yeah|ok(?:ay)?|one moment|just a (?:moment|second)|moment|please|it's|it is"
    r"|that's|that is|(?:my|the) (?:\w{2,12} )?number is|ja|klar|einen moment|bitte|das ist"
    r"|(?:meine|die) (?:\w{2,12})?nummer (?:ist|lautet)|sí|si|claro|un momento|es(?: el)?"
    r"|(?:mi|el) número(?: de \w{2,12})? es(?: el)?)[ ,.:…-]{1,4}){0,6}"
    r"(?:[A-Z#]{1,4}-?)?\d[\d A-Z/.-]{2,24}\W{0,3}",
    re.IGNORECASE,
)


def strip_introduction(text: str) -> str:
    """The text without a sentence at its start that says who is calling."""
    found = _INTRODUCTION.match(text)
    return text[found.end() :] if found else text


def is_number_said(turn: str) -> bool:
    """Whether a turn of a dialogue says a number and nothing else."""
    return _NUMBER_SAID.fullmatch(turn.strip()) is not None
