"""Who is likely to meet an issue, as its page shows it."""

from dataclasses import dataclass

from bridge.domain.issues import Issue
from bridge.domain.likely import SharedFact
from bridge.steps.likely import likely_customers, likely_words
from bridge.store.likely import LikelyCustomer
from bridge.web.visit import Visit

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ShownLikely:
    """The box of an issue's page."""

    words: str
    shared: tuple[SharedFact, ...]
    count: int
    people: tuple[LikelyCustomer, ...]
    more: int | None
    """After which customer the next page begins; None on the last one."""


def likely_of(issue: Issue, visit: Visit, *, after: int) -> ShownLikely:
    """What the box tells, from one customer on."""
    found = likely_customers(issue, store=visit.store, limit=_SHOWN + 1, after=after)
    people = found.people[:_SHOWN]
    return ShownLikely(
        words=likely_words(found),
        shared=found.pattern.shared,
        count=found.pattern.fitting,
        people=people,
        more=people[-1].id if len(found.people) > _SHOWN else None,
    )
