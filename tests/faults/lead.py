"""A lead as a job of the sweep, so that the process that approves and sends can be killed too."""

from bridge.domain.contacts import ProductId
from bridge.domain.letters import LetterState
from bridge.domain.people import Actor
from bridge.steps.context import Context
from bridge.steps.letter_sending import send_letter
from bridge.steps.letters import approve_letter
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling

PRESSES = "lead_presses"
"""The name of the job."""


def press(context: Context, *, product_id: int, letter_id: int, sample: int) -> None:
    """Approve, send a sample, send the rest: each press is one request, as on the page.

    Whoever comes back after a crash looks at the letter and presses what is left to press.
    """
    while _press(context, ProductId(product_id), letter_id, sample):
        pass


def _press(context: Context, product_id: ProductId, letter_id: int, sample: int) -> bool:
    with context.open() as store:
        product = store.products.get(product_id)
        cause = Cause(Actor("person", "lead@support.example"), context.now(), "", "test")
        telling = Telling(product, store, context, cause)
        letter = store.letters.get(product_id, letter_id, lock=True)
        counts = store.addressees.counts([letter_id])[letter_id]
        if counts[LetterState.DRAFTED]:
            approve_letter(letter, edition=letter.edition, telling=telling)
        elif counts[LetterState.APPROVED]:
            first = sample if letter.begun_at is None and sample else None
            send_letter(letter, edition=letter.edition, telling=telling, first=first)
        else:
            return False
    return True
