"""The customer directory of the demo: who is on which version, platform and plan."""

from collections.abc import Sequence
from datetime import datetime

from bridge.demo.customers import Customer
from bridge.demo.generate import SOURCE, everybody
from bridge.demo.story import release_moments
from bridge.domain.customers import Facts
from bridge.domain.products import Product
from bridge.steps.identify import DirectoryEntry
from bridge.steps.learn import learn_directory, tell_facts
from bridge.store import Store
from bridge.wiring.directory import entry_of
from integrations.files.shapes import DirectoryPerson

_REGIONS = {"GB": "uk", "US": "us", "DE": "eu", "ES": "eu"}


def hand_over_directory(
    product: Product, *, anchor: datetime, seed: int, store: Store, now: datetime
) -> int:
    """Make the directory of that moment known; returns how many people it names."""
    releases = release_moments(anchor)
    entries = [_entry(one, product, releases, now) for one in everybody(seed=seed)]
    customers = learn_directory(entries, product, store=store)
    tell_facts(entries, customers, product, store=store, now=now)
    return len(entries)


def _entry(
    one: Customer, product: Product, releases: dict[str, datetime], now: datetime
) -> DirectoryEntry:
    phones: Sequence[str] = [] if one.phone is None else [f"+{''.join(one.phone)}"]
    person = DirectoryPerson(
        key=one.key,
        name=one.name,
        org=one.account.key if one.account else None,
        account=one.account_number,
        emails=(one.email,),
        phones=tuple(phones),
        handles=(one.handle,),
        tier=one.account.tier if one.account else None,
        facts=Facts(
            version=one.version_at(now, releases),
            platform=one.platform,
            plan=one.plan,
            region=_REGIONS[one.country],
            language=one.lang,
        ),
        facts_at=now,
    )
    return entry_of(person, source=SOURCE, region=product.region)
