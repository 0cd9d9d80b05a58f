"""People who say who they are, and numbers they were asked for."""

import time

import pytest

from bridge.cleaning import clean
from bridge.cleaning.introductions import is_number_said, strip_introduction

PROBLEM = "The discounts vanish from our invoices."


@pytest.mark.parametrize(
    "opening",
    [
        "Hello, yes, this is Ada Lovelace from Reform Works.",
        "Hi, Ada Lovelace speaking, I'm calling from Reform Works.",
        "Good morning, it's Ada at Reform Works Ltd.",
        "Yeah hi, I'm Ada, I work for Reform Works.",
        "Hello, my name is Ada Lovelace.",
        "Hi there, Ada here.",
        "Ja, guten Tag, Ada Lovelace hier, von Müller & Söhne.",
        "Hallo, hier spricht Ada, ich rufe für Müller Bau an.",
        "Guten Tag, mein Name ist Ada Lovelace.",
        "Hola, buenos días, le habla Ada Lovelace, de Reformas Villalobos.",
        "Sí, hola, soy Ada, llamo de Pinturas Palacios.",
        "Buenas, Ada al habla, de la empresa Electricidad Palacios.",
        "Hola, me llamo Ada.",
    ],
)
def test_who_is_calling_is_left_out(opening: str) -> None:
    assert strip_introduction(f"{opening} {PROBLEM}") == PROBLEM
    assert clean(f"{opening} {PROBLEM}", subject=None, max_bytes=10_000).text == PROBLEM


@pytest.mark.parametrize(
    "text",
    [
        "This is not working at all.",
        "This is Outlook again.",
        "My name is spelled wrong on the card. Please change it.",
        "I'm Furious. Nothing works.",
        "I am from Spain and cannot log in.",
        "It's Monday again. The export is broken.".replace("Monday", "monday"),
        "Soy cliente desde mayo. No puedo entrar.",
        "Hier ist die Seite leer. Was soll ich tun?",
        "Hello, my name is Ada Lovelace.",
        "",
    ],
)
def test_what_states_something_stays(text: str) -> None:
    assert strip_introduction(text) == text


@pytest.mark.parametrize(
    "turn",
    [
        "Yes, one moment, it's WR-20417.",
        "Moment, 4711-0815.",
        "Sí, un momento, es WR-30992.",
        "my account number is 99 12 34",
        "WR-1234",
    ],
)
def test_a_number_said_when_asked_is_recognised(turn: str) -> None:
    assert is_number_said(turn)


@pytest.mark.parametrize("turn", ["Error 502", "yes", "It fails with 500 when I save", "", "12"])
def test_other_turns_are_not(turn: str) -> None:
    assert not is_number_said(turn)


def test_the_number_of_a_dialogue_is_left_out() -> None:
    text = (
        "Agent: Support, how can I help?\nCaller: Hi, Ada here. The app is down.\n"
        "Agent: Your account number?\nCaller: Yes, one moment, it's WR-20417.\nAgent: Thanks."
    )
    assert clean(text, subject=None, max_bytes=10_000).text == "The app is down."


def test_hostile_texts_take_no_time() -> None:
    start = time.perf_counter()
    for text in ("hi, " * 50_000, "This is A" + " A" * 100_000, "yes, " * 50_000 + "1" * 50_000):
        strip_introduction(text)
        is_number_said(text)
    assert time.perf_counter() - start < 2
