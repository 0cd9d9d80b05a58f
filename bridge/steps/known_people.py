"""The customers and accounts of a directory while it is read: looked up and written in bulk.

`KnownPeople` answers as the store would after each entry, so that entries can match and merge
with earlier ones; nothing is written before `write`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bridge.domain.contacts import AccountReceived, ProductId
from bridge.domain.customers import Identity, IdentityKind
from bridge.store import Store
from bridge.store.accounts import Account
from bridge.store.customers import IdentityMatch, NewCustomer
from bridge.store.directory import Person, Tie

_RESERVED_AT_ONCE = 50


class KnownCustomers:
    """Has the meaning of `store.customers` for the people of one directory."""

    def __init__(self, people: dict[int, Person], fresh_ids: Iterator[int]) -> None:
        self._people = people
        self._fresh_ids = fresh_ids
        self._owners: dict[tuple[IdentityKind, str], int] = {}
        self._tagged: dict[tuple[IdentityKind, str], list[str]] = {}
        self.added: dict[int, NewCustomer] = {}
        self.ties: list[Tie] = []
        self.changes: list[Callable[[Store], None]] = []
        """Merges and completions, in their order."""
        for customer_id, person in people.items():
            for identity in person.identities:
                self._index(identity, customer_id)

    def matches(self, product_id: ProductId, identities: Sequence[Identity]) -> list[IdentityMatch]:
        """See Customers.matches."""
        found: list[IdentityMatch] = []
        for identity in identities:
            owner = self._owners.get((identity.kind, identity.key))
            tagged = self._tagged.get((identity.kind, identity.key), [])
            akin = [identity.base_key, *tagged] if identity.base_key else tagged
            near = {self._owners.get((identity.kind, key)): None for key in akin}
            found += [] if owner is None else [self._match(identity, owner, is_exact=True)]
            found += [
                self._match(identity, one, is_exact=False)
                for one in near
                if one is not None and one != owner
            ]
        return found

    def identities(self, customer_ids: Sequence[int]) -> dict[int, list[Identity]]:
        """See Customers.identities."""
        return {one: list(self._people[one].identities) for one in customer_ids}

    def add(
        self,
        product_id: ProductId,
        newcomer: NewCustomer,
        identities: Sequence[Identity],
        *,
        evidence: str,
    ) -> tuple[int, bool]:
        """See Customers.add."""
        customer_id = next(self._fresh_ids)
        self.added[customer_id] = newcomer
        self._people[customer_id] = Person(newcomer.name, newcomer.account_id, [])
        return customer_id, self.learn(product_id, customer_id, identities, evidence=evidence)

    def learn(
        self,
        product_id: ProductId,
        customer_id: int,
        identities: Sequence[Identity],
        *,
        evidence: str,
    ) -> bool:
        """See Customers.learn."""
        are_new = True
        for identity in identities:
            if (identity.kind, identity.key) in self._owners:
                are_new = False
                continue
            self._index(identity, customer_id)
            self._people[customer_id].identities.append(identity)
            self.ties.append(Tie(customer_id, identity))
        return are_new

    def merge(self, survivor_id: int, other_ids: Sequence[int]) -> None:
        """See Customers.merge."""
        for other_id in other_ids:
            theirs = self._people.pop(other_id).identities
            self._people[survivor_id].identities += theirs
            self._owners |= {(one.kind, one.key): survivor_id for one in theirs}
        self.changes.append(lambda store: store.customers.merge(survivor_id, other_ids))

    def complete(self, customer_id: int, *, name: str | None, account_id: int | None) -> None:
        """See Customers.complete."""
        person = self._people[customer_id]
        person.name = name if person.name is None else person.name
        person.account_id = account_id if person.account_id is None else person.account_id
        self.changes.append(
            lambda store: store.customers.complete(customer_id, name=name, account_id=account_id)
        )

    def _index(self, identity: Identity, customer_id: int) -> None:
        self._owners[identity.kind, identity.key] = customer_id
        if identity.base_key:
            self._tagged.setdefault((identity.kind, identity.base_key), []).append(identity.key)

    def _match(self, identity: Identity, owner: int, *, is_exact: bool) -> IdentityMatch:
        person = self._people[owner]
        return IdentityMatch(identity, owner, is_exact, person.name, person.account_id)


class KnownAccounts:
    """Has the meaning of `store.accounts` for the companies of one directory."""

    def __init__(self, accounts: Sequence[Account], fresh_ids: Iterator[int]) -> None:
        self._accounts = {account.key: account for account in accounts}
        self._fresh_ids = fresh_ids
        self._domains: dict[str, int] = {}
        self._added: dict[str, None] = {}
        self.changes: list[Callable[[Store], None]] = []
        for account in accounts:
            self._own(account)

    @property
    def added(self) -> list[Account]:
        """The new ones, as they are known now."""
        return [self._accounts[key] for key in self._added]

    def save(self, product_id: ProductId, given: AccountReceived) -> int:
        """See Accounts.save."""
        known = self._accounts.get(given.key)
        if known is not None and known.knows(given):
            return known.id
        if known is None:
            known = Account(next(self._fresh_ids), given.key, None, None, frozenset(), None)
            self._added[given.key] = None
        elif given.key not in self._added:
            self.changes.append(lambda store: _save(product_id, given, store))
        account = replace(
            known,
            name=known.name if given.name is None else given.name,
            tier=known.tier if given.tier is None else given.tier,
            domains=known.domains.union(given.domains),
            owner=known.owner if given.owner is None else given.owner,
        )
        self._accounts[given.key] = account
        self._own(account)
        return account.id

    def of_domain(self, product_id: ProductId, domain: str) -> int | None:
        """See Accounts.of_domain."""
        return self._domains.get(domain)

    def _own(self, account: Account) -> None:
        for domain in account.domains:
            self._domains[domain] = min(account.id, self._domains.get(domain, account.id))


class KnownPeople:
    """Stands in for the store while a directory is learned."""

    def __init__(self, customers: KnownCustomers, accounts: KnownAccounts) -> None:
        self.customers = customers
        self.accounts = accounts

    def write(self, product_id: ProductId, store: Store, *, evidence: str) -> bool:
        """Store what was learned; False when another transaction has learned some of it."""
        if not store.directory.add_accounts(product_id, self.accounts.added):
            return False
        store.directory.add_customers(product_id, self.customers.added)
        if not store.directory.tie(product_id, self.customers.ties, evidence=evidence):
            return False
        for change in (*self.accounts.changes, *self.customers.changes):
            change(store)
        return True


def look_up(
    product_id: ProductId,
    identities: Sequence[Identity],
    *,
    account_keys: Sequence[str],
    domains: Sequence[str],
    store: Store,
) -> KnownPeople:
    """What is known about the people of a directory before it is learned."""
    directory = store.directory
    customers = directory.people(product_id, identities)
    accounts = directory.accounts(product_id, account_keys, domains)
    return KnownPeople(
        KnownCustomers(customers, _fresh(directory.reserve_customers)),
        KnownAccounts(accounts, _fresh(directory.reserve_accounts)),
    )


def _fresh(reserve: Callable[[int], list[int]]) -> Iterator[int]:
    while True:
        yield from reserve(_RESERVED_AT_ONCE)


def _save(product_id: ProductId, given: AccountReceived, store: Store) -> None:
    store.accounts.save(product_id, given)
