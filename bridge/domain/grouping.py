"""What people decide about groups: pairs that hold for ever, and the questions put to them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.issues import IssueId

SuggestionId = NewType("SuggestionId", int)

NOT_REAL = "not_real"
"""What the record calls it when a person says that a candidate is no issue as it is."""

KEPT_APART = "kept_apart"
"""The same for: not the same as that issue, or as that contact. Pairs keep it."""

LEAVES_LOOSE = frozenset({NOT_REAL, KEPT_APART})
"""After these decisions grouping may still move the contacts of a candidate."""

SUGGESTION_LIFE = timedelta(days=30)
"""A question nobody answered for so long is dropped."""


class ConstraintKind(StrEnum):
    """Whether two contacts belong to one issue for good, or never do."""

    MUST_LINK = "must_link"
    CANNOT_LINK = "cannot_link"

    @property
    def opposite(self) -> "ConstraintKind":
        """The kind that says the contrary; the newer word of a person replaces it."""
        return _OPPOSITES[self]


_OPPOSITES = {
    ConstraintKind.MUST_LINK: ConstraintKind.CANNOT_LINK,
    ConstraintKind.CANNOT_LINK: ConstraintKind.MUST_LINK,
}

Pair = tuple[ContactId, ContactId]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Two contacts that a person put together or kept apart; `a` is the smaller id."""

    kind: ConstraintKind
    a: ContactId
    b: ContactId
    actor: str
    reason: str
    created_at: datetime

    @property
    def pair(self) -> Pair:
        """Both contacts, the smaller id first."""
        return self.a, self.b


class SuggestionKind(StrEnum):
    """What the machine asks a person."""

    SAME = "same"
    """Are these two issues one?"""
    BELONGS = "belongs"
    """Is this contact about that issue?"""
    REAL = "real"
    """Is this candidate one recurring issue worth a ticket?"""
    SPLIT = "split"
    """Are these contacts of an issue another issue?"""
    TICKET = "ticket"
    """Is this issue what that ticket, which people made, is about?"""


class SuggestionState(StrEnum):
    """How far a question has come."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """Overtaken by another decision, or by the machine itself."""


ANSWERED = frozenset({SuggestionState.ACCEPTED, SuggestionState.REJECTED})


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One question of the machine, with what speaks for it."""

    id: SuggestionId
    product_id: ProductId
    kind: SuggestionKind
    key: str
    """Names the question: the same one is not asked twice at a time, nor again after a no."""
    issue_id: IssueId | None
    other_id: IssueId | None
    """SAME: the second issue. BELONGS: where the contact is now, or the runner-up, if anywhere."""
    contact_id: ContactId | None
    existing_id: int | None
    """TICKET: the ticket that people made."""
    contacts: tuple[ContactId, ...]
    """SPLIT: the contacts that may be another issue."""
    probability: float | None
    """How sure the machine is that the answer is yes."""
    log_odds: float | None
    """The same as the finder tells it before it has learned anything from this product's people."""
    similarity: float | None
    worth: float
    """How much the answer would help; the first to be asked has the greatest."""
    question: str
    """Why the machine asks, in words."""
    state: SuggestionState
    version: int
    answered_by: str | None
    answered_at: datetime | None
    created_at: datetime
    expires_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether a person may answer it."""
        return self.state is SuggestionState.OPEN
