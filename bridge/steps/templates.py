"""Templates: learn which lines of contacts say nothing, and leave them out of new ones."""

import functools
from datetime import timedelta

import structlog

from bridge.domain.contacts import ContactId, ProductId, RedactedText
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.contacts import ContactDraft
from models.templates import (
    LEAST_CUSTOMERS,
    MOST_COMMON,
    MOST_TEXTS,
    around,
    is_template,
    line_keys,
    without_lines,
)

_EVERY = timedelta(days=1)

log = structlog.get_logger()


def without_templates(
    text: RedactedText, product_id: ProductId, *, store: Store, context: Context
) -> RedactedText:
    """The text without the lines that are known to be templates of the product."""
    if "\n" not in text:
        return text
    known = context.templates(store, product_id)
    if not known:
        return text
    return RedactedText(without_lines(text, lambda key: _hash(key, context) in known))


def note_lines(
    contact_id: ContactId,
    draft: ContactDraft,
    product_id: ProductId,
    *,
    store: Store,
    context: Context,
) -> None:
    """Remember which lines the contact has, when it has several."""
    hashes = [_hash(key, context) for key in line_keys(draft.text)]
    store.templates.note(product_id, contact_id, draft.customer_id, hashes, now=context.now())


def _hash(key: str, context: Context) -> bytes:
    return context.secrets.fingerprint(key.encode())


def _is(line: bytes, context: Context, key: str) -> bool:
    return _hash(key, context) == line


def learn_soon(product_id: ProductId, *, store: Store, context: Context) -> None:
    """Queue the next look at common lines, at most one a day."""
    at = context.now() + _EVERY
    store.enqueue("templates", once=f"templates:{product_id}", at=at, product_id=product_id)


def learn_templates(context: Context, *, product_id: int) -> None:
    """Look at the commonest lines: one around which all kinds of things stand is a template."""
    encoder = context.encoder()
    with context.open() as store:
        product = store.products.get(ProductId(product_id))
        center = context.center(store, product.id)
        common = store.templates.common(
            product.id, least_customers=LEAST_CUSTOMERS, limit=MOST_COMMON
        )
        texts = {
            one.hash: store.templates.texts_with(product.id, one.hash, limit=MOST_TEXTS)
            for one in common
        }
    for one in common:
        words, rests = around(texts[one.hash], functools.partial(_is, one.hash, context))
        if not is_template(rests, encoder, center):
            continue
        with context.open() as store:
            store.templates.add(product.id, one.hash, words=words, now=context.now())
        context.forget_templates(product.id)
        log.info("a line is a template", product_id=product_id, customers=one.customers)
