"""Words that carry no meaning, in the language a text is most likely written in."""

from collections.abc import Iterable, Mapping
from functools import cache

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from stop_words import get_stop_words

_OTHERS = ("german", "spanish", "french", "italian", "portuguese", "dutch")


def without_stop_words(words: Iterable[str]) -> list[str]:
    """Of words in lower case those that mean something: no stop words, no single letters.

    Their language is the one whose list has most of them; English where that is undecided.
    """
    given = list(words)
    lists = _lists()
    # max() keeps the first of equals, and English comes first.
    language = max(lists, key=lambda name: sum(word in lists[name] for word in given))
    return [word for word in given if len(word) > 1 and word not in lists[language]]


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    others = {name: frozenset(get_stop_words(name)) for name in _OTHERS}
    return {"english": frozenset(ENGLISH_STOP_WORDS), **others}
