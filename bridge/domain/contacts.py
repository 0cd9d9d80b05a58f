"""A contact: one message from one customer asking for help."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

RedactedText = NewType("RedactedText", str)
"""Text without personal data: the only kind that is stored in clear, encoded or sent."""

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
