"""What every step is handed: the store, the clock, the encoder and the outside systems."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

import numpy as np

from bridge.cleaning import Cleaned, clean
from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotConfigured, TryAgainLater
from bridge.domain.products import Product
from bridge.ports import Notifier, ShipSignal, Tracker, Webhook, WorkaroundStore
from bridge.redaction import Mentions
from bridge.settings import Settings
from bridge.steps.living import Living
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from models.asides import AsideModel
from models.encoders.base import Encoder, EncoderError
from models.encoders.routed import CannotRead, RoutedEncoder, first_lesson
from models.kinds import KindModel, Lesson
from models.matching import find_center
from models.naming import WordUse, word_use
from models.settings import FinderSettings
from models.stop_words import without_stop_words
from models.texts import words
from models.translating import Translation
from models.vectors import Vector, Vectors

_WORD_USE_CONTACTS = 300
_WORD_USE_LIFE = timedelta(days=1)
_LEARNED_LIFE = timedelta(minutes=10)
_MOST_TAUGHT = 200
_MOST_CLAUSES = 5_000
_MOST_NAMES = 20_000


class Cleaner(Protocol):
    """Raw text to the part that states the problem; see `bridge.cleaning.clean`."""

    def __call__(self, raw: str, *, subject: str | None, max_bytes: int) -> Cleaned: ...


def _no_workaround_store(connection: Connection) -> WorkaroundStore:
    raise NotConfigured(f"{connection.integration} holds no workarounds")


def _no_channel(connection: Connection) -> Notifier:
    raise NotConfigured(f"{connection.integration} carries no messages")


@dataclass(frozen=True)
class Context:
    """Everything a step needs from outside its own arguments; made once by `bridge.wiring`."""

    settings: Settings
    secrets: Secrets
    open: Callable[[], AbstractContextManager[Store]]
    """One block, one transaction."""
    now: Callable[[], datetime]
    encoder: Callable[[], Encoder]
    """Loads the encoder on first use; raises TryAgainLater while it cannot be had."""
    finder: FinderSettings
    tracker: Callable[[Connection], Tracker]
    clean: Cleaner = clean
    """Replay has cleaned the texts beforehand and looks the answers up."""
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    """By integration name."""
    signals: Mapping[str, ShipSignal] = field(default_factory=dict)
    """By integration name: who tells what is out."""
    notifiers: Sequence[Notifier] = ()
    """Channels of the installation, by which every person can be told."""
    channel: Callable[[Connection], Notifier] = _no_channel
    """The channel behind a connection of a product."""
    workaround_store: Callable[[Connection], WorkaroundStore] = _no_workaround_store
    """The help desk behind a connection, where it holds copies of workarounds."""
    foreign: Callable[[], Encoder] | None = None
    """Loads the encoder for contacts in other languages on first use; raises EncoderError. None
    where the encoder reads all languages itself, or none."""
    consolidate_soon: bool = True
    """Group a while after contacts stay unassigned; replay has its own rhythm and says False."""
    waits_for_review: Callable[[], bool] = lambda: False
    """Whether a candidate with an open question is filed only after the answer."""
    reading: AbstractContextManager[object] = field(default_factory=Lock)
    """Held while existing tickets are read, by one thread of a process at a time."""
    _centers: dict[tuple[int, str], tuple[Vector, int]] = field(default_factory=dict)
    _word_use: dict[int, tuple[WordUse, datetime]] = field(default_factory=dict)
    _living: dict[tuple[int, str], Living] = field(default_factory=dict)
    _templates: dict[int, tuple[frozenset[bytes], datetime]] = field(default_factory=dict)
    _clauses: dict[tuple[str, str], Vector] = field(default_factory=dict)
    _own_kinds: dict[str, KindModel] = field(default_factory=dict)
    _mentions: dict[int, tuple[Mentions, datetime]] = field(default_factory=dict)
    _asides: dict[str, AsideModel] = field(default_factory=dict)
    _kinds: dict[tuple[int, str], tuple[KindModel, int, datetime]] = field(default_factory=dict)
    _translations: dict[int, tuple[Translation, tuple[int, int]]] = field(default_factory=dict)
    _first_lesson: list[tuple[Vectors, Vectors]] = field(default_factory=list)

    def finder_for(self, product: Product) -> FinderSettings:
        """The finder's settings, moved by what the people of a product have answered.

        A unit of similarity weighs the same whether a contact joins or two groups become one.
        """
        if not product.same_shift and not product.join_shift:
            return self.finder
        return replace(
            self.finder,
            same_intercept=self.finder.same_intercept + product.same_shift,
            join_threshold=self.finder.join_threshold
            - product.join_shift / self.finder.same_weights[0],
        )

    def reader(self, store: Store, product_id: ProductId) -> Encoder:
        """The encoder for texts of a product, in whatever language they are."""
        own = self.encoder()
        if self.foreign is None:
            return own
        return RoutedEncoder(own, self.foreign, lambda: self.translation(store, product_id))

    def translation(self, store: Store, product_id: ProductId) -> Translation:
        """From the space of many languages into the default one, as the product's contacts teach.

        Raises EncoderError where there is no encoder of many languages.
        """
        if self.foreign is None:
            raise EncoderError("no encoder for other languages")
        own, foreign = self.encoder(), self.foreign()
        lesson = store.foreign.last_lesson(product_id, foreign.name)
        known = self._translations.get(product_id)
        if known is not None and known[1] == lesson:
            return known[0]
        if not self._first_lesson:
            self._first_lesson.append(first_lesson(own, foreign))
        given, wanted = self._first_lesson[0]
        teachers = store.foreign.teachers(product_id, foreign.name, own.name)
        translation = Translation(
            np.concatenate([given, rows_of([one.given for one in teachers], given.shape[1])]),
            np.concatenate([wanted, rows_of([one.wanted for one in teachers], wanted.shape[1])]),
        )
        self._translations[product_id] = (translation, lesson)
        return translation

    def require_usable(self, connection: Connection) -> None:
        """Raise TryAgainLater, with the trouble in words, while the connection is paused."""
        if connection.paused_until and connection.paused_until > self.now():
            raise TryAgainLater(connection.trouble or "the connection is paused")

    def center(self, store: Store, product_id: int) -> Vector:
        """The mean vector of the product's first contacts, kept once there are enough of them.

        A young product's centre is found again whenever a tenth more contacts have come.
        """
        encoder = self.encoder()
        key = (product_id, encoder.name)
        wanted = self.finder.center_contacts
        known, count = self._centers.get(key, (None, 0))
        if known is not None and count >= wanted:
            return known
        now = store.vectors.count(product_id, encoder.name, limit=wanted)
        if known is not None and now < wanted and now <= count * 1.1:
            return known
        first = store.vectors.first(product_id, encoder.name, limit=wanted)
        center = find_center(rows_of(first, encoder.dimensions), settings=self.finder)
        self._centers[key] = (center, len(first))
        return center

    def knows_center(self, product_id: int) -> bool:
        """Whether no further contact changes the product's centre."""
        _, count = self._centers.get((product_id, self.encoder().name), (None, 0))
        return count >= self.finder.center_contacts

    def word_use(self, store: Store, product_id: ProductId) -> WordUse:
        """How the product's newest contacts use words, counted anew once a day."""
        known = self._word_use.get(product_id)
        if known is None or self.now() - known[1] >= _WORD_USE_LIFE:
            texts = store.contacts.newest_texts(product_id, limit=_WORD_USE_CONTACTS)
            known = (word_use(texts), self.now())
            # A young product's words are not kept: each contact changes them.
            if len(texts) == _WORD_USE_CONTACTS:
                self._word_use[product_id] = known
        return known[0]

    def kinds(self, store: Store, product_id: ProductId) -> KindModel:
        """What tells kinds of contacts apart in this product.

        Learned anew within minutes after a person decided about an issue.
        """
        encoder = self.encoder()
        key = (product_id, encoder.name)
        known, newest, checked_at = self._kinds.get(key, (None, 0, self.now()))
        if known is not None and self.now() - checked_at < _LEARNED_LIFE:
            return known
        decided = store.examples.last_decision(product_id)
        if known is None or decided != newest:
            known = self._learned_kinds(store, product_id)
        self._kinds[key] = (known, decided, self.now())
        return known

    def mentions(self, store: Store, product_id: ProductId) -> Mentions:
        """Who is known in the product, to be kept out of titles and quotes."""
        known = self._mentions.get(product_id)
        if known is None or self.now() - known[1] >= _LEARNED_LIFE:
            told = store.directory.names(product_id, limit=_MOST_NAMES)
            # Somebody may be called "You": small words are nobody's name.
            names = [" ".join(without_stop_words(words(name))) for name in told]
            counts = self.word_use(store, product_id).counts
            known = (Mentions(names, uses=lambda word: counts.get(word, 0)), self.now())
            self._mentions[product_id] = known
        return known[0]

    def asides(self) -> AsideModel:
        """What tells clauses that say what is wrong from others, learned once."""
        encoder = self.encoder()
        if encoder.name not in self._asides:
            self._asides[encoder.name] = AsideModel.of_own_examples(encoder)
        return self._asides[encoder.name]

    def _learned_kinds(self, store: Store, product_id: ProductId) -> KindModel:
        encoder = self.encoder()
        if encoder.name not in self._own_kinds:
            self._own_kinds[encoder.name] = KindModel.of_own_examples(encoder)
        taught = store.examples.taught(product_id, encoder.name, limit=_MOST_TAUGHT)
        lesson = Lesson(
            [one.text for one in taught],
            rows_of([one.vector for one in taught], encoder.dimensions),
            [one.is_chatter for one in taught],
        )
        return self._own_kinds[encoder.name].learned(lesson)

    def clause_vectors(self, clauses: Sequence[str], encoder: Encoder) -> Vectors:
        """Unit rows of clauses that may name an issue: it is named again and again.

        encoder: the product's `reader`; where it cannot read a language, the default one must do.
        """
        known = {one: self._clauses.get((encoder.name, one)) for one in clauses}
        missing = [one for one, vector in known.items() if vector is None]
        if missing:
            try:
                vectors = encoder.encode(missing)
            except CannotRead:
                vectors = self.encoder().encode(missing)
            found = dict(zip(missing, vectors, strict=True))
            known.update(found)
            if len(self._clauses) > _MOST_CLAUSES:
                self._clauses.clear()
            self._clauses.update({(encoder.name, one): found[one] for one in missing})
        rows = [vector for one in clauses if (vector := known[one]) is not None]
        return rows_of(rows, encoder.dimensions)

    def forget_kinds(self, product_id: ProductId) -> None:
        """Learn the product's kinds anew when they are next asked for."""
        self._kinds.pop((product_id, self.encoder().name), None)

    def templates(self, store: Store, product_id: ProductId) -> frozenset[bytes]:
        """Hashes of the lines that are templates of the product, read every few minutes."""
        known = self._templates.get(product_id)
        if known is None or self.now() - known[1] >= _LEARNED_LIFE:
            known = (store.templates.known(product_id), self.now())
            self._templates[product_id] = known
        return known[0]

    def forget_templates(self, product_id: ProductId) -> None:
        """Read the product's templates anew when they are next asked for."""
        self._templates.pop(product_id, None)

    def living(self, product_id: ProductId) -> Living:
        """The product's living issues as this process knows them."""
        encoder = self.encoder()
        key = (product_id, encoder.name)
        if key not in self._living:
            # Of two threads that both come first, one takes what the other has made.
            self._living.setdefault(key, Living(product_id, encoder.name, encoder.dimensions))
        return self._living[key]


def rows_of(vectors: Sequence[Vector], dimensions: int) -> Vectors:
    """Stack vectors into rows, shape (len(vectors), dimensions), also when there are none."""
    return np.array(vectors, dtype=np.float32).reshape(len(vectors), dimensions)
