"""A contact: one message from one customer asking for help."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

RedactedText = NewType("RedactedText", str)
"""Text without personal data: the only kind that is stored in clear, encoded or sent."""

LETTER_SOURCE = "letter"
"""Where answers to our own letters come from: whoever has the link wrote them, nobody heard it."""

ContactId = NewType("ContactId", int)
ProductId = NewType("ProductId", int)


class ContactOutcome(StrEnum):
    """What became of a contact at the door and in the finder."""

    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"
    """It kept failing in a job and was set aside; the reason is stored beside it."""


class ContactNature(StrEnum):
    """Whether a contact can state a problem; only MESSAGE takes part in issue finding."""

    MESSAGE = "message"
    MACHINE_MAIL = "machine_mail"
    CHATTER = "chatter"
    """By its form at the door, or by its kind when the finder has looked at it."""
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class CustomerReceived:
    """Who a contact says it is from, as received. Every member may be absent."""

    email: str | None = None
    phone: str | None = None
    handle: str | None = None
    display_name: str | None = None
    account_number: str | None = None
    external_ids: tuple[tuple[str, str], ...] = ()
    """(system, id) pairs, such as ("zendesk", "4711")."""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class AccountReceived:
    """The company of the customer, as received."""

    key: str
    name: str | None = None
    tier: str | None = None
    domains: tuple[str, ...] = ()
    owner: str | None = None
    """Who looks after it on our side, by e-mail address."""


@dataclass(frozen=True, slots=True)
class Rating:
    """How satisfied a customer was with the help, on the scale of its metric."""

    metric: str
    score: float
    max: float | None = None

    @property
    def share(self) -> float | None:
        """The place on the scale from 0 (worst) to 1; None where the scale is not known.

        CSAT goes from 1 to 5, CES from 1 (hard) to 7 (easy), NPS from 0 to 10, or all of them to
        `max`; a scale that ends at 1 has only yes and no.
        """
        low, high = _SCALES.get(self.metric, (1.0, None))
        high = self.max if self.max is not None else high
        if high is None or high <= 0 or not 0 <= self.score <= high:
            return None
        low = 0.0 if high <= 1 else low
        return max(0.0, (self.score - low) / (high - low))


_SCALES: Mapping[str, tuple[float, float | None]] = {
    "csat": (1.0, 5.0),
    "ces": (1.0, 7.0),
    "nps": (0.0, 10.0),
}


@dataclass(frozen=True, slots=True)
class ContactReceived:
    """A contact at the door: raw text, claims about identity. Lives only until `ingest`."""

    external_id: str
    text: str
    occurred_at: datetime
    source: str = "api"
    channel: str = "other"
    updated_at: datetime | None = None
    subject: str | None = None
    lang: str | None = None
    version: str | None = None
    customer: CustomerReceived = field(default_factory=CustomerReceived)
    account: AccountReceived | None = None
    agent_email: str | None = None
    conversation: str | None = None
    rating: Rating | None = field(default=None, repr=False)
    """Not in the text form, by which a repeat is known: contacts of before had none."""
    platform: str | None = field(default=None, repr=False)
    """Neither is this."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A stored contact, with redacted text only."""

    id: ContactId
    product_id: ProductId
    source: str
    external_id: str
    channel: str
    occurred_at: datetime
    subject: RedactedText
    text: RedactedText
    """The cleaned, redacted part that states the problem; empty when nothing was left."""
    nature: ContactNature
    outcome: ContactOutcome
    lang: str | None
    version: str | None
    conversation: str | None
    customer_id: int | None
    """None for an anonymous report (nothing but a display name)."""
    account_id: int | None
    agent_id: int | None
    kind: str | None = None
    """Problem, question, request or chatter; None before the finder has looked at it."""
    kind_confidence: float | None = None
    platform: str | None = None
