"""All contacts at once, the number of issues unknown: what many looks agree on.

A stream is grouped by thresholds (`models.clustering`); with everything at hand, how fine the
issues are can be read from the contacts themselves. See docs/decisions/0008.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from models.clues import Fixed
from models.clustering import ALONE, consolidate, is_varied
from models.neighbors import (
    Neighbors,
    communities,
    edges_of,
    find_neighbors,
    seen_from,
)
from models.settings import FinderSettings
from models.vectors import BoolArray, FloatArray, IntArray, Vector, Vectors, centered
from models.wording import pulled_by_words

_FEWEST = 60
"""Fewer wordings show no structure: they are grouped by the thresholds of a stream."""

_CANDIDATES = 4
"""A look at some dimensions chooses among so many times the neighbours."""

_PARTS = 16
_RESOLUTIONS = (2, 4, 8, 16)
"""Each of 16 drawings of half the dimensions is cut into communities this coarse to this fine."""

_PER_RESOLUTION = 100
"""A resolution asks for so many wordings: finer ones only shred few contacts."""

_LEAST_PART = 16
"""A drawing has at least so many dimensions, or all when there are no more."""

_KEPT = 0.5
"""Share of the links, drawn at random, that a look sees."""

_AGREED = 0.5
"""Share of the looks that have to keep two neighbours together for the link to count."""

_AGREED_RESOLUTION = 2

_ALIKE = 0.82
"""Groups become one from this similarity on, as a share of that inside the looser one."""

_LEAST_UNITED = 3
_MOST_UNITED = 2000

_TIES = 6
"""So many of a contact's best ties count: an issue of seven has no more."""

_LOWER_QUARTER = 25
_USUAL_TIE = 0.55
"""A contact tied less than this share of what three of four are is left alone.

Where the issues are loose the lower quarter is low, so that few of their contacts are lost.
"""

_CHANCE_MEMBERS = 3

_LARGEST_VALLEY = 0.3
"""Strangers are less similar than this to their group, in any company."""

_LEAST_SHOWN = 500
"""Fewer wordings show valleys by chance."""

_CLEAR_VALLEY = 0.6
_CHANCE = 2.5
_LEAST_WIDTH = 0.03


def group_all(
    vectors: Vectors,
    *,
    center: Vector,
    settings: FinderSettings,
    texts: Sequence[str] | None = None,
) -> IntArray:
    """The issue of each contact, the biggest is 0; -1 is left alone.

    vectors: unit rows. center: from `find_center`. texts: what the vectors are of, where it is
    known: then their words count too.
    """
    first, homes = _wordings(vectors)
    if len(first) < _FEWEST:
        return _by_thresholds(vectors, center, settings)
    space = centered(vectors[first], center)
    seen = space
    if texts is not None:
        seen = pulled_by_words(space, [texts[int(row)] for row in first], seed=settings.seed)
    wordings = _group(seen, space, settings)
    # A wording that belongs to no issue may be one by itself when very many sent it.
    lonely = np.flatnonzero(wordings == ALONE)
    wordings[lonely] = len(wordings) + lonely
    found = wordings[homes]
    numbers, sizes = np.unique(found, return_counts=True)
    large = numbers[sizes >= settings.least_contacts]
    members = [np.flatnonzero(found == one) for one in large]
    members = [rows for rows in members if is_varied(vectors[rows], settings=settings)]
    labels = np.full(len(vectors), ALONE, dtype=np.int64)
    for label, rows in enumerate(sorted(members, key=lambda rows: (-len(rows), rows[0]))):
        labels[rows] = label
    return labels


def _by_thresholds(vectors: Vectors, center: Vector, settings: FinderSettings) -> IntArray:
    nothing = Fixed(vectors[:0], np.zeros(0, dtype=np.int64))
    current = np.full(len(vectors), ALONE, dtype=np.int64)
    return consolidate(
        vectors, nothing, current=current, center=center, settings=settings
    ).candidates


def _wordings(vectors: Vectors) -> tuple[IntArray, IntArray]:
    """The first row of each distinct vector, and for each row the number of its vector."""
    numbers: dict[bytes, int] = {}
    homes = [numbers.setdefault(vector.tobytes(), len(numbers)) for vector in vectors]
    _, first = np.unique(homes, return_index=True)
    return first.astype(np.int64), np.array(homes, dtype=np.int64)


def _group(space: Vectors, plain: Vectors, settings: FinderSettings) -> IntArray:
    """A number for each wording, -1 for those that belong to no issue.

    space: unit rows, centred, all different. plain: the same without the pull of their words,
    which brings strangers nearer too: by it is told who is one.
    """
    # Few contacts have few alike: with fixed neighbours all would be neighbours of all.
    count = min(settings.neighbors, int(np.ceil(np.sqrt(len(space)))))
    candidates = find_neighbors(space, count * _CANDIDATES)
    neighbors = candidates.nearest(count)
    looks = _looks(space, candidates, count, settings.seed)
    agreement = _agreement(neighbors, (_united(plain, look).labels for look in looks))
    agreed = edges_of(neighbors, np.where(agreement >= _AGREED, agreement**2, 0))
    labels = communities(agreed, len(space), resolution=_AGREED_RESOLUTION, seed=settings.seed)
    ties = _ties(neighbors.seen_in(plain), agreement)
    groups = _united(plain, labels)
    return _without_strangers(groups, ties, settings)


def _looks(space: Vectors, candidates: Neighbors, count: int, seed: int) -> Iterator[IntArray]:
    """Communities by many looks: half the dimensions, half the links, coarse and fine."""
    random = np.random.default_rng(seed)
    size = space.shape[1]
    finest = max(1.0, len(space) / _PER_RESOLUTION)
    for part in range(_PARTS):
        drawn = random.permutation(size)[: max(size // 2, _LEAST_PART)]
        near = seen_from(space, candidates, drawn, count)
        links = edges_of(near, near.similarities)
        for number, resolution in enumerate(_RESOLUTIONS):
            seen = links.only(random.random(len(links.weights)) < _KEPT)
            yield communities(
                seen,
                len(space),
                resolution=min(resolution, finest),
                seed=seed + part * len(_RESOLUTIONS) + number,
            )


def _agreement(neighbors: Neighbors, looks: Iterator[IntArray]) -> Vectors:
    """Share of the looks that keep a row and its neighbour together, shape as `neighbors`."""
    together = np.zeros(neighbors.rows.shape, dtype=np.float32)
    count = 0
    for labels in looks:
        together += labels[neighbors.rows] == labels[:, None]
        count += 1
    return np.asarray(together / max(count, 1), dtype=np.float32)


class _Groups:
    """Groups of wordings with their sums, so that mean similarities cost one product."""

    def __init__(self, space: Vectors, labels: IntArray) -> None:
        self._space = space
        _, self.labels = np.unique(labels, return_inverse=True)
        self._sizes = np.bincount(self.labels).astype(np.float64)
        rows = np.arange(len(space))
        members = csr_matrix((np.ones(len(space), dtype=np.float32), (self.labels, rows)))
        self._totals = np.asarray(members @ space, dtype=np.float64)

    def unite(self) -> None:
        """Make groups one while those of one are nearly as like the other's as the other's are.

        What is compared is the mean similarity across with that inside the looser of the two.
        """
        large = np.argsort(-self._sizes, kind="stable")[:_MOST_UNITED]
        large = large[self._sizes[large] >= _LEAST_UNITED]
        totals, sizes = self._totals[large], self._sizes[large]
        homes = np.arange(len(large))
        across = totals @ totals.T / np.outer(sizes, sizes)
        inside = _inside(totals, sizes)
        shares = across / np.maximum(np.minimum.outer(inside, inside), 1e-3)
        np.fill_diagonal(shares, -np.inf)
        while shares.size and shares.max() >= _ALIKE:
            one, other = np.unravel_index(int(shares.argmax()), shares.shape)
            totals[one] += totals[other]
            sizes[one] += sizes[other]
            inside = _inside(totals, sizes)
            homes[homes == other] = one
            gone = np.isneginf(shares[one])
            row = totals @ totals[one] / (sizes * sizes[one])
            row /= np.maximum(np.minimum(inside, inside[one]), 1e-3)
            row[gone] = -np.inf
            shares[one] = shares[:, one] = row
            shares[other] = shares[:, other] = -np.inf
        moved = np.arange(len(self._sizes))
        moved[large] = large[homes]
        self.labels = moved[self.labels]
        self._totals[large], self._sizes[large] = totals[homes], sizes[homes]

    def own(self) -> FloatArray:
        """Mean similarity of each wording to the others of its group; 0 where it is alone.

        A few that are alike by chance do not count: it is as if some members were not at all.
        """
        sizes = self._sizes[self.labels]
        sums = np.einsum("ij,ij->i", self._space, self._totals[self.labels]) - 1
        return np.where(sizes > 1, sums / np.maximum(sizes - 1 + _CHANCE_MEMBERS, 1), 0.0)


def _inside(totals: FloatArray, sizes: FloatArray) -> FloatArray:
    """Mean similarity between the contacts of each group."""
    squares = np.einsum("ij,ij->i", totals, totals)
    return np.asarray((squares - sizes) / np.maximum(sizes * (sizes - 1), 1))


def _united(space: Vectors, labels: IntArray) -> _Groups:
    groups = _Groups(space, labels)
    groups.unite()
    return groups


def _ties(neighbors: Neighbors, agreement: Vectors) -> FloatArray:
    """How well each wording is tied to others: the mean of its best ties.

    A tie is the similarity to a neighbour times the share of the looks that kept both together.
    """
    ties = -np.sort(-neighbors.similarities * agreement, axis=1)
    return np.asarray(ties[:, :_TIES].mean(axis=1), dtype=np.float64)


def _without_strangers(groups: _Groups, ties: FloatArray, settings: FinderSettings) -> IntArray:
    """Leave alone what is hardly tied, and groups that lose most of their wordings by that."""
    own = groups.own()
    belongs = ties >= max(
        settings.least_tie, _USUAL_TIE * float(np.percentile(ties, _LOWER_QUARTER))
    )
    belongs &= own >= valley(own)
    sizes = np.bincount(groups.labels)
    left = np.bincount(groups.labels, belongs)
    return np.where(belongs & (left >= sizes / 2)[groups.labels], groups.labels, ALONE)


def valley(similarities: FloatArray) -> float:
    """Where contacts fall clearly in two, the similarity between strangers and members.

    similarities: of each contact to its own group. 0.0 when there is no clear valley between two
    peaks of their density, or none low enough to have strangers on its left.
    """
    if len(similarities) < _LEAST_SHOWN:
        return 0.0
    spread = float(similarities.std()) * len(similarities) ** -0.2
    width = max(_LEAST_WIDTH, 0.9 * spread)
    places = np.arange(0, 1, 0.01)
    counts, edges = np.histogram(similarities, bins=200, range=(-1, 1))
    middles = (edges[:-1] + edges[1:]) / 2
    density = np.exp(-0.5 * ((places[:, None] - middles) / width) ** 2) @ counts
    best, depth = 0.0, _CLEAR_VALLEY
    for place in _dips(density):
        low, peak = density[place], min(density[:place].max(), density[place:].max())
        # A sum of such kernels varies by chance about as its root: few contacts show dips easily.
        is_chance = peak - low < _CHANCE * np.sqrt(peak + low)
        if places[place] <= _LARGEST_VALLEY and low < depth * peak and not is_chance:
            best, depth = float(places[place]), float(low / peak)
    return best


def _dips(density: FloatArray) -> IntArray:
    inner = density[1:-1]
    is_dip: BoolArray = (inner < density[:-2]) & (inner <= density[2:])
    return np.flatnonzero(is_dip) + 1
