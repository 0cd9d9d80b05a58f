"""Bounces: what a mail server says later of a mail of ours; never a contact of a customer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bridge.domain.bounces import Bounce, Fate, mail_key
from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidMove, NotFound
from bridge.domain.products import Product
from bridge.steps.letter_sending import MAIL, letter_came_back
from bridge.steps.moves import Cause
from bridge.store import Store
from bridge.store.messages import Outgoing


@dataclass(frozen=True, slots=True)
class BouncesTaken:
    """What became of some delivery reports."""

    bounced: int = 0
    """Mails of ours that came back, and were not known to."""
    known: int = 0
    ended: int = 0
    """Addresses that nothing is sent to any more."""
    waiting: int = 0
    """Still on their way, or arrived: nothing to do."""
    foreign: int = 0
    """About mails that are not ours, or not of this product."""

    def __add__(self, other: "BouncesTaken") -> "BouncesTaken":
        """Both together."""
        return BouncesTaken(
            self.bounced + other.bounced,
            self.known + other.known,
            self.ended + other.ended,
            self.waiting + other.waiting,
            self.foreign + other.foreign,
        )


def take_bounces(
    found: Iterable[Bounce], product: Product, *, store: Store, cause: Cause
) -> BouncesTaken:
    """Mark what came back; an address that failed for good is not written to any more."""
    taken = BouncesTaken()
    for one in found:
        taken += _take(one, product, store=store, cause=cause)
    if taken.ended:
        store.decisions.record(
            product.id,
            "addresses_ended",
            at=cause.at,
            actor=cause.actor,
            after={"ended": taken.ended},
            origin=cause.origin,
        )
    return taken


def _take(one: Bounce, product: Product, *, store: Store, cause: Cause) -> BouncesTaken:
    if one.fate is not Fate.FAILED:
        return BouncesTaken(waiting=1)
    ours = _mail_of(one, product, store)
    if ours is None:
        return BouncesTaken(foreign=1)
    message_id, recipient = ours
    changed = store.bounces.mark(product.id, message_id, recipient=recipient, reason=one.reason)
    is_new = bool(changed)
    for outgoing_id in changed:
        letter_came_back(store.messages.get(product.id, outgoing_id), store=store)
    email = recipient.lower()
    ended = one.is_dead and store.bounces.end(product.id, email, reason=one.reason, now=cause.at)
    return BouncesTaken(bounced=int(is_new), known=int(not is_new), ended=int(ended))


def _mail_of(one: Bounce, product: Product, store: Store) -> tuple[str, str] | None:
    """Our mail that a report is about, and whom it went to; told by its Message-ID alone.

    The address only finds it: a report about somebody else's mail to the same person is not ours.
    """
    if one.mail_key is None:
        return None
    found = store.bounces.candidates(
        product.id, MAIL, recipients=one.recipients, message_id=one.message_id
    )
    return next((mail for mail in found if mail_key(mail[0]) == one.mail_key), None)


def take_back_dead(email: str, product: Product, *, store: Store, cause: Cause) -> None:
    """A person says that the address takes mails again; NotFound when it is not on the list."""
    if not store.bounces.revive(product.id, email.strip().lower()):
        raise NotFound("this address is not on the list")
    store.decisions.record(
        product.id,
        "address_taken_back",
        at=cause.at,
        actor=cause.actor,
        reason=cause.reason,
        origin=cause.origin,
    )


def require_alive(outgoing: Outgoing, store: Store) -> None:
    """Raise InvalidMove where a mail would only come back again."""
    email = outgoing.recipient.lower()
    if outgoing.channel == MAIL and why_dead(outgoing.product_id, email, store) is not None:
        raise InvalidMove(
            "mails to this address come back; if it works again say so first:"
            f" bridge mail bounces --again {email}"
        )


def holds_dead_back(outgoing: Outgoing, *, store: Store, now: datetime) -> bool:
    """Whether a mail goes to an address that takes none any more; it is suppressed then."""
    told = why_dead(outgoing.product_id, outgoing.recipient, store)
    if outgoing.channel != MAIL or told is None:
        return False
    store.letter_messages.hold_back(outgoing.id, told, now=now)
    return True


def why_dead(product_id: ProductId, email: str, store: Store) -> str | None:
    """Why no mail goes to that address; None when it may be tried."""
    reason = store.bounces.dead(product_id, [email]).get(email.lower())
    return None if reason is None else f"an earlier mail to this address {reason}"
