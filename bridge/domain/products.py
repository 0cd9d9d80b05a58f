"""A product: the partition that contacts, issues, tickets and permissions belong to."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.domain.contacts import ProductId

DEFAULT_PRODUCT = "default"


class OnRegression(StrEnum):
    """What follows in the tracker when a fix does not hold."""

    COMMENT = "comment"
    """A comment on the ticket; people decide."""
    REOPEN = "reopen"
    """The ticket goes back to work where its workflow has one way; else a person is asked."""
    NEW_TICKET = "new_ticket"
    """Another ticket, which names the old one."""


class ShipRule(StrEnum):
    """What counts as shipped."""

    VERSIONS = "versions"
    """A version that the ticket names is out."""
    DONE = "done"
    """The ticket is done."""
    DEPLOYMENT = "deployment"
    """The next deployment after the ticket was done; a version that it names comes first."""
    BY_HAND = "by_hand"
    """A person says so; what machines tell ships nothing."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product with its thresholds."""

    id: ProductId
    slug: str
    name: str
    region: str
    """Two-letter country whose national phone format is understood."""
    min_contacts: int
    min_customers: int
    filing_auto: bool
    """Confirm and file a candidate by itself once it meets the thresholds."""
    raw_retention_days: int
    same_shift: float = 0.0
    """What its people's answers add to the log-odds that two groups are one issue."""
    join_shift: float = 0.0
    """What they add to the log-odds that a contact belongs to an issue."""
    copies_auto: bool = False
    """Switch copies of workarounds outside off and on without asking a person."""
    on_regression: OnRegression = OnRegression.COMMENT
    full_percent: int = 100
    """From this share of a roll-out on a release counts as shipped."""
    ship_rule: ShipRule = ShipRule.VERSIONS
