"""Words that carry no meaning, in the language a text is most likely written in."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from stop_words import get_stop_words

_POLITE = frozenset(
    "hello hi hey dear thanks thank please regards sorry bye goodbye cheers okay ok yes good "  # noqa: SIM905
    "hallo moin servus danke dank dankeschön bitte gruß gruss grüße gruesse grüßen guten gut gute "
    "geehrte geehrter liebe lieber freundlichen vielen viele tschüss wiederhören wiedersehen "
    "hola gracias muchas saludos saludo favor buenos buenas días dias tardes estimado estimada "
    "adiós atentamente cordialmente "
    "bonjour bonsoir merci salut svp cordialement beaucoup revoir "
    "ciao salve buongiorno buonasera grazie prego cordiali saluti arrivederci "
    "olá obrigado obrigada cumprimentos adeus "
    "goedemorgen goedendag bedankt alstublieft groet groeten".split()
)
"""Greetings, thanks and farewells, which the lists of the library lack."""

_OTHERS = ("german", "spanish", "french", "italian", "portuguese", "dutch")


def without_stop_words(words: Iterable[str]) -> list[str]:
    """Of words in lower case those that mean something: no stop words, no single letters.

    Their language is the one whose list has most of them; English where that is undecided.
    """
    given = list(words)
    small = _of_language(given)
    return [word for word in given if len(word) > 1 and word not in small]


def small_talk(words: Iterable[str]) -> frozenset[str]:
    """What names nothing in texts of these words: stop words of their language, and politeness.

    Politeness of every language: one text of many is often in another than the rest.
    """
    return _POLITE | _of_language(list(words))


def _of_language(words: Sequence[str]) -> frozenset[str]:
    lists = _lists()
    # max() keeps the first of equals, and English comes first.
    return lists[max(lists, key=lambda name: sum(word in lists[name] for word in words))]


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    others = {name: frozenset(get_stop_words(name)) for name in _OTHERS}
    return {"english": frozenset(ENGLISH_STOP_WORDS), **others}
