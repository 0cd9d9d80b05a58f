"""What the API says and takes about ship signals, and about the product that they are for."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from bridge.api.wire import MOST_NUMBER, Answer, Given, ShortText
from bridge.domain.products import OnRegression, ShipRule
from bridge.domain.signals import Counts
from bridge.store.deliveries import DeliveryState

Pattern = Annotated[ShortText, Field(min_length=1, max_length=200)]
Count = Annotated[int, Field(strict=True, ge=1, le=MOST_NUMBER)]


class RuleIn(Given):
    """What a repository or service of the sender is here; `*` stands for any letters."""

    source: Pattern
    component: Annotated[ShortText, Field(max_length=80)] = ""
    tags: list[Pattern] = Field(
        default_factory=list,
        max_length=20,
        description="How its tags hold the {version}; empty: the usual ways.",
    )
    product: Annotated[ShortText, Field(max_length=40)] = ""
    ignore: Annotated[bool, Field(strict=True)] = False


class RuleOut(Answer):
    """A rule as it holds; the first one that fits is the one."""

    source: str
    component: str
    tags: list[str]
    product: str
    ignore: bool


class MapIn(Given):
    """What is sent replaces what was; the rest stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"environments": ["production", "production-{region}"]}]}
    )

    rules: list[RuleIn] | None = Field(default=None, max_length=200)
    environments: list[Pattern] | None = Field(default=None, max_length=50)
    regions: list[Pattern] | None = Field(default=None, max_length=50)
    counts: Counts | None = None


class SignalIn(MapIn):
    """Who will tell what is out, and what its names mean; without a secret one is made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "github", "name": "github", "rules": [{"source": "acme/shop"}]}]
        }
    )

    kind: Annotated[ShortText, Field(min_length=1, max_length=40)]
    name: Annotated[ShortText, Field(min_length=1, max_length=80)]
    secret: Annotated[ShortText, Field(max_length=200)] = ""


class RotateIn(Given):
    """A secret of the sender's own, or that the one before is not good any more."""

    secret: Annotated[ShortText, Field(max_length=200)] = ""
    finish: Annotated[bool, Field(strict=True)] = False


class SignalOut(Answer):
    """A connection that signals come through, without its secrets."""

    id: int
    kind: str
    name: str
    address: str = Field(description="Where the sender delivers to.")
    rules: list[RuleOut]
    environments: list[str]
    regions: list[str]
    counts: Counts
    secret_count: int = Field(description="Two while a rotation is not finished.")
    deliveries: dict[DeliveryState, int] = Field(description="Kept ones of each state.")
    refused_at: datetime | None = Field(description="When a wrong signature came last.")


class NewSignalOut(SignalOut):
    """With the secret, which is not shown again."""

    secret: str


class SignalPage(Answer):
    """Oldest first."""

    items: list[SignalOut]


class MappedOut(SignalOut):
    """The connection as it is now, and how many deliveries are read again by that."""

    read_again: int


class DeliveryOut(Answer):
    """A delivery: what it says and what it led to, or why to nothing."""

    id: int
    connection: str
    state: DeliveryState
    told: str | None
    reason: str | None
    received_at: datetime
    handled_at: datetime | None


class DeliveryPage(Answer):
    """Newest first."""

    items: list[DeliveryOut]
    next: str | None


class ProductOut(Answer):
    """A product with what is told of it."""

    slug: str
    name: str
    region: str
    min_contacts: int
    min_customers: int
    filing_auto: bool
    on_regression: OnRegression
    full_percent: int
    ship_rule: ShipRule = Field(description="What counts as shipped.")


class ProductIn(Given):
    """What is sent changes, the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ship_rule": "deployment"}]})

    name: Annotated[ShortText, Field(min_length=1, max_length=200)] | None = None
    min_contacts: Count | None = None
    min_customers: Count | None = None
    filing_auto: Annotated[bool, Field(strict=True)] | None = None
    on_regression: OnRegression | None = None
    full_percent: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    ship_rule: ShipRule | None = None
