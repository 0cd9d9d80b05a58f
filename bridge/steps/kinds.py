"""Kinds: what the finder takes contacts for, learned anew from what people decide."""

from collections.abc import Sequence

from bridge.domain.contacts import ContactId, ContactNature, ProductId
from bridge.steps.context import Context, rows_of
from bridge.store import Store
from bridge.store.waiting import JudgedContact
from models.kinds import Judged
from models.vectors import Vector

_MOST = 5_000


def judged(
    contacts: Sequence[tuple[ContactId, str, Vector]],
    product_id: ProductId,
    *,
    store: Store,
    context: Context,
) -> list[JudgedContact]:
    """What the product's model takes each contact for; only sure chatter states no problem."""
    vectors = rows_of([vector for *_, vector in contacts], context.encoder().dimensions)
    found = context.kinds(store, product_id).judge([text for _, text, _ in contacts], vectors)
    return [
        JudgedContact(contact_id, _nature(one, context), one.kind.value, one.confidence)
        for (contact_id, *_), one in zip(contacts, found, strict=True)
    ]


def _nature(one: Judged, context: Context) -> ContactNature:
    return ContactNature.CHATTER if one.is_chatter(context.finder) else ContactNature.MESSAGE


def judge_soon(product_id: ProductId, *, store: Store) -> None:
    """Queue a new look at the contacts on no issue, after a person decided about an issue."""
    store.enqueue("judge", once=f"judge:{product_id}", product_id=product_id)


def judge(context: Context, *, product_id: int) -> None:
    """Judge the newest contacts on no issue again, with what people have decided since."""
    encoder = context.encoder()
    with context.open() as store:
        product = store.products.lock_grouping(ProductId(product_id))
        context.forget_kinds(product.id)
        waiting = store.examples.judged_before(product.id, encoder.name, limit=_MOST)
        again = judged(
            [(one.id, one.text, one.vector) for one in waiting],
            product.id,
            store=store,
            context=context,
        )
        changed = [
            new for old, new in zip(waiting, again, strict=True) if old.nature is not new.nature
        ]
        if changed:
            store.waiting.judge_again(changed)
            store.enqueue("consolidate", once=f"consolidate:{product.id}", product_id=product.id)
