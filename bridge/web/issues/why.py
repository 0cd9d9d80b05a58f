"""Why a contact is on its issue, in words: the machine's numbers, or the person's word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue
from bridge.steps.why import Nearest, nearest_members
from bridge.store.contacts import AssignedContact
from bridge.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Why:
    """What put a contact where it is."""

    who: str
    """A person's name; empty for the machine."""
    at: datetime
    reason: str
    similarity: float
    threshold: float
    other: Issue | None
    """The next best issue; where a person placed it, the issue it came from."""
    other_similarity: float | None
    nearest: Nearest | None
    """The most similar contact of the same issue."""

    @property
    def needed(self) -> str:
        """What the threshold was: of a group it is the mean, and a fix asks for less."""
        return "Needed" if self.similarity >= self.threshold else "Usually needed"

    @property
    def lead(self) -> float | None:
        """How much more similar it is to its issue than to the next best."""
        if self.other_similarity is None:
            return None
        return self.similarity - self.other_similarity


def reasons(
    contacts: Sequence[AssignedContact], issue: Issue, visit: Visit
) -> list[tuple[AssignedContact, Why]]:
    """Contacts of an issue, each with why it is there."""
    texts = {one.contact.id: one.contact.text for one in contacts}
    context = visit.web.application.context
    nearest = nearest_members(texts, issue.id, store=visit.store, context=context)
    return [(one, _why(one, visit, nearest.get(one.contact.id))) for one in contacts]


def _why(one: AssignedContact, visit: Visit, nearest: Nearest | None) -> Why:
    is_persons = one.is_placed_by_person
    return Why(
        who=visit.named(one.actor) if is_persons else "",
        at=one.placed_at,
        reason=one.reason,
        similarity=one.similarity,
        threshold=one.threshold,
        other=_issue(one.runner_up_id, visit),
        other_similarity=one.runner_up_similarity,
        nearest=nearest,
    )


def _issue(issue_id: int | None, visit: Visit) -> Issue | None:
    if issue_id is None:
        return None
    try:
        return visit.store.issues.get(visit.product.id, issue_id)
    except NotFound:
        return None
