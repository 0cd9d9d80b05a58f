"""Draft a correction: customers were told of a fix that does not hold; a lead reads and sends it.

Nothing goes to a customer by itself: this is a draft like any other.
"""

from collections import Counter

from bridge.domain.contacts import ProductId
from bridge.domain.correction_texts import first_correction
from bridge.domain.issues import FIXED, Issue
from bridge.domain.letter_texts import TEXTS
from bridge.domain.letters import MOST_WORDS, FixWords, LetterKind, language_of
from bridge.domain.people import MACHINE
from bridge.domain.workarounds import WorkaroundState
from bridge.steps.context import Context
from bridge.steps.letter_correction import told_wrongly
from bridge.steps.letter_look import look_again
from bridge.steps.letters import record_letter
from bridge.steps.moves import Cause
from bridge.steps.tell import Telling
from bridge.store import Store

_KIND = LetterKind.CORRECTION


def draft_correction(context: Context, *, product_id: int, issue_id: int, episode: int) -> None:
    """The open correction about the release tells of the issue too; none where nobody was told."""
    with context.open() as store:
        product = store.products.get(ProductId(product_id))
        store.letters.lock(product.id)
        issue = store.issues.get(product.id, issue_id)
        if issue.state in FIXED or issue.episode != episode or issue.merged_into is not None:
            return
        told = told_wrongly(issue, store)
        if not told:
            return
        version = Counter(one.fixes[-1].version for one in told.values()).most_common(1)[0][0]
        now = context.now()
        letter = store.letters.find_open(product.id, _KIND, version)
        if letter is None:
            texts = {**TEXTS[_KIND], **store.letters.plan(product.id).texts.get(_KIND, {})}
            author = MACHINE.name
            letter = store.letters.add(
                product.id, _KIND, version, texts=texts, author=author, now=now
            )
        cause = Cause(MACHINE, now, "its fix does not hold", "job:draft_correction")
        telling = Telling(product, store, context, cause)
        known = {one.issue_id: one.episode for one in store.letters.issues(letter.id)}
        if known.get(issue.id) != episode:
            store.letters.save_issue(letter.id, issue, _first_words(issue, store))
            record_letter("letter_drafted", letter, [issue.id], telling)
        look_again(letter, telling)


def _first_words(issue: Issue, store: Store) -> dict[str, FixWords]:
    """The known issue's title and the customers' text of a workaround that is offered again."""
    known = store.known.find(issue.id)
    texts = [
        one.customer_text
        for one in store.workarounds.all(issue.product_id, issue_id=issue.id)
        if one.state is WorkaroundState.ACTIVE and one.customer_text
    ]
    return first_correction(
        known.title[:MOST_WORDS] if known else "",
        language_of(None, store.letters.plan(issue.product_id).language),
        texts[-1] if texts else None,
    )
