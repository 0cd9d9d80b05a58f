"""Customers, their identities and their accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ContactId, ProductId
from bridge.domain.customers import Identity, IdentityKind
from bridge.store.arrays import is_any
from bridge.store.customer_facts import MOVE_FACTS
from bridge.store.identities import (
    ADD_CUSTOMER,
    HELD_IDENTITIES,
    IDENTITY_OWNERS,
    TIE_IDENTITIES,
    living_customer,
)
from bridge.store.tables import AccountRow, AssignmentRow, ContactRow, CustomerRow
from bridge.store.trips import run


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


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What is written down about somebody who was not known yet."""

    name: str | None
    account_id: int | None
    is_shared: bool = False


class Customers:
    """Reads and changes who writes to us."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._survivors: set[int] = set()

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
        rows = run(self._session, IDENTITY_OWNERS, given).fetchall()
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
        held: dict[int, list[Identity]] = {customer_id: [] for customer_id in customer_ids}
        given = {"customer_ids": list(customer_ids)}
        for row in self._session.connection().execute(HELD_IDENTITIES, given):
            held[row.living].append(
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
        newcomer: NewCustomer,
        identities: Sequence[Identity],
        *,
        evidence: str,
    ) -> tuple[int, bool]:
        """A new customer's id; False when one of the identities is tied to somebody already."""
        fresh = _in_order(identities)
        values = {
            "product_id": product_id,
            "name": newcomer.name,
            "account_id": newcomer.account_id,
            "is_shared": newcomer.is_shared,
            "kinds": [identity.kind.value for identity in fresh],
            "keys": [identity.key for identity in fresh],
            "base_keys": [identity.base_key for identity in fresh],
            "are_weak": [identity.is_weak for identity in fresh],
            "are_shared": [identity.is_shared for identity in fresh],
            "evidence": evidence,
        }
        customer_id, tied = self._session.connection().execute(ADD_CUSTOMER, values).one()
        return customer_id, tied == len(fresh)

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
            for identity in _in_order(identities)
        ]
        if not rows:
            return True
        learned = self._session.connection().execute(TIE_IDENTITIES, rows).scalars().all()
        return len(learned) == len(rows)

    def merge(self, survivor_id: int, other_ids: Sequence[int]) -> None:
        """Count the others as the survivor from now on; their rows stay, so it can be undone."""
        self._session.execute(
            update(CustomerRow)
            .where(or_(CustomerRow.id.in_(other_ids), CustomerRow.merged_into.in_(other_ids)))
            .values(merged_into=survivor_id)
        )
        moved = {"survivor": survivor_id, "others": list(other_ids)}
        self._session.execute(MOVE_FACTS, moved)
        self._survivors -= set(other_ids)
        self._survivors.add(survivor_id)

    def take_survivors(self) -> list[int]:
        """Whom others were merged into since this was asked last, in this block."""
        found, self._survivors = sorted(self._survivors), set()
        return found

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

    def count(self, product_id: ProductId) -> int:
        """How many people have written to the product."""
        query = (
            select(func.count(living_customer().distinct()))
            .join(ContactRow, ContactRow.customer_id == CustomerRow.id)
            .where(CustomerRow.product_id == product_id, CustomerRow.is_shared.is_(False))
        )
        return self._session.scalars(query).one()

    def of_contacts(self, contact_ids: Sequence[ContactId]) -> dict[ContactId, int]:
        """Who wrote these contacts; shared mailboxes and contacts of nobody are left out."""
        query = (
            select(ContactRow.id, living_customer())
            .join(CustomerRow, CustomerRow.id == ContactRow.customer_id)
            .where(is_any(ContactRow.id, contact_ids), CustomerRow.is_shared.is_(False))
        )
        return {ContactId(one): customer for one, customer in self._session.execute(query)}

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


def _in_order(identities: Sequence[Identity]) -> list[Identity]:
    """One order everywhere: two transactions learning the same keys cannot deadlock."""
    return sorted(identities, key=lambda one: (one.kind.value, one.key))
