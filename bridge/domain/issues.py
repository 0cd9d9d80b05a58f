"""An issue: a recurring problem, with one state machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidMove

IssueId = NewType("IssueId", int)


class IssueState(StrEnum):
    """Where an issue stands between the first contacts and a verified fix."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    FILED = "filed"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    SHIPPED = "shipped"
    VERIFIED = "verified"
    REGRESSED = "regressed"
    DECLINED = "declined"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"

    @property
    def words(self) -> str:
        """As a sentence says it."""
        return self.value.replace("_", " ")


class Outcome(StrEnum):
    """Why engineering closed a ticket."""

    FIXED = "fixed"
    WONT_FIX = "wont_fix"
    DUPLICATE = "duplicate"
    CANNOT_REPRODUCE = "cannot_reproduce"


_S = IssueState
_STEPS_DOWN = (_S.CONFIRMED, _S.FILED, _S.IN_PROGRESS, _S.RESOLVED, _S.DECLINED)
"""Where a fix that is taken back leaves an issue: where its ticket is."""
MOVES: Mapping[IssueState, frozenset[IssueState]] = {
    _S.CANDIDATE: frozenset({_S.CONFIRMED, _S.DISMISSED, _S.SNOOZED}),
    _S.CONFIRMED: frozenset({_S.FILED, _S.DISMISSED, _S.SNOOZED}),
    _S.FILED: frozenset({_S.IN_PROGRESS, _S.RESOLVED, _S.DECLINED, _S.CONFIRMED, _S.SHIPPED}),
    _S.IN_PROGRESS: frozenset({_S.FILED, _S.RESOLVED, _S.DECLINED, _S.SHIPPED}),
    _S.RESOLVED: frozenset({_S.FILED, _S.IN_PROGRESS, _S.SHIPPED, _S.DECLINED}),
    _S.SHIPPED: frozenset({*_STEPS_DOWN, _S.REGRESSED, _S.VERIFIED}),
    _S.VERIFIED: frozenset({*_STEPS_DOWN, _S.REGRESSED}),
    _S.REGRESSED: frozenset({_S.FILED, _S.IN_PROGRESS, _S.RESOLVED, _S.DECLINED, _S.SHIPPED}),
    _S.DECLINED: frozenset({_S.IN_PROGRESS, _S.RESOLVED, _S.FILED}),
    _S.DISMISSED: frozenset({_S.CANDIDATE}),
    _S.SNOOZED: frozenset({_S.CANDIDATE, _S.CONFIRMED}),
}
"""Allowed moves as data; every move writes a decision in the same transaction."""

TRACKED = frozenset(
    {_S.FILED, _S.IN_PROGRESS, _S.RESOLVED, _S.SHIPPED, _S.VERIFIED, _S.REGRESSED, _S.DECLINED}
)
"""States in which an issue has a ticket: consolidation never moves its contacts."""

OPEN = (_S.CONFIRMED, _S.FILED, _S.IN_PROGRESS)
"""A problem that engineering has not done yet; lists and reports mean this by open."""
TO_BE_DONE = frozenset({_S.FILED, _S.IN_PROGRESS})
"""Engineering has it and is not done: the ticket is open."""

FIXED = frozenset({_S.SHIPPED, _S.VERIFIED})
"""States in which customers have a fix, as far as anybody knows."""

UNSOLVED = frozenset({_S.CONFIRMED, _S.FILED, _S.IN_PROGRESS, _S.REGRESSED})
"""States in which a person or a ticket stands behind an issue and engineering is not done."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A recurring problem of one product, named ISS-<number>."""

    id: IssueId
    product_id: ProductId
    number: int
    state: IssueState
    title: str
    outcome: Outcome | None
    episode: int
    version: int
    """Raised with every change; the ETag of the API."""
    merged_into: IssueId | None
    created_at: datetime
    fixed_in: str | None
    """Version of the newest release that ships the fix of this episode."""
    shipped_at: datetime | None
    snoozed_until: datetime | None
    snoozed_customers: int | None = None
    """A snoozed issue comes back once so many customers are affected."""
    suggested_title: str | None = None
    """The machine's newest title where a person chose another."""

    @property
    def name(self) -> str:
        """The public name, stable for life."""
        return f"ISS-{self.number}"

    def can_move(self, to: IssueState) -> bool:
        """Whether the state machine allows this move."""
        return to in MOVES[self.state]

    def require_move(self, to: IssueState) -> None:
        """Raise InvalidMove, naming what is possible instead, when the move is not allowed."""
        if not self.can_move(to):
            possible = ", ".join(sorted(one.words for one in MOVES[self.state]))
            raise InvalidMove(
                f"{self.name} is {self.state.words}; from there it can become: {possible}"
            )

    @property
    def is_settled(self) -> bool:
        """A person or a ticket stands behind it, so grouping never moves its contacts."""
        return self.state is not IssueState.CANDIDATE
