"""Translated facts from outside, in the past tense."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class TicketChanged:
    """A ticket changed in some way; read it again to know how."""

    remote_id: str
    is_labelled: bool = False
    """It carries a label of ours, so it may be one of our tickets, or a copy."""


@dataclass(frozen=True, slots=True)
class TicketDeleted:
    """A ticket is gone from the tracker."""

    remote_id: str


@dataclass(frozen=True, slots=True)
class VersionReleased:
    """A version of the tracker's project was released."""

    remote_id: str
    name: str
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class VersionUnreleased:
    """A release was taken back."""

    remote_id: str
    name: str


TrackerNews = TicketChanged | TicketDeleted | VersionReleased | VersionUnreleased


class ShipKind(StrEnum):
    """What happened to a version on its way to customers."""

    RELEASED = "released"
    DEPLOYED = "deployed"
    FLAG_ENABLED = "flag_enabled"
    ROLLOUT_PROGRESS = "rollout_progress"
    ROLLOUT_COMPLETE = "rollout_complete"
    ROLLED_BACK = "rolled_back"
    DISABLED = "disabled"

    @property
    def takes_back(self) -> bool:
        """Whether customers have less than before."""
        return self in (ShipKind.ROLLED_BACK, ShipKind.DISABLED)


@dataclass(frozen=True, slots=True)
class ShipEvent:
    """A signal that a version reached customers, or was taken from them; unique by source and id.

    Names are those of the sender: the connection says which component, environment and version of
    ours they mean.
    """

    id: str
    source: str
    kind: ShipKind
    at: datetime
    """When it happened, as the sender says; signals may come late and in any order."""
    version: str = ""
    back_to: str = ""
    """The version customers have again, where a rollback names that one only."""
    component: str = ""
    environment: str = ""
    commit: str = ""
    percent: int | None = None
    """Share of customers who have it; None where the signal does not say."""
    audience: str = ""
    region: str = ""
    platform: str = ""
    tracker_keys: tuple[str, ...] = ()
    """Tickets that it fixes, as the sender says."""
    url: str = ""

    @property
    def part(self) -> tuple[str, str, str, str]:
        """Whom it is about: signals about different parts of the customers do not compare."""
        return self.environment, self.audience, self.region, self.platform


@dataclass(frozen=True, slots=True)
class Heard:
    """What a delivery says: in words, and as a signal if it is one."""

    told: str
    event: ShipEvent | None = None
    why_not: str = ""
    """Why it is no signal."""
