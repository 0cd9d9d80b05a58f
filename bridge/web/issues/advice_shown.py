"""What the pages show of workarounds: copies, tasks, and what to say instead."""

from dataclasses import dataclass
from datetime import datetime

from bridge.domain.copies import Copy, CopyOutcome
from bridge.domain.issues import Issue
from bridge.domain.workarounds import (
    Workaround,
    WorkaroundId,
    WorkaroundState,
    best_first,
)
from bridge.web.visit import Visit
from bridge.web.words import ago

_STATES = (WorkaroundState.ACTIVE, WorkaroundState.DRAFT, WorkaroundState.RETIRED)
_OUTCOMES = {
    CopyOutcome.DONE: "done",
    CopyOutcome.TASK_CREATED: "waits for a person",
    CopyOutcome.CONFLICT: "changed by somebody",
    CopyOutcome.UNSUPPORTED: "not possible there",
}


@dataclass(frozen=True, slots=True)
class ShownCopy:
    """A copy with its state in words."""

    copy: Copy
    words: str


@dataclass(frozen=True, slots=True)
class ShownWorkaround:
    """A workaround with all that its card tells."""

    one: Workaround
    copies: list[ShownCopy]
    is_overdue: bool
    instead: str | None
    """What to say instead, once it has ended."""

    @property
    def review_day(self) -> str:
        """The day of review as a date field takes it."""
        review_at = self.one.content.review_at
        return f"{review_at:%Y-%m-%d}" if review_at else ""


def advice_of(issue: Issue, visit: Visit) -> dict[str, object]:
    """The workarounds of an issue as its page shows them: what may be told first."""
    found = best_first(visit.store.workarounds.all(visit.product.id, issue_id=issue.id))
    found.sort(key=lambda one: _STATES.index(one.state))
    may_answer = visit.may("write_workarounds")
    tasks = visit.store.tasks.all(visit.product.id, issue_id=issue.id) if may_answer else []
    return {
        "faq": visit.store.faqs.of_issues([issue.id]).get(issue.id),
        "workarounds": shown(found, {issue.id: issue.fixed_in}, visit),
        "issue_tasks": tasks,
    }


def shown(
    found: list[Workaround], fixed_in: dict[int, str | None], visit: Visit
) -> list[ShownWorkaround]:
    """These workarounds with their copies; `fixed_in` by issue."""
    copies: dict[WorkaroundId, list[ShownCopy]] = {one.id: [] for one in found}
    for copy in visit.store.copies.of(copies):
        copies[copy.workaround_id].append(ShownCopy(copy, copy_words(copy, visit.now)))
    return [
        ShownWorkaround(
            one,
            copies[one.id],
            is_overdue=one.is_overdue(visit.now),
            instead=_instead(one, fixed_in.get(one.issue_id), visit),
        )
        for one in found
    ]


def copy_words(copy: Copy, now: datetime) -> str:
    """How a copy stands, in words."""
    unread = "only people can see it" if copy.connection_id is None else "not read yet"
    said = {True: "in use", False: "out of use", None: unread}[copy.is_live]
    if copy.outcome is not None:
        said += f", {_OUTCOMES[copy.outcome]}"
    if copy.verified_at is not None:
        said += f", seen to be so {ago(copy.verified_at, now)}"
    return said + (f": {copy.reason}" if copy.reason else "")


def _instead(one: Workaround, fixed_in: str | None, visit: Visit) -> str | None:
    if one.state is not WorkaroundState.RETIRED:
        return None
    if one.replaced_by is not None:
        return visit.store.workarounds.get(visit.product.id, one.replaced_by).text
    return one.instead(fixed_in)
