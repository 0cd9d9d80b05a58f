"""Who writes and who answers."""

import random
from datetime import datetime
from itertools import accumulate

from bridge.demo.customers import Customer
from bridge.demo.slots import Scene
from bridge.demo.story import AGENTS, Area, Person
from bridge.demo.timeline import Timeline
from bridge.demo.topics import Topic

CHANNELS = ("email", "chat", "phone", "web_form")
_CHANNEL_WEIGHTS = (43, 24, 18, 15)
_PHONE_HOURS = range(6, 20)


class Crowd:
    """Picks who writes: a few customers a lot, most of them now and then."""

    def __init__(self, customers: list[Customer], timeline: Timeline, rng: random.Random) -> None:
        self._timeline = timeline
        self._releases = timeline.releases
        self._rng = rng
        self._by_lang: dict[str, list[Customer]] = {}
        for customer in customers:
            self._by_lang.setdefault(customer.lang, []).append(customer)
        self._weights = {
            lang: list(accumulate(1 / (rank + 5) ** 0.55 for rank in range(len(group))))
            for lang, group in self._by_lang.items()
        }

    def anybody(self, lang: str) -> Customer:
        """Somebody who speaks that language."""
        return self._rng.choices(self._by_lang[lang], cum_weights=self._weights[lang])[0]

    def somebody_with(
        self, topic: Topic, lang: str, moment: datetime, *, but: set[str]
    ) -> Customer | None:
        """Somebody who can have this problem at that moment and has not reported it yet."""
        for _ in range(80):
            customer = self.anybody(lang)
            if customer.key not in but and self.has_problem(customer, topic, moment):
                return customer
        return None

    def version(self, customer: Customer, moment: datetime) -> str:
        """The version the customer runs at that moment."""
        return customer.version_at(moment, self._releases)

    def has_problem(self, customer: Customer, topic: Topic, moment: datetime) -> bool:
        """Whether the topic can trouble the customer at that moment."""
        if topic.platform not in (None, customer.platform) or topic.plan not in (
            None,
            customer.plan,
        ):
            return False
        version = self.version(customer, moment)
        if topic.kind == "regression" and topic.caused_by is not None:
            # Once it is back, the story of the demo is told by those on the new release alone.
            is_back = moment >= self._releases[topic.caused_by]
            return topic.hits(version) and (version >= topic.caused_by) == is_back
        return topic.hits(version)


def pick_agent(area: Area | None, lang: str, rng: random.Random) -> Person:
    """Agents take contacts of their areas four times as often, and only languages they speak."""
    able = [agent for agent in AGENTS if lang in agent.langs]
    return rng.choices(able, [4 if area in agent.areas else 1 for agent in able])[0]


def pick_channel(scene: Scene, rng: random.Random) -> str:
    """The customer's favourite channel, or any; nobody answers the phone at night."""
    draw = rng.choices(CHANNELS, _CHANNEL_WEIGHTS)[0]
    channel = scene.customer.channel if rng.random() < 0.6 else draw
    is_staffed = scene.moment.weekday() < 5 and scene.moment.hour in _PHONE_HOURS
    return "email" if channel == "phone" and not is_staffed else channel
