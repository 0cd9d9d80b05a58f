"""Titles, terms and quotes of an issue."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.encoders.hashing import HashingEncoder
from models.naming import Sense, best_quotes, key_terms, title, word_use
from models.stop_words import without_stop_words
from models.texts import clauses, cut, says_enough, trimmed, words
from models.vectors import centered, unit_rows

_EXPORT = [
    "The export to PDF stops at 50 percent. I tried it three times today.",
    "PDF export hangs at 50 percent",
    "Since Monday the PDF export stops halfway. Please help.",
    "I cannot export my report to PDF, it stops.",
    "export to pdf broken again!!",
]
_OTHER = [
    "Where is my parcel?",
    "My parcel is late, I ordered last week",
    "I want to change my report address",
    "Please help me with my login",
]


def test_a_title_is_a_clause_in_the_customers_words() -> None:
    found = title(_EXPORT, HashingEncoder().encode(_EXPORT))
    assert any(found.lower() in text.lower() for text in _EXPORT)
    assert "export" in found.lower()
    assert found[0].isupper()
    assert not found.endswith(".")


def test_a_title_is_short_and_ends_with_a_whole_word() -> None:
    long = ["the printer in the second floor of our house in the old town prints only every other"
            " page of each document that anybody sends to it from home"]  # fmt: skip
    found = title(long, HashingEncoder().encode(long))
    assert len(found) <= 120
    assert found.endswith("…")
    assert found[:-1].lower().split()[-1] in long[0].split()


def test_of_two_clauses_alike_the_handy_one_is_the_title_and_a_long_one_is_told_whole() -> None:
    handy = "The printer in the old town prints every other page"
    long = f"{handy} of each document that anybody sends to it from home"
    vectors = HashingEncoder().encode([long, handy])
    assert title([long, handy], vectors) == handy
    assert title([long], vectors[:1]) == long


@pytest.mark.parametrize(
    ("clause", "told"),
    [
        (
            "'Link expired', a minute after the mail came.",
            "'Link expired', a minute after the mail came",
        ),
        ("the import says 'unknown record type'.", "The import says 'unknown record type'"),
        ("“the import stops half way.”", "The import stops half way"),
        ("'the import stops half way", "The import stops half way"),
        ("'- the import stops half way'", "The import stops half way"),
        ("our customers' import stops half way", "Our customers' import stops half way"),
    ],
)
def test_a_title_keeps_its_quotes_in_pairs(clause: str, told: str) -> None:
    assert title([clause], HashingEncoder().encode([clause])) == told


def test_a_title_that_is_cut_keeps_no_mark_whose_partner_is_gone() -> None:
    clause = f"'{'the import of contacts stops ' * 5}half way' comes"
    told = title([clause], HashingEncoder().encode([clause]))
    assert told.startswith("The import")
    assert len(told) <= 121


def test_a_title_avoids_what_redaction_left() -> None:
    texts = ["Card [card number] was refused in the shop. My card was refused in the shop"] * 3
    assert "[" not in title(texts, HashingEncoder().encode(texts))


def test_titles_of_nothing_and_of_signs_are_empty_or_harmless() -> None:
    assert title([], np.zeros((0, 4), dtype=np.float32)) == ""
    assert title(["", " "], HashingEncoder().encode(["", " "])) == ""
    assert title(["!!!"], HashingEncoder().encode(["!!!"])) == ""
    assert title(["не работает вход"], HashingEncoder().encode(["x"])) == "Не работает вход"


def test_key_terms_are_frequent_inside_and_rare_outside() -> None:
    terms = key_terms(_EXPORT, word_use(_EXPORT + _OTHER * 3))
    assert any("export" in term for term in terms)
    assert any("pdf" in term for term in terms)
    assert not any("help" in term or "parcel" in term for term in terms)
    assert len(key_terms(_EXPORT, word_use(_OTHER), limit=2)) == 2
    assert key_terms([], word_use(_OTHER)) == []


def test_key_terms_hold_no_thanks_and_no_small_words_of_other_languages() -> None:
    calls = [
        "Die Erinnerung kommt doppelt. Gut, danke, auf Wiederhören.",
        "Jede Erinnerung geht doppelt raus. Gut, danke.",
        "Danke, aber jede Erinnerung kommt immer noch doppelt",
        "Gut, danke",
        "Danke, gut",
    ]
    assert key_terms(calls, word_use(_EXPORT * 9)) == ["doppelt", "erinnerung", "kommt"]
    spanish = ["Hola, la factura sale vacía, gracias", "Gracias, sigue vacía la factura"]
    assert key_terms(spanish, word_use(_EXPORT * 9)) == ["factura", "vacía"]
    mixed = [*_EXPORT, "Danke, gut", "Danke, gut", "Danke, gut"]
    assert not {"danke", "gut", "danke gut"} & set(key_terms(mixed, word_use(_OTHER * 9)))


def _moments(count: int) -> list[datetime]:
    return [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day) for day in range(count)]


def test_quotes_are_typical_and_each_different() -> None:
    texts = [*_EXPORT, _EXPORT[1], "no", "x" * 2000, _OTHER[0]]
    chosen = best_quotes(texts, HashingEncoder().encode(texts), _moments(len(texts)), limit=4)
    assert len(chosen) == 4
    assert not {1, 5} <= set(chosen)
    assert not {6, 7} & set(chosen)


def test_of_two_equally_typical_contacts_the_recent_one_is_quoted() -> None:
    texts = ["the export to pdf stops early", "the export to pdf stops early"]
    vectors = HashingEncoder().encode(texts)
    assert best_quotes(texts, vectors, _moments(2)) == [1]
    assert best_quotes(texts, vectors, _moments(2)[::-1]) == [0]


def test_no_contacts_give_no_quotes() -> None:
    assert best_quotes([], np.zeros((0, 4), dtype=np.float32), []) == []


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("hello?", False),
        ("ok thanks", False),
        ("", False),
        ("🙈🙈🙈 !!!", False),
        ("[email] [phone] help", False),
        ("app keeps crashing", True),
        ("无法登录我的账户", True),
        ("لا يعمل التطبيق", True),
    ],
)
def test_texts_need_three_words_to_be_grouped(text: str, enough: bool) -> None:
    assert says_enough(text) is enough


def test_words_are_lower_case_without_placeholders() -> None:
    assert words("I can't log-in with [email]!") == ["i", "can't", "log-in", "with"]


def test_clauses_end_at_sentences_lines_and_dashes() -> None:
    assert clauses("One. Two!  Three\n\nfour - five; six 4.1 is out") == [
        "One.", "Two!", "Three", "four", "five", "six 4.1 is out",
    ]  # fmt: skip


def test_cutting_keeps_whole_words_and_the_limit() -> None:
    assert cut("short", 10) == "short"
    assert cut("one two three", 10) == "one two…"
    assert cut("onetwothreefour", 10) == "onetwothr…"


def test_a_remark_that_everybody_makes_is_no_title() -> None:
    texts = [f"{problem} Bitte prüfen Sie das bald." for problem in (
        "Der Export bricht bei der Hälfte ab.", "Beim Export fehlt die zweite Hälfte.",
        "Unser Export hört in der Hälfte auf.")]  # fmt: skip
    others = [f"{problem} Bitte prüfen Sie das bald." for problem in (
        "Die Anmeldung schlägt fehl.", "Das Foto ist weg.", "Der Kalender ist leer.")]  # fmt: skip
    vectors = HashingEncoder().encode(texts)
    assert "Export" in title(texts, vectors, word_use(texts + others))


def test_stop_words_are_those_of_the_language_of_the_text() -> None:
    german = without_stop_words(words("Die App und der Export gehen nicht"))
    assert german == ["app", "export", "gehen"]
    assert "die" in without_stop_words(words("I think both batteries die after one hour"))
    spanish = without_stop_words(words("No puedo entrar en la aplicación desde ayer"))
    assert not {"no", "en", "la", "desde"} & set(spanish)
    assert "aplicación" in spanish
    assert without_stop_words([]) == []


def _alone() -> Sense:
    """The only issue of its product."""
    encoder = HashingEncoder()
    return Sense(
        rows=encoder.encode,
        others=np.zeros((0, encoder.dimensions), dtype=np.float32),
        points=lambda clauses: [1.0 for _ in clauses],
    )


def test_a_remark_that_other_issues_have_too_is_no_title() -> None:
    remark = "reloading the page does not help me at all"
    stated = ("The map of my garden is lost", "My garden map stays grey", "No garden map opens")
    own = [f"{one}. {remark}." for one in stated]
    other = [f"No {thing} arrives by post. {remark}." for thing in ("bill", "card", "letter")]
    encoder = HashingEncoder()
    center = encoder.encode([*own, *other]).mean(axis=0)
    vectors = centered(encoder.encode(own), center)
    middle = unit_rows(centered(encoder.encode(other), center).mean(axis=0))
    sense = Sense(
        rows=lambda clauses: centered(encoder.encode(clauses), center),
        others=middle[None, :],
        points=lambda clauses: [1.0 for _ in clauses],
    )
    assert title(own, encoder.encode(own)).lower() == remark
    assert "garden" in title(own, vectors, sense=sense).lower()


def test_without_other_issues_the_clause_nearest_to_the_middle_is_the_title() -> None:
    vectors = HashingEncoder().encode(_EXPORT)
    assert "export" in title(_EXPORT, vectors, sense=_alone()).lower()


def test_what_is_likely_chatter_names_nothing() -> None:
    texts = ["Thanks for the lovely call today. The export to PDF stops at 50 percent."] * 3

    def points(clauses: Sequence[str]) -> list[float]:
        return [0.01 if "Thanks" in one else 0.99 for one in clauses]

    sense = replace(_alone(), points=points)
    assert "export" in title(texts, HashingEncoder().encode(texts), sense=sense).lower()


def test_what_a_customer_wrote_later_names_nothing_unless_there_is_nothing_else() -> None:
    texts = ["Any news about the export that stops?", "The export stops at half of the pages"]
    vectors = HashingEncoder().encode(texts)
    assert title(texts, vectors, first=[False, True]) == texts[1]
    assert title(texts, vectors, first=[True, False]) == texts[0]
    assert title(texts, vectors, first=[False, False]) in texts


def test_of_two_sentences_alike_the_one_said_first_is_the_title() -> None:
    texts = ["The garden map is grey. The map garden is grey."] * 3
    assert title(texts, HashingEncoder().encode(texts)) == "The garden map is grey"


def test_a_twin_that_says_the_same_does_not_drive_the_title_aside() -> None:
    stated, beside = "The garden map opens grey for me", "My aunt has a garden map too"
    encoder = HashingEncoder()
    texts = [f"{stated}. {beside}."] * 3
    others = [stated, "No bill arrives by post", "My letter is lost", "The card was refused"]
    sense = Sense(rows=encoder.encode, others=encoder.encode(others), points=_alone().points)
    assert title(texts, encoder.encode(texts), sense=sense) == stated


def test_what_is_trimmed_stands_at_the_ends() -> None:
    text = "so... The map is grey - all of it. Thanks. Bye"
    parts = clauses(text)
    assert parts == ["so...", "The map is grey", "all of it.", "Thanks.", "Bye"]
    kept = [False, True, True, False, False]
    assert trimmed(text, kept) == "The map is grey - all of it."
    assert (
        trimmed(text, [True, False, False, True, False])
        == "so... The map is grey - all of it. Thanks."
    )
    assert trimmed(text, [False] * 5) == text
    assert trimmed("", []) == ""


def test_the_same_sentence_is_quoted_once() -> None:
    said = "the export to PDF stops at half of the pages"
    texts = [
        f"{said}. It is cold.",
        f"The {said[4:]}. Nobody else has that trouble here.",
        _EXPORT[3],
    ]
    chosen = best_quotes(texts, HashingEncoder().encode(texts), _moments(3))
    assert len(chosen) == 2
    assert 2 in chosen


def test_those_that_speak_for_themselves_are_quoted_first() -> None:
    vectors = HashingEncoder().encode(_EXPORT[:3])
    for place in range(3):
        good = [row == place for row in range(3)]
        assert best_quotes(_EXPORT[:3], vectors, _moments(3), good=good)[0] == place
