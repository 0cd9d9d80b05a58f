"""People named in running text: those a directory knows, and whoever is called Mr or Mrs.

Redaction at the door knows the names of a contact's own fields only. What is shown of many contacts
at once, a title or a quote, is held against everybody the product knows.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from bridge.domain.contacts import RedactedText
from bridge.redaction.names import name_parts

_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*[^\W\d_])?")
_OWNER = re.compile(r"['’]s$")
_CALLED = re.compile(
    r"\b(?:Mrs?|Ms|Miss|Mx|Dr|Prof|Frau|Herrn?|Señora?|Sra?|Don|Doña|Madame|Mme|Monsieur)\.?\s$"
)
_CALLED_IN_CHAT = re.compile(r"\bmrs?\.?\s$", re.IGNORECASE)
"""Before a name in small letters: the titles that are no words besides."""
_I_AM = re.compile(
    r"\b(?:this is|my name is|it's|i'm|i am|hier (?:ist|spricht)|mein name ist|ich bin|soy"
    r"|me llamo|mi nombre es|(?:le|les|os) habla)\s$",
    re.IGNORECASE,
)
_BEFORE = 16
_ORDINARY = 6
"""A word in so many texts is no name, whoever is called so."""
_KEPT = re.compile(r"<NAME_(\d{1,6})>")


class Mentions:
    """Finds names in texts of one product."""

    def __init__(self, names: Iterable[str], *, uses: Callable[[str], int]) -> None:
        """names: of everybody known; uses: how many of the product's newest texts use a word.

        What many texts use is not told to be a name: a product may be called Jasper.
        """
        self._parts = frozenset(part for name in names for part in name_parts(name))
        self._uses = uses

    def are_in(self, text: str) -> bool:
        """Whether somebody is named."""
        return next(self._found(text), None) is not None

    def hide(self, text: str) -> RedactedText:
        """The text with <NAME_n> for each name."""
        number = max((int(one) for one in _KEPT.findall(text)), default=0)
        pieces, at = [], 0
        for start, end in self._found(text):
            number += 1
            pieces += [text[at:start], f"<NAME_{number}>"]
            at = end
        return RedactedText("".join([*pieces, text[at:]]))

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        start = end = -1
        for match in _WORD.finditer(text):
            word = _OWNER.sub("", match.group())
            begins, stops = match.start(), match.start() + len(word)
            follows = end >= 0 and text[end:begins] == " "
            if not self._is_name(word, text[max(0, begins - _BEFORE) : begins], follows=follows):
                continue
            if not follows:
                if end >= 0:
                    yield start, end
                start = begins
            end = stops
        if end >= 0:
            yield start, end

    def _is_name(self, word: str, before: str, *, follows: bool) -> bool:
        if before.endswith("<"):
            return False  # a placeholder
        is_capital = word[0].isupper()
        if is_capital and _CALLED.search(before):
            return True
        if self._uses(word.lower()) >= _ORDINARY:
            return False
        if _CALLED_IN_CHAT.search(before):
            return True
        if word.lower() in self._parts:
            return is_capital or _I_AM.search(before) is not None
        # The family name of somebody whose first name is known.
        return follows and is_capital and self._uses(word.lower()) <= 1
