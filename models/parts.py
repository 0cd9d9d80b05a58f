"""Two problems in one contact: where a text announces another one, and whether it is another one.

Words alone announce ("also", "another thing", a list); whether what follows is something else than
what came before is told by the vectors of both.
"""

import re

from models.texts import words
from models.vectors import Vector, Vectors, centered

LEAST_WORDS = 4
"""A shorter passage states no problem of its own."""
MOST_PARTS = 4
_LEAST_APART = 0.35
"""Passages that are more alike than this, after centring, are about one problem."""

_ALSO = (
    # English
    r"also|additionally|in addition|another (?:thing|problem|issue|question|point)"
    r"|(?:one|two) more (?:thing|problem|issue|question)s?|the (?:second|other) (?:thing|problem"
    r"|issue|question)|second(?:ly)?|third(?:ly)?|besides(?: that)?|furthermore|moreover"
    r"|on top of (?:that|this)|apart from (?:that|this)|separately|by the way|and then"
    # German
    r"|außerdem|ausserdem|zudem|zusätzlich|zweitens|drittens|darüber hinaus|des weiteren|übrigens"
    r"|(?:und )?noch (?:etwas|was|eine frage|ein problem)|ein (?:weiteres|anderes|zweites) problem"
    # Spanish, French, Italian, Portuguese, Dutch
    r"|además|también|segundo|por otro lado|aparte de eso|otra (?:cosa|pregunta)|otro problema"
    r"|de plus|en outre|deuxièmement|par ailleurs|autre (?:chose|problème|question)"
    r"|inoltre|in secondo luogo|un altro problema|un'altra cosa"
    r"|além disso|outra coisa|outro problema|daarnaast|bovendien|ten tweede|nog iets"
)
_MARK = re.compile(
    # At the start of a sentence, or after a comma and a word for "and".
    rf"(?:(?<=[.!?…。！？;])\s+|\n+\s*|,\s+(?:and|und|y|et|e|en)\s+|^\s*)(?=(?:{_ALSO})\b)"
    # Or an item of a list on a line of its own.
    r"|(?:^|\n)\s*(?:[-*•–]|\(?\d{1,2}[.):])\s+",
    re.IGNORECASE,
)


_OPENING = re.compile(rf"(?:{_ALSO})\b[\s,.:;–-]*", re.IGNORECASE)
"""What announces a passage says nothing about its problem."""


def passages(text: str) -> list[str]:
    """The stretches of a text that may each state a problem; the whole text when it is one.

    Without the words that announce them. Passages of fewer than `LEAST_WORDS` words are left out,
    those after the fourth too.
    """
    found = [_stated(one) for one in _MARK.split(text)]
    stated = [passage for passage in found if len(words(passage)) >= LEAST_WORDS]
    return stated[:MOST_PARTS] if len(stated) > 1 else [text]


def _stated(passage: str) -> str:
    passage = " ".join(passage.split())
    opening = _OPENING.match(passage)
    return passage[opening.end() :] if opening else passage


def are_apart(vectors: Vectors, center: Vector) -> bool:
    """Whether every passage is about something else than the first; vectors: a unit row each."""
    space = centered(vectors, center)
    return bool((space[1:] @ space[0] < _LEAST_APART).all())
