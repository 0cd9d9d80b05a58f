"""Names the structured fields of a contact give away: requester, copied people, agents."""

import re
from collections.abc import Iterator, Sequence

from bridge.redaction.spans import Span

_WORD = re.compile(r"[^\W\d_](?:[\w'’-]*[^\W\d_])?")
_MAX_NAMES = 50
_ALSO_WORDS_TEXT = (
    "will mark may grace hope bill rich art ray rob sue pat drew chase miles rose june april "
    "august "
    "dawn faith joy ivy lily summer sky star dean earl frank grant guy jack king lance max nick "
    "penny "
    "pierce price reed rusty sandy stone wade ward young long short brown black white green gray "
    "grey "
    "small little best good case page bank cash love day west north field banks church hill wood "
    "cook "
    "baker mason carter taylor hunter fisher porter card gold major state weiß klein groß lang "
    "kurz "
    "reich sommer winter berg stein roth braun schwarz fromm luz sol mar paz rosa blanca leon "
    "reyes "
    "the and for not but from with von van der del los las de la mr mrs ms dr prof herr frau sir"
)
_ALSO_WORDS = frozenset(_ALSO_WORDS_TEXT.split())
"""Names that are everyday words too: redacted only inside the full name, never alone."""


class NameFinder:
    """Finds full names in any case, and their parts as they are written in a name."""

    def __init__(self, known_names: Sequence[str]) -> None:
        self._owner: dict[str, str] = {}
        self._full: set[str] = set()
        self._parts: set[str] = set()
        for name in known_names[:_MAX_NAMES]:
            self._learn(_WORD.findall(name[:200])[:6])
        self._pattern: re.Pattern[str] | None = None

    def find(self, text: str) -> Iterator[Span]:
        """Spans of known names; the parts of one name share its number."""
        lowered = text.lower()
        if not any(word in lowered for word in self._owner):
            return  # most texts name nobody, and compiling a pattern is the slow part
        if self._pattern is None:
            self._pattern = self._compile()
        for match in self._pattern.finditer(text):
            words = [word.lower() for word in _WORD.findall(match.group())]
            owner = next((self._owner[word] for word in words if word in self._owner), "")
            yield Span(match.start(), match.end(), "NAME", owner)

    def _learn(self, words: list[str]) -> None:
        owner = " ".join(words).lower()
        if len(words) >= 2 and len(owner) >= 5:
            for order in (words, [words[-1], *words[:-1]]):
                self._full.add(r"[\s,.]{1,3}".join(re.escape(word) for word in order))
            self._owner.setdefault(max(words, key=len).lower(), owner)
        for word in filter(_is_part, words):
            self._owner.setdefault(word.lower(), owner)
            self._parts |= {word, word.capitalize(), word.upper()}

    def _compile(self) -> re.Pattern[str]:
        full = [f"(?i:{name})" for name in sorted(self._full, key=lambda n: (-len(n), n))]
        parts = [re.escape(part) for part in sorted(self._parts, key=lambda n: (-len(n), n))]
        alternatives = "|".join([*full, *parts])
        return re.compile(rf"(?<![\w@.<])(?:{alternatives})(?![\w@])")


def name_parts(name: str) -> list[str]:
    """The words of a name that stand for somebody even alone, in lower case."""
    return [word.lower() for word in _WORD.findall(name[:200])[:6] if _is_part(word)]


def _is_part(word: str) -> bool:
    return len(word) >= 3 and word.lower() not in _ALSO_WORDS
