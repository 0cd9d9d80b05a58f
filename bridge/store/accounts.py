"""Accounts: the companies our customers write for."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.domain.contacts import AccountReceived, ProductId
from bridge.store.tables import AccountRow


@dataclass(frozen=True, slots=True)
class Account:
    """A company as stored."""

    id: int
    key: str
    name: str | None
    tier: str | None
    domains: frozenset[str]

    def knows(self, given: AccountReceived) -> bool:
        """Whether what is given brings nothing new."""
        return (
            given.name in (None, self.name)
            and given.tier in (None, self.tier)
            and self.domains.issuperset(given.domains)
        )


ACCOUNTS = select(
    AccountRow.id, AccountRow.key, AccountRow.name, AccountRow.tier, AccountRow.domains
)
_BY_KEY = ACCOUNTS.where(
    AccountRow.product_id == bindparam("product_id"), AccountRow.key == bindparam("key")
)
_BY_DOMAIN = (
    select(AccountRow.id)
    .where(
        AccountRow.product_id == bindparam("product_id"),
        any_(AccountRow.domains) == bindparam("domain", type_=Text),
    )
    .order_by(AccountRow.id)
)


class Accounts:
    """Reads and changes accounts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def save(self, product_id: ProductId, given: AccountReceived) -> int:
        """The id of the account of that key, made or brought up to date."""
        wanted = {"product_id": product_id, "key": given.key}
        row = self._session.connection().execute(_BY_KEY, wanted).first()
        if row is not None:
            known = Account(row.id, row.key, row.name, row.tier, frozenset(row.domains))
            if known.knows(given):
                return known.id
        statement = insert(AccountRow).values(
            product_id=product_id,
            key=given.key,
            name=given.name,
            tier=given.tier,
            domains=sorted(set(given.domains)),
        )
        new = statement.excluded
        changed = statement.on_conflict_do_update(
            index_elements=["product_id", "key"],
            set_={
                "name": func.coalesce(new.name, AccountRow.name),
                "tier": func.coalesce(new.tier, AccountRow.tier),
                "domains": _union(AccountRow.domains, new.domains),
            },
        )
        return self._session.scalars(changed.returning(AccountRow.id)).one()

    def of_domain(self, product_id: ProductId, domain: str) -> int | None:
        """The account that owns an e-mail domain."""
        given = {"product_id": product_id, "domain": domain}
        return self._session.connection().execute(_BY_DOMAIN, given).scalars().first()


def _union(
    old: ColumnElement[list[str]] | InstrumentedAttribute[list[str]], new: ColumnElement[list[str]]
) -> ColumnElement[object]:
    both = func.unnest(func.array_cat(old, new)).alias("domain")
    found = select(func.array_agg(func.distinct(both.column))).scalar_subquery()
    # Of no rows array_agg makes NULL: two companies without a domain.
    return func.coalesce(found, old)
