"""Contacts of a file to groups: encode what states a problem, and let the finder find."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bridge.discover.preparing import FileContact, Watch
from bridge.domain.contacts import ContactNature
from models import IssueFinder
from models.asides import AsideModel
from models.encoders.base import Encoder
from models.encoders.routed import RoutedEncoder
from models.kinds import KindModel
from models.languages import level_languages
from models.settings import FinderSettings
from models.vectors import BoolArray, IntArray, Vector, Vectors, centered

_CHUNK = 512
SEED = 0


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which contacts belong together."""

    groups: list[IntArray]
    """Row numbers of the contacts of each issue in order of arrival, the biggest issue first."""

    vectors: Vectors
    """A unit row for each contact, after centring; zeros for those that state no problem."""

    chatter: frozenset[int]
    """Rows of contacts that the finder takes for chatter: they are in no issue."""

    rows_of: Callable[[Sequence[str]], Vectors]
    """Unit rows of other texts, after the same centring."""

    points: Callable[[Sequence[str]], Sequence[float]]
    """How likely each of other texts says what is wrong or wanted, and not something beside it."""


def group(
    contacts: Sequence[FileContact],
    encoder: Encoder,
    *,
    settings: FinderSettings,
    min_contacts: int,
    watch: Watch,
) -> Grouping:
    """Find the issues of at least `min_contacts` contacts among all contacts at once."""
    order = _order(contacts)
    texts = [contacts[row].text for row in order]
    vectors = _encode(texts, encoder, watch=watch)
    watch("finding issues", 0, 1)
    kinds = KindModel.of_own_examples(encoder)
    is_chatter = _are_chatter(texts, vectors, kinds, settings)
    chatter = frozenset(order[is_chatter].tolist())
    order, vectors = order[~is_chatter], vectors[~is_chatter]
    spread = np.zeros((len(contacts), encoder.dimensions), dtype=np.float32)
    groups: list[IntArray] = []
    center: Vector = np.zeros(encoder.dimensions, dtype=np.float32)
    if len(order):
        languages = [contacts[row].language for row in order]
        if not isinstance(encoder, RoutedEncoder):
            vectors = level_languages(vectors, languages)
        # Contacts in two languages share no words: theirs would only drive them apart.
        words = [contacts[row].text for row in order] if len(set(languages)) == 1 else None
        least = min(settings.least_contacts, min_contacts)
        finder = IssueFinder(settings=replace(settings, least_contacts=least))
        finder.fit(vectors, texts=words)
        center = finder.center_
        spread[order] = centered(vectors, center)
        groups = [
            order[finder.labels_ == label] for label in np.unique(finder.labels_) if label >= 0
        ]
    watch("finding issues", 1, 1)
    asides = AsideModel.of_own_examples(encoder)
    groups = [rows for rows in groups if len(rows) >= min_contacts]
    groups.sort(key=lambda rows: (-len(rows), int(rows.min())))
    return Grouping(
        groups,
        spread,
        chatter,
        rows_of=lambda clauses: centered(encoder.encode(clauses), center),
        points=lambda clauses: asides.points(clauses, encoder.encode(clauses)),
    )


def _are_chatter(
    texts: Sequence[str], vectors: Vectors, kinds: KindModel, settings: FinderSettings
) -> BoolArray:
    """Which texts surely state no problem, as told by our own examples."""
    if settings.least_chatter >= 1:
        return np.zeros(len(texts), dtype=bool)
    judged = kinds.judge(texts, vectors)
    return np.array([one.is_chatter(settings) for one in judged], dtype=bool)


def _order(contacts: Sequence[FileContact]) -> IntArray:
    """The rows that may be grouped, by arrival where all have a time.

    The finder learns what all contacts share from its first ones. A file without times is often
    sorted by subject, so it is shuffled, in the same way each time.
    """
    usable = [
        row for row, contact in enumerate(contacts) if contact.nature is ContactNature.MESSAGE
    ]
    moments = [contacts[row].occurred_at for row in usable]
    stamps = [moment.timestamp() for moment in moments if moment is not None]
    rows = np.array(usable, dtype=np.int64)
    if len(stamps) == len(rows):
        return rows[np.argsort(stamps, kind="stable")]
    return rows[np.random.default_rng(SEED).permutation(len(rows))]


def _encode(texts: Sequence[str], encoder: Encoder, *, watch: Watch) -> Vectors:
    """A unit row a text; equal texts are encoded once."""
    distinct = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    waiting = list(distinct)
    vectors = np.zeros((len(waiting), encoder.dimensions), dtype=np.float32)
    for start in range(0, len(waiting), _CHUNK):
        watch("encoding", start, len(waiting))
        vectors[start : start + _CHUNK] = encoder.encode(waiting[start : start + _CHUNK])
    watch("encoding", len(waiting), len(waiting))
    rows = np.array([distinct[text] for text in texts], dtype=np.int64)
    return np.asarray(vectors[rows], dtype=np.float32)
