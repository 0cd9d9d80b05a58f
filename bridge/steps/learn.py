"""Learn: make the people of a customer directory known, many in one go."""

from collections.abc import Sequence
from datetime import datetime

from bridge.domain.customers import FACT_NAMES, Facts, ToldFacts
from bridge.domain.products import Product
from bridge.steps.identify import DIRECTORY, DirectoryEntry, company_domains, learn_person
from bridge.steps.known_people import KnownPeople, look_up
from bridge.store import Store

_LONGEST = 100


class _Raced(Exception):
    """Leaves the savepoint: another transaction has learned some of the same people."""


def learn_directory(
    entries: Sequence[DirectoryEntry], product: Product, *, store: Store
) -> list[int]:
    """Learn each entry as if after the one before, so that they match and merge among themselves.

    What is known is looked up once and what was learned is written once; when another transaction
    writes the same people meanwhile, the entries are learned one by one.
    Returns the customer of each entry; later entries may have merged some of them.
    """
    known = _look_up(entries, product, store)
    customers = [learn_person(entry, product, store=known) for entry in entries]
    try:
        with store.savepoint():
            if not known.write(product.id, store, evidence=DIRECTORY):
                raise _Raced
    except _Raced:
        customers = [learn_person(entry, product, store=store) for entry in entries]
    return customers


def tell_facts(
    entries: Sequence[DirectoryEntry],
    customers: Sequence[int],
    product: Product,
    *,
    store: Store,
    now: datetime,
) -> None:
    """Keep what the entries say of their customers besides who they are."""
    told = [
        (customer_id, ToldFacts(_plain(entry.facts), min(entry.facts_at or now, now)))
        for entry, customer_id in zip(entries, customers, strict=True)
    ]
    store.customer_facts.tell(product.id, [one for one in told if one[1].facts])


def _plain(facts: Facts) -> Facts:
    """The same word for the same thing: `iOS ` is ios."""
    words = (facts.get(name) for name in FACT_NAMES)
    return Facts(
        *(" ".join(one.lower().split())[:_LONGEST] or None if one else None for one in words)
    )


def _look_up(entries: Sequence[DirectoryEntry], product: Product, store: Store) -> KnownPeople:
    identities = [identity for entry in entries for identity in entry.identities]
    return look_up(
        product.id,
        identities,
        account_keys=[entry.account.key for entry in entries if entry.account is not None],
        domains=company_domains(identities),
        store=store,
    )
