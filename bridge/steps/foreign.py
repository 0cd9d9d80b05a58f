"""Foreign: contacts in other languages are read by another encoder and translated.

The product's own English contacts teach the translation: the more of them both encoders have read,
the nearer a foreign contact comes to the issue of its problem. What was translated by far fewer is
translated anew, so that its issues can be found again.
"""

from collections.abc import Collection, Sequence

import numpy as np
import structlog

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.issues import IssueId
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.foreign import ForeignRow
from bridge.store.waiting import WaitingContact
from models.encoders.base import Encoder, EncoderError
from models.encoders.routed import LEAST_FOREIGN, MOST_TEACHERS, NO_READER, RoutedEncoder
from models.spoken import ENGLISH, is_foreign, is_plain_english
from models.vectors import Vectors

_BATCH = 256
_NEWEST = 64
_MOST_ANEW = 5_000
_GROWN = 1.25
"""So many times as many must teach before there is another lesson and a translation anew."""

log = structlog.get_logger()


def keep_read(  # noqa: PLR0913 - one batch needs all of it
    batch: Sequence[WaitingContact],
    reader: Encoder,
    product_id: ProductId,
    *,
    but: Collection[ContactId],
    store: Store,
    context: Context,
) -> None:
    """Remember what contacts in other languages looked like before translation.

    but: those that state several problems; their vector is not that of the whole text.
    """
    if not isinstance(reader, RoutedEncoder) or not reader.read:
        return
    foreign = reader.foreign().name
    taught_by = 1 + store.foreign.last_lesson(product_id, foreign)[0]
    rows = [
        ForeignRow(one.id, reader.read[one.text].language, reader.read[one.text].vector, taught_by)
        for one in batch
        if one.text in reader.read and one.id not in but
    ]
    store.foreign.keep(product_id, foreign, rows)
    learn_soon(product_id, store=store)


def learn_now(
    batch: Sequence[WaitingContact], product_id: ProductId, *, store: Store, context: Context
) -> set[IssueId]:
    """Before foreign contacts are read, let the newest English ones teach.

    An outage is told in all languages at once: what the last minutes brought must count. The newest
    foreign contacts are translated anew with it. Returns the issues whose sums were made anew.
    """
    if context.foreign is None or not any(is_foreign(one.text) for one in batch):
        return set()
    try:
        foreign = context.foreign()
    except EncoderError:
        return set()  # The reader says so, contact by contact.
    if store.foreign.count(product_id, foreign.name, limit=LEAST_FOREIGN) < LEAST_FOREIGN:
        return set()
    own = context.encoder().name
    newest_teacher = store.foreign.last_lesson(product_id, foreign.name)[1]
    found = store.foreign.could_teach(
        product_id, foreign.name, own, after=newest_teacher, limit=_NEWEST
    )
    english = [one for one in found if is_plain_english(one[1])]
    if not english:
        return set()
    vectors = foreign.encode([text for _, text in english])
    _keep_lesson(product_id, foreign, english, vectors, store=store)
    taught_by = 1 + store.foreign.last_lesson(product_id, foreign.name)[0]
    newest = store.foreign.behind(product_id, foreign.name, taught_by=taught_by, limit=_NEWEST)
    if not newest:
        return set()
    return _give_vectors(newest, product_id, taught_by, store=store, context=context)


def learn_soon(product_id: ProductId, *, store: Store) -> None:
    """Queue the next lesson."""
    store.enqueue("translate", once=f"translate:{product_id}", product_id=product_id)


def translate(context: Context, *, product_id: int) -> None:
    """Let more English contacts teach, and translate anew what fewer had taught."""
    if context.foreign is None:
        return
    try:
        foreign = context.foreign()
    except EncoderError as error:
        log.warning("contacts in other languages wait", reason=str(error))
        return
    _take_up(ProductId(product_id), context)
    _teach(ProductId(product_id), foreign, context)
    _translate_anew(ProductId(product_id), foreign, context)


def _take_up(product_id: ProductId, context: Context) -> None:
    with context.open() as store:
        if store.foreign.take_up(product_id, reason=NO_READER):
            store.enqueue("assign", once=f"assign:{product_id}", product_id=product_id)


def _teach(product_id: ProductId, foreign: Encoder, context: Context) -> None:
    """Read English contacts with the second encoder, once a quarter more have come than teach."""
    own = context.encoder().name
    with context.open() as store:
        if store.foreign.count(product_id, foreign.name, limit=LEAST_FOREIGN) < LEAST_FOREIGN:
            return
        teach = store.foreign.last_lesson(product_id, foreign.name)[0]
        found = store.foreign.could_teach(
            product_id, foreign.name, own, limit=max(MOST_TEACHERS - teach, 0)
        )
    english = [one for one in found if is_plain_english(one[1])]
    if len(english) < teach * (_GROWN - 1):
        return
    for start in range(0, len(english), _BATCH):
        part = english[start : start + _BATCH]
        vectors = foreign.encode([text for _, text in part])
        with context.open() as store:
            _keep_lesson(product_id, foreign, part, vectors, store=store)


def _keep_lesson(
    product_id: ProductId,
    foreign: Encoder,
    english: Sequence[tuple[ContactId, str]],
    vectors: Vectors,
    *,
    store: Store,
) -> None:
    rows = [
        ForeignRow(contact_id, ENGLISH, vector, taught_by=0)
        for (contact_id, _), vector in zip(english, vectors, strict=True)
    ]
    store.foreign.keep(product_id, foreign.name, rows)
    store.foreign.forget_teachers(product_id, foreign.name, but=MOST_TEACHERS)


def _translate_anew(product_id: ProductId, foreign: Encoder, context: Context) -> None:
    with context.open() as store:
        product = store.products.lock_grouping(product_id)
        taught_by = 1 + store.foreign.last_lesson(product.id, foreign.name)[0]
        behind = store.foreign.behind(
            product.id, foreign.name, taught_by=int(taught_by / _GROWN), limit=_MOST_ANEW
        )
        if not behind:
            return
        _give_vectors(behind, product.id, taught_by, store=store, context=context)
        store.enqueue("consolidate", once=f"consolidate:{product.id}", product_id=product.id)
        log.info("translated anew", product_id=product_id, contacts=len(behind))


def _give_vectors(
    behind: Sequence[ForeignRow],
    product_id: ProductId,
    taught_by: int,
    *,
    store: Store,
    context: Context,
) -> set[IssueId]:
    """Translate these anew, and make the sums of their issues anew; returns those issues."""
    translation = context.translation(store, product_id)
    given = np.array([one.vector for one in behind], dtype=np.float32)
    ids = [one.contact_id for one in behind]
    vectors = list(zip(ids, translation.of(given), strict=True))
    touched = store.foreign.replace_vectors(context.encoder().name, vectors)
    store.foreign.translated(ids, taught_by=taught_by)
    store.vectors.recount(product_id, touched)
    return touched
