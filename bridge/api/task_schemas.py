"""What the API takes and answers about copies outside and tasks."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from bridge.api.wire import Answer, Given, Text
from bridge.domain.copies import Copy, CopyKind, CopyOutcome
from bridge.domain.tasks import Task, TaskKind, TaskState


class CopyIn(Given):
    """Where the workaround lives too: the address of a macro, an article or any page."""

    url: Annotated[Text, Field(min_length=8, max_length=2_000)]


class CopyOut(Answer):
    """A copy outside: what is wanted of it, how it was last seen, what came of it.

    `is_live` is null where nobody can read it; `verified_at` tells when it was seen to be as it is
    wanted.
    """

    id: int
    workaround: int
    kind: CopyKind
    url: str
    title: str
    wants_live: bool
    is_live: bool | None
    outcome: CopyOutcome | None
    reason: str | None
    verified_at: datetime | None


class CopyList(Answer):
    """Oldest first."""

    items: list[CopyOut]


class TaskOut(Answer):
    """What waits for a person; `needs` says whether a yes or a deed."""

    id: int
    issue: str
    kind: TaskKind
    needs: str
    text: str
    url: str | None
    owner: str | None
    state: TaskState
    reason: str | None
    created_at: datetime
    closed_by: str | None


class TaskPage(Answer):
    """Oldest first."""

    items: list[TaskOut]
    next: str | None


def copy(one: Copy) -> CopyOut:
    """A copy as the API shows it."""
    return CopyOut(
        id=one.id,
        workaround=one.workaround_id,
        kind=one.ref.kind,
        url=one.url,
        title=one.title,
        wants_live=one.wants_live,
        is_live=one.is_live,
        outcome=one.outcome,
        reason=one.reason,
        verified_at=one.verified_at,
    )


def task(one: Task, issue: str) -> TaskOut:
    """A task as the API shows it."""
    return TaskOut(
        id=one.id,
        issue=issue,
        kind=one.kind,
        needs="approve" if one.needs_yes else "do",
        text=one.text,
        url=one.url,
        owner=one.owner,
        state=one.state,
        reason=one.reason,
        created_at=one.created_at,
        closed_by=one.closed_by,
    )
