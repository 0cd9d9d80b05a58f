"""Assign: encode waiting contacts and place each on a living issue, or leave it unassigned."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import structlog

from bridge.domain.contacts import ContactId, ContactNature, ProductId
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.people import MACHINE
from bridge.domain.products import Product
from bridge.steps.burst import Watch, burst_since, is_young_burst
from bridge.steps.context import Context
from bridge.steps.follow_up import contact_joined, contacts_changed, recount_soon
from bridge.steps.foreign import keep_read, learn_now
from bridge.steps.kinds import judged
from bridge.steps.looking import look_again
from bridge.steps.parts import place_parts, take_apart
from bridge.steps.surge import Apart, Surges
from bridge.store import Store
from bridge.store.evidence import RecentContact
from bridge.store.issues import Place
from bridge.store.placing import Joined, KeptVector
from bridge.store.vectors import Centroid
from bridge.store.waiting import JudgedContact, WaitingContact
from models.encoders.base import Encoder
from models.encoders.routed import CannotRead, RoutedEncoder
from models.spoken import is_foreign
from models.vectors import Vector

_BATCH = 256
_TRIES = 3
_SOON = timedelta(seconds=30)

log = structlog.get_logger()


def assign(context: Context, *, product_id: int) -> None:
    """Place every waiting contact of a product, a batch at a time."""
    # Loaded before the block opens: the first time it can take half a minute.
    encoder = context.encoder()
    living = context.living(ProductId(product_id))
    with context.open() as store:
        taken = store.placing.take(
            ProductId(product_id),
            encoder.name,
            limit=_BATCH,
            within=timedelta(days=context.finder.follow_up_days),
            most=context.finder.follow_up_most,
            seen=living.seen,
        )
        product, waiting = taken.product, taken.waiting
        if not waiting:
            return
        with living.brought_up_to_date(store, now=context.now(), first=taken.changes):
            living.reread(learn_now(waiting, product.id, store=store, context=context), store)
            reader = context.reader(store, product.id)
            vectors, failed = _encode(waiting, reader)
            batch = [contact for contact in waiting if contact.id not in failed]
            _place_all(batch, vectors, product, reader, store=store, context=context)
        for contact_id, reason in failed.items():
            if store.contacts.note_failure(contact_id, reason=reason, tries=_TRIES):
                log.warning("contact set aside", contact_id=contact_id, reason=reason)
        if len(waiting) == _BATCH or failed:
            store.enqueue("assign", once=f"assign:{product_id}", product_id=product_id)


def _encode(
    waiting: Sequence[WaitingContact], encoder: Encoder
) -> tuple[dict[bytes, Vector], dict[ContactId, str]]:
    """Vectors by text hash, and the contacts whose text the encoder could not take."""
    translates = isinstance(encoder, RoutedEncoder)
    known = {
        one.text_hash: one.vector
        for one in waiting
        # What was translated before may be translated better by now.
        if one.vector is not None and not (translates and is_foreign(one.text))
    }
    texts = {one.text_hash: one.text for one in waiting if one.text_hash not in known}
    hashes = list(texts)
    try:
        vectors = encoder.encode([texts[text_hash] for text_hash in hashes])
        return {**known, **dict(zip(hashes, vectors, strict=True))}, {}
    except (ValueError, RuntimeError, OverflowError) as error:
        log.warning("a batch could not be encoded, trying one by one", error=type(error).__name__)
    found, failed = dict(known), {}
    for contact in waiting:
        if contact.text_hash in found:
            continue
        try:
            found[contact.text_hash] = encoder.encode([contact.text])[0]
        except (ValueError, RuntimeError, OverflowError) as error:
            failed[contact.id] = (
                str(error)
                if isinstance(error, CannotRead)
                else f"the encoder refused it: {type(error).__name__}"
            )
    return found, failed


def _place_all(  # noqa: PLR0913 - one batch needs all of it
    batch: Sequence[WaitingContact],
    vectors: dict[bytes, Vector],
    product: Product,
    reader: Encoder,
    *,
    store: Store,
    context: Context,
) -> None:
    if not batch:
        return
    further = take_apart(batch, vectors, product.id, reader, store=store, context=context)
    apart = {one.contact_id for one in further}
    keep_read(batch, reader, product.id, but=apart, store=store, context=context)
    told = [(one.id, one.text, vectors[one.text_hash]) for one in batch]
    found = judged(told, product.id, store=store, context=context)
    kept = [KeptVector(one.id, one.text_hash, vectors[one.text_hash]) for one in batch]
    if not context.knows_center(product.id):
        # The centre is found among the stored vectors, and these are some of the first.
        store.placing.keep_vectors(product.id, context.encoder().name, kept)
        kept = []
    board = _Board(product, batch, store=store, context=context)
    for contact, one in zip(batch, found, strict=True):
        board.put(contact, vectors[contact.text_hash], nature=one.nature)
    recent = board.save(kept, found)
    store.parts.keep(product.id, context.encoder().name, further)
    place_parts(further, product, store=store, context=context)
    Surges(product, store, context).put(board.apart)
    Watch(product, store, context).look(board.left_alone, recent)
    if board.left_alone and context.consolidate_soon:
        store.enqueue(
            "consolidate",
            once=f"consolidate:{product.id}",
            at=context.now() + _SOON,
            product_id=product.id,
        )


class _Board:
    """The living issues as they stand while a batch is placed, one contact after the other."""

    def __init__(
        self,
        product: Product,
        batch: Sequence[WaitingContact],
        *,
        store: Store,
        context: Context,
    ) -> None:
        self._product = product
        self._store = store
        self._context = context
        self._encoder = context.encoder()
        self._living = context.living(product.id)
        finder = context.finder_for(product)
        self._finder = finder
        self._burst_since = burst_since(context.now(), finder)
        young = self._living.young(self._burst_since)
        self._bonus: dict[int, float] = {one: finder.burst_bonus for one in young}
        self._center = context.center(store, product.id)
        self._joined: dict[IssueId, Joined] = {}
        # Contacts with the very same text share a fate, whatever the similarity says.
        self._fates = {one.text_hash: one.fate for one in batch if one.fate is not None}
        self._places: list[Place] = []
        self._surges = Surges(product, store, context)
        self.left_alone: list[ContactId] = []
        self.apart: list[Apart] = []

    def put(self, contact: WaitingContact, vector: Vector, *, nature: ContactNature) -> None:
        """Assign one contact, or leave it; what states no problem founds no issue either."""
        if contact.home is not None:
            # It stays where a person put it; only its words have changed.
            recount_soon(contact.home, self._product.id, store=self._store)
            return
        same_text = self._fates.get(contact.text_hash)
        if nature is not ContactNature.MESSAGE and same_text is None:
            return
        found = self._living.issues.place(
            vector,
            center=self._center,
            settings=self._finder,
            bonus=self._bonus_of(contact),
        )
        number = found.group
        reason = f"similar to the issue: {found.similarity:.2f} of at least {found.threshold:.2f}"
        if same_text is not None and same_text in self._living.issues:
            number, reason = same_text, "the very text of a contact on this issue"
        if number is None:
            self.left_alone.append(contact.id)
            return
        issue_id = IssueId(number)
        if number != same_text and number not in contact.recent_homes:
            apart = self._surges.apart(contact.id, vector, issue_id)
            if apart is not None:
                self.apart.append(apart)
                return
        other = found.runner_up if number == found.nearest else found.nearest
        self._places.append(
            Place(
                contact_id=contact.id,
                issue_id=issue_id,
                similarity=found.similarity,
                threshold=found.threshold,
                encoder=self._encoder.name,
                actor=MACHINE.name,
                reason=reason,
                runner_up_id=None if other is None else IssueId(other),
                runner_up_similarity=found.runner_up_similarity,
            )
        )
        self._fates[contact.text_hash] = issue_id
        self._living.join(issue_id, vector)
        nobody = Joined(np.zeros_like(vector), 0)
        joined = self._joined.setdefault(issue_id, nobody)
        joined.total, joined.size = joined.total + vector, joined.size + 1

    def _bonus_of(self, contact: WaitingContact) -> dict[int, float]:
        """What else ties the contact to issues: its customer's last contacts, a young burst."""
        bonus = self._bonus.copy()
        for issue_id in set(contact.recent_homes):
            bonus[issue_id] = bonus.get(issue_id, 0.0) + self._context.finder.follow_up_bonus
        return bonus

    def save(
        self, vectors: Sequence[KeptVector], judged_contacts: Sequence[JudgedContact]
    ) -> Sequence[RecentContact]:
        """Write where everything went and queue what follows from it.

        Gives the contacts that came together with those left alone, if there are any.
        """
        placed = self._store.placing.save(
            self._product.id,
            self._encoder.name,
            vectors=vectors,
            judged=judged_contacts,
            places=self._places,
            joined=self._joined,
            now=self._context.now(),
            recent_since=self._burst_since if self.left_alone else None,
        )
        self._living.confirm(self._joined, placed.grown)
        grown = {one.issue_id: one for one in placed.grown}
        for place in self._places:
            contact_joined(
                grown[place.issue_id], place.contact_id, self._product, store=self._store
            )
        for centroid in placed.grown:
            if centroid.state is IssueState.CANDIDATE and is_young_burst(
                centroid, self._context.finder, self._context.now()
            ):
                self._look_again(centroid)
            contacts_changed(centroid, self._product, store=self._store, context=self._context)
        return placed.recent

    def _look_again(self, centroid: Centroid) -> None:
        near = self._living.near(centroid.mean, self._store, center=self._center)
        look_again(centroid.issue_id, near, self._product, store=self._store, context=self._context)
