"""Customers who are likely to meet a problem: what is known of the affected and of all others."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, ColumnElement, Text, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import Subquery

from bridge.domain.customers import FACT_NAMES, Facts
from bridge.domain.issues import Issue
from bridge.store.customer_facts import known_facts
from bridge.store.identities import living_customer
from bridge.store.tables import AssignmentRow, ContactRow, CustomerRow


@dataclass(frozen=True, slots=True)
class LikelyCustomer:
    """Somebody who has all that the affected share, and has not written about it."""

    id: int
    name: str | None
    account: str | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class Fit:
    """Which values of which fact are wanted, and which versions are not."""

    values: Mapping[str, Sequence[str]]
    fixed_versions: Collection[str]


class LikelyReads:
    """Reads what the directory tells of the customers of an issue, and of everybody else."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def affected(self, issue: Issue) -> list[Facts]:
        """What is known of each affected person: what they wrote from, else the directory's.

        Nobody for a shared mailbox or an anonymous report.
        """
        wrote = (
            select(
                living_customer().label("id"),
                _newest(ContactRow.version).label("version"),
                _newest(ContactRow.platform).label("platform"),
            )
            .select_from(AssignmentRow)
            .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(
                AssignmentRow.issue_id == issue.id,
                AssignmentRow.ended_at.is_(None),
                CustomerRow.is_shared.is_(False),
            )
            .group_by(living_customer())
            .subquery("wrote")
        )
        known = known_facts(issue.product_id, among=select(wrote.c.id))
        told = {"version": wrote.c.version, "platform": wrote.c.platform}
        columns: list[ColumnElement[str | None]] = [
            func.coalesce(told.get(one, known.c[one]), known.c[one]) for one in FACT_NAMES
        ]
        query = select(*columns).outerjoin_from(wrote, known, known.c.customer_id == wrote.c.id)
        return [Facts(*tuple(row)) for row in self._session.execute(query)]

    def others(self, issue: Issue) -> Counter[Facts]:
        """All others the directory tells of: how many are alike in everything it tells."""
        known = known_facts(issue.product_id)
        columns = [known.c[name] for name in FACT_NAMES]
        query = select(*columns, func.count()).where(_has_not_written(known, issue))
        rows = self._session.execute(query.group_by(*columns))
        return Counter({Facts(*facts): count for *facts, count in rows})

    def people(self, issue: Issue, fit: Fit, *, limit: int, after: int = 0) -> list[LikelyCustomer]:
        """Who fits, in the order we came to know them."""
        known = known_facts(issue.product_id)
        query = (
            select(
                known.c.customer_id,
                known.c.name,
                known.c.account,
                *(known.c[name] for name in FACT_NAMES),
            )
            .where(*_fits(known, issue, fit), known.c.customer_id > after)
            .order_by(known.c.customer_id)
            .limit(limit)
        )
        return [
            LikelyCustomer(customer_id, name, account, Facts(*facts))
            for customer_id, name, account, *facts in self._session.execute(query)
        ]


def _newest(column: InstrumentedAttribute[str | None]) -> ColumnElement[str | None]:
    """What a customer's contacts said last, in lower case; None where none says it."""
    said = aggregate_order_by(func.lower(column), ContactRow.occurred_at.desc())
    told = func.array_agg(said).filter(column.is_not(None))
    # In a function, so that the subscript gets the brackets that PostgreSQL wants around it.
    return func.coalesce(told, type_=ARRAY(Text))[1]


def _fits(known: Subquery, issue: Issue, fit: Fit) -> list[ColumnElement[bool]]:
    version = known.c.version
    has_no_fix = or_(version.is_(None), version.not_in(fit.fixed_versions))
    has_all = (known.c[name].in_(values) for name, values in fit.values.items())
    return [_has_not_written(known, issue), has_no_fix, *has_all]


def _has_not_written(known: Subquery, issue: Issue) -> ColumnElement[bool]:
    wrote = (
        select(living_customer())
        .select_from(AssignmentRow)
        .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
        .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
        .where(AssignmentRow.issue_id == issue.id, AssignmentRow.ended_at.is_(None))
    )
    return known.c.customer_id.not_in(wrote)
