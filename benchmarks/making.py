"""Makes streams of contacts from labelled texts: the same for the same source and seed.

Few issues are large and many small, as support sees them. Some come all at once, some end with a
release; people write again, from other addresses too, and nearly a third of all is about no issue.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
_DAYS = 42.0

_RECURRING = 37
_RECURRING_SHARE = 0.8
"""Of the labels, where a source has few."""
_RARE = 18
_RARE_SIZES = (1, 2, 2, 3, 3)
_LARGEST = 135
_SMALLEST = 16
_TEXTS_EACH = 1.3
"""A contact needs so many texts of its label, with what follows up on it."""
_LEAST = 8

_BURSTS = frozenset({2, 7, 8, 10, 14})
"""The places, by size, of issues that come all at once."""
_BURST_BEGINS = (8.0, 30.0)
_LATE_BEGINS = (0.0, 16.0)
_RELEASES = (15.4, 29.4)
_FIXED = 0.5
_FADING = 8.0
"""For so many days after a fix people still write, fewer each day."""

_FOLLOWED_UP = 0.2
_RESENT = 0.02
_NOISE = 0.46
"""So many contacts are about no issue, to one that is."""

_PEOPLE = 700
_WEIGHTS = [1 / (rank + 3) ** 0.8 for rank in range(_PEOPLE)]
_ANONYMOUS = 0.055
_OTHER_ADDRESS = 0.12


@dataclass(frozen=True, slots=True)
class Source:
    """What a stream is made from: the texts of each label, and texts about none."""

    texts: Mapping[str, Sequence[str]]
    others: Sequence[str]


@dataclass(frozen=True, slots=True)
class MadeContact:
    """A contact with its answers."""

    moment: datetime
    text: str
    label: str | None
    """The issue it is about; None when about none."""
    person: str
    """Who wrote it, whatever address they used."""
    address: str | None
    """None: nobody can tell who wrote it."""
    address_kind: str = "email"
    subject: str | None = None
    channel: str = "email"


def make_stream(source: Source, *, seed: str) -> list[MadeContact]:
    """Six weeks of contacts in time order."""
    return _Maker(source, random.Random(seed)).stream()


def write_contacts(contacts: Iterable[MadeContact], path: Path) -> None:
    """Write what `bridge replay` reads; the id of a contact is its place."""
    with path.open("w", encoding="utf-8") as file:
        for place, contact in enumerate(contacts):
            file.write(json.dumps(_row(place, contact), ensure_ascii=False) + "\n")


def _row(place: int, contact: MadeContact) -> dict[str, str]:
    row = {
        "id": str(place),
        "ts": contact.moment.isoformat(),
        "channel": contact.channel,
        "text": contact.text,
    }
    if contact.subject is not None:
        row["subject"] = contact.subject
    if contact.address is not None:
        row |= {"customer": contact.address, "customer_kind": contact.address_kind}
    return row


class _Maker:
    """Draws one stream."""

    def __init__(self, source: Source, dice: random.Random) -> None:
        self._source = source
        self._dice = dice

    def stream(self) -> list[MadeContact]:
        labels = self._shuffled(sorted(self._source.texts))
        recurring = min(_RECURRING, int(len(labels) * _RECURRING_SHARE))
        made: list[MadeContact] = []
        for place, label in enumerate(labels[:recurring]):
            made += self._recurring(label, place)
        for label in labels[recurring : recurring + _RARE]:
            made += self._rare(label)
        made += self._about_none(int(len(made) * _NOISE))
        end = _BEGIN + timedelta(days=_DAYS)
        kept = [contact for contact in made if contact.moment < end]
        return sorted(kept, key=lambda contact: (contact.moment, contact.text))

    def _recurring(self, label: str, place: int) -> Iterator[MadeContact]:
        texts = self._shuffled(self._source.texts[label])
        for begin in self._days(place, _size(place, len(texts))):
            if not texts:
                return
            day, person, text = begin, self._person(), texts.pop()
            yield self._contact(day, text, label, person)
            while texts and self._happens(_FOLLOWED_UP):
                day += 0.1 + min(5.5, self._dice.expovariate(1.0))
                text = texts.pop()
                yield self._contact(day, text, label, person)
            if self._happens(_RESENT):
                yield self._contact(day + 0.01, text, label, person)

    def _rare(self, label: str) -> Iterator[MadeContact]:
        texts = self._shuffled(self._source.texts[label])
        for text in texts[: self._dice.choice(_RARE_SIZES)]:
            yield self._contact(self._any_day(), text, label, self._person())

    def _about_none(self, count: int) -> Iterator[MadeContact]:
        for text in self._shuffled(self._source.others)[:count]:
            yield self._contact(self._any_day(), text, None, self._person())

    def _days(self, place: int, count: int) -> list[float]:
        """When people first write about an issue."""
        if place in _BURSTS:
            begin = self._dice.uniform(*_BURST_BEGINS)
            return sorted(begin + self._dice.expovariate(1.0) for _ in range(count))
        begin = self._dice.choice([0.0, 0.0, 0.0, self._dice.uniform(*_LATE_BEGINS)])
        if not self._happens(_FIXED):
            return sorted(self._dice.uniform(begin, _DAYS) for _ in range(count))
        fixed = self._dice.choice(_RELEASES)
        if fixed < begin + _FADING:
            fixed = _RELEASES[-1]
        return sorted(self._day_around(begin, fixed) for _ in range(count))

    def _day_around(self, begin: float, fixed: float) -> float:
        day = self._dice.uniform(begin, fixed + _FADING)
        if day > fixed and self._happens((day - fixed) / _FADING):
            return self._dice.uniform(begin, fixed)
        return day

    def _contact(self, day: float, text: str, label: str | None, person: int) -> MadeContact:
        moment = _BEGIN + timedelta(seconds=round(day * 86_400))
        return MadeContact(moment, text, label, f"person{person}", self._address(person))

    def _address(self, person: int) -> str | None:
        if self._happens(_ANONYMOUS):
            return None
        host = "mail.example" if self._happens(_OTHER_ADDRESS) else "work.example"
        return f"person{person}@{host}"

    def _person(self) -> int:
        return self._dice.choices(range(_PEOPLE), _WEIGHTS)[0]

    def _any_day(self) -> float:
        return self._dice.uniform(0, _DAYS)

    def _happens(self, chance: float) -> bool:
        return self._dice.random() < chance

    def _shuffled(self, texts: Iterable[str]) -> list[str]:
        shuffled = list(texts)
        self._dice.shuffle(shuffled)
        return shuffled


def _size(place: int, texts: int) -> int:
    """How many first contacts an issue has, by its place among all."""
    size = max(_SMALLEST, int(_LARGEST / (1 + 0.12 * place) ** 1.15))
    return min(size, max(_LEAST, int(texts / _TEXTS_EACH)))
