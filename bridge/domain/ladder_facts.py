"""What is known of an issue and its fix, as the fix ladder wants it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.domain.issues import IssueState, Outcome


@dataclass(frozen=True, slots=True)
class Moved:
    """A move of the issue's state."""

    at: datetime
    old: IssueState | None
    new: IssueState
    reason: str


@dataclass(frozen=True, slots=True)
class TicketFact:
    """How the ticket that stands for the issue is."""

    key: str
    status: str
    """In words: to do, in progress, done."""
    is_done: bool
    waits_for: tuple[str, ...] = ()
    """Versions that it names and that are not out."""


@dataclass(frozen=True, slots=True)
class ReleaseFact:
    """A release that carries the fix of this episode."""

    version: str
    shipped_at: datetime
    percent: int
    complete_at: datetime | None
    parts: tuple[str, ...] = ()
    """Whom it is for, where it is not for everybody: "platform ios", "region EU"."""
    withdrawn_at: datetime | None = None
    is_former: bool = False
    """It carried the fix that was taken back since; customers have it all the same."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The known affected customers, by whether they have the fix."""

    have: int
    lack: int
    waiting: int
    """The roll-out has not come to them, as far as anybody knows."""
    unknown: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.have + self.lack + self.waiting + self.unknown


@dataclass(frozen=True, slots=True)
class LadderFacts:
    """What is known of an issue and its fix."""

    state: IssueState
    outcome: Outcome | None
    moves: Sequence[Moved]
    """Oldest first."""
    ticket: TicketFact | None
    releases: Sequence[ReleaseFact]
    full_percent: int
    """From this share of a roll-out on a release counts as shipped."""
    reach: Reach
    quiet: timedelta | None
    """Since the fix, or since the last contact that speaks against it; None without a fix."""
    quiet_needed: timedelta
    still_coming: int = 0
    """Contacts after the fix, whoever they are from."""
    is_proven: bool | None = None
    """Whether fewer contacts came than normal variation explains; None while nobody can say."""
    followed: str | None = None
