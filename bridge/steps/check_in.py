"""Check-in: some days after a fix a letter is drafted that asks whether all is well.

Only where a product wants it, and only drafted: a person reads it and sends it, or not.
"""

from datetime import timedelta

from bridge.domain.letters import LetterKind
from bridge.domain.people import MACHINE
from bridge.steps.context import Context
from bridge.steps.letters import draft_letter
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling

_LATE = timedelta(days=14)
"""A fix older than that is not asked about any more, such as when check-ins are switched on."""


def check_in(context: Context) -> None:
    """Draft what is due; one check-in a fix."""
    with context.open() as store:
        products = store.products.all()
    for product in products:
        with context.open() as store:
            days = store.letters.plan(product.id).check_in_days
            if days is None:
                continue
            store.letters.lock(product.id)
            now = context.now()
            until = now - timedelta(days=days)
            cause = Cause(MACHINE, now, f"{days} days after the fix", "job:check_in")
            for issue_id in store.letters.unasked(product.id, since=until - _LATE, until=until):
                issue = store.issues.get(product.id, issue_id)
                draft_letter(issue, LetterKind.CHECK_IN, Telling(product, store, context, cause))
