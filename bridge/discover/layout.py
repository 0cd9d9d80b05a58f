"""The map: a place for each issue, near those that are similar, the same at each run.

No step draws lots: the first places are the principal components of the issues' middles, what
follows is computed from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.manifold import TSNE

from models.vectors import Vectors

Places: TypeAlias = NDArray[np.float64]
"""One row an issue: x and y."""

WIDTH, HEIGHT = 1000, 640
_MARGIN = 6.0
_FILLED = 0.34
"""The share of the map that the circles cover."""
_LEAST_RADIUS = 5.0
_MOST_RADIUS = 110.0
_GAP = 4.0
_PUSHES = 600
_PUSHES_A_PULL = 12
_PULLS = 120
_PULL = 0.96
_FREE = 0.8
_WIDEST = 20.0
_STEP = 0.7
"""Less than the whole overlap at once: those who are pushed from all sides would leap."""
_FEWEST_FOR_NEIGHBORS = 8
_GOLDEN_ANGLE = 2.399963229728653


@dataclass(frozen=True, slots=True)
class Circle:
    """Where an issue lies on the map; its area tells how many contacts it has."""

    x: float
    y: float
    radius: float


def lay_out(centers: Vectors, counts: Sequence[int], *, seed: int) -> list[Circle]:
    """A circle for each issue, in their order, none upon another.

    centers: unit rows. counts: contacts of each.
    """
    if not len(centers):
        return []
    radii = _radii(np.array(counts, dtype=np.float64))
    places = _principal(centers)
    if len(centers) >= _FEWEST_FOR_NEIGHBORS:
        places = _by_neighbors(centers, places, seed=seed)
    places = _apart(_close(_spread(places, radii), radii), radii, pushes=_PUSHES)
    places, scale = _fitted(places, radii)
    return [
        Circle(round(float(x), 1), round(float(y), 1), round(float(radius * scale), 1))
        for (x, y), radius in zip(places, radii, strict=True)
    ]


def dots(circle: Circle, count: int) -> list[tuple[float, float]]:
    """Places for the contacts of an issue, from the middle of its circle outwards.

    The seeds of a sunflower lie so: evenly, without rows.
    """
    numbers = np.arange(count)
    distances = 0.9 * circle.radius * np.sqrt((numbers + 0.5) / max(count, 1))
    angles = numbers * _GOLDEN_ANGLE
    xs = circle.x + distances * np.cos(angles)
    ys = circle.y + distances * np.sin(angles)
    return [(round(x, 1), round(y, 1)) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]


def _radii(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    per_contact = WIDTH * HEIGHT * _FILLED / np.pi / counts.sum()
    radii = np.clip(np.sqrt(counts * per_contact), _LEAST_RADIUS, _MOST_RADIUS)
    return np.asarray(radii, dtype=np.float64)


def _principal(centers: Vectors) -> Places:
    """The two directions in which the middles differ most; signs fixed by the largest entry."""
    moved = centers.astype(np.float64) - centers.mean(axis=0)
    left, strengths, directions = np.linalg.svd(moved, full_matrices=False)
    places = np.zeros((len(centers), 2))
    for axis in range(min(2, len(strengths))):
        largest = directions[axis][np.abs(directions[axis]).argmax()]
        places[:, axis] = left[:, axis] * strengths[axis] * (1.0 if largest >= 0 else -1.0)
    return places


def _by_neighbors(centers: Vectors, places: Places, *, seed: int) -> Places:
    """Two components tell little of hundreds: move similar issues together from there (t-SNE)."""
    width = max(float(places[:, 0].std()), 1e-9)
    moved = TSNE(
        perplexity=min(6.0, (len(centers) - 1) / 3),
        init=(places / width * 1e-2).astype(np.float32),
        method="exact",
        metric="cosine",
        learning_rate="auto",
        random_state=seed,
    ).fit_transform(centers)
    return np.asarray(moved, dtype=np.float64)


def _spread(places: Places, radii: NDArray[np.float64]) -> Places:
    """So wide that hardly any circles touch; issues on one spot stand on a small spiral.

    Circles that are pushed apart from a heap would end up in any order.
    """
    numbers = np.arange(len(places))
    turns = np.stack([np.cos(numbers * _GOLDEN_ANGLE), np.sin(numbers * _GOLDEN_ANGLE)], axis=1)
    extent = max(float(np.ptp(places, axis=0).max()), 1e-9)
    places = places / extent + turns * np.sqrt(numbers)[:, None] * 1e-4
    if len(places) < 2:
        return places
    distances = _distances(places)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    wanted = (radii + radii[nearest] + _GAP) / distances.min(axis=1)
    return np.asarray(places * min(float(np.quantile(wanted, _FREE)), _WIDEST * WIDTH))


def _distances(places: Places) -> NDArray[np.float64]:
    apart = places[:, None, :] - places[None, :, :]
    return np.asarray(np.sqrt((apart**2).sum(axis=2)))


def _apart(places: Places, radii: NDArray[np.float64], *, pushes: int) -> Places:
    """Push circles that touch away from each other until none does, each by half of the overlap."""
    reach = radii[:, None] + radii[None, :] + _GAP
    np.fill_diagonal(reach, 0.0)
    for _ in range(pushes):
        apart = places[:, None, :] - places[None, :, :]
        distances = np.maximum(np.sqrt((apart**2).sum(axis=2)), 1e-6)
        overlap = np.maximum(reach - distances, 0.0)
        if not overlap.any():
            break
        places = places + (apart * (_STEP * overlap / distances / 2)[:, :, None]).sum(axis=1)
    return places


def _close(places: Places, radii: NDArray[np.float64]) -> Places:
    """Draw everything together, step by step, until it fits the map: wide gaps tell nothing."""
    room = np.array([WIDTH, HEIGHT]) - 2 * _MARGIN
    places = _apart(places, radii, pushes=_PUSHES_A_PULL)
    for _ in range(_PULLS):
        size = _corners(places, radii)[1] - _corners(places, radii)[0]
        if (size <= room).all():
            break
        middle = places.mean(axis=0)
        pull = np.where(size > room, _PULL, 1.0)
        places = _apart((places - middle) * pull + middle, radii, pushes=_PUSHES_A_PULL)
    return places


def _corners(places: Places, radii: NDArray[np.float64]) -> tuple[Places, Places]:
    edge = radii[:, None]
    return (places - edge).min(axis=0), (places + edge).max(axis=0)


def _fitted(places: Places, radii: NDArray[np.float64]) -> tuple[Places, float]:
    """Moved and, when there is no other way, shrunk so that every circle is on the map."""
    low, high = _corners(places, radii)
    room = np.array([WIDTH, HEIGHT]) - 2 * _MARGIN
    scale = min(1.0, float((room / np.maximum(high - low, 1e-9)).min()))
    middle = (low + high) / 2
    return (places - middle) * scale + np.array([WIDTH, HEIGHT]) / 2, scale
