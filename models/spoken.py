"""Which language a text is written in, told without a model, and how sure that is.

Other scripts tell themselves. In Latin letters the small words of a language have a vote each, and
so has each word with marked letters. Short texts have few votes and stay unsure. Whether English
knows the longer words was tried as well: it told hardly more.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from stop_words import get_stop_words

from models.texts import words

ENGLISH = "en"
_LISTS = {
    "de": "german",
    "es": "spanish",
    "fr": "french",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
    "pl": "polish",
    "tr": "turkish",
    "da": "danish",
    "sv": "swedish",
    "no": "norwegian",
    "cs": "czech",
    "ro": "romanian",
    "hu": "hungarian",
    "fi": "finnish",
    "ca": "catalan",
}
_SCRIPTS = (
    ("ja", 0x3040, 0x30FF),
    ("ko", 0xAC00, 0xD7AF),
    ("zh", 0x4E00, 0x9FFF),
    ("ru", 0x0400, 0x04FF),
    ("ar", 0x0600, 0x06FF),
    ("th", 0x0E00, 0x0E7F),
)
_LEAST_OF_SCRIPT = 0.5
"""Share of the letters; kana count for their own and for the Han characters beside them."""
_ALSO_ENGLISH = frozenset(
    "i'm i've i'd i'll it's that's what's there's don't doesn't didn't can't won't isn't "  # noqa: SIM905
    "aren't wasn't weren't couldn't wouldn't haven't hasn't hi hello hey please thanks thank yes "
    "no need want like just does did good new go going email app account both way say ok".split()
)
_LAST_LATIN = 0x024F
_MARKED = re.compile(r"[\u00c0-\u024f]")
_BEYOND_DOUBT = 0.9
_MOST_WORDS = 80
_MOST_CHARACTERS = 2_000
_REMEMBERED = 256
"""Texts: each is asked about several times on its way."""
_A_SHARE = 3
_UNSURE = (0.25, 1.0)
"""Imaginary votes, for another language and in all: few words leave the answer near English."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a text is most likely written in."""

    language: str | None
    """ISO 639 code; None where no language is told."""
    confidence: float
    """Between 0 and 1, that it is this one and not English; for English that it is."""


_NOTHING = Spoken(None, 0.0)


def is_foreign(text: str) -> bool:
    """Whether a text is surely enough in a language other than English."""
    return spoken(text).language not in (None, ENGLISH)


def is_plain_english(text: str) -> bool:
    """Whether a text is English beyond doubt: two small words at least, and none of others."""
    told = spoken(text)
    return told.language == ENGLISH and told.confidence >= _BEYOND_DOUBT


def in_main_language(texts: Sequence[str]) -> list[bool]:
    """Which texts are in the language that speaks for all of them, or in none that is told.

    English where a third is: engineers read it. Else the one that most are in.
    """
    languages = [spoken(text).language for text in texts]
    counts = Counter(one for one in languages if one is not None)
    if not counts:
        return [True] * len(languages)
    main = max(counts, key=lambda one: (counts[one], one))
    if counts[ENGLISH] * _A_SHARE >= counts.total():
        main = ENGLISH
    return [one in (None, main) for one in languages]


def spoken(text: str) -> Spoken:
    """The language of a text by its first 80 words."""
    return _spoken(text[:_MOST_CHARACTERS])


@lru_cache(maxsize=_REMEMBERED)
def _spoken(start: str) -> Spoken:
    by_script = _by_script(start)
    if by_script is not None:
        return by_script
    told = [
        one.replace("’", "'") for one in words(start) if not any(letter.isdigit() for letter in one)
    ]
    return _by_words(told[:_MOST_WORDS])


def _by_script(text: str) -> Spoken | None:
    letters = [ord(letter) for letter in text if letter.isalpha()]
    if not letters:
        return _NOTHING
    shares = {
        code: sum(first <= letter <= last for letter in letters) / len(letters)
        for code, first, last in _SCRIPTS
    }
    if shares["ja"]:
        shares["ja"] += shares.pop("zh")
    best = max(shares, key=lambda code: shares[code])
    if shares[best] > _LEAST_OF_SCRIPT:
        return Spoken(best, shares[best])
    latin = sum(letter <= _LAST_LATIN for letter in letters) / len(letters)
    return None if latin > _LEAST_OF_SCRIPT else _NOTHING


def _by_words(told: list[str]) -> Spoken:
    own, english = _small_words(), _english()
    code = max(own, key=lambda one: sum(w in own[one] and w not in english for w in told))
    small = own[code]
    for_english = for_other = 0
    for word in told:
        if word in english:
            # What both have says nothing.
            for_english += word not in small
        else:
            for_other += (word in small and len(word) > 1) or _MARKED.search(word) is not None
    other, in_all = _UNSURE
    share = (for_other + other) / (for_english + for_other + in_all)
    if share <= 1 / 2:
        return Spoken(ENGLISH, 1 - share) if for_english else _NOTHING
    return Spoken(code, share)


@cache
def _small_words() -> Mapping[str, frozenset[str]]:
    return {code: frozenset(get_stop_words(name)) for code, name in _LISTS.items()}


@cache
def _english() -> frozenset[str]:
    return frozenset(ENGLISH_STOP_WORDS) | _ALSO_ENGLISH
