"""Translated facts from outside, in the past tense."""

from dataclasses import dataclass
from datetime import datetime


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
