"""A customer directory in bulk: what is known about all its people, and all of it written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.customers import Identity
from bridge.store.accounts import ACCOUNTS, Account
from bridge.store.customers import Customers, NewCustomer
from bridge.store.identities import IDENTITY_OWNERS, TIE_IDENTITIES
from bridge.store.tables import AccountRow, CustomerRow, MembershipRow, UserRow
from bridge.store.trips import run


@dataclass(slots=True)
class Person:
    """A living customer and everything they are known by."""

    name: str | None
    account_id: int | None
    identities: list[Identity]


@dataclass(frozen=True, slots=True)
class Tie:
    """An identity and the customer it was learned for."""

    customer_id: int
    identity: Identity


_PEOPLE_ACCOUNTS = ACCOUNTS.where(
    AccountRow.product_id == bindparam("product_id"),
    or_(
        AccountRow.key == any_(bindparam("keys", type_=ARRAY(Text))),
        AccountRow.domains.op("&&")(bindparam("domains", type_=ARRAY(Text))),
    ),
)
_ADD_ACCOUNTS = insert(AccountRow).on_conflict_do_nothing().returning(AccountRow.id)
_ADD_CUSTOMERS = insert(CustomerRow).returning(CustomerRow.id)


class Directory:
    """Reads and writes many customers at once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def names(self, product_id: ProductId, *, limit: int) -> list[str]:
        """What the newest customers and everybody of the team are called."""
        customers = (
            select(CustomerRow.name)
            .where(CustomerRow.product_id == product_id, CustomerRow.name.is_not(None))
            .order_by(CustomerRow.id.desc())
            .limit(limit)
        )
        team = (
            select(UserRow.name)
            .join(MembershipRow, MembershipRow.user_id == UserRow.id)
            .where(
                MembershipRow.product_id == product_id,
                MembershipRow.removed_at.is_(None),
                UserRow.name.is_not(None),
            )
        )
        found = [*self._session.scalars(customers), *self._session.scalars(team)]
        return [name for name in found if name]

    def people(self, product_id: ProductId, identities: Iterable[Identity]) -> dict[int, Person]:
        """Everybody known under one of these identities, by id."""
        wanted = list(identities)
        given = {
            "product_id": product_id,
            "kinds": sorted({identity.kind.value for identity in wanted}),
            "keys": sorted({key for one in wanted for key in (one.key, one.base_key) if key}),
        }
        rows = run(self._session, IDENTITY_OWNERS, given).fetchall()
        held = Customers(self._session).identities(sorted({row.id for row in rows}))
        return {row.id: Person(row.name, row.account_id, held[row.id]) for row in rows}

    def accounts(
        self, product_id: ProductId, keys: Iterable[str], domains: Iterable[str]
    ) -> list[Account]:
        """The accounts of these keys, and those that own one of these domains."""
        given = {"product_id": product_id, "keys": list(keys), "domains": list(domains)}
        rows = self._session.connection().execute(_PEOPLE_ACCOUNTS, given)
        return [
            Account(row.id, row.key, row.name, row.tier, frozenset(row.domains), row.owner)
            for row in rows
        ]

    def reserve_customers(self, count: int) -> list[int]:
        """Ids for new customers, rising; those not used stay gaps."""
        return self._reserve(CustomerRow.__tablename__, count)

    def reserve_accounts(self, count: int) -> list[int]:
        """Ids for new accounts, rising; those not used stay gaps."""
        return self._reserve(AccountRow.__tablename__, count)

    def add_accounts(self, product_id: ProductId, accounts: Sequence[Account]) -> bool:
        """Store them; False when somebody else stored one of them meanwhile."""
        rows = [
            {
                "id": one.id,
                "product_id": product_id,
                "key": one.key,
                "name": one.name,
                "tier": one.tier,
                "domains": sorted(one.domains),
                "owner": one.owner,
            }
            for one in accounts
        ]
        if not rows:
            return True
        added = self._session.connection().execute(_ADD_ACCOUNTS, rows).scalars().all()
        return len(added) == len(rows)

    def add_customers(self, product_id: ProductId, customers: dict[int, NewCustomer]) -> None:
        """Store them under their reserved ids."""
        rows = [
            {
                "id": customer_id,
                "product_id": product_id,
                "name": one.name,
                "account_id": one.account_id,
                "is_shared": one.is_shared,
            }
            for customer_id, one in customers.items()
        ]
        if rows:
            self._session.connection().execute(_ADD_CUSTOMERS, rows)

    def tie(self, product_id: ProductId, ties: Sequence[Tie], *, evidence: str) -> bool:
        """Store them; False when one of the identities was tied to somebody meanwhile."""
        rows = [
            {
                "product_id": product_id,
                "customer_id": tie.customer_id,
                "kind": tie.identity.kind.value,
                "key": tie.identity.key,
                "base_key": tie.identity.base_key,
                "is_weak": tie.identity.is_weak,
                "is_shared": tie.identity.is_shared,
                "evidence": evidence,
            }
            for tie in ties
        ]
        if not rows:
            return True
        tied = self._session.connection().execute(TIE_IDENTITIES, rows).scalars().all()
        return len(tied) == len(rows)

    def _reserve(self, table: str, count: int) -> list[int]:
        following = func.nextval(func.pg_get_serial_sequence(table, "id"))
        query = select(following).select_from(func.generate_series(1, count).alias("number"))
        return sorted(self._session.scalars(query))
