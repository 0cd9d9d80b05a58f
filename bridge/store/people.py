"""People, their roles, API tokens, one-time links and sessions."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import NotFound
from bridge.domain.people import Role, User, UserId
from bridge.store.tables import LoginRow, MembershipRow, TokenRow, UserRow

_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """An API token as listed: its secret was shown once and is not known any more."""

    id: int
    prefix: str
    name: str
    role: Role
    product_id: ProductId | None
    user_email: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


_MEMBER = (
    select(UserRow.id)
    .join(MembershipRow, MembershipRow.user_id == UserRow.id)
    .where(
        UserRow.email == bindparam("address"), MembershipRow.product_id == bindparam("product_id")
    )
)


class People:
    """Reads and changes people and how they prove who they are."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def known(self, email: str, *, name: str | None = None) -> User:
        """The person of that address, made known if new."""
        address = email.strip().lower()
        statement = insert(UserRow).values(email=address, name=name).on_conflict_do_nothing()
        self._session.execute(statement)
        row = self._session.scalars(select(UserRow).where(UserRow.email == address)).one()
        return User(UserId(row.id), row.email, row.name)

    def by_email(self, email: str) -> User | None:
        """The person of that address, if known."""
        query = select(UserRow).where(UserRow.email == email.strip().lower())
        row = self._session.scalars(query).first()
        return User(UserId(row.id), row.email, row.name) if row else None

    def get(self, user_id: UserId) -> User:
        """The person of that id."""
        row = self._session.get(UserRow, user_id)
        if row is None:
            raise NotFound("no such person")
        return User(UserId(row.id), row.email, row.name)

    def add_member(self, user_id: UserId, product_id: ProductId, role: Role) -> None:
        """Give the person this role in the product, replacing another."""
        given = {"role": role.value, "removed_at": None}
        statement = insert(MembershipRow).values(user_id=user_id, product_id=product_id, **given)
        self._session.execute(
            statement.on_conflict_do_update(index_elements=["user_id", "product_id"], set_=given)
        )

    def agent(self, email: str, product_id: ProductId) -> UserId:
        """The person named on a contact; made known, and an agent unless they have, or had, a role.

        Who was removed stays so: contacts go on naming them.
        """
        address = email.strip().lower()
        given = {"address": address, "product_id": product_id}
        found = self._session.connection().execute(_MEMBER, given).scalars().first()
        if found is not None:
            return UserId(found)
        user = self.known(address)
        statement = insert(MembershipRow).values(
            user_id=user.id, product_id=product_id, role=Role.AGENT.value
        )
        self._session.execute(statement.on_conflict_do_nothing())
        return user.id

    def role_of(self, user_id: UserId, product_id: ProductId) -> Role | None:
        """The person's role in the product, if any."""
        row = self._session.get(MembershipRow, (user_id, product_id))
        return Role(row.role) if row and row.removed_at is None else None

    def with_role(self, product_id: ProductId, *roles: Role) -> list[User]:
        """Everybody who has one of these roles in the product."""
        query = (
            select(UserRow)
            .join(MembershipRow, MembershipRow.user_id == UserRow.id)
            .where(
                MembershipRow.product_id == product_id,
                MembershipRow.removed_at.is_(None),
                MembershipRow.role.in_([role.value for role in roles]),
            )
            .order_by(UserRow.id)
        )
        return [User(UserId(row.id), row.email, row.name) for row in self._session.scalars(query)]

    def leads(self, product_id: ProductId) -> list[User]:
        """The product's leads; its admins when it has none."""
        return self.with_role(product_id, Role.LEAD) or self.with_role(product_id, Role.ADMIN)

    def create_token(
        self,
        role: Role,
        product_id: ProductId | None,
        *,
        name: str,
        user_id: UserId | None = None,
        expires_at: datetime | None = None,
    ) -> str:
        """A new token's secret, which only its hash is kept of."""
        secret = f"brt_{secrets.token_urlsafe(32)}"
        self._session.add(
            TokenRow(
                hash=_hash(secret),
                prefix=secret[:8],
                name=name,
                role=role.value,
                product_id=product_id,
                user_id=user_id,
                expires_at=expires_at,
            )
        )
        return secret

    def find_token(self, secret: str, *, now: datetime) -> Token | None:
        """The valid token with that secret; notes its use at most once a minute."""
        row = self._session.scalars(select(TokenRow).where(TokenRow.hash == _hash(secret))).first()
        if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now):
            return None
        if row.last_used_at is None or now - row.last_used_at > _USED_EVERY:
            self._session.execute(
                update(TokenRow).where(TokenRow.id == row.id).values(last_used_at=now)
            )
        return self._token(row)

    def tokens(self) -> list[Token]:
        """Every token, oldest first."""
        return [
            self._token(row)
            for row in self._session.scalars(select(TokenRow).order_by(TokenRow.id))
        ]

    def revoke_token(self, token_id: int, *, now: datetime) -> None:
        """Make the token worthless from now on."""
        row = self._session.get(TokenRow, token_id)
        if row is None:
            raise NotFound(f"no token has the id {token_id}")
        row.revoked_at = row.revoked_at or now

    def _token(self, row: TokenRow) -> Token:
        user = self._session.get(UserRow, row.user_id) if row.user_id else None
        return Token(
            id=row.id,
            prefix=row.prefix,
            name=row.name,
            role=Role(row.role),
            product_id=ProductId(row.product_id) if row.product_id else None,
            user_email=user.email if user else None,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
            created_at=row.created_at,
        )

    def create_login(self, user_id: UserId, kind: str, *, expires_at: datetime) -> str:
        """The secret of a new one-time link (kind "link") or session (kind "session")."""
        secret = secrets.token_urlsafe(32)
        self._session.add(
            LoginRow(hash=_hash(secret), user_id=user_id, kind=kind, expires_at=expires_at)
        )
        return secret

    def use_link(self, secret: str, *, now: datetime) -> User | None:
        """Whose link this is; it works once, even when two requests race."""
        statement = (
            delete(LoginRow)
            .where(
                LoginRow.hash == _hash(secret), LoginRow.kind == "link", LoginRow.expires_at > now
            )
            .returning(LoginRow.user_id)
        )
        user_id = self._session.scalars(statement).first()
        return self.get(UserId(user_id)) if user_id is not None else None

    def session_user(self, secret: str, *, now: datetime) -> User | None:
        """Whose living session this is."""
        query = select(LoginRow.user_id).where(
            LoginRow.hash == _hash(secret), LoginRow.kind == "session", LoginRow.expires_at > now
        )
        user_id = self._session.scalars(query).first()
        return self.get(UserId(user_id)) if user_id is not None else None

    def has_lead_session(self) -> bool:
        """Whether some lead or admin has signed in and is still known to be."""
        query = (
            select(LoginRow.hash)
            .join(MembershipRow, MembershipRow.user_id == LoginRow.user_id)
            .where(
                LoginRow.kind == "session",
                MembershipRow.removed_at.is_(None),
                MembershipRow.role.in_([Role.ADMIN.value, Role.LEAD.value]),
            )
        )
        return self._session.scalars(query.limit(1)).first() is not None

    def end_session(self, secret: str) -> None:
        """Log out."""
        self._session.execute(delete(LoginRow).where(LoginRow.hash == _hash(secret)))

    def drop_expired_logins(self, *, now: datetime) -> None:
        """Forget links and sessions that no longer work."""
        self._session.execute(delete(LoginRow).where(LoginRow.expires_at <= now))
