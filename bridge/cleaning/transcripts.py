"""Call and chat transcripts: what the customer said, without the other side."""

import re

from bridge.cleaning.introductions import is_number_said

_CUSTOMER = (
    "caller",
    "client",
    "customer",
    "user",
    "visitor",
    "anrufer",
    "anruferin",
    "kunde",
    "kundin",
    "cliente",
    "usuario",
    "usuaria",
)
_OTHERS = (
    "advisor",
    "agent",
    "assistant",
    "bot",
    "operator",
    "rep",
    "representative",
    "support",
    "system",
    "berater",
    "beraterin",
    "mitarbeiter",
    "mitarbeiterin",
    "agente",
    "asesor",
    "asesora",
    "operador",
    "operadora",
)
_LABELLED = re.compile(rf"\s{{0,8}}({'|'.join(_CUSTOMER + _OTHERS)})\s?:\s?(.*)", re.IGNORECASE)


def customer_lines(text: str) -> str:
    """The customer's turns of a transcript; any other text as it is.

    A transcript has lines that begin with a role, of both sides. Lines without a label go on
    with the turn before them.
    """
    turns: list[tuple[str, str]] = []
    for line in text.split("\n"):
        labelled = _LABELLED.fullmatch(line)
        if labelled is not None:
            turns.append((labelled[1].lower(), labelled[2]))
        elif turns:
            turns.append((turns[-1][0], line))
        elif line.strip():
            return text
    speakers = {role for role, _ in turns}
    if speakers.isdisjoint(_CUSTOMER) or speakers.isdisjoint(_OTHERS):
        return text
    own = [said for role, said in turns if role in _CUSTOMER]
    return "\n".join(said for said in own if not is_number_said(said)).strip() or "\n".join(own)
