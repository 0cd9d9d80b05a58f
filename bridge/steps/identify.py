"""Identify: tie a received contact to a customer and an account, merging on good evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.domain.contacts import AccountReceived, ContactReceived
from bridge.domain.customers import Identity, IdentityKind
from bridge.domain.products import Product
from bridge.identity import choose_customer, email_domain, identities_of, is_free_mail
from bridge.store import Store


@dataclass(frozen=True, slots=True)
class Identified:
    """Who a contact is from; `names` are to be redacted from its text."""

    customer_id: int | None
    account_id: int | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A customer and what was known about them before."""

    customer_id: int
    name: str | None
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What to write down about a customer who turns out to be new."""

    name: str | None
    account_id: int | None


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One person of a customer directory with everything known about them."""

    name: str | None
    account: AccountReceived | None
    identities: tuple[Identity, ...]
    """Strongest first."""


def identify(received: ContactReceived, product: Product, *, store: Store) -> Identified:
    """The customer and account of a contact; no customer for an anonymous report."""
    identities = identities_of(received, region=product.region)
    claimed = [received.customer.name, received.customer.display_name]
    if not identities:
        account_id = _account(received.account, identities, product, store)
        return Identified(None, account_id, _distinct(claimed))
    newcomer = Newcomer(received.customer.name, None)
    evidence = f"contact:{received.source}"
    found = resolve(identities, product, store=store, evidence=evidence, newcomer=newcomer)
    account_id = found.account_id
    if account_id is None or received.account is not None:
        account_id = _account(received.account, identities, product, store)
    _complete(found, Newcomer(received.customer.name, account_id), store)
    return Identified(found.customer_id, account_id, _distinct([*claimed, found.name]))


def learn_directory(entry: DirectoryEntry, product: Product, *, store: Store) -> int:
    """Make a person of a customer directory known; returns the customer's id."""
    account_id = _account(entry.account, entry.identities, product, store)
    newcomer = Newcomer(entry.name, account_id)
    found = resolve(entry.identities, product, store=store, evidence="directory", newcomer=newcomer)
    _complete(found, newcomer, store)
    return found.customer_id


def _complete(found: Resolved, newcomer: Newcomer, store: Store) -> None:
    """Write down what was not known about a customer yet."""
    is_news = (newcomer.name and not found.name) or (newcomer.account_id and not found.account_id)
    if is_news:
        store.customers.complete(
            found.customer_id, name=newcomer.name, account_id=newcomer.account_id
        )


def _distinct(names: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def resolve(
    identities: Sequence[Identity],
    product: Product,
    *,
    store: Store,
    evidence: str,
    newcomer: Newcomer,
) -> Resolved:
    """The one customer behind these identities: found, merged from several, or new."""
    matches = store.customers.matches(product.id, identities)
    known = {match.customer_id: match for match in matches}
    # One identity of one customer cannot contradict anything: no need to look further.
    is_plain = len(known) <= 1 and len(identities) == 1
    choice = choose_customer(
        [(match.identity, match.customer_id) for match in matches],
        claims=identities,
        held={} if is_plain or not known else store.customers.identities(list(known)),
    )
    customer_id = choice.customer_id
    if customer_id is None:
        is_shared = all(identity.is_shared for identity in identities)
        customer_id = store.customers.add(
            product.id,
            name=newcomer.name,
            account_id=newcomer.account_id,
            is_shared=is_shared,
        )
    elif choice.absorbed:
        store.customers.merge(customer_id, choice.absorbed)
    tied = {match.identity for match in matches if match.is_exact}
    fresh = [identity for identity in identities if identity not in tied]
    if not store.customers.learn(product.id, customer_id, fresh, evidence=evidence):
        customer_id = _after_race(identities[0], product, customer_id, store)
    match = known.get(customer_id)
    if match is None:
        return Resolved(customer_id, newcomer.name, newcomer.account_id)
    return Resolved(customer_id, match.name, match.account_id)


def _after_race(strongest: Identity, product: Product, customer_id: int, store: Store) -> int:
    """Another transaction tied one of our identities first: its customer wins if it is ours."""
    owners = [
        match.customer_id
        for match in store.customers.matches(product.id, [strongest])
        if match.is_exact
    ]
    if not owners or owners[0] == customer_id:
        return customer_id
    store.customers.merge(owners[0], [customer_id])
    return owners[0]


def _account(
    received: AccountReceived | None,
    identities: Sequence[Identity],
    product: Product,
    store: Store,
) -> int | None:
    """The account named on the contact, else the company that owns the e-mail domain."""
    domains = [
        domain
        for identity in identities
        if identity.kind is IdentityKind.EMAIL
        and (domain := email_domain(identity.key))
        and not is_free_mail(domain)
    ]
    if received is not None:
        own = [domain for domain in received.domains if not is_free_mail(domain)]
        return store.customers.save_account(
            product.id, received.key, name=received.name, tier=received.tier, domains=own or domains
        )
    for domain in domains:
        known = store.customers.account_of_domain(product.id, domain)
        if known is not None:
            return known
    return None
