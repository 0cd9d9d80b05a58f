"""Shares of small counts, told with how sure they are."""

from dataclasses import dataclass
from math import sqrt

FEWEST = 10
"""Below so many a share says more about chance than about the thing."""

_Z = 1.96
"""Two-sided 95 percent."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of `total` it was, with the interval of Wilson that covers it 19 times in 20."""

    count: int
    total: int
    low: float
    high: float

    @classmethod
    def of(cls, count: int, total: int) -> "Share | None":
        """The share; None where there are too few to tell one."""
        if not 0 <= count <= total:
            raise ValueError(f"{count} of {total} is no share")
        if total < FEWEST:
            return None
        part, square = count / total, _Z**2 / total
        middle = (part + square / 2) / (1 + square)
        reach = _Z / (1 + square) * sqrt(part * (1 - part) / total + square / (4 * total))
        return cls(count, total, max(middle - reach, 0.0), min(middle + reach, 1.0))

    @property
    def value(self) -> float:
        """The share itself, from 0 to 1."""
        return self.count / self.total
