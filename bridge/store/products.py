"""Products."""

import re
from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, func, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.products import OnRegression, Product, ShipRule
from bridge.store.tables import ProductRow
from bridge.store.trips import Answer, Statement, Trip, one_trip

_GROUPING_LOCK = 7301 << 32
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


_LOCKED = Statement(
    select(
        ProductRow.id,
        ProductRow.slug,
        ProductRow.name,
        ProductRow.region,
        ProductRow.min_contacts,
        ProductRow.min_customers,
        ProductRow.filing_auto,
        ProductRow.raw_retention_days,
        ProductRow.same_shift,
        ProductRow.join_shift,
        ProductRow.copies_auto,
        ProductRow.on_regression,
        ProductRow.full_percent,
        ProductRow.ship_rule,
        func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)),
    ).where(ProductRow.id == bindparam("product_id"))
)


class Products:
    """Reads and changes products."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, product_id: ProductId) -> Product:
        """The product of that id."""
        row = self._session.get(ProductRow, product_id)
        if row is None:
            raise NotFound("no such product")
        return _product(row)

    def by_slug(self, slug: str) -> Product:
        """The product of that short name."""
        row = self._session.scalars(select(ProductRow).where(ProductRow.slug == slug)).first()
        if row is None:
            raise NotFound(f"no product is called {slug[:40]!r}")
        return _product(row)

    def all(self) -> list[Product]:
        """Every product, oldest first."""
        return [
            _product(row)
            for row in self._session.scalars(select(ProductRow).order_by(ProductRow.id))
        ]

    def add(self, slug: str, name: str, *, region: str = "US") -> Product:
        """A new product; its short name must be free."""
        if not _SLUG.fullmatch(slug):
            raise InvalidInput(
                "a product's short name has a-z, 0-9 and -, at most 40", pointer="/slug"
            )
        taken = select(ProductRow.id).where(ProductRow.slug == slug)
        if self._session.scalars(taken).first() is not None:
            raise InvalidInput(f"a product called {slug} exists already", pointer="/slug")
        row = ProductRow(slug=slug, name=name, region=region)
        self._session.add(row)
        self._session.flush()
        return _product(row)

    def configure(  # noqa: PLR0913 - one parameter a setting
        self,
        product_id: ProductId,
        *,
        filing_auto: bool | None = None,
        min_contacts: int | None = None,
        min_customers: int | None = None,
        name: str | None = None,
        copies_auto: bool | None = None,
        on_regression: OnRegression | None = None,
        full_percent: int | None = None,
        ship_rule: ShipRule | None = None,
    ) -> Product:
        """Change what is given, keep the rest."""
        given = {
            "filing_auto": filing_auto,
            "min_contacts": min_contacts,
            "min_customers": min_customers,
            "name": name,
            "copies_auto": copies_auto,
            "on_regression": on_regression.value if on_regression else None,
            "full_percent": full_percent,
            "ship_rule": ship_rule.value if ship_rule else None,
        }
        changes = {key: value for key, value in given.items() if value is not None}
        if changes:
            self._session.execute(
                update(ProductRow).where(ProductRow.id == product_id).values(changes)
            )
        return self.get(product_id)

    def next_issue_number(self, product_id: ProductId) -> int:
        """Take the next ISS number; two transactions never get the same one."""
        statement = (
            update(ProductRow)
            .where(ProductRow.id == product_id)
            .values(next_number=ProductRow.next_number + 1)
            .returning(ProductRow.next_number)
        )
        return self._session.scalars(statement).one() - 1

    def lock_grouping(self, product_id: ProductId) -> Product:
        """The product; until the block ends nobody else places or regroups its contacts."""
        with one_trip(self._session) as trip:
            locked = send_lock(trip, product_id)
        return locked_product(locked)

    def save_shifts(self, product_id: ProductId, *, same: float, join: float) -> None:
        """Write what the answers of its people taught."""
        self._session.execute(
            update(ProductRow)
            .where(ProductRow.id == product_id)
            .values(same_shift=same, join_shift=join)
        )


def send_lock(trip: Trip, product_id: ProductId) -> Answer:
    """Lock the grouping of a product and read it."""
    given = {"key": _GROUPING_LOCK + product_id, "product_id": product_id}
    return trip.send(_LOCKED, given)


def locked_product(answer: Answer) -> Product:
    """What `send_lock` has read."""
    row = answer.fetchone()
    if row is None:
        raise NotFound("no such product")
    return _product(row)


def _product(row: "ProductRow | Row[*tuple[Any, ...]]") -> Product:
    return Product(
        id=ProductId(row.id),
        slug=row.slug,
        name=row.name,
        region=row.region,
        min_contacts=row.min_contacts,
        min_customers=row.min_customers,
        filing_auto=row.filing_auto,
        raw_retention_days=row.raw_retention_days,
        same_shift=row.same_shift,
        join_shift=row.join_shift,
        copies_auto=row.copies_auto,
        on_regression=OnRegression(row.on_regression),
        full_percent=row.full_percent,
        ship_rule=ShipRule(row.ship_rule),
    )
