"""The statements that tie identities to customers."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from bridge.store.tables import CustomerRow, IdentityRow
from bridge.store.trips import Statement


def living_customer() -> ColumnElement[int]:
    """The customer who is counted for a row of `customer`: the survivor of merges, or itself."""
    return func.coalesce(CustomerRow.merged_into, CustomerRow.id)


_SURVIVOR = aliased(CustomerRow)
IDENTITY_OWNERS = Statement(
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
_CUSTOMER_IDS = bindparam("customer_ids", type_=ARRAY(BigInteger))
HELD_IDENTITIES = (
    select(
        living_customer().label("living"),
        IdentityRow.kind,
        IdentityRow.key,
        IdentityRow.base_key,
        IdentityRow.is_weak,
        IdentityRow.is_shared,
    )
    .join(IdentityRow, IdentityRow.customer_id == CustomerRow.id)
    # Not `living_customer()`: these two have an index each.
    .where(
        or_(
            and_(CustomerRow.id == any_(_CUSTOMER_IDS), CustomerRow.merged_into.is_(None)),
            CustomerRow.merged_into == any_(_CUSTOMER_IDS),
        )
    )
    .order_by(IdentityRow.id)
)


def _add() -> Select[int, int]:
    """One statement for a newcomer and what they are known by: it is most of a first contact."""
    made = (
        insert(CustomerRow)
        .values(
            product_id=bindparam("product_id"),
            name=bindparam("name"),
            account_id=bindparam("account_id"),
            is_shared=bindparam("is_shared"),
        )
        .returning(CustomerRow.id)
        .cte("made")
    )
    given = (
        func.unnest(
            bindparam("kinds", type_=ARRAY(Text)),
            bindparam("keys", type_=ARRAY(Text)),
            bindparam("base_keys", type_=ARRAY(Text)),
            bindparam("are_weak", type_=ARRAY(Boolean)),
            bindparam("are_shared", type_=ARRAY(Boolean)),
        )
        .table_valued(
            "kind", "key", "base_key", "is_weak", "is_shared", with_ordinality="place", name="given"
        )
        .render_derived()
    )
    ties = (
        select(
            bindparam("product_id", type_=BigInteger),
            made.c.id,
            *(given.c[name] for name in _IDENTITY_COLUMNS),
            bindparam("evidence", type_=Text),
        )
        .select_from(made.join(given, true()))
        .order_by(given.c.place)
    )
    tied = (
        insert(IdentityRow)
        .from_select(["product_id", "customer_id", *_IDENTITY_COLUMNS, "evidence"], ties)
        .on_conflict_do_nothing()
        .returning(IdentityRow.id)
        .cte("tied")
    )
    return select(made.c.id, select(func.count()).select_from(tied).scalar_subquery())


_IDENTITY_COLUMNS = ("kind", "key", "base_key", "is_weak", "is_shared")
ADD_CUSTOMER = _add()
TIE_IDENTITIES = insert(IdentityRow).on_conflict_do_nothing().returning(IdentityRow.id)
