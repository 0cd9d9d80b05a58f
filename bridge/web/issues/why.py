"""Why a contact is on its issue, in words: the machine's numbers, or the person's word."""

from dataclasses import dataclass
from datetime import datetime

from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue
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

    @property
    def lead(self) -> float | None:
        """How much more similar it is to its issue than to the next best."""
        if self.other_similarity is None:
            return None
        return self.similarity - self.other_similarity


def why_here(one: AssignedContact, visit: Visit) -> Why:
    """Why this contact is on its issue."""
    is_persons = one.is_placed_by_person
    return Why(
        who=person_named(one.actor, visit) if is_persons else "",
        at=one.placed_at,
        reason=one.reason,
        similarity=one.similarity,
        threshold=one.threshold,
        other=_issue(one.runner_up_id, visit),
        other_similarity=one.runner_up_similarity,
    )


def person_named(name: str, visit: Visit) -> str:
    """How somebody in a history is called; addresses are not shown around."""
    person = visit.store.people.by_email(name) if "@" in name else None
    return (person.name if person else None) or name.split("@")[0]


def _issue(issue_id: int | None, visit: Visit) -> Issue | None:
    if issue_id is None:
        return None
    try:
        return visit.store.issues.get(visit.product.id, issue_id)
    except NotFound:
        return None
