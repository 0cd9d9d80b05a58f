"""Who has which part in a product, and who had one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.messages import WAITING, MessageState
from bridge.domain.people import Role, User, UserId
from bridge.store.tables import (
    LoginRow,
    MembershipRow,
    OutgoingRow,
    ReportPlanRow,
    TokenRow,
    UserRow,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a part in a product."""

    user: User
    role: Role
    is_signed_in: bool
    """Has signed in, and is still known to have."""


class Members:
    """Reads and changes who belongs to a product."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def page(self, product_id: ProductId, *, limit: int, after: int = 0) -> list[Member]:
        """The people of a product, in the order they became known, after that one."""
        session = exists().where(LoginRow.user_id == UserRow.id, LoginRow.kind == "session")
        query = (
            select(UserRow, MembershipRow.role, session)
            .join(MembershipRow, MembershipRow.user_id == UserRow.id)
            .where(
                MembershipRow.product_id == product_id,
                MembershipRow.removed_at.is_(None),
                UserRow.id > after,
            )
            .order_by(UserRow.id)
            .limit(limit)
        )
        return [
            Member(User(UserId(row.id), row.email, row.name), Role(role), is_signed_in)
            for row, role, is_signed_in in self._session.execute(query)
        ]

    def rename(self, user_id: UserId, name: str) -> None:
        """The person is called so."""
        self._session.execute(update(UserRow).where(UserRow.id == user_id).values(name=name))

    def products_of(self, user_id: UserId) -> set[ProductId]:
        """The products that the person has a part in."""
        query = select(MembershipRow.product_id).where(
            MembershipRow.user_id == user_id, MembershipRow.removed_at.is_(None)
        )
        return {ProductId(one) for one in self._session.scalars(query)}

    def admins(self, product_id: ProductId) -> set[UserId]:
        """Whoever may invite and remove others, locked until the block ends."""
        query = (
            select(MembershipRow.user_id)
            .where(
                MembershipRow.product_id == product_id,
                MembershipRow.role == Role.ADMIN.value,
                MembershipRow.removed_at.is_(None),
            )
            .order_by(MembershipRow.user_id)
            .with_for_update()
        )
        return {UserId(one) for one in self._session.scalars(query)}

    def remove(self, user: User, product_id: ProductId, *, now: datetime) -> None:
        """The person has no part in the product from now on: no token, no mail. Else NotFound."""
        statement = (
            update(MembershipRow)
            .where(
                MembershipRow.user_id == user.id,
                MembershipRow.product_id == product_id,
                MembershipRow.removed_at.is_(None),
            )
            .values(removed_at=now)
            .returning(MembershipRow.user_id)
        )
        if self._session.scalars(statement).first() is None:
            raise NotFound(f"nobody of this product has the address {user.email}")
        self._session.execute(
            update(TokenRow)
            .where(
                TokenRow.user_id == user.id,
                TokenRow.product_id == product_id,
                TokenRow.revoked_at.is_(None),
            )
            .values(revoked_at=now)
        )
        self._send_nothing(user, product_id)

    def _send_nothing(self, user: User, product_id: ProductId) -> None:
        """What waits to be sent is let go, and reports go to the others only."""
        self._session.execute(
            update(OutgoingRow)
            .where(
                OutgoingRow.product_id == product_id,
                OutgoingRow.recipient == user.email,
                OutgoingRow.state.in_([one.value for one in WAITING]),
            )
            .values(
                state=MessageState.SUPPRESSED.value, reason="was removed by a person", due_at=None
            )
        )
        query = select(ReportPlanRow).where(ReportPlanRow.product_id == product_id)
        for plan in self._session.scalars(query.with_for_update()):
            plan.recipients = [one for one in plan.recipients if one.lower() != user.email]

    def sign_out(self, user_id: UserId, *, now: datetime) -> None:
        """The person has no part in anything: sessions, links and tokens end."""
        self._session.execute(delete(LoginRow).where(LoginRow.user_id == user_id))
        self._session.execute(
            update(TokenRow)
            .where(TokenRow.user_id == user_id, TokenRow.revoked_at.is_(None))
            .values(revoked_at=now)
        )

    def gone(self, product_id: ProductId, user_ids: Collection[UserId]) -> set[UserId]:
        """Those of these people who were removed from the product: nothing is told to them."""
        query = select(MembershipRow.user_id).where(
            MembershipRow.product_id == product_id,
            MembershipRow.user_id.in_(user_ids),
            MembershipRow.removed_at.is_not(None),
        )
        return {UserId(one) for one in self._session.scalars(query)} if user_ids else set()
