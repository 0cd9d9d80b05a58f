"""The demo's letter: what customers are told of the fixes in 5.2, read and approved by the lead."""

from collections.abc import Sequence

from bridge.domain.issues import Issue
from bridge.domain.letters import FixWords, LetterKind, LetterState
from bridge.steps.letters import Seen, approve_letter, draft_letter, edit_letter
from bridge.steps.opt_outs import take_opt_outs
from bridge.steps.tell import Telling

_OPTED_OUT = 2
WORDS: dict[str, dict[str, FixWords]] = {
    "reminder-sms-twice": {
        "en": FixWords("Your customers get each reminder once again, not twice."),
        "de": FixWords("Ihre Kunden bekommen jede Erinnerung wieder nur einmal."),
        "es": FixWords("Sus clientes vuelven a recibir cada recordatorio una sola vez."),
    },
    "booking-page-blank": {
        "en": FixWords("The booking page opens on iPhones again."),
        "de": FixWords("Die Buchungsseite öffnet sich wieder auf iPhones."),
        "es": FixWords("La página de reservas vuelve a abrirse en los iPhone."),
    },
    "timer-runs-on": {
        "en": FixWords("The work timer stops when you clock out."),
        "de": FixWords("Die Zeiterfassung endet wieder mit dem Ausstempeln."),
        "es": FixWords("El cronómetro se detiene al fichar la salida."),
    },
}
"""Fixes that are worth a letter, by topic, in the words for customers."""


def write_letter(issues: Sequence[tuple[Issue, str]], telling: Telling) -> None:
    """Draft, word and approve one letter about these issues and their topics.

    Two of its readers wanted no letters before. Nothing is sent: the demo has no mail server.
    """
    letter = None
    for issue, _ in issues:
        letter = draft_letter(issue, LetterKind.FIX, telling)
    if letter is None:
        return
    store = telling.store
    readers = store.addressees.of_letter(letter.id, [LetterState.DRAFTED])
    emails = [one.email for one in readers if one.email][:_OPTED_OUT]
    take_opt_outs(emails, telling.product, store=store, cause=telling.cause)
    letter = store.letters.get(telling.product.id, letter.id, lock=True)
    words = {issue.id: WORDS[slug] for issue, slug in issues}
    letter = edit_letter(letter, seen=Seen(letter.edition), texts={}, words=words, telling=telling)
    approve_letter(letter, edition=letter.edition, telling=telling)
