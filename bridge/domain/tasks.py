"""Tasks: what only a person can decide or do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bridge.domain.issues import IssueId


class TaskKind(StrEnum):
    """What is asked of a person."""

    WITHDRAW = "withdraw"
    """Say yes: copies of retired workarounds are to be switched off outside."""
    GIVE_BACK = "give_back"
    """Say yes: copies of workarounds that are offered again are to be switched on."""
    BY_HAND = "by_hand"
    """Do it: a copy that the bridge cannot or must not change."""
    NAME_VERSIONS = "name_versions"
    """Do it: a copy stays in use and has to say that it is for versions without the fix only."""

    REOPEN = "reopen"
    """Do it: open a ticket again, where its workflow leaves the machine no single way."""


APPROVED = frozenset({TaskKind.WITHDRAW, TaskKind.GIVE_BACK})
"""Kinds that one button answers; the others are done by hand."""


class TaskState(StrEnum):
    """What became of a task."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for a person."""

    id: int
    issue_id: IssueId
    copy_id: int | None
    kind: TaskKind
    text: str
    url: str | None
    owner: str | None
    """Whose it is; None for the leads."""
    state: TaskState
    reason: str | None
    created_at: datetime
    closed_by: str | None


def reopen_key(issue_id: IssueId | int) -> str:
    """Names the one open task to open an issue's ticket again."""
    return f"{TaskKind.REOPEN.value}-{issue_id}"
