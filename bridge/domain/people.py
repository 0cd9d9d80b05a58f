"""People of the support and engineering teams, and what they are told."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bridge.domain.issues import IssueId

UserId = NewType("UserId", int)


_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def is_address(text: str) -> bool:
    """Whether mail can be sent to it, as far as its looks tell."""
    return _ADDRESS.fullmatch(text.strip()) is not None


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
    OUTAGE = "outage"
    ALL_CLEAR = "all_clear"


class Because(StrEnum):
    """Why this person is told."""

    AGENT = "agent"
    """Handled a contact of the issue."""
    WORKAROUND = "workaround"
    """Used its workaround lately."""
    FOLLOWER = "follower"
    OWNER = "owner"
    """Looks after an affected account."""
    LEAD = "lead"
    TEAM = "team"
    """Is an agent of the product, whom an outage concerns."""


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
    reasons: tuple[str, ...] = ()
    """Members of Because."""


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
CUSTOMER = "customer"
"""Stands where a person's name does, for what a customer says in answer to a letter."""
