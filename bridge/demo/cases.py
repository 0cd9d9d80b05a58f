"""A case: one customer's trouble from the first report to the last follow-up."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.demo.addresses import sender
from bridge.demo.crowd import CHANNELS, Crowd, pick_agent, pick_channel
from bridge.demo.customers import Customer
from bridge.demo.letters import card_line, dress, quote_before
from bridge.demo.manners import MANNERS
from bridge.demo.sentences_de import GERMAN
from bridge.demo.sentences_en import ENGLISH
from bridge.demo.sentences_es import SPANISH
from bridge.demo.slots import Scene, fill
from bridge.demo.story import Person
from bridge.demo.timeline import Timeline
from bridge.demo.topics import Topic
from bridge.demo.wordings import Wordings
from bridge.domain.contacts import AccountReceived, CustomerReceived

SENTENCES: dict[str, dict[str, Wordings]] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH}
_LANG_WEIGHTS = {"en": 0.53, "de": 0.27, "es": 0.2}
_CARD_TOPICS = frozenset({"seats-overcharged", "deposit-refund"})
"""Where a customer may think that support needs the card number."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact that has no number yet."""

    moment: datetime
    channel: str
    subject: str | None
    text: str
    lang: str
    customer_key: str
    customer: CustomerReceived
    account: AccountReceived | None
    version: str | None
    agent: Person | None
    conversation: str
    topic: str | None


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a contact belongs in the help desk."""

    channel: str
    subject: str
    agent: Person
    conversation: str
    is_again: bool = False
    """Not the customer's first contact on the matter."""
    is_solved: bool = False


class CaseWriter:
    """Writes the contacts of every case."""

    def __init__(self, crowd: Crowd, timeline: Timeline, rng: random.Random) -> None:
        self._crowd = crowd
        self._timeline = timeline
        self._rng = rng
        self._case_count = 0

    def write_topic(self, topic: Topic) -> Iterator[Draft]:
        """All contacts on one topic."""
        told: set[str] = set()
        bags: dict[str, list[str]] = {}
        langs = [lang for lang in SENTENCES if topic.slug in SENTENCES[lang]]
        weights = [_LANG_WEIGHTS[lang] for lang in langs]
        for moment in self._timeline.moments(topic, topic.reports, self._rng):
            lang = self._rng.choices(langs, weights)[0]
            customer = self._crowd.somebody_with(topic, lang, moment, but=told)
            if customer is None:
                continue
            told.add(customer.key)
            yield from self._write_case(topic, Scene(customer, moment, topic.slug), bags)

    def _write_case(
        self, topic: Topic, scene: Scene, bags: dict[str, list[str]]
    ) -> Iterator[Draft]:
        rng, customer = self._rng, scene.customer
        wordings = SENTENCES[customer.lang][topic.slug]
        agent = pick_agent(topic.area, customer.lang, rng)
        thread = Thread(
            pick_channel(scene, rng),
            rng.choice(wordings.subjects),
            agent,
            self.new_conversation(),
        )
        said = draw_from_bag(bags.setdefault(customer.lang, []), wordings.said, rng)
        body = fill(self._statement(said, topic, wordings, customer), scene, rng)
        first = self.draft(scene, body, thread)
        yield first
        if topic.kind == "rare":
            return
        if thread.channel == "web_form" and rng.random() < 0.16:
            yield _again(first, rng.randint(20, 240))
        if topic.kind in ("outage", "question") or rng.random() > 0.2:
            return
        yield from self._follow_ups(topic, scene, thread)

    def _follow_ups(self, topic: Topic, scene: Scene, thread: Thread) -> Iterator[Draft]:
        rng, customer, moment = self._rng, scene.customer, scene.moment
        for _ in range(2 if rng.random() < 0.25 else 1):
            moment = _office_hours(moment + timedelta(hours=rng.uniform(20, 150)))
            if not self._timeline.holds(moment):
                return
            if not self._crowd.has_problem(customer, topic, moment):
                return
            later = Scene(customer, moment, topic.slug)
            thread = replace(thread, is_again=True)
            if rng.random() < 0.4:
                channel, conversation = rng.choice(CHANNELS), self.new_conversation()
                thread = replace(thread, channel=channel, conversation=conversation)
            elif thread.channel == "email":
                thread = replace(thread, subject=_reply_subject(thread.subject, customer.lang))
            yield self.draft(later, self._reminder(later), thread)

    def _statement(self, said: str, topic: Topic, wordings: Wordings, customer: Customer) -> str:
        """The problem in one to four sentences."""
        rng, parts = self._rng, [said]
        if wordings.more and rng.random() < 0.42:
            parts.append(rng.choice(wordings.more))
        if topic.kind not in ("outage", "release_burst", "question") and rng.random() < 0.4:
            parts.append(rng.choice(MANNERS[customer.lang].context))
        if topic.slug in _CARD_TOPICS and rng.random() < 0.35:
            parts.append(card_line(customer.lang, rng))
        return " ".join(parts)

    def _reminder(self, scene: Scene) -> str:
        rng, lang = self._rng, scene.customer.lang
        wordings = SENTENCES[lang][scene.slug or ""]
        if rng.random() < 0.45:
            about = rng.choice(MANNERS[lang].follow_ups).replace("{about}", wordings.about)
            text = (
                f"{about} {rng.choice(wordings.more)}"
                if wordings.more and rng.random() < 0.3
                else about
            )
        else:
            text = f"{rng.choice(MANNERS[lang].follow_up_openers)} {rng.choice(wordings.said)}"
        return fill(text, scene, rng)

    def new_conversation(self) -> str:
        """A fresh thread of the help desk."""
        self._case_count += 1
        return f"conv-{self._case_count:05d}"

    def draft(self, scene: Scene, body: str, thread: Thread) -> Draft:
        """The contact as it arrives: dressed for its channel, with a sender."""
        rng, customer, channel = self._rng, scene.customer, thread.channel
        quote = None
        if channel == "phone" or (thread.is_again and rng.random() < 0.7):
            quote = quote_before(scene.moment, thread.agent, rng, is_solution=thread.is_solved)
        version = self._crowd.version(customer, scene.moment)
        return Draft(
            moment=scene.moment,
            channel=channel,
            subject=thread.subject if channel in ("email", "web_form") else None,
            text=dress(body, scene, channel=channel, quote=quote, rng=rng),
            lang=customer.lang,
            customer_key=customer.key,
            customer=sender(customer, channel, is_again=thread.is_again, rng=rng),
            account=customer.account,
            version=version if rng.random() < 0.87 else None,
            agent=thread.agent if rng.random() < 0.88 else None,
            conversation=thread.conversation,
            topic=scene.slug,
        )


def draw_from_bag(bag: list[str], texts: tuple[str, ...], rng: random.Random) -> str:
    """One of the texts; none comes twice before all have come once."""
    if not bag:
        bag.extend(texts)
        rng.shuffle(bag)
    return bag.pop()


def _again(draft: Draft, seconds: int) -> Draft:
    """The same form sent once more, because the first click seemed to do nothing."""
    return replace(draft, moment=draft.moment + timedelta(seconds=seconds))


def _office_hours(moment: datetime) -> datetime:
    """That moment, moved into a working day."""
    if moment.weekday() > 4:
        moment += timedelta(days=7 - moment.weekday())
    return moment.replace(hour=7 + moment.hour % 10)


def _reply_subject(subject: str, lang: str) -> str:
    prefix = "AW: " if lang == "de" else "Re: "
    return subject if subject.startswith(prefix) else f"{prefix}{subject}"
