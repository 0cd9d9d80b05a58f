"""Customers, their identities and their accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from bridge.domain.contacts import ProductId
from bridge.domain.customers import Identity, IdentityKind
from bridge.store.tables import AccountRow, AssignmentRow, ContactRow, CustomerRow, IdentityRow


@dataclass(frozen=True, slots=True)
class AffectedCustomer:
    """One person on an issue's list."""

    id: int
    name: str | None
    account: str | None
    contact_count: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class IdentityMatch:
    """A known customer behind an identity; not exact when only the base address is the same."""

    identity: Identity
    customer_id: int
    is_exact: bool
    name: str | None
    account_id: int | None


def living_customer() -> ColumnElement[int]:
    """The customer who is counted for a row of `customer`: the survivor of merges, or itself."""
    return func.coalesce(CustomerRow.merged_into, CustomerRow.id)


_SURVIVOR = aliased(CustomerRow)
_SAME_KEYS = (
    select(
        IdentityRow.kind,
        IdentityRow.key,
        IdentityRow.base_key,
        _SURVIVOR.id,
        _SURVIVOR.name,
        _SURVIVOR.account_id,
    )
    .join(CustomerRow, IdentityRow.customer_id == CustomerRow.id)
    .join(_SURVIVOR, _SURVIVOR.id == living_customer())
    .where(
        IdentityRow.product_id == bindparam("product_id"),
        IdentityRow.kind == any_(bindparam("kinds", type_=ARRAY(Text))),
        or_(
            IdentityRow.key == any_(bindparam("keys", type_=ARRAY(Text))),
            IdentityRow.base_key == any_(bindparam("keys", type_=ARRAY(Text))),
        ),
    )
    .order_by(IdentityRow.id)
)


_ADD = insert(CustomerRow).returning(CustomerRow.id)
_LEARN = insert(IdentityRow).on_conflict_do_nothing().returning(IdentityRow.id)
_ACCOUNT = select(AccountRow.id, AccountRow.name, AccountRow.tier, AccountRow.domains).where(
    AccountRow.product_id == bindparam("product_id"), AccountRow.key == bindparam("key")
)


class Customers:
    """Reads and changes who writes to us."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def matches(self, product_id: ProductId, identities: Sequence[Identity]) -> list[IdentityMatch]:
        """The known customers behind these identities, survivors of merges, strongest first.

        An e-mail with a plus-tag matches its base address too, and the other way round.
        """
        if not identities:
            return []
        keys = {key for one in identities for key in (one.key, one.base_key) if key}
        given = {
            "product_id": product_id,
            "kinds": sorted({identity.kind.value for identity in identities}),
            "keys": sorted(keys),
        }
        rows = self._session.connection().execute(_SAME_KEYS, given).all()
        found: list[IdentityMatch] = []
        for identity in identities:
            exact, near = {}, {}
            for row in rows:
                if row.kind != identity.kind.value:
                    continue
                if row.key == identity.key:
                    exact[row.id] = row
                elif row.key == identity.base_key or row.base_key == identity.key:
                    near[row.id] = row
            found += [_match(identity, one, True) for one in exact.values()]
            found += [_match(identity, one, False) for one in near.values() if one.id not in exact]
        return found

    def identities(self, customer_ids: Sequence[int]) -> dict[int, list[Identity]]:
        """Every identity these customers are known by, those of customers merged into them too."""
        query = (
            select(living_customer(), IdentityRow)
            .join(IdentityRow, IdentityRow.customer_id == CustomerRow.id)
            .where(living_customer().in_(list(customer_ids)))
            .order_by(IdentityRow.id)
        )
        held: dict[int, list[Identity]] = {customer_id: [] for customer_id in customer_ids}
        for customer_id, row in self._session.execute(query):
            held[customer_id].append(
                Identity(
                    kind=IdentityKind(row.kind),
                    key=row.key,
                    base_key=row.base_key,
                    is_weak=row.is_weak,
                    is_shared=row.is_shared,
                )
            )
        return held

    def add(
        self,
        product_id: ProductId,
        *,
        name: str | None = None,
        account_id: int | None = None,
        is_shared: bool = False,
    ) -> int:
        """A new customer's id."""
        values = {
            "product_id": product_id,
            "name": name,
            "account_id": account_id,
            "is_shared": is_shared,
        }
        return self._session.connection().execute(_ADD, values).scalars().one()

    def learn(
        self,
        product_id: ProductId,
        customer_id: int,
        identities: Sequence[Identity],
        *,
        evidence: str,
    ) -> bool:
        """Tie identities to a customer; False when one of them is tied to somebody already."""
        rows = [
            {
                "product_id": product_id,
                "customer_id": customer_id,
                "kind": identity.kind.value,
                "key": identity.key,
                "base_key": identity.base_key,
                "is_weak": identity.is_weak,
                "is_shared": identity.is_shared,
                "evidence": evidence,
            }
            # In one order everywhere: two transactions learning the same keys cannot deadlock.
            for identity in sorted(identities, key=lambda one: (one.kind.value, one.key))
        ]
        if not rows:
            return True
        learned = self._session.connection().execute(_LEARN, rows).scalars().all()
        return len(learned) == len(rows)

    def merge(self, survivor_id: int, other_ids: Sequence[int]) -> None:
        """Count the others as the survivor from now on; their rows stay, so it can be undone."""
        self._session.execute(
            update(CustomerRow)
            .where(or_(CustomerRow.id.in_(other_ids), CustomerRow.merged_into.in_(other_ids)))
            .values(merged_into=survivor_id)
        )

    def complete(self, customer_id: int, *, name: str | None, account_id: int | None) -> None:
        """Fill in what was not known yet; what is known stays."""
        self._session.execute(
            update(CustomerRow)
            .where(CustomerRow.id == customer_id)
            .values(
                name=func.coalesce(CustomerRow.name, name),
                account_id=func.coalesce(CustomerRow.account_id, account_id),
            )
        )

    def save_account(
        self,
        product_id: ProductId,
        key: str,
        *,
        name: str | None = None,
        tier: str | None = None,
        domains: Sequence[str] = (),
    ) -> int:
        """The id of the account of that key, made or brought up to date."""
        wanted = {"product_id": product_id, "key": key}
        known = self._session.connection().execute(_ACCOUNT, wanted).first()
        if known is not None and _has_no_news(known, name, tier, domains):
            return int(known.id)
        statement = insert(AccountRow).values(
            product_id=product_id, key=key, name=name, tier=tier, domains=sorted(set(domains))
        )
        given = statement.excluded
        changed = statement.on_conflict_do_update(
            index_elements=["product_id", "key"],
            set_={
                "name": func.coalesce(given.name, AccountRow.name),
                "tier": func.coalesce(given.tier, AccountRow.tier),
                "domains": _union(AccountRow.domains, given.domains),
            },
        )
        return self._session.scalars(changed.returning(AccountRow.id)).one()

    def account_of_domain(self, product_id: ProductId, domain: str) -> int | None:
        """The account that owns an e-mail domain."""
        query = (
            select(AccountRow.id)
            .where(AccountRow.product_id == product_id, any_(AccountRow.domains) == domain)
            .order_by(AccountRow.id)
        )
        return self._session.scalars(query).first()

    def count(self, product_id: ProductId) -> int:
        """How many people have written to the product."""
        query = (
            select(func.count(living_customer().distinct()))
            .join(ContactRow, ContactRow.customer_id == CustomerRow.id)
            .where(CustomerRow.product_id == product_id, CustomerRow.is_shared.is_(False))
        )
        return self._session.scalars(query).one()

    def affected(self, issue_id: int, *, limit: int, after: int = 0) -> list[AffectedCustomer]:
        """The people counted for an issue, by id."""
        query = _affected(issue_id).where(living_customer() > after).limit(limit)
        return [
            AffectedCustomer(
                id=row.id,
                name=self._session.get_one(CustomerRow, row.id).name,
                account=row.account,
                contact_count=row.contacts,
                first_seen_at=row.first_seen,
                last_seen_at=row.last_seen,
            )
            for row in self._session.execute(query)
        ]


def _has_no_news(
    known: Row[int, str | None, str | None, list[str]],
    name: str | None,
    tier: str | None,
    domains: Sequence[str],
) -> bool:
    return (
        name in (None, known.name)
        and tier in (None, known.tier)
        and set(domains) <= set(known.domains)
    )


def _union(
    old: ColumnElement[list[str]] | InstrumentedAttribute[list[str]], new: ColumnElement[list[str]]
) -> ColumnElement[object]:
    both = func.unnest(func.array_cat(old, new)).alias("domain")
    return select(func.array_agg(func.distinct(both.column))).scalar_subquery()


def _affected(issue_id: int) -> Select[int, str, int, datetime, datetime]:
    return (
        select(
            living_customer().label("id"),
            func.min(func.coalesce(AccountRow.name, AccountRow.key)).label("account"),
            func.count(ContactRow.id.distinct()).label("contacts"),
            func.min(ContactRow.occurred_at).label("first_seen"),
            func.max(ContactRow.occurred_at).label("last_seen"),
        )
        .select_from(AssignmentRow)
        .join(ContactRow, ContactRow.id == AssignmentRow.contact_id)
        .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
        .outerjoin(AccountRow, AccountRow.id == ContactRow.account_id)
        .where(
            and_(
                AssignmentRow.issue_id == issue_id,
                AssignmentRow.ended_at.is_(None),
                CustomerRow.is_shared.is_(False),
            )
        )
        .group_by(living_customer())
        .order_by(living_customer())
    )


def _match(identity: Identity, row: Row[*tuple[Any, ...]], is_exact: bool) -> IdentityMatch:
    return IdentityMatch(identity, row.id, is_exact, row.name, row.account_id)
