"""Who wants no letters: kept by address and by customer, so that another address is no way in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.store.arrays import is_any
from bridge.store.identities import living_customer
from bridge.store.tables import CustomerRow, OptOutRow


@dataclass(frozen=True, slots=True)
class OptOut:
    """One address that is not written to."""

    id: int
    email: str
    source: str
    """How we heard of it: link, mail, import, person."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Which of some readers want no letters."""

    emails: frozenset[str]
    customers: frozenset[int]

    def holds(self, email: str | None, customer_id: int) -> bool:
        """Whether this reader is one of them; an address stands for those with a tag in it."""
        return customer_id in self.customers or bool(self.emails & forms_of(email))


def forms_of(email: str | None) -> frozenset[str]:
    """The address, and the one without its plus-tag."""
    if email is None:
        return frozenset()
    local, _, domain = email.rpartition("@")
    return frozenset({email, f"{local.partition('+')[0]}@{domain}"})


class OptOuts:
    """Reads and changes who wants no letters of a product."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        product_id: ProductId,
        email: str,
        *,
        customer_id: int | None,
        source: str,
        now: datetime,
    ) -> bool:
        """Write to that address no more; False when that was known."""
        statement = (
            insert(OptOutRow)
            .values(
                product_id=product_id,
                email=email,
                customer_id=customer_id,
                source=source,
                created_at=now,
            )
            .on_conflict_do_nothing()
            .returning(OptOutRow.id)
        )
        return self._session.scalars(statement).first() is not None

    def remove(self, product_id: ProductId, email: str) -> bool:
        """They asked for letters again; whether they were on the list."""
        statement = delete(OptOutRow).where(
            OptOutRow.product_id == product_id, OptOutRow.email == email
        )
        return self._session.scalars(statement.returning(OptOutRow.id)).first() is not None

    def among(
        self, product_id: ProductId, emails: Collection[str], customer_ids: Collection[int]
    ) -> OptedOut:
        """Which of these want none; a customer also when one merged with them wants none."""
        forms = {form for email in emails for form in forms_of(email)}
        counted = select(CustomerRow.id, living_customer().label("living"))
        given = counted.where(is_any(CustomerRow.id, customer_ids))
        now = {row[0]: row[1] for row in self._session.execute(given)}
        query = (
            select(OptOutRow.email, living_customer())
            .outerjoin(CustomerRow, CustomerRow.id == OptOutRow.customer_id)
            .where(
                OptOutRow.product_id == product_id,
                or_(OptOutRow.email.in_(forms), living_customer().in_(set(now.values()))),
            )
        )
        rows = self._session.execute(query).all()
        gone = {row[1] for row in rows if row[1] is not None}
        customers = {given for given, living in now.items() if living in gone}
        return OptedOut(frozenset(row[0] for row in rows), frozenset(customers))

    def count(self, product_id: ProductId) -> int:
        """How many addresses are on the list."""
        query = select(func.count()).where(OptOutRow.product_id == product_id)
        return self._session.scalars(query).one()

    def search(
        self, product_id: ProductId, *, limit: int | None = None, before: int | None = None
    ) -> list[OptOut]:
        """The list, newest first."""
        query = (
            select(OptOutRow)
            .where(OptOutRow.product_id == product_id)
            .order_by(OptOutRow.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(OptOutRow.id < before)
        return [
            OptOut(row.id, row.email, row.source, row.created_at)
            for row in self._session.scalars(query)
        ]
