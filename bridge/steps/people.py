"""People: invite somebody to products, and let somebody go; what they did stays theirs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bridge.cleaning import door_text
from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.people import Role, User, UserId, is_address
from bridge.domain.products import Product
from bridge.ports import Message
from bridge.steps.context import Context
from bridge.steps.moves import Cause
from bridge.steps.outside import channels_of, wake_sender
from bridge.store import Store
from bridge.store.messages import Outgoing, Planned

LINK_LIVES = timedelta(days=7)
_ONE_PRESS = timedelta(minutes=1)
"""Within it the same invitation is the same press of a button, or a page that was sent again."""
_MAIL = "smtp"
_EVENT = "invitation"
_MOST_BYTES = 200


@dataclass(frozen=True, slots=True)
class Invitation:
    """Who is to have which role in which products."""

    email: str
    role: Role
    products: Sequence[Product]
    name: str = ""
    may_change: bool = False
    """Whoever invites knows that the person has another role or name, and wants these."""


class KnownOtherwise(InvalidMove):
    """The address belongs to somebody whose role or name would change; says from what to what."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody has a part in products now."""

    user: User
    role: Role
    link: str | None
    """Signs them in, once; None where whoever invites has no say in all that it opens."""
    is_mailed: bool


def invite(
    given: Invitation, *, sees_all_products: bool, store: Store, context: Context, cause: Cause
) -> Invited:
    """Give somebody a role, and a way to sign in; again gives a new link.

    Raises KnownOtherwise before a role or a name changes, unless that is wanted.
    The link is answered, and mailed where there is a mail server. It opens all that the person
    has a part in: so whoever does not see all products gets none for somebody with a part in
    others.
    """
    if not is_address(given.email) or len(given.email) > _MOST_BYTES:
        raise InvalidInput(f"{given.email[:80]!r} is no e-mail address", pointer="/email")
    words, _ = door_text(given.name, max_bytes=_MOST_BYTES)
    name = " ".join(words.split())
    if not given.may_change:
        _require_same(given, name, store)
    user = store.people.known(given.email, name=name or None)
    has_part_elsewhere = store.members.products_of(user.id) - {one.id for one in given.products}
    decisions = []
    for product in given.products:
        if given.role is not Role.ADMIN:
            _require_another_admin(user.id, product, store)
        store.people.add_member(user.id, product.id, given.role)
        after = {"role": given.role.value}
        decisions.append(_record("person_invited", user, product, after, store=store, cause=cause))
    if name:
        store.members.rename(user.id, name)
    is_mailed = _mail(user, given, decisions[0], store=store, context=context, cause=cause)
    may_see = sees_all_products or not has_part_elsewhere
    link = sign_in_link(user.id, store, context) if may_see else None
    return Invited(store.people.by_email(user.email) or user, given.role, link, is_mailed)


def _require_same(given: Invitation, name: str, store: Store) -> None:
    user = store.people.by_email(given.email)
    if user is None:
        return
    changes = []
    for product in given.products:
        role = store.people.role_of(user.id, product.id)
        if role not in (None, given.role):
            told = f"from {role.value} to {given.role.value}" if role else ""
            changes.append(f"the role in {product.name} {told}")
    if name and user.name and name != user.name:
        changes.append(f"the name from {user.name} to {name}")
    if changes:
        told = f"somebody is known as {user.email} already; this would change "
        raise KnownOtherwise(told + _and(changes))


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def remove(user: User, product: Product, *, store: Store, cause: Cause) -> None:
    """The person has no part in the product any more: no page, no token, no notice, no mail.

    Contacts, decisions and notices that name them stay. Raises NotFound for somebody who has no
    part in it, InvalidMove for its last admin.
    """
    _require_another_admin(user.id, product, store)
    store.members.remove(user, product.id, now=cause.at)
    if not store.members.products_of(user.id):
        store.members.sign_out(user.id, now=cause.at)
    _record("person_removed", user, product, {}, store=store, cause=cause)


def sign_in_link(user_id: UserId, store: Store, context: Context) -> str:
    """A new one-time link; only its hash is kept."""
    secret = store.people.create_login(user_id, "link", expires_at=context.now() + LINK_LIVES)
    return f"{context.settings.public_url.rstrip('/')}/sign-in?code={secret}"


def completed(message: Message, row: Outgoing, context: Context) -> Message:
    """An invitation with its link, which is made when it goes out and kept nowhere."""
    if not row.event.startswith(f"{_EVENT}-"):
        return message
    with context.open() as store:
        link = sign_in_link(store.people.known(row.recipient).id, store, context)
    return replace(message, text=f"{message.text}\n\n{link}")


def _mail(  # noqa: PLR0913 - a letter is told by all of these
    user: User, given: Invitation, decision: int, *, store: Store, context: Context, cause: Cause
) -> bool:
    """Plan the letter that brings the link; False where nobody carries letters.

    A button that is pressed twice sends one.
    """
    first = given.products[0]
    if all(one.name != _MAIL for one in channels_of(first.id, store, context)):
        return False
    names = " and ".join(one.name for one in given.products)
    lines = [
        f"{cause.actor.name} invites you to {names} in the bridge, as {given.role.value}.",
        f"Open this link and press the button. It works once, for {LINK_LIVES.days} days.",
    ]
    text = "\n".join(lines)
    if store.messages.was_planned(first.id, user.email, text, since=cause.at - _ONE_PRESS):
        return True
    planned = Planned(
        event=f"{_EVENT}-{decision}",
        recipient=user.email,
        channel=_MAIL,
        subject=f"You are invited to {names} in the bridge",
        text=text,
        due_at=cause.at,
    )
    outgoing_id = store.messages.plan(first.id, planned, now=cause.at)
    if outgoing_id is not None:
        wake_sender(store.messages.get(first.id, outgoing_id), store)
    return outgoing_id is not None


def _require_another_admin(user_id: UserId, product: Product, store: Store) -> None:
    """Raise InvalidMove where nobody could invite people any more."""
    if store.members.admins(product.id) == {user_id}:
        raise InvalidMove(
            f"this is the only admin of {product.name}: make somebody else an admin first"
        )


def _record(  # noqa: PLR0913 - a decision is told by all of these
    action: str, user: User, product: Product, after: dict[str, str], *, store: Store, cause: Cause
) -> int:
    return store.decisions.record(
        product.id,
        action,
        at=cause.at,
        actor=cause.actor,
        after={"person": user.email, **after},
        reason=cause.reason,
        origin=cause.origin,
    )
