"""What the demo's agents answer to the question that keeps coming."""

from datetime import timedelta

from bridge.demo.generate import SOURCE, DemoContact
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.faq import ReplyReceived, take_reply
from bridge.store import Store

_LATER = timedelta(hours=3)
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


class Answers:
    """Answers each contact about the question, a few of them poorly."""

    def __init__(self, product: Product, context: Context) -> None:
        self._product = product
        self._context = context
        self._waiting: list[DemoContact] = []
        self._sent = 0

    def expect(self, one: DemoContact) -> None:
        """This contact is to be answered."""
        self._waiting.append(one)

    def send(self, store: Store) -> None:
        """Answer all that waits."""
        for one in self._waiting:
            self._sent += 1
            received = one.received
            words = _POOR if self._sent % _POOR_EVERY == 0 else _GOOD
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
