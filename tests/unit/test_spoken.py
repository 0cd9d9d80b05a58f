"""The language of a text is told by its words and letters, and short texts stay unsure."""

import pytest

from models.spoken import in_main_language, is_foreign, is_plain_english, spoken


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Seit dem Update kann ich mich nicht mehr anmelden.", "de"),
        ("No podemos acceder al panel porque los códigos llegan tarde.", "es"),
        ("Je ne peux plus exporter les factures depuis hier.", "fr"),
        ("Non riesco ad accedere al mio account da questa mattina.", "it"),
        ("Ik kan mijn facturen niet meer downloaden.", "nl"),
        ("Não consigo abrir o relatório que vocês enviaram.", "pt"),
        ("Nie mogę się zalogować od wczoraj.", "pl"),
        ("Не могу войти в свой аккаунт.", "ru"),
        ("請求書をダウンロードできません。", "ja"),
        ("无法下载发票", "zh"),
        ("لا أستطيع تسجيل الدخول", "ar"),
        ("로그인이 되지 않습니다", "ko"),
        ("I cannot sign in since the update.", "en"),
    ],
)
def test_a_sentence_tells_its_language(text: str, language: str) -> None:
    assert spoken(text).language == language
    assert is_foreign(text) == (language != "en")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\t ",
        "503",
        "🙂🙂🙂",
        "[email] <phone>",
        "ERR_CONNECTION_REFUSED",
        "Falscher Steuersatz",
        "Snooze alarm",
        "πού είναι η παραγγελία μου",
        "मेरा ऑर्डर कहाँ है",
    ],
)
def test_what_is_short_or_in_a_script_nobody_reads_is_not_foreign(text: str) -> None:
    assert not is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "the resume in my café app doesn't load",
        "Your CSV download turns é, ñ and ü into gibberish.",
        "Your app says 'Fehler beim Speichern' when I save, what does that mean?",
        "pls fix the lgoin, it dosent wrok since teh updat",
        "roll the die for me",
        "Where is Müller's order?",
    ],
)
def test_english_with_strange_words_stays_english(text: str) -> None:
    assert not is_foreign(text)


GERMAN = "Seit dem Update kann ich mich nicht mehr anmelden."
ENGLISH_TEXT = "I cannot sign in since the update."


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        # A third is English.
        ([ENGLISH_TEXT, GERMAN, GERMAN], [True, False, False]),
        ([ENGLISH_TEXT, GERMAN, GERMAN, GERMAN], [False, True, True, True]),
        # What is in no language that is told belongs to any.
        (["Error 503", GERMAN], [True, True]),
        (["Error 503"], [True]),
        ([], []),
    ],
)
def test_one_language_speaks_for_an_issue(texts: list[str], chosen: list[bool]) -> None:
    assert in_main_language(texts) == chosen


def test_more_words_make_it_surer() -> None:
    short = spoken("Ich warte.")
    long = spoken(
        "Ich warte nun schon seit drei Tagen auf eine Antwort von Ihnen und nichts kommt."
    )
    assert long.confidence > short.confidence
    assert 0 < long.confidence < 1


def test_fifty_kilobytes_are_read_no_slower_than_their_start() -> None:
    text = "Seit gestern kann ich mich nicht mehr anmelden. "
    assert spoken(text * 1_000) == spoken((text * 100)[:2_000])


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("I cannot sign in since the update.", True),
        ("Snooze alarm", False),
        ("the Umsatzsteuer ist falsch", False),
        ("Seit dem Update kann ich mich nicht mehr anmelden.", False),
        ("", False),
    ],
)
def test_only_what_is_english_beyond_doubt_teaches(text: str, is_plain: bool) -> None:
    assert is_plain_english(text) == is_plain
