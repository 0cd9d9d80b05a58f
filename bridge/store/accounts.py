"""Accounts: the companies our customers write for."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from bridge.domain.contacts import AccountReceived, ProductId
from bridge.domain.issues import IssueId
from bridge.store.tables import AccountRow, AssignmentRow, ContactRow


@dataclass(frozen=True, slots=True)
class Account:
    """A company as stored."""

    id: int
    key: str
    name: str | None
    tier: str | None
    domains: frozenset[str]
    owner: str | None

    def knows(self, given: AccountReceived) -> bool:
        """Whether what is given brings nothing new."""
        return (
            given.name in (None, self.name)
            and given.tier in (None, self.tier)
            and given.owner in (None, self.owner)
            and self.domains.issuperset(given.domains)
        )


ACCOUNTS = select(
    AccountRow.id,
    AccountRow.key,
    AccountRow.name,
    AccountRow.tier,
    AccountRow.domains,
    AccountRow.owner,
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
            known = Account(row.id, row.key, row.name, row.tier, frozenset(row.domains), row.owner)
            if known.knows(given):
                return known.id
        statement = insert(AccountRow).values(
            product_id=product_id,
            key=given.key,
            name=given.name,
            tier=given.tier,
            domains=sorted(set(given.domains)),
            owner=given.owner,
        )
        new = statement.excluded
        changed = statement.on_conflict_do_update(
            index_elements=["product_id", "key"],
            set_={
                "name": func.coalesce(new.name, AccountRow.name),
                "tier": func.coalesce(new.tier, AccountRow.tier),
                "owner": func.coalesce(new.owner, AccountRow.owner),
                "domains": _union(AccountRow.domains, new.domains),
            },
        )
        return self._session.scalars(changed.returning(AccountRow.id)).one()

    def owners_of(self, issue_id: IssueId) -> list[tuple[str, str]]:
        """(account, owner) of every affected account that somebody looks after."""
        affected = (
            select(ContactRow.account_id)
            .join(AssignmentRow, AssignmentRow.contact_id == ContactRow.id)
            .where(AssignmentRow.issue_id == issue_id, AssignmentRow.ended_at.is_(None))
        )
        query = (
            select(func.coalesce(AccountRow.name, AccountRow.key), AccountRow.owner)
            .where(AccountRow.id.in_(affected), AccountRow.owner.is_not(None))
            .order_by(AccountRow.id)
        )
        return [(row[0], row[1] or "") for row in self._session.execute(query)]

    def ownerless(self, *, limit: int = 50) -> list[tuple[str, str]]:
        """(account, owner) whose owner cannot be told: a name, where an address should be."""
        query = (
            select(func.coalesce(AccountRow.name, AccountRow.key), AccountRow.owner)
            .where(AccountRow.owner.is_not(None), AccountRow.owner.notlike("%_@_%"))
            .order_by(AccountRow.id)
            .limit(limit)
        )
        return [(row[0], row[1] or "") for row in self._session.execute(query)]

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
