"""What the directory says of customers: which version, platform, plan, region and language."""

from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, Select, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from bridge.domain.contacts import ProductId
from bridge.domain.customers import FACT_NAMES, Facts, ToldFacts
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

    def of(self, customer_id: int) -> Facts:
        """What is said of a customer who is counted; the account's is not in it."""
        row = self._session.get(CustomerFactRow, customer_id, populate_existing=True)
        return Facts() if row is None else Facts(*(getattr(row, name) for name in FACT_NAMES))

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


def known_facts(product_id: ProductId, *, among: Select[int] | None = None) -> Subquery:
    """Every person the directory says something of; what it does not say, the account's.

    among: the ids of the customers who are wanted; None for all.
    """
    columns: dict[str, ColumnElement[str | None]] = {}
    for name in FACT_NAMES:
        column: ColumnElement[str | None] = getattr(CustomerFactRow, name)
        if name in _OF_ACCOUNTS:
            column = func.coalesce(column, func.lower(getattr(AccountRow, name)))
        columns[name] = column
    query: Select[*tuple[object, ...]] = (
        select(
            CustomerRow.id.label("customer_id"),
            CustomerRow.name.label("name"),
            func.coalesce(AccountRow.name, AccountRow.key).label("account"),
            *(column.label(name) for name, column in columns.items()),
        )
        .select_from(CustomerRow)
        .outerjoin(CustomerFactRow, CustomerFactRow.customer_id == CustomerRow.id)
        .outerjoin(AccountRow, AccountRow.id == CustomerRow.account_id)
        .where(
            CustomerRow.product_id == product_id,
            CustomerRow.merged_into.is_(None),
            CustomerRow.is_shared.is_(False),
            or_(*(column.is_not(None) for column in columns.values())),
        )
    )
    if among is not None:
        query = query.where(CustomerRow.id.in_(among))
    return query.subquery("known_facts")


MOVE_FACTS = text("""
    INSERT INTO customer_fact (customer_id, product_id, version, version_at, platform, plan,
        region, language, told_at)
    SELECT :survivor, product_id, version, version_at, platform, plan, region, language, told_at
    FROM customer_fact WHERE customer_id = ANY(:others) ORDER BY told_at DESC LIMIT 1
    ON CONFLICT (customer_id) DO UPDATE SET version = excluded.version,
        version_at = excluded.version_at, platform = excluded.platform, plan = excluded.plan,
        region = excluded.region, language = excluded.language, told_at = excluded.told_at
    WHERE customer_fact.told_at < excluded.told_at
""")
"""Of customers who turn out to be one, what was said last counts; the others' rows stay."""

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
        FROM customer AS living JOIN customer_fact AS fact ON fact.customer_id = living.id
        WHERE living.merged_into IS NULL
            AND living.account_id IN (SELECT account_id FROM touched)
        GROUP BY living.account_id
    )
    UPDATE account SET version = said.version, version_at = said.version_at,
        platform = said.platform, plan = said.plan
    FROM said WHERE account.id = said.account_id
        AND (account.version, account.version_at, account.platform, account.plan)
            IS DISTINCT FROM (said.version, said.version_at, said.platform, said.plan)
""")
"""An account whose people are said to be on different versions has none of its own."""
