"""Customers are people who are affected and counted; identities are how we recognise them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IdentityKind(StrEnum):
    """Kinds of evidence, strongest first (A to E); a display name alone is no identity."""

    ACCOUNT_NUMBER = "account_number"
    EXTERNAL_ID = "external_id"
    EMAIL = "email"
    PHONE = "phone"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True)
class Identity:
    """One normalised key by which a customer is known inside a product.

    `key` is comparable: lower-case e-mail, E.164 phone, "source:handle" and so on.
    `base_key` is the plus-tag-free e-mail address, when `key` has a plus-tag.
    `is_weak` marks a phone number that is possible but not valid.
    `is_shared` marks a mailbox such as info@, which counts as the account, not as a person.
    """

    kind: IdentityKind
    key: str
    base_key: str | None = None
    is_weak: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are affected by an issue, always from a query over living assignments."""

    contacts: int
    customers: int
    accounts: int
    anonymous: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a customer besides who they are; None where nobody said."""

    version: str | None = None
    platform: str | None = None
    plan: str | None = None
    region: str | None = None
    language: str | None = None

    def get(self, name: str) -> str | None:
        """One of them by its name."""
        value: str | None = getattr(self, name)
        return value

    def __bool__(self) -> bool:
        return any(self.get(name) for name in FACT_NAMES)


FACT_NAMES = Facts.__slots__
"""In the order people ask for them."""


@dataclass(frozen=True, slots=True)
class ToldFacts:
    """Facts with the moment they were true."""

    facts: Facts
    at: datetime
