"""Parts: a contact that states several problems counts on the issue of each.

Its first problem is its main one and takes part in grouping. The others join issues that exist,
now or as soon as there is one; they found none.
"""

from collections.abc import Sequence
from datetime import timedelta

from bridge.domain.contacts import ContactNature, ProductId
from bridge.domain.issues import IssueId
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.follow_up import contact_joined, contacts_changed
from bridge.steps.kinds import judged
from bridge.store import Store
from bridge.store.issues import Place
from bridge.store.parts import ContactPart
from bridge.store.waiting import WaitingContact
from models.encoders.base import Encoder
from models.matching import Placement
from models.parts import are_apart, passages
from models.texts import cut
from models.vectors import Vector

_WINDOW = timedelta(days=60)
_MOST = 1_000
_SHOWN_CHARACTERS = 80


def take_apart(  # noqa: PLR0913 - one batch needs all of it
    batch: Sequence[WaitingContact],
    vectors: dict[bytes, Vector],
    product_id: ProductId,
    reader: Encoder,
    *,
    store: Store,
    context: Context,
) -> list[ContactPart]:
    """The further problems of these contacts; `vectors` then has that of the first one only."""
    stated = {one.text_hash: passages(one.text) for one in batch}
    stated = {text_hash: found for text_hash, found in stated.items() if len(found) > 1}
    if not stated:
        return []
    center = context.center(store, product_id)
    further: dict[bytes, list[tuple[str, Vector]]] = {}
    for text_hash, found in stated.items():
        rows = reader.encode(found)
        if are_apart(rows, center):
            vectors[text_hash] = rows[0]
            further[text_hash] = list(zip(found[1:], rows[1:], strict=True))
    told = [
        ContactPart(one.id, part, text, vector)
        for one in batch
        for part, (text, vector) in enumerate(further.get(one.text_hash, []), 1)
    ]
    kinds = judged(
        [(one.contact_id, one.text, one.vector) for one in told],
        product_id,
        store=store,
        context=context,
    )
    return [
        one for one, kind in zip(told, kinds, strict=True) if kind.nature is ContactNature.MESSAGE
    ]


def place_parts(
    parts: Sequence[ContactPart], product: Product, *, store: Store, context: Context
) -> None:
    """Put each further problem on its issue, if there is one; needs the living issues up to date.

    Never again where it has been: a person may have taken it away.
    """
    if not parts:
        return
    living, center = context.living(product.id), context.center(store, product.id)
    been = store.parts.been_on([one.contact_id for one in parts])
    placed: dict[IssueId, list[Place]] = {}
    for one in parts:
        found = living.issues.place(
            one.vector, center=center, settings=context.finder_for(product), bonus={}
        )
        if found.group is None or (one.contact_id, found.group) in been:
            continue
        been.add((one.contact_id, found.group))
        issue_id = IssueId(found.group)
        placed.setdefault(issue_id, []).append(_place(one, issue_id, found, context))
    for issue_id, places in sorted(placed.items()):
        store.waiting.assign(product.id, places, now=context.now())
        centroid = living.one(issue_id, store)
        for place in places:
            contact_joined(centroid, place.contact_id, product, store=store)
        contacts_changed(centroid, product, store=store, context=context)


def _place(one: ContactPart, issue_id: IssueId, found: Placement, context: Context) -> Place:
    needed = f"{found.similarity:.2f} of at least {found.threshold:.2f}"
    words = cut(one.text, _SHOWN_CHARACTERS)
    return Place(
        contact_id=one.contact_id,
        issue_id=issue_id,
        similarity=found.similarity,
        threshold=found.threshold,
        encoder=context.encoder().name,
        actor=MACHINE.name,
        reason=f"another problem it states, “{words}”: {needed}",
        runner_up_id=None if found.runner_up is None else IssueId(found.runner_up),
        runner_up_similarity=found.runner_up_similarity,
        part=one.part,
    )


def place_waiting(context: Context, *, product_id: int) -> None:
    """Look again whether there is an issue by now for problems that had none."""
    encoder = context.encoder()
    with context.open() as store:
        product = store.products.lock_grouping(ProductId(product_id))
        with context.living(product.id).brought_up_to_date(store, now=context.now()):
            waiting = store.parts.unassigned(
                product.id, encoder.name, since=context.now() - _WINDOW, limit=_MOST
            )
            place_parts(waiting, product, store=store, context=context)
