"""The demo product's customers: 150 companies and some private persons, with their addresses."""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from bridge.demo.names import FIRST_NAMES, LAST_NAMES, PHONE_RANGES, TOWNS, TRADES, Country, Trade
from bridge.demo.story import FIRST_VERSION, RELEASES
from bridge.domain.contacts import AccountReceived

_LANG = {"GB": "en", "US": "en", "DE": "de", "ES": "es"}
_COMPANIES: dict[Country, int] = {"GB": 50, "US": 34, "DE": 40, "ES": 26}
_PRIVATE: dict[Country, int] = {"GB": 62, "US": 42, "DE": 46, "ES": 30}
_PRIVATE_DOMAIN = {
    "GB": "letterbox.example",
    "US": "porchmail.example",
    "DE": "postkasten.example",
    "ES": "buzon.example",
}
_TIERS = ("solo", "team", "team", "business")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe"})


@dataclass(frozen=True, slots=True)
class Customer:
    """One person, with every address they write or call from."""

    key: str
    first: str
    last: str
    country: Country
    email: str
    handle: str
    account_number: str
    phone: tuple[str, str, str] | None
    """Country code, area, rest; None for people who never give a number."""
    account: AccountReceived | None
    trade: Trade
    town: str
    channel: str
    """The channel they like best."""
    platform: str
    """What they work on most."""
    upgrade_days: tuple[float, ...]
    """Days from each release until this customer runs it."""

    @property
    def plan(self) -> str:
        """What they, or their company, pay for."""
        return (self.account.tier if self.account else None) or _TIERS[0]

    @property
    def lang(self) -> str:
        return _LANG[self.country]

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def version_at(self, moment: datetime, releases: dict[str, datetime]) -> str:
        """The version this customer runs at that moment."""
        version = FIRST_VERSION
        for release, days in zip(RELEASES, self.upgrade_days, strict=True):
            if moment >= releases[release.version] + timedelta(days=days):
                version = release.version
        return version


@dataclass(frozen=True, slots=True)
class _Home:
    """What the people of one company, or one private person, have in common."""

    country: Country
    account: AccountReceived | None
    domain: str
    trade: Trade
    town: str
    upgrade_days: tuple[float, ...]


def make_customers(rng: random.Random) -> list[Customer]:
    """Everybody who may write, the most talkative first."""
    phones = {country: _phones(country) for country in PHONE_RANGES}
    places = [home for rank, home in enumerate(_homes(rng)) for _ in range(_headcount(home, rank))]
    names = {country: _names(_LANG[country], rng) for country in _COMPANIES}
    customers = [
        _person(number, home, names[home.country], phones[home.country], rng)
        for number, home in enumerate(places, start=1)
    ]
    rng.shuffle(customers)
    return customers


def plain(text: str) -> str:
    """Letters of an address: no accents, no capitals."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_UMLAUTS))
    return decomposed.encode("ascii", "ignore").decode().lower()


def _homes(rng: random.Random) -> list[_Home]:
    companies = [
        home for country, count in _COMPANIES.items() for home in _companies(country, count, rng)
    ]
    rng.shuffle(companies)
    alone = [
        _Home(
            country,
            None,
            _PRIVATE_DOMAIN[country],
            rng.choice(TRADES[_LANG[country]]),
            rng.choice(TOWNS[country]),
            _upgrade_days(rng),
        )
        for country, count in _PRIVATE.items()
        for _ in range(count)
    ]
    return companies + alone


def _companies(country: Country, count: int, rng: random.Random) -> Iterator[_Home]:
    lang = _LANG[country]
    pairs = [(last, trade) for last in LAST_NAMES[lang] for trade in TRADES[lang]]
    for last, trade in rng.sample(pairs, count):
        name = f"{last} {trade.word}" if lang == "en" else f"{trade.word} {last}"
        slug = plain(name).replace(" ", "-")
        domain = f"{slug}-{country.lower()}.example" if country == "US" else f"{slug}.example"
        key = f"acc-{slug}-{country.lower()}"
        account = AccountReceived(key=key, name=name, tier=rng.choice(_TIERS), domains=(domain,))
        yield _Home(country, account, domain, trade, rng.choice(TOWNS[country]), _upgrade_days(rng))


def _headcount(home: _Home, rank: int) -> int:
    """Few large companies, many small ones."""
    return 1 if home.account is None else 1 + int(26 / (rank + 1) ** 0.6)


def _upgrade_days(rng: random.Random) -> tuple[float, ...]:
    return tuple(min(rng.expovariate(1 / 3), 12.0) for _ in RELEASES)


def _names(lang: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    pairs = [(first, last) for first in FIRST_NAMES[lang] for last in LAST_NAMES[lang]]
    rng.shuffle(pairs)
    return iter(pairs)


def _phones(country: Country) -> Iterator[tuple[str, str, str]]:
    """Unused numbers, one area after the other."""
    ranges = PHONE_RANGES[country]
    for offset in range(1000 if ranges else 0):
        for code, area, low, high in ranges:
            if low + offset <= high:
                yield code, area, str(low + offset)


def _person(
    number: int,
    home: _Home,
    names: Iterator[tuple[str, str]],
    phones: Iterator[tuple[str, str, str]],
    rng: random.Random,
) -> Customer:
    first, last = next(names)
    phone = next(islice(phones, rng.randrange(4), None), None)
    return Customer(
        key=f"person-{number:04d}",
        first=first,
        last=last,
        country=home.country,
        email=f"{plain(first)}.{plain(last)}@{home.domain}",
        handle=f"{plain(first)}_{plain(last)[:5]}{number % 100}",
        account_number=f"WR-{104000 + number * 13}",
        phone=phone,
        account=home.account,
        trade=home.trade,
        town=home.town,
        channel=rng.choices(("email", "chat", "phone", "web_form"), (46, 24, 15, 15))[0],
        platform=rng.choices(("web", "android", "ios"), (45, 35, 20))[0],
        upgrade_days=home.upgrade_days,
    )
