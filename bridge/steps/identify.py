"""Identify: tie a received contact to a customer and an account, merging on good evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bridge.domain.contacts import AccountReceived, ContactReceived, ProductId
from bridge.domain.customers import Facts, Identity, IdentityKind
from bridge.domain.products import Product
from bridge.identity import choose_customer, email_domain, identities_of, is_free_mail
from bridge.store.customers import IdentityMatch, NewCustomer

DIRECTORY = "directory"
"""The evidence of what a customer directory says."""


class CustomerRegister(Protocol):
    """Whom we know; see `bridge.store.customers.Customers`."""

    def matches(
        self, product_id: ProductId, identities: Sequence[Identity]
    ) -> list[IdentityMatch]: ...
    def identities(self, customer_ids: Sequence[int]) -> dict[int, list[Identity]]: ...
    def add(
        self,
        product_id: ProductId,
        newcomer: NewCustomer,
        identities: Sequence[Identity],
        *,
        evidence: str,
    ) -> tuple[int, bool]: ...
    def learn(
        self,
        product_id: ProductId,
        customer_id: int,
        identities: Sequence[Identity],
        *,
        evidence: str,
    ) -> bool: ...
    def merge(self, survivor_id: int, other_ids: Sequence[int]) -> None: ...
    def complete(self, customer_id: int, *, name: str | None, account_id: int | None) -> None: ...


class AccountRegister(Protocol):
    """Which companies we know; see `bridge.store.accounts.Accounts`."""

    def save(self, product_id: ProductId, given: AccountReceived) -> int: ...
    def of_domain(self, product_id: ProductId, domain: str) -> int | None: ...


class Register(Protocol):
    """The store, or what stands in for it while a directory is learned in bulk."""

    @property
    def customers(self) -> CustomerRegister: ...
    @property
    def accounts(self) -> AccountRegister: ...


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
    facts: Facts = field(default_factory=Facts)
    facts_at: datetime | None = None
    """When these were true; None for the moment they are learned."""


def identify(received: ContactReceived, product: Product, *, store: Register) -> Identified:
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


def learn_person(entry: DirectoryEntry, product: Product, *, store: Register) -> int:
    """Make a person of a customer directory known; returns the customer's id."""
    account_id = _account(entry.account, entry.identities, product, store)
    newcomer = Newcomer(entry.name, account_id)
    found = resolve(entry.identities, product, store=store, evidence=DIRECTORY, newcomer=newcomer)
    _complete(found, newcomer, store)
    return found.customer_id


def _complete(found: Resolved, newcomer: Newcomer, store: Register) -> None:
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
    store: Register,
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
    tied = {match.identity for match in matches if match.is_exact}
    fresh = [identity for identity in identities if identity not in tied]
    customer_id = choice.customer_id
    if customer_id is None:
        is_shared = all(identity.is_shared for identity in identities)
        new = NewCustomer(newcomer.name, newcomer.account_id, is_shared)
        customer_id, is_ours = store.customers.add(product.id, new, fresh, evidence=evidence)
    else:
        if choice.absorbed:
            store.customers.merge(customer_id, choice.absorbed)
        is_ours = store.customers.learn(product.id, customer_id, fresh, evidence=evidence)
    if not is_ours:
        customer_id = _after_race(identities[0], product, customer_id, store)
    match = known.get(customer_id)
    if match is None:
        return Resolved(customer_id, newcomer.name, newcomer.account_id)
    return Resolved(customer_id, match.name, match.account_id)


def _after_race(strongest: Identity, product: Product, customer_id: int, store: Register) -> int:
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
    store: Register,
) -> int | None:
    """The account named on the contact, else the company that owns the e-mail domain."""
    domains = company_domains(identities)
    if received is not None:
        own = tuple(domain for domain in received.domains if not is_free_mail(domain))
        return store.accounts.save(product.id, replace(received, domains=own or tuple(domains)))
    for domain in domains:
        known = store.accounts.of_domain(product.id, domain)
        if known is not None:
            return known
    return None


def company_domains(identities: Sequence[Identity]) -> list[str]:
    """The e-mail domains among these identities that can name a company."""
    return [
        domain
        for identity in identities
        if identity.kind is IdentityKind.EMAIL
        and (domain := email_domain(identity.key))
        and not is_free_mail(domain)
    ]
