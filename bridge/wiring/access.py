"""Who is calling, and what they may do: the same rules for the API and the pages."""

from dataclasses import dataclass
from datetime import datetime

from bridge.domain.errors import NotAllowed, NotFound, NotSignedIn
from bridge.domain.people import Actor, Role, User
from bridge.domain.permissions import Action, is_allowed
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.store import Store


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who proved who they are, and the product they are talking about."""

    name: str
    role: Role
    product: Product
    actor: Actor
    email: str | None = None
    """Whose inbox is their own; None for a token that belongs to nobody."""
    token_id: int | None = None
    sees_all_products: bool = False
    """Only a token made without a product does."""

    def may(self, action: Action) -> bool:
        """Whether their role allows it."""
        return is_allowed(self.role, action)

    def require(self, action: Action) -> None:
        """Raise NotAllowed unless their role allows it."""
        if not self.may(action):
            raise NotAllowed(f"the role {self.role} may not {action.words}")


def caller_of_token(
    secret: str, product_slug: str | None, *, store: Store, now: datetime
) -> Caller:
    """The caller behind an API token, in the product asked for or else the token's own.

    Raises NotSignedIn for a token that is unknown, expired or revoked, and NotFound for a product
    that does not exist or is not the token's.
    """
    token = store.people.find_token(secret, now=now)
    if token is None:
        raise NotSignedIn("this token is not known, has expired or was revoked")
    if token.product_id is None:
        product = store.products.by_slug(product_slug or DEFAULT_PRODUCT)
    else:
        product = store.products.get(token.product_id)
        _require_same(product, product_slug)
    person = store.people.by_email(token.user_email) if token.user_email else None
    if person is not None and store.members.gone(product.id, [person.id]):
        raise _unknown(product_slug or product.slug)
    return Caller(
        name=token.name,
        role=token.role,
        product=product,
        actor=Actor("person", token.user_email) if token.user_email else Actor("token", token.name),
        email=token.user_email,
        token_id=token.id,
        sees_all_products=token.product_id is None,
    )


def caller_of_session(
    secret: str, product_slug: str | None, *, store: Store, now: datetime
) -> Caller:
    """The person behind a session, in the product asked for.

    Without one it is `default`, or the first product they have a role in. Raises NotSignedIn for
    a session that is unknown or over, and NotFound for a product they have no role in.
    """
    user = store.people.session_user(secret, now=now)
    if user is None:
        raise NotSignedIn("sign in first: this session is over")
    product, role = _place_of(user, product_slug, store)
    return Caller(
        name=user.name or user.email,
        role=role,
        product=product,
        actor=Actor("person", user.email),
        email=user.email,
    )


def product_named(caller: Caller, slug: str | None, *, store: Store) -> Product:
    """The product a request body names, if the caller may see it; else NotFound."""
    if slug is None or slug == caller.product.slug:
        return caller.product
    if caller.sees_all_products:
        return store.products.by_slug(slug)
    raise _unknown(slug)


def _require_same(product: Product, slug: str | None) -> None:
    if slug is not None and slug != product.slug:
        raise _unknown(slug)


def _place_of(user: User, slug: str | None, store: Store) -> tuple[Product, Role]:
    products = [product for product in store.products.all() if slug in (None, product.slug)]
    # The default product first, so that whoever has a role there starts there.
    for product in sorted(products, key=lambda one: one.slug != DEFAULT_PRODUCT):
        role = store.people.role_of(user.id, product.id)
        if role is not None:
            return product, role
    raise _unknown(slug or DEFAULT_PRODUCT)


def _unknown(slug: str) -> NotFound:
    """The same words as for a product that does not exist, so that nobody can tell."""
    return NotFound(f"no product is called {slug[:40]!r}")
