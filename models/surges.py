"""A surge that is another trouble: contacts pour in on an issue and are unlike its older ones."""

from dataclasses import dataclass

import numpy as np
from scipy.special import pdtrc

from models.evidence import cohesion
from models.settings import FinderSettings
from models.vectors import FloatArray, Vector, Vectors, centered

_LEAST_USUAL = 0.1
"""An issue that was quiet for a week gets one contact in some hours by chance."""

_DRAWS = 199


def is_surge(count: int, usual: float, settings: FinderSettings) -> bool:
    """Whether so many contacts in some hours are far more than chance brings.

    usual: how many the issue gets in that time.
    """
    return bool(pdtrc(count - 1, max(usual, _LEAST_USUAL)) < settings.surge_chance)


@dataclass(frozen=True, slots=True)
class Surge:
    """The contacts of the last hours on an issue beside its older ones."""

    recent: Vector
    """Mean of their centred unit vectors; dots with another one to the mean similarity."""
    older: Vector
    """The same of the older ones."""
    inside_recent: float
    """Mean similarity of the recent ones to each other."""
    inside_older: float

    @property
    def likeness(self) -> float:
        """Mean similarity of the recent ones to the older ones."""
        return float(self.recent @ self.older)

    def takes(self, vector: Vector) -> bool:
        """Whether a contact is part of the surge. vector: centred, of length one.

        In a surge most are: only what is as like the older ones as these are to each other, and
        nearer to them than to the recent ones, is about what the issue was about.
        """
        to_recent, to_older = float(vector @ self.recent), float(vector @ self.older)
        is_nearer = to_older - self.inside_older / 2 >= to_recent - self.inside_recent / 2
        return not (is_nearer and to_older >= self.inside_older)


def other_trouble(
    recent: Vectors, older: Vectors, *, center: Vector, settings: FinderSettings
) -> Surge | None:
    """The surge when its contacts are another trouble than the older ones; None when they are not.

    recent, older: unit rows. Both are told apart by their energy distance: how much more like
    each other the contacts of either side are than those of one are like those of the other. It
    has to be large, and larger than nearly every cut of the same contacts at random gives.
    """
    if len(recent) < settings.burst_contacts - 1 or len(older) < settings.burst_contacts:
        return None
    space = centered(np.concatenate([recent, older]), center)
    count, rows = len(recent), np.arange(len(space))
    dice = np.random.default_rng(settings.seed)
    chosen = np.zeros((1 + _DRAWS, len(space)), dtype=np.float32)
    chosen[0, :count] = 1
    for draw in chosen[1:]:
        draw[dice.choice(rows, count, replace=False)] = 1
    distances = _distances(chosen @ space, space.sum(axis=0), count, len(older))
    by_chance = float((distances >= distances[0]).mean())
    if distances[0] < settings.surge_apart or by_chance > settings.surge_cuts:
        return None
    few = np.asarray(space[:count].mean(axis=0))
    many = np.asarray(space[count:].mean(axis=0))
    return Surge(few, many, cohesion(few, count), cohesion(many, len(older)))


def _distances(sums: Vectors, total: Vector, few: int, many: int) -> FloatArray:
    """The energy distance of each cut. sums: of the rows on the smaller side, one row a cut."""
    rest = total - sums
    inside = (np.einsum("ij,ij->i", sums, sums) - few) / (few * (few - 1))
    outside = (np.einsum("ij,ij->i", rest, rest) - many) / (many * (many - 1))
    across = np.einsum("ij,ij->i", sums, rest) / (few * many)
    return np.asarray(inside + outside - 2 * across, dtype=np.float64)
