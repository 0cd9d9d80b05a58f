"""A directory learned in bulk is known as if it had been learned person by person."""

import random
import threading
from collections.abc import Sequence
from pathlib import Path

import psycopg
import pytest

from bridge.domain.contacts import AccountReceived
from bridge.domain.products import Product
from bridge.identity import (
    account_identity,
    email_identity,
    external_identity,
    handle_identity,
    phone_identity,
)
from bridge.steps.identify import DirectoryEntry, learn_person
from bridge.steps.learn import learn_directory
from bridge.wiring import Application
from bridge.wiring.directory import read_directory

_PEOPLE = """
    WITH person AS (
        SELECT COALESCE(merged_into, id) AS living, customer.id
        FROM customer WHERE product_id = %(product)s
    )
    SELECT living.name, account.key, living.is_shared,
        (SELECT count(*) FROM person WHERE person.living = living.id),
        array_agg((identity.kind, identity.key, identity.base_key, identity.evidence)::text
            ORDER BY identity.kind, identity.key)
    FROM customer AS living
    JOIN person ON person.living = living.id
    JOIN identity ON identity.customer_id = person.id
    LEFT JOIN account ON account.id = living.account_id
    GROUP BY living.id, account.key ORDER BY living.id
"""
_ACCOUNTS = """
    SELECT key, name, tier, ARRAY(SELECT unnest(domains) AS domain ORDER BY domain)
    FROM account WHERE product_id = %(product)s ORDER BY id
"""


@pytest.fixture
def other(application: Application) -> Product:
    """A product that learns the same people the slow way."""
    with application.open() as store:
        return store.products.add("other", "Other")


def known(url: str, product: Product) -> list[tuple[object, ...]]:
    """Everybody and every account, oldest first."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        given = {"product": product.id}
        people = connection.execute(_PEOPLE, given).fetchall()
        return [*people, *connection.execute(_ACCOUNTS, given).fetchall()]


def one_by_one(
    entries: Sequence[DirectoryEntry], product: Product, application: Application
) -> None:
    with application.open() as store:
        for entry in entries:
            learn_person(entry, product, store=store)


def in_bulk(entries: Sequence[DirectoryEntry], product: Product, application: Application) -> None:
    with application.open() as store:
        learn_directory(entries, product, store=store)


def an_entry(name: str, *emails: str, phone: str | None = None) -> DirectoryEntry:
    found = [*map(email_identity, emails), phone_identity(phone, region="US")]
    return DirectoryEntry(name, None, tuple(one for one in found if one is not None))


def muddled_people(seed: int, count: int) -> list[DirectoryEntry]:
    """People who share addresses, tags, numbers, names and companies more often than in life."""
    rng = random.Random(seed)
    return [_muddled(rng) for _ in range(count)]


def _muddled(rng: random.Random) -> DirectoryEntry:
    domain = rng.choice(["gmail.com", "mill.example", "forge.example", "barn.example"])
    local = rng.choice(["ann", "bob", "eve", "info", "kim", "lee"])
    tag = rng.choice(["", "", "+shop", "+work"])
    number = rng.randint(1, 9)
    found = [
        account_identity(f"A{number}") if rng.random() < 0.3 else None,
        external_identity("crm", f"C{rng.randint(1, 9)}") if rng.random() < 0.3 else None,
        email_identity(f"{local}{tag}@{domain}") if rng.random() < 0.8 else None,
        email_identity(f"{rng.choice(['ann', 'bob'])}@{domain}") if rng.random() < 0.3 else None,
        phone_identity(f"+1 212 555 01{rng.randint(10, 30)}", region="US"),
        handle_identity("desk", rng.choice(["ann", "bob", "eve"])) if rng.random() < 0.2 else None,
    ]
    account = AccountReceived(
        key=f"acc-{rng.randint(1, 4)}",
        name=rng.choice([None, "Mill", "Forge"]),
        tier=rng.choice([None, "gold"]),
        domains=tuple(
            rng.sample(["mill.example", "forge.example", "gmail.com"], rng.randint(0, 2))
        ),
    )
    return DirectoryEntry(
        name=rng.choice([None, "Ann", "Bob"]),
        account=account if rng.random() < 0.5 else None,
        identities=tuple(one for one in found if one is not None),
    )


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("files", [1, 3])
def test_bulk_and_one_by_one_know_the_same(
    seed: int,
    files: int,
    application: Application,
    product: Product,
    other: Product,
    database_url: str,
) -> None:
    for part in range(files):
        # Seldom related in the last file, so that merges are not all there is.
        entries = muddled_people(seed * 10 + part, 60 if part == 0 else 15)
        in_bulk(entries, product, application)
        one_by_one(entries, other, application)
    found = known(database_url, product)
    assert found == known(database_url, other)
    assert any(person[3] != 1 for person in found if len(person) == 5), "nobody was merged"


def test_the_labelled_directory_is_known_the_same(
    application: Application,
    product: Product,
    other: Product,
    database_url: str,
    labelled_data: Path,
) -> None:
    path = labelled_data / "stream_dev.directory.jsonl.gz"
    people = read_directory(path, source="desk", region="US")
    entries = [entry for entry in people if entry.identities]
    in_bulk(entries, product, application)
    one_by_one(entries, other, application)
    assert known(database_url, product) == known(database_url, other)


def test_the_same_directory_again_changes_nothing(
    application: Application, product: Product, database_url: str
) -> None:
    entries = muddled_people(3, 40)
    in_bulk(entries, product, application)
    before = known(database_url, product)
    in_bulk(entries, product, application)
    assert known(database_url, product) == before


def test_an_account_without_domains_can_get_a_name(
    application: Application, product: Product
) -> None:
    with application.open() as store:
        first = store.accounts.save(product.id, AccountReceived("acc-1", None, None, ()))
        again = store.accounts.save(product.id, AccountReceived("acc-1", "Mill", None, ()))
    assert first == again


def test_people_learned_by_two_at_once_are_one_customer_each(
    application: Application, product: Product, database_url: str
) -> None:
    entries = [an_entry("Ann", "ann@mill.example"), an_entry("Bob", "bob@mill.example")]
    with application.open() as store:
        # Not committed yet, so the other one cannot see Bob when it looks people up.
        learn_person(entries[1], product, store=store)
        racer = threading.Thread(target=in_bulk, args=(entries, product, application))
        racer.start()
        wait_until_blocked(database_url)
    racer.join(timeout=20)
    assert not racer.is_alive()
    assert [(person[0], person[3]) for person in known(database_url, product)] == [
        ("Bob", 1),
        ("Ann", 1),
    ]


def wait_until_blocked(url: str) -> None:
    """Until somebody waits for somebody else's transaction."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for _ in range(200):
            row = connection.execute(waiting).fetchone()
            if row is not None and row[0]:
                return
            connection.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("nobody waits")


def test_a_survivor_is_known_by_all_that_was_theirs_and_the_merged_by_nothing(
    application: Application, product: Product
) -> None:
    with application.open() as store:
        ids = [
            learn_person(an_entry(name, f"{name}@mill.example"), product, store=store)
            for name in ("ann", "bob", "eve")
        ]
        store.customers.merge(ids[0], [ids[1]])
        held = store.customers.identities([ids[0], ids[2]])
        keys = {one: [identity.key for identity in held[one]] for one in held}
        assert keys == {
            ids[0]: ["ann@mill.example", "bob@mill.example"],
            ids[2]: ["eve@mill.example"],
        }
        assert store.customers.identities([ids[1]]) == {ids[1]: []}
