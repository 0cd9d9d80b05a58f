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
    CHECK_RETURN = "check_return"
    """Say yes: the problem is back although its fix has shipped."""


APPROVED = frozenset({TaskKind.WITHDRAW, TaskKind.GIVE_BACK, TaskKind.CHECK_RETURN})
"""Kinds that one button answers; the others are done by hand."""
_YES = {TaskKind.CHECK_RETURN: "It is back"}
_NO = {TaskKind.CHECK_RETURN: "No, the fix holds…"}
_WHY_NOT = {TaskKind.CHECK_RETURN: "How do you know?"}


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
    closed_at: datetime | None

    @property
    def needs_yes(self) -> bool:
        """Whether one button answers it; else somebody has to do it by hand."""
        return self.kind in APPROVED

    @property
    def yes_words(self) -> str:
        """The button that does what is asked for."""
        return _YES.get(self.kind, "Do it" if self.needs_yes else "I have done it")

    @property
    def no_words(self) -> str:
        """The button that leaves things as they are."""
        return _NO.get(self.kind, "No…")

    @property
    def why_not_words(self) -> str:
        """What is asked of whoever says no."""
        return _WHY_NOT.get(self.kind, "Why not?")


def check_return_key(issue_id: IssueId | int) -> str:
    """Names the one open task to check whether an issue is back."""
    return f"{TaskKind.CHECK_RETURN.value}-{issue_id}"


def reopen_key(issue_id: IssueId | int) -> str:
    """Names the one open task to open an issue's ticket again."""
    return f"{TaskKind.REOPEN.value}-{issue_id}"
