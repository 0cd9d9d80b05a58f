"""What the directory says of customers: which version, platform, plan, region and language."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Select, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.selectable import Subquery

from bridge.domain.contacts import ProductId
from bridge.domain.customers import FACT_NAMES, ToldFacts
from bridge.store.identities import living_customer
from bridge.store.tables import AccountRow, CustomerFactRow, CustomerRow

_OF_ACCOUNTS = frozenset({"version", "platform", "plan"})
"""What an account has too."""


class CustomerFacts:
    """Writes what a directory says, and what follows from it for accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tell(self, product_id: ProductId, told: Iterable[tuple[int, ToldFacts]]) -> None:
        """Keep what is said of customers; a member that is left out keeps what was said before.

        Older than what is known already, it changes nothing. The accounts of these customers are
        brought up to date.
        """
        by_customer = self._living(told)
        rows = [
            {
                "customer_id": customer_id,
                "product_id": product_id,
                **{name: one.facts.get(name) for name in FACT_NAMES},
                "version_at": one.at if one.facts.version else None,
                "told_at": one.at,
            }
            for customer_id, given in sorted(by_customer.items())
            for one in given
        ]
        if not rows:
            return
        statement = insert(CustomerFactRow)
        new = statement.excluded
        kept = {
            name: func.coalesce(new[name], getattr(CustomerFactRow, name))
            for name in (*FACT_NAMES, "version_at")
        }
        changed = statement.on_conflict_do_update(
            index_elements=["customer_id"],
            set_={**kept, "told_at": new.told_at},
            where=CustomerFactRow.told_at <= new.told_at,
        )
        self._session.connection().execute(changed, rows)
        self._session.execute(_TELL_ACCOUNTS, {"customers": sorted(by_customer)})

    def _living(self, told: Iterable[tuple[int, ToldFacts]]) -> Mapping[int, list[ToldFacts]]:
        """By the customer who is counted: somebody may have been merged since."""
        given = list(told)
        query = select(CustomerRow.id, living_customer()).where(
            CustomerRow.id.in_({customer_id for customer_id, _ in given})
        )
        living = {row[0]: row[1] for row in self._session.execute(query)}
        found: dict[int, list[ToldFacts]] = {}
        for customer_id, one in given:
            found.setdefault(living[customer_id], []).append(one)
        return found


def newest_facts(product_id: ProductId) -> Subquery:
    """One row a living customer: what was said last of them, or of one merged into them."""
    return (
        select(
            living_customer().label("customer_id"),
            *(getattr(CustomerFactRow, name) for name in FACT_NAMES),
            CustomerFactRow.version_at,
        )
        .join(CustomerRow, CustomerRow.id == CustomerFactRow.customer_id)
        .where(CustomerFactRow.product_id == product_id)
        .ext(distinct_on(living_customer()))
        .order_by(living_customer(), CustomerFactRow.told_at.desc())
        .subquery("newest_facts")
    )


def known_facts(product_id: ProductId, *, among: Select[int] | None = None) -> Subquery:
    """Every person the directory says something of; what it does not say, the account's.

    among: the ids of living customers who are wanted; None for all.
    """
    told = newest_facts(product_id)
    living = aliased(CustomerRow)
    columns: dict[str, ColumnElement[str | None]] = {
        name: func.coalesce(told.c[name], func.lower(getattr(AccountRow, name)))
        if name in _OF_ACCOUNTS
        else told.c[name]
        for name in FACT_NAMES
    }
    query: Select[*tuple[object, ...]] = (
        select(
            living.id.label("customer_id"),
            living.name.label("name"),
            func.coalesce(AccountRow.name, AccountRow.key).label("account"),
            *(column.label(name) for name, column in columns.items()),
        )
        .select_from(living)
        .outerjoin(told, told.c.customer_id == living.id)
        .outerjoin(AccountRow, AccountRow.id == living.account_id)
        .where(
            living.product_id == product_id,
            living.merged_into.is_(None),
            living.is_shared.is_(False),
            or_(*(column.is_not(None) for column in columns.values())),
        )
    )
    if among is not None:
        query = query.where(living.id.in_(among))
    return query.subquery("known_facts")


_TELL_ACCOUNTS = text("""
    WITH touched AS (
        SELECT DISTINCT account_id FROM customer
        WHERE id = ANY(:customers) AND account_id IS NOT NULL
    ), said AS (
        SELECT living.account_id,
            CASE WHEN count(DISTINCT fact.version) = 1 THEN min(fact.version) END AS version,
            CASE WHEN count(DISTINCT fact.version) = 1 THEN min(fact.version_at) END AS version_at,
            CASE WHEN count(DISTINCT fact.platform) = 1 THEN min(fact.platform) END AS platform,
            CASE WHEN count(DISTINCT fact.plan) = 1 THEN min(fact.plan) END AS plan
        FROM customer AS living
        JOIN customer ON coalesce(customer.merged_into, customer.id) = living.id
        JOIN customer_fact AS fact ON fact.customer_id = customer.id
        WHERE living.account_id IN (SELECT account_id FROM touched)
        GROUP BY living.account_id
    )
    UPDATE account SET version = said.version, version_at = said.version_at,
        platform = said.platform, plan = said.plan
    FROM said WHERE account.id = said.account_id
        AND (account.version, account.version_at, account.platform, account.plan)
            IS DISTINCT FROM (said.version, said.version_at, said.platform, said.plan)
""")
"""An account whose people are said to be on different versions has none of its own."""
