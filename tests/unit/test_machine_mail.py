import pytest

from bridge.cleaning import Cleaned, clean
from bridge.domain.contacts import ContactNature


def cleaned(raw: str, subject: str | None = None) -> Cleaned:
    return clean(raw, subject=subject, max_bytes=50_000)


@pytest.mark.parametrize(
    ("raw", "subject"),
    [
        ("Automatic reply: I am away.", None),
        ("I am out of the office until Friday and will reply when I am back.", None),
        ("I'm on annual leave. For urgent matters call my colleague.", None),
        ("Thank you for your mail.", "Out of Office: Re: your ticket"),
        ("Vielen Dank. Ich bin bis Montag im Urlaub und danach wieder erreichbar.", None),
        ("Danke für Ihre Nachricht.", "Abwesenheitsnotiz: Ihr Ticket"),
        ("Estoy de vacaciones. Responderé a mi regreso.", None),
        ("Gracias.", "Respuesta automática: Su caso"),
        ("Delivery to the following recipients failed: a@b.example", None),
        ("Ihre Nachricht konnte nicht zugestellt werden. Der Empfänger ist unbekannt.", None),
        ("El mensaje no se pudo entregar al destinatario.", None),
        ("550 no such user", "Undeliverable: invoice"),
    ],
)
def test_machine_mail_is_recognised(raw: str, subject: str | None) -> None:
    assert cleaned(raw, subject).nature is ContactNature.MACHINE_MAIL


@pytest.mark.parametrize(
    "raw",
    [
        "Thanks!",
        "ok thank you so much for your help",
        "Great, it works now. You can close the ticket",
        "hello?",
        "Hi\n\nThanks,\nMaria",
        "Is anyone there?",
        "any update on this please?",
        "Just following up on my previous e-mail.",
        "I want to talk to a real person",
        "test",
        "👍",
        "???",
        "Vielen Dank für die schnelle Hilfe!",
        "Super, klappt jetzt wieder. Danke",
        "Gibt es schon etwas Neues?",
        "Muchas gracias por la ayuda",
        "¿Hay alguien ahí?",
    ],
)
def test_chatter_is_recognised(raw: str) -> None:
    assert cleaned(raw).nature is ContactNature.CHATTER


@pytest.mark.parametrize(
    "raw",
    [
        "I'm on vacation and my card was declined, what now?",
        "My parcel could not be delivered",
        "The out of office message is never sent by your calendar",
        "Automatic renewal was charged twice",
        "Thanks, but it still does not work",
        "Hello, login broken",
        "Any update breaks the app",
        "It works again but now the prices are wrong",
        "Danke, aber es geht nicht",
        "Gracias pero no funciona",
        "E-4711",
        "stop charging me",
        "I love the app but it crashes",
        "unsubscribe does not work",
    ],
)
def test_a_problem_is_a_message(raw: str) -> None:
    assert cleaned(raw).nature is ContactNature.MESSAGE
