"""What a consolidation is given: the issues that stay, and what is known beside the vectors."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from models.follow_ups import FollowUps
from models.vectors import FloatArray, IntArray, Vector, Vectors, mean_members


@dataclass(frozen=True, slots=True)
class Fixed:
    """The issues whose contacts stay: plain means of their unit rows, and how many those are."""

    means: Vectors
    sizes: IntArray

    def members(self, center: Vector) -> Vectors:
        """Rows that dot with a centred unit vector to the mean similarity to the contacts."""
        return mean_members(self.means, center) if len(self.means) else self.means


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known beside the vectors.

    Contacts and fixed issues have numbers here: the rows of the loose contacts, then, counting
    on, those of the fixed issues; -1 is neither.
    """

    follow_ups: FollowUps = field(default_factory=FollowUps)
    """Each contact of a pair is told by its own or its issue's number."""

    together: Sequence[tuple[int, int]] = ()
    """What people put together."""

    apart: Sequence[tuple[int, int]] = ()
    """What people keep apart."""

    days: FloatArray | None = None
    """When each loose contact came; minus infinity where it is so long ago that nobody looked."""

    takes_until: FloatArray | None = None
    """For each fixed issue the day up to which contacts join it late: see `models.late`.

    Minus infinity for none.
    """

    asked: Collection[int] = ()
    """Numbers of candidates that wait for an answer of a person."""


NO_CLUES = Clues()
