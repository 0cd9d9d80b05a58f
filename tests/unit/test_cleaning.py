import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cleaning import Cleaned, clean, door_text
from bridge.domain.contacts import ContactNature


def cleaned(raw: str, subject: str | None = None) -> Cleaned:
    return clean(raw, subject=subject, max_bytes=50_000)


def text_of(raw: str, subject: str | None = None) -> str:
    return cleaned(raw, subject).text


PROBLEM = "The export to CSV stops at 500 rows since the update."

TRACEBACK = """It fails like this:

>>> import shop
>>> shop.export()
Traceback (most recent call last):
  File "shop.py", line 4, in export
    rows[500]
IndexError: list index out of range"""

JSON = """The API answers

{
  "error": "E-4711",
  "regards": [1, 2]
}"""


def test_what_cannot_be_stored_leaves_at_the_door() -> None:
    text, was_cut = door_text("a\x00b\ud800c\r\nd\re\u0301\u202e", max_bytes=100)
    assert text == "abc\nd\né"
    assert not was_cut


def test_a_long_text_is_cut_at_a_character_border() -> None:
    assert door_text("aä" * 10, max_bytes=5) == ("aäa", True)
    assert door_text("aäa", max_bytes=4) == ("aäa", False)


@given(st.text(st.characters(exclude_categories=[]), max_size=300), st.integers(0, 400))
@settings(max_examples=200, deadline=None)
def test_every_text_passes_the_door_and_fits(raw: str, max_bytes: int) -> None:
    text, _ = door_text(raw, max_bytes=max_bytes)
    assert len(text.encode("utf-8")) <= max_bytes
    assert "\x00" not in text


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_cleaning_never_fails(raw: str) -> None:
    result = cleaned(raw, subject=raw[:40])
    assert isinstance(result.nature, ContactNature)


@pytest.mark.parametrize(
    "greeting",
    [
        "Hi team,",
        "hello",
        "Dear Sir or Madam,",
        "Dear Ms. O'Neil,",
        "To whom it may concern,",
        "Good morning!",
        "Guten Tag,",
        "Sehr geehrte Damen und Herren,",
        "Hallo zusammen,",
        "Liebes Team,",
        "Hola:",
        "Buenos días,",
        "Estimados señores:",
    ],
)
def test_a_greeting_line_goes(greeting: str) -> None:
    assert text_of(f"{greeting}\n\n{PROBLEM}") == PROBLEM


@pytest.mark.parametrize(
    "first",
    [
        "Hi my card is broken",
        "Hello, can I export?",
        "Hola, no puedo entrar",
        "Hallo ich kann nicht",
    ],
)
def test_a_first_line_with_a_statement_is_no_greeting(first: str) -> None:
    assert text_of(first) == first


@pytest.mark.parametrize(
    "ending",
    [
        "Thanks,\nMaria",
        "Best regards,\nBen Larsen\nOrg Ltd\n+1 555 000 0313",
        "Many thanks in advance,\nMaria",
        "Looking forward to your reply,\nWei",
        "Mit freundlichen Grüßen\nJonas Becker\nLeiter Einkauf",
        "Viele Grüße\nAnna",
        "Saludos cordiales,\nLucía",
        "Muchas gracias,\nPedro",
        "Thanks, Maria",
        "Sent from my Android phone",
        "Von meinem iPhone gesendet",
        "Enviado desde mi Samsung",
        "Get Outlook for iOS",
        "Reference: CASE-80360",
        "Ticket #4711-A",
        "You can reach me on +15550000313",
        "Tel. +49 30 1234567",
        "maria@shop.example",
        "-- \nMaria Lopez\nAcme GmbH",
        "This e-mail may contain confidential information. If you are not the intended recipient "
        "please delete it.",
        "Diese Nachricht ist vertraulich. Wenn Sie nicht der vorgesehene Empfänger sind, "
        "löschen Sie bitte diese E-Mail.",
        "Este mensaje es confidencial. Si no es el destinatario, elimine este correo.",
        "Kind regards,\nBen\n\nSent from my iPhone\n\nReference: 77123",
    ],
)
def test_an_ending_goes(ending: str) -> None:
    assert text_of(f"{PROBLEM}\n\n{ending}") == PROBLEM


@pytest.mark.parametrize(
    "text",
    [
        "Please cancel order 4711 2212 3456",
        "It fails.\nOnly for order 5511223344",
        "Where do I find the confidential report?\nIt is gone from the message list.",
        "I sent it.\nThe mail to bob@shop.example never arrived",
        "Thanks for the refund, but it is still 5 € short",
        "From: Berlin\nTo: Munich\nDate: 3 May\nThe ticket shows the wrong price",
        "> 404 page not found\nThat is all I see when I open the cart",
    ],
)
def test_lines_that_state_something_stay(text: str) -> None:
    assert text_of(text) == text


@pytest.mark.parametrize("code", [TRACEBACK, JSON])
def test_code_like_blocks_survive(code: str) -> None:
    assert text_of(f"Hi,\n\n{code}\n\nThanks,\nMaria") == code


@pytest.mark.parametrize(
    "quote",
    [
        "On Mon, 3 Mar 2025 at 10:00, Support <a@shop.example> wrote:\n> Which version?",
        "On Mon, 3 Mar 2025 at 10:00, Support\n<help@shop.example> wrote:\n> Please send it.",
        "Am 03.03.2025 um 10:00 schrieb Support <a@shop.example>:\n> Welche Version?",
        "El lun, 3 mar 2025 a las 10:00, Soporte (<a@shop.example>) escribió:\n> ¿Qué versión?",
        "From: Support <a@shop.example>\nSent: Monday\nTo: Maria\nSubject: Your request\n\nHello",
        "-----Original Message-----\nFrom: Support\n\nHello Maria",
        "##- Please type your reply above this line -##\n\nYour request was received.",
    ],
)
def test_the_quoted_mail_below_an_answer_goes(quote: str) -> None:
    assert text_of(f"{PROBLEM}\n\n{quote}") == PROBLEM


def test_answers_between_quoted_lines_stay() -> None:
    raw = (
        "On Mon, 3 Mar 2025, Support wrote:\n> Which version?\n4.1\n> Which browser?\n"
        "Firefox, but the export fails everywhere"
    )
    assert text_of(raw) == "4.1\nFirefox, but the export fails everywhere"


def test_an_answer_below_the_quote_stays() -> None:
    raw = f"On 3 Mar 2025, Support wrote:\n> Which version?\n> And when?\n\n{PROBLEM}"
    assert text_of(raw) == PROBLEM


def test_when_nearly_nothing_would_remain_the_text_stays() -> None:
    raw = f"see:\n\nOn 3 Mar 2025 Bob wrote:\n{PROBLEM}\n{PROBLEM}"
    assert PROBLEM in text_of(raw)


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        (
            "FYI\n\n---------- Forwarded message ---------\nFrom: Bob <bob@org.example>\n"
            f"Date: Mon, 3 Mar 2025\nSubject: Export\nTo: me <me@org.example>\n\n{PROBLEM}",
            None,
        ),
        (
            "Begin forwarded message:\n\n> From: Bob <bob@org.example>\n> Subject: Export\n>\n"
            f"> {PROBLEM}",
            None,
        ),
        (
            f"From: Bob <bob@org.example>\nSent: Monday\nTo: me\nSubject: Export\n\n{PROBLEM}",
            "FW: Export",
        ),
        (
            "-------- Weitergeleitete Nachricht --------\nBetreff: Export\nDatum: Mo, 3 Mar 2025\n"
            f"Von: Bob <bob@org.example>\nAn: me\n\n{PROBLEM}",
            "WG: Export",
        ),
    ],
)
def test_a_forwarded_complaint_stays(raw: str, subject: str | None) -> None:
    assert text_of(raw, subject) == PROBLEM


def test_html_becomes_text_without_the_quoted_reply_and_signature() -> None:
    raw = (
        "<html><head><style>p{}</style></head><body><p>Hi team,</p><p>The export stops<br>at 500 "
        "rows &amp; shows</p><blockquote>Error E-12</blockquote><div class=gmail_signature>Maria"
        '</div><div class="gmail_quote">On Monday Support wrote:<blockquote type="cite">old'
        "</blockquote></div><!-- x --></body></html>"
    )
    assert text_of(raw) == "The export stops\nat 500 rows & shows\n\n> Error E-12"


def test_an_html_forward_keeps_the_forwarded_text() -> None:
    raw = (
        '<div dir="ltr">fyi<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded '
        "message ---------<br>From: Bob &lt;bob@org.example&gt;<br>Subject: Export<br></div>"
        f"<br><br><div>{PROBLEM}</div></div></div>"
    )
    assert text_of(raw) == PROBLEM


def test_what_follows_a_desk_signature_marker_goes() -> None:
    raw = f'<p>{PROBLEM}</p><span class="js-signatureMarker"></span><p>Maria, Acme</p>'
    assert text_of(raw) == PROBLEM


def test_a_tag_in_plain_text_is_no_html() -> None:
    assert text_of("My page shows <div> as text") == "My page shows <div> as text"


def test_an_empty_body_falls_back_to_the_subject() -> None:
    result = cleaned(" \n", subject="Export stops at 500 rows")
    assert (result.text, result.nature) == ("Export stops at 500 rows", ContactNature.MESSAGE)
    assert cleaned("\u200b \n").nature is ContactNature.EMPTY


WORST = "a|(|\n|'|\"|>|On |a: \n|From: a\n|<div>|<a |<!--|<![|Thanks,\nBob\n|hi |1 |Best regards,\n"


@pytest.mark.parametrize("piece", WORST.split("|"))
@pytest.mark.parametrize("start", ["", "<div>", "---------- Forwarded message ---------\n"])
def test_a_hostile_megabyte_takes_less_than_a_second(piece: str, start: str) -> None:
    raw = start + piece * (1_000_000 // len(piece))
    began = time.process_time()
    assert cleaned(raw, subject="Fwd: x").was_cut
    assert time.process_time() - began < 1
