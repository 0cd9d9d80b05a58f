"""What customers answered in surveys: three metrics that are never made into one number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Metric(StrEnum):
    """What was asked."""

    CSAT = "csat"
    """How satisfied with this help?"""
    NPS = "nps"
    """How likely to recommend the product?"""
    CES = "ces"
    """How easy was it to get help?"""


@dataclass(frozen=True, slots=True)
class Scale:
    """From which number to which, and which end is the good one."""

    low: float
    high: float
    higher_is_better: bool = True

    def share(self, score: float) -> float:
        """The place of a score from 0 (worst) to 1."""
        found = (score - self.low) / (self.high - self.low)
        return found if self.higher_is_better else 1 - found

    @property
    def told(self) -> str:
        """`1 to 7, 7 is best`."""
        best = self.high if self.higher_is_better else self.low
        return f"{self.low:g} to {self.high:g}, {best:g} is best"


SCALES: Mapping[Metric, Scale] = MappingProxyType(
    {Metric.CSAT: Scale(1, 5), Metric.NPS: Scale(0, 10), Metric.CES: Scale(1, 7)}
)
"""The usual scale of each; only NPS has no other."""

_TOP_BOXES = 0.75
"""Four of five, or a plain yes."""
_PROMOTES, _DETRACTS = 9, 6


@dataclass(frozen=True, slots=True)
class RatingReceived:
    """An answer, or a question that was asked and not answered yet."""

    external_id: str
    metric: Metric
    scale: Scale
    source: str = "api"
    score: float | None = None
    contact: str | None = None
    """External id of the contact it is about, in the same source."""
    conversation: str | None = None
    """Or the conversation, when the survey knows only that."""
    offered_at: datetime | None = None
    """When it was asked; None when that is not known."""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One question to one customer, answered or not."""

    metric: Metric
    scale: Scale
    score: float | None
    channel: str
    is_offer_known: bool
    at: datetime
    """When it was answered, else asked."""

    @property
    def is_satisfied(self) -> bool:
        """CSAT: one of the two best of five, or yes."""
        return self.score is not None and self.scale.share(self.score) >= _TOP_BOXES

    @property
    def promotes(self) -> bool:
        """NPS: 9 or 10."""
        return self.score is not None and self.score >= _PROMOTES

    @property
    def detracts(self) -> bool:
        """NPS: 0 to 6."""
        return self.score is not None and self.score <= _DETRACTS


@dataclass(frozen=True, slots=True)
class Journeys:
    """What customers had to do for one problem each: a customer with two problems is two."""

    journeys: int
    """Customers times problems."""
    contacts: int
    repeated: int
    """Journeys of more than one contact."""
    switches: int
    """How often somebody came back on another channel than the time before."""
    median_days: float | None
    """From the first contact to the fix, or to the last contact where none shipped since."""

    @property
    def contacts_each(self) -> float | None:
        """Contacts a customer and problem; None without any."""
        return self.contacts / self.journeys if self.journeys else None
