"""Opt-outs from elsewhere: lists of addresses that want no letters."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.domain.customers import Identity
from bridge.domain.products import Product
from bridge.identity import RAW_PREFIX, email_identity
from bridge.steps.letter_answers import hold_letters_back
from bridge.steps.moves import Cause
from bridge.store import Store

_MOST_REFUSED = 100


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a list."""

    added: int
    known: int
    refused: tuple[str, ...]
    """The first that are no addresses."""


def take_opt_outs(emails: Iterable[str], product: Product, *, store: Store, cause: Cause) -> Taken:
    """Write to these no more; what waits for them is not sent."""
    added = known = 0
    refused: list[str] = []
    for email in emails:
        identity = email_identity(email)
        if identity is None or identity.key.startswith(RAW_PREFIX):
            refused += [email] if email.strip() else []
            continue
        if _add(identity, product, store=store, cause=cause):
            added += 1
        else:
            known += 1
    if added:
        store.decisions.record(
            product.id,
            "opt_outs_taken",
            at=cause.at,
            actor=cause.actor,
            after={"added": added},
            origin=cause.origin,
        )
    return Taken(added, known, tuple(refused[:_MOST_REFUSED]))


def take_back_opt_out(email: str, product: Product, *, store: Store, cause: Cause) -> bool:
    """They asked a person for letters again; whether they were on the list."""
    identity = email_identity(email)
    if identity is None or not store.opt_outs.remove(product.id, identity.key):
        return False
    store.decisions.record(
        product.id,
        "opt_out_taken_back",
        at=cause.at,
        actor=cause.actor,
        reason=cause.reason,
        origin=cause.origin,
    )
    return True


def _add(identity: Identity, product: Product, *, store: Store, cause: Cause) -> bool:
    owners = store.customers.matches(product.id, [identity])
    customer_id = next((one.customer_id for one in owners if one.is_exact), None)
    if identity.is_shared:
        customer_id = None
    is_new = store.opt_outs.add(
        product.id, identity.key, customer_id=customer_id, source="import", now=cause.at
    )
    if is_new:
        hold_letters_back(identity.key, customer_id, product.id, store=store, now=cause.at)
    return is_new
