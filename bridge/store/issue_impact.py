"""What the contacts of issues tell about their rank: one query over living assignments.

Contacts become people, people become issues. 100,000 contacts take less than a second that way;
a DISTINCT for each number takes longer with each number.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Double,
    RowMapping,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from bridge.domain.contacts import ProductId
from bridge.domain.customers import Counts
from bridge.domain.rank import MOST_EFFORT, MOST_WEEKS, RECENT_DAYS, Impact, RankRules
from bridge.store.identities import living_customer
from bridge.store.tables import AccountRow, AssignmentRow, ContactRow, CustomerRow, IssueRow

_WEEK_SECONDS = 7 * 86_400
_RECENT = timedelta(days=RECENT_DAYS)
RATED_HELP = ("csat", "ces")
"""Metrics about one contact; NPS is about the product as a whole."""


@dataclass(frozen=True, slots=True)
class Told:
    """The numbers of one issue."""

    counts: Counts
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    impact: Impact


class ImpactQuery:
    """Columns of every issue that fits a condition; `people` and `accounts` are joined to it."""

    def __init__(self, product_id: ProductId, condition: ColumnElement[bool]) -> None:
        placed = _placed(product_id, condition)
        self.people = _of_issues(_of_people(placed), product_id)
        self.accounts = _of_accounts(placed)

    @property
    def contacts(self) -> ColumnElement[Any]:
        """How many contacts."""
        return func.coalesce(self.people.c.contacts, 0)

    @property
    def customers(self) -> ColumnElement[Any]:
        """How many customers."""
        return func.coalesce(self.people.c.customers, 0)

    @property
    def last_seen_at(self) -> ColumnElement[Any]:
        """When its newest contact occurred; null without contacts."""
        return self.people.c.last_seen_at

    def score(self, rules: RankRules) -> ColumnElement[Any]:
        """The rank as `Rank.score` counts it, for sorting."""
        people, weights = self.people.c, rules.weights
        # LEAST passes over nulls: without contacts there is no age, not the greatest one.
        weeks = func.least(func.coalesce(func.round(_weeks(self.people), 1), 0), MOST_WEEKS)
        worths = [
            func.coalesce(cast(self.accounts.c.tiers[tier].astext, Double), 0.0) * worth
            for tier, worth in sorted(rules.folded_tiers().items())
        ]
        parts = [
            (people.customers, weights.customers),
            (people.recent, weights.growth),
            (people.effort, weights.effort),
            (people.unhappy, weights.satisfaction),
            (sum(worths, literal(0.0)), weights.accounts),
            (weeks, weights.age),
        ]
        return sum(
            (func.coalesce(cast(value, Double), 0.0) * weight for value, weight in parts),
            literal(0.0, Double),
        )

    def columns(self) -> tuple[ColumnElement[Any], ...]:
        """What `told_by` reads."""
        return (*self.people.c, *self.accounts.c)


def journeys_of(product_id: ProductId, condition: ColumnElement[bool]) -> Subquery:
    """One row a person and issue that fits: contacts, switches, first_at and last_at.

    All who do not count as a customer are one row, whose `who` is null.
    """
    return _of_people(_placed(product_id, condition))


def told_by(row: RowMapping) -> Told:
    """The numbers in a row of an ImpactQuery; an issue without contacts has none."""
    weeks = None
    if row["first_seen_at"] is not None:
        passed = row["last_seen_at"] - row["first_seen_at"]
        weeks = passed.total_seconds() / _WEEK_SECONDS
    impact = Impact(
        customers=row["customers"] or 0,
        recent_customers=row["recent"] or 0,
        further_contacts=int(row["further"] or 0),
        channel_switches=int(row["switches"] or 0),
        effort=int(row["effort"] or 0),
        rated_customers=row["rated"] or 0,
        unhappy_customers=row["unhappy"] or 0,
        mean_rating=row["mean_rating"],
        tiers=row["tiers"] or {},
        weeks=weeks,
    )
    counts = Counts(
        contacts=int(row["contacts"] or 0),
        customers=row["customers"] or 0,
        accounts=row["accounts"] or 0,
        anonymous=int(row["anonymous"] or 0),
    )
    return Told(counts, row["first_seen_at"], row["last_seen_at"], impact)


def _placed(product_id: ProductId, condition: ColumnElement[bool]) -> CTE:
    """The contacts on each issue with who counts; null for a shared mailbox and for nobody."""
    who = case((CustomerRow.is_shared.is_(False), living_customer()))
    return (
        select(
            AssignmentRow.issue_id,
            ContactRow.id.label("contact_id"),
            ContactRow.occurred_at,
            ContactRow.channel,
            ContactRow.account_id,
            ContactRow.customer_id,
            who.label("who"),
            case((ContactRow.satisfaction_metric.in_(RATED_HELP), ContactRow.satisfaction)).label(
                "rating"
            ),
        )
        .select_from(IssueRow)
        .join(
            AssignmentRow,
            and_(AssignmentRow.issue_id == IssueRow.id, AssignmentRow.ended_at.is_(None)),
        )
        .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
        .outerjoin(CustomerRow, CustomerRow.id == ContactRow.customer_id)
        .where(IssueRow.product_id == product_id, condition)
        .cte("placed")
    )


def _of_people(placed: CTE) -> Subquery:
    """One row a person and issue; all who do not count are one."""

    def before(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.lag(column).over(
            partition_by=(placed.c.issue_id, placed.c.who),
            order_by=(placed.c.occurred_at, placed.c.contact_id),
        )

    journey = select(
        *placed.c,
        before(placed.c.channel).label("channel_before"),
        before(placed.c.contact_id).label("contact_before"),
    ).subquery("journey")
    # A contact may be on an issue with two of its problems, after a merge: it counts once.
    is_new = journey.c.contact_id.is_distinct_from(journey.c.contact_before)
    return (
        select(
            journey.c.issue_id,
            journey.c.who,
            func.count().filter(is_new).label("contacts"),
            func.count().filter(is_new, journey.c.customer_id.is_(None)).label("anonymous"),
            func.count().filter(journey.c.channel != journey.c.channel_before).label("switches"),
            func.min(journey.c.occurred_at).label("first_at"),
            func.max(journey.c.occurred_at).label("last_at"),
            func.avg(journey.c.rating).filter(is_new).label("rating"),
        )
        .group_by(journey.c.issue_id, journey.c.who)
        .subquery("person")
    )


def _of_issues(person: Subquery, product_id: ProductId) -> Subquery:
    """One row an issue."""
    counts = person.c.who.is_not(None)
    newest = (
        select(func.max(ContactRow.occurred_at))
        .where(ContactRow.product_id == product_id)
        .scalar_subquery()
    )
    further = person.c.contacts - 1
    effort = func.least(further + person.c.switches, MOST_EFFORT)
    return (
        select(
            person.c.issue_id,
            func.sum(person.c.contacts).label("contacts"),
            func.count(person.c.who).label("customers"),
            func.sum(person.c.anonymous).label("anonymous"),
            func.min(person.c.first_at).label("first_seen_at"),
            func.max(person.c.last_at).label("last_seen_at"),
            func.count().filter(counts, person.c.last_at > newest - _RECENT).label("recent"),
            func.sum(further).filter(counts).label("further"),
            func.sum(person.c.switches).filter(counts).label("switches"),
            func.sum(effort).filter(counts).label("effort"),
            func.count(person.c.rating).filter(counts).label("rated"),
            func.count().filter(counts, person.c.rating < 0.5).label("unhappy"),
            func.avg(person.c.rating).filter(counts).label("mean_rating"),
        )
        .group_by(person.c.issue_id)
        .subquery("people")
    )


def _of_accounts(placed: CTE) -> Subquery:
    """One row an issue: its accounts, and how many there are of each tier."""
    known = (
        select(placed.c.issue_id, placed.c.account_id)
        .where(placed.c.account_id.is_not(None))
        .distinct()
        .subquery("known")
    )
    tier = func.lower(func.btrim(AccountRow.tier))
    of_tier = (
        select(known.c.issue_id, func.nullif(tier, "").label("tier"), func.count().label("number"))
        .join(AccountRow, AccountRow.id == known.c.account_id)
        .group_by(known.c.issue_id, tier)
        .subquery("of_tier")
    )
    tiers = func.jsonb_object_agg(of_tier.c.tier, of_tier.c.number, type_=JSONB)
    return (
        select(
            of_tier.c.issue_id,
            cast(func.sum(of_tier.c.number), BigInteger).label("accounts"),
            tiers.filter(of_tier.c.tier.is_not(None)).label("tiers"),
        )
        .group_by(of_tier.c.issue_id)
        .subquery("companies")
    )


def _weeks(people: Subquery) -> ColumnElement[Any]:
    passed = people.c.last_seen_at - people.c.first_seen_at
    return func.extract("epoch", passed) / _WEEK_SECONDS
