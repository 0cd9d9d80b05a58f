"""People of the support and engineering teams, and what they are told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bridge.domain.issues import IssueId

UserId = NewType("UserId", int)


class Role(StrEnum):
    """What a person or token may do inside one product."""

    ADMIN = "admin"
    LEAD = "lead"
    AGENT = "agent"
    ENGINEER = "engineer"


class NoticeKind(StrEnum):
    """Why somebody is told."""

    FIX = "fix"
    CORRECTION = "correction"
    REGRESSION = "regression"
    WORKAROUND = "workaround"
    OUTCOME = "outcome"
    """Engineering closed it without a fix."""
    ROLLOUT = "rollout"
    """The fix is on its way and has reached a part of the customers."""


class NoticeState(StrEnum):
    """What the reader did with a notice."""

    UNREAD = "unread"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class User:
    """A person, with or without a way to log in."""

    id: UserId
    email: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Notice:
    """One message in one person's inbox: unique by recipient, issue, kind and episode."""

    id: int
    recipient: str
    issue_id: IssueId
    kind: NoticeKind
    episode: int
    text: str
    state: NoticeState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did a thing: a person's e-mail, a token's name, or the machine."""

    kind: str
    name: str

    @property
    def is_machine(self) -> bool:
        """Whether no person stands behind it."""
        return self.kind == "machine"


MACHINE = Actor("machine", "machine")
