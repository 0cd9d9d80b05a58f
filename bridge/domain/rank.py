"""Rank: how much an issue matters, counted in affected customers, with every part visible."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import ClassVar

RECENT_DAYS = 7
"""Growth counts customers who wrote so short a time before the product's newest contact."""
MOST_EFFORT = 10
"""More tries of one customer count no more: a single person never leads the list."""
MOST_WEEKS = 52
_DEFAULT_TIERS: Mapping[str, float] = MappingProxyType({"enterprise": 5, "business": 2})


@dataclass(frozen=True, slots=True)
class RankWeights:
    """How many affected customers one unit of each part weighs; 0 leaves the part out.

    docs/rank.md gives the reason for each default.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    customers: float = 1
    growth: float = 1
    effort: float = 0.5
    satisfaction: float = 1
    accounts: float = 1
    age: float = 0.1

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(one.name, getattr(self, one.name))


@dataclass(frozen=True, slots=True)
class RankRules:
    """The weights, and how many customers an account of each tier counts for."""

    weights: RankWeights = field(default_factory=RankWeights)
    tiers: Mapping[str, float] = field(default_factory=lambda: _DEFAULT_TIERS)

    def __post_init__(self) -> None:
        for tier, worth in self.tiers.items():
            _check(tier, worth)

    def worth(self, tier: str) -> float:
        """How many customers an account of that tier counts for; 0 for a tier nobody named."""
        return self.folded_tiers().get(tier.strip().lower(), 0.0)

    def folded_tiers(self) -> dict[str, float]:
        """The tiers as they are compared: upper and lower case are one."""
        return {tier.strip().lower(): worth for tier, worth in self.tiers.items()}


@dataclass(frozen=True, slots=True)
class Impact:
    """What the contacts of one issue tell about its weight, as stored now."""

    customers: int = 0
    recent_customers: int = 0
    further_contacts: int = 0
    """Contacts after each customer's first."""
    channel_switches: int = 0
    """How often a customer came back on another channel than the time before."""
    effort: int = 0
    """Both together, at most MOST_EFFORT a customer."""
    rated_customers: int = 0
    unhappy_customers: int = 0
    """Whose ratings lie below the middle of their scale."""
    mean_rating: float | None = None
    """Over rated customers, from 0 (worst) to 1."""
    tiers: Mapping[str, int] = field(default_factory=dict)
    """Affected accounts by tier; those without one are not in it."""
    weeks: float | None = None
    """From the first contact to the last; None without contacts."""


@dataclass(frozen=True, slots=True)
class RankPart:
    """One reason for a rank: value times weight, in words."""

    name: str
    """customers, growth, effort, satisfaction, accounts or age."""
    value: float | None
    """None where nothing is known: the part adds nothing."""
    weight: float
    told: str

    @property
    def contribution(self) -> float:
        """What it adds, in customers."""
        return round((self.value or 0.0) * self.weight, 3)


@dataclass(frozen=True, slots=True)
class Rank:
    """The sum of its parts."""

    parts: tuple[RankPart, ...]

    @classmethod
    def of(cls, impact: Impact, rules: RankRules) -> "Rank":
        """The rank of an issue with that impact."""
        weights = rules.weights
        return cls(
            (
                RankPart("customers", impact.customers, weights.customers, _affected(impact)),
                RankPart("growth", impact.recent_customers, weights.growth, _recent(impact)),
                RankPart("effort", _effort(impact), weights.effort, _journey(impact)),
                RankPart("satisfaction", _unhappy(impact), weights.satisfaction, _rated(impact)),
                RankPart("accounts", _worth(impact, rules), weights.accounts, _tiers(impact)),
                RankPart("age", _weeks(impact), weights.age, _age(impact)),
            )
        )

    @property
    def score(self) -> float:
        """The number that issues are sorted by."""
        return round(sum(part.contribution for part in self.parts), 3)

    @property
    def leading(self) -> RankPart | None:
        """The part beside the customers themselves that adds most, if any adds something."""
        others = [one for one in self.parts if one.name != "customers" and one.contribution > 0]
        return max(others, key=lambda one: one.contribution, default=None)


def _check(name: str, value: float) -> None:
    if not (math.isfinite(value) and 0 <= value <= 1_000):
        raise ValueError(f"{name} must be a number from 0 to 1000")


def _effort(impact: Impact) -> float | None:
    return impact.effort if impact.customers else None


def _unhappy(impact: Impact) -> float | None:
    return impact.unhappy_customers if impact.rated_customers else None


def _worth(impact: Impact, rules: RankRules) -> float | None:
    if not impact.tiers:
        return None
    return sum(count * rules.worth(tier) for tier, count in impact.tiers.items())


def _weeks(impact: Impact) -> float | None:
    return None if impact.weeks is None else round(min(impact.weeks, MOST_WEEKS), 1)


def _affected(impact: Impact) -> str:
    return _count(impact.customers, "affected customer")


def _recent(impact: Impact) -> str:
    return f"{impact.recent_customers} of them wrote in the last {RECENT_DAYS} days"


def _journey(impact: Impact) -> str:
    if not impact.customers:
        return "no known customers, so no journeys"
    further = _count(impact.further_contacts, "further contact")
    switches = _count(impact.channel_switches, "channel switch", "channel switches")
    each = 1 + impact.further_contacts / impact.customers
    told = f"{further} and {switches}: {each:.1f} contacts each"
    if impact.effort < impact.further_contacts + impact.channel_switches:
        told += f"; at most {MOST_EFFORT} tries of one customer count"
    return told


def _rated(impact: Impact) -> str:
    if impact.mean_rating is None:
        return "nobody rated the help"
    rated = _count(impact.rated_customers, "customer")
    return (
        f"{rated} rated the help, {impact.unhappy_customers} below the middle; "
        f"{100 * impact.mean_rating:.0f} % of the scale on average"
    )


def _tiers(impact: Impact) -> str:
    if not impact.tiers:
        return "no affected account has a tier"
    counts = sorted(impact.tiers.items(), key=lambda one: (-one[1], one[0]))
    return "accounts by tier: " + ", ".join(f"{count} {tier}" for tier, count in counts)


def _age(impact: Impact) -> str:
    if impact.weeks is None:
        return "no contacts"
    weeks = f"{impact.weeks:.1f} weeks from the first contact to the last"
    return f"{weeks}; at most {MOST_WEEKS} count" if impact.weeks > MOST_WEEKS else weeks


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
