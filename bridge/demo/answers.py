"""What the demo's agents answer to questions that keep coming."""

from collections.abc import Mapping
from datetime import timedelta

from bridge.demo.generate import SOURCE, DemoContact
from bridge.demo.topics import TOPICS
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.faq import ReplyReceived, take_reply
from bridge.store import Store

_LATER = timedelta(hours=3)
_QUESTIONS = frozenset(topic.slug for topic in TOPICS if topic.kind == "question")
_GOOD = {
    "en": "Open the week you want to copy, choose Rota, Copy week at the top right, and pick the "
    "week or weeks it should go to. Shifts of people who are on holiday are left out and listed at "
    "the end.",
    "de": "Öffnen Sie die Woche, die Sie kopieren möchten, wählen Sie oben rechts Dienstplan, "
    "Woche kopieren und dann die Zielwochen. Schichten von Leuten im Urlaub werden ausgelassen und "
    "am Ende aufgeführt.",
    "es": "Abra la semana que quiere copiar, elija arriba a la derecha Cuadrante, Copiar semana y "
    "después las semanas de destino. Los turnos de quien está de vacaciones se omiten y aparecen "
    "al final.",
}
_POOR = {
    "en": "That is somewhere in the menu of the rota, please have a look there.",
    "de": "Das steht irgendwo im Menü des Dienstplans, bitte schauen Sie dort nach.",
    "es": "Está en algún lugar del menú del cuadrante, mírelo allí.",
}
_POOR_EVERY = 4
_TO_NOTES = (
    (
        ("add a second office", "zweite Filiale", "segunda oficina"),
        {
            "en": "Choose Settings, Offices, New office. Each office has opening hours of its own; "
            "the booking page then asks which one a customer means.",
            "de": "Wählen Sie Einstellungen, Standorte, Neuer Standort. Jeder Standort hat eigene "
            "Öffnungszeiten; die Buchungsseite fragt dann, welcher gemeint ist.",
            "es": "Elija Ajustes, Oficinas, Nueva oficina. Cada oficina tiene su propio horario; "
            "la página de reservas pregunta después a cuál se refiere el cliente.",
        },
    ),
    (
        ("old jobs kept", "alte Aufträge aufbewahrt", "guardan los trabajos antiguos"),
        {
            "en": "Jobs are kept for as long as you are a customer, and ninety days after that. "
            "Under Reports, Archive you can export them at any time.",
            "de": "Aufträge bleiben, solange Sie Kunde sind, und neunzig Tage darüber hinaus. "
            "Unter Berichte, Archiv lassen sie sich jederzeit exportieren.",
            "es": "Los trabajos se guardan mientras sea cliente y noventa días más. En Informes, "
            "Archivo puede exportarlos en cualquier momento.",
        },
    ),
    (
        ("pay yearly", "jährlich statt monatlich", "pagar por años"),
        {
            "en": "Yes: under Settings, Subscription choose Yearly. It holds from the next invoice "
            "on, and two months are free.",
            "de": "Ja: Wählen Sie unter Einstellungen, Abonnement die jährliche Zahlung. Sie gilt "
            "ab der nächsten Rechnung, und zwei Monate sind frei.",
            "es": "Sí: en Ajustes, Suscripción elija el pago anual. Vale desde la próxima factura "
            "y dos meses son gratis.",
        },
    ),
)
"""Agents answer some of what is asked now and then; nobody has answered the rest."""


class Answers:
    """Answers each contact about the question, a few of them poorly, and some of the others."""

    def __init__(self, product: Product, context: Context) -> None:
        self._product = product
        self._context = context
        self._waiting: list[tuple[DemoContact, Mapping[str, str]]] = []
        self._asked = 0

    def expect(self, one: DemoContact) -> None:
        """This contact is to be answered, if its answer is known."""
        words = self._words(one)
        if words is not None:
            self._waiting.append((one, words))

    def send(self, store: Store) -> None:
        """Answer all that waits."""
        for one, words in self._waiting:
            received = one.received
            reply = ReplyReceived(
                external_id=f"reply-{received.external_id}",
                text=words[received.lang or "en"],
                sent_at=received.occurred_at + _LATER,
                source=SOURCE,
                contact=received.external_id,
                agent_email=received.agent_email,
            )
            take_reply(reply, self._product, store=store, context=self._context)
        self._waiting.clear()

    def _words(self, one: DemoContact) -> Mapping[str, str] | None:
        if one.topic in _QUESTIONS:
            self._asked += 1
            return _POOR if self._asked % _POOR_EVERY == 0 else _GOOD
        if one.topic is not None:
            return None
        text = one.received.text
        return next((answer for marks, answer in _TO_NOTES if any(m in text for m in marks)), None)
