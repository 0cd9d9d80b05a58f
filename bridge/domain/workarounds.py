"""Workarounds: what support tells customers until a fix ships."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from bridge.domain.contacts import RedactedText
from bridge.domain.issues import IssueId

WorkaroundId = NewType("WorkaroundId", int)


class Audience(StrEnum):
    """Who may read a workaround."""

    INTERNAL = "internal"
    CUSTOMER = "customer"


class WorkaroundState(StrEnum):
    """Whether a workaround may be offered."""

    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Workaround:
    """What support tells customers until the fix ships."""

    id: WorkaroundId
    issue_id: IssueId
    text: RedactedText
    audience: Audience
    versions: tuple[str, ...]
    state: WorkaroundState
    reason: str | None
    use_count: int
