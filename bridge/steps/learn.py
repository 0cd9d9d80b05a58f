"""Learn: make the people of a customer directory known, many in one go."""

from collections.abc import Sequence

from bridge.domain.products import Product
from bridge.steps.identify import DIRECTORY, DirectoryEntry, company_domains, learn_person
from bridge.steps.known_people import KnownPeople, look_up
from bridge.store import Store


class _Raced(Exception):
    """Leaves the savepoint: another transaction has learned some of the same people."""


def learn_directory(entries: Sequence[DirectoryEntry], product: Product, *, store: Store) -> None:
    """Learn each entry as if after the one before, so that they match and merge among themselves.

    What is known is looked up once and what was learned is written once; when another transaction
    writes the same people meanwhile, the entries are learned one by one.
    """
    known = _look_up(entries, product, store)
    for entry in entries:
        learn_person(entry, product, store=known)
    try:
        with store.savepoint():
            if not known.write(product.id, store, evidence=DIRECTORY):
                raise _Raced
    except _Raced:
        for entry in entries:
            learn_person(entry, product, store=store)


def _look_up(entries: Sequence[DirectoryEntry], product: Product, store: Store) -> KnownPeople:
    identities = [identity for entry in entries for identity in entry.identities]
    return look_up(
        product.id,
        identities,
        account_keys=[entry.account.key for entry in entries if entry.account is not None],
        domains=company_domains(identities),
        store=store,
    )
