"""Names in running text, of people whom the product knows or who are called Mr or Mrs."""

import pytest

from bridge.redaction import Mentions

_KNOWN = ("Olga Steiner", "Jasper Holt", "May Young", "Marta Ruiz")
_USE = {"jasper": 90, "calendar": 20, "monday": 9}


def _mentions() -> Mentions:
    return Mentions(_KNOWN, uses=lambda word: _USE.get(word, 0))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Olga and I agreed to swap", "<NAME_1> and I agreed to swap"),
        ("Olga's shift is gone", "<NAME_1>'s shift is gone"),
        ("I told Marta Belmonte so", "I told <NAME_1> so"),
        ("Marta Calendar entries are lost", "<NAME_1> Calendar entries are lost"),
        ("Frau Oberländer war nicht da", "Frau <NAME_1> war nicht da"),
        (
            "i only noticed when mrs fenwick's dog barked",
            "i only noticed when mrs <NAME_1>'s dog barked",
        ),
        ("mr. tran wasn't home", "mr. <NAME_1> wasn't home"),
        ("hi this is olga from acme", "hi this is <NAME_1> from acme"),
        ("<NAME_1> and Olga", "<NAME_1> and <NAME_2>"),
    ],
)
def test_a_person_is_hidden(text: str, hidden: str) -> None:
    assert _mentions().hide(text) == hidden
    assert _mentions().are_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Jasper does not start",  # what the product is called
        "May I ask for a young tree",  # words of every day
        "an olga is no name in lower case",
        "the sr calendar, and mr monday",
        "<NAME_1> is hidden already",
        "Don't open the Calendar on Monday",
        "",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert _mentions().hide(text) == text
    assert not _mentions().are_in(text)
