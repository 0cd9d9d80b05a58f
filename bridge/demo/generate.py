"""Makes the demo's contacts: the same list for the same anchor and seed, on every machine."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.demo.cases import CaseWriter, Draft
from bridge.demo.crowd import Crowd
from bridge.demo.customers import Customer, make_customers
from bridge.demo.smalltalk import SmallTalk
from bridge.demo.timeline import Timeline
from bridge.demo.topics import TOPICS
from bridge.domain.contacts import ContactReceived

SOURCE = "demo"
_LAST_BEFORE_ANCHOR = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class DemoContact:
    """A contact and what its author knows about it."""

    received: ContactReceived
    topic: str | None
    """The slug of its topic; None for notes and chatter."""
    customer: str
    """The author's own key of the person who wrote it, whatever address they used."""


def generate_contacts(*, anchor: datetime, seed: int = 7) -> list[DemoContact]:
    """Twelve weeks of contacts in time order, the last one just before `anchor` (aware UTC)."""
    rng = _dice(seed)
    timeline = Timeline.until(anchor)
    crowd = Crowd(make_customers(rng), timeline, rng)
    drafts = sorted(_drafts(crowd, timeline, rng), key=lambda draft: draft.moment)
    last = drafts[-1]
    drafts[-1] = replace(last, moment=max(last.moment, anchor - _LAST_BEFORE_ANCHOR))
    return [_contact(number, draft) for number, draft in enumerate(drafts, start=1)]


def everybody(*, seed: int = 7) -> list[Customer]:
    """All who may have written, as the customer directory knows them; by their keys."""
    return sorted(make_customers(_dice(seed)), key=lambda one: one.key)


def _dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a story to be told again, no secret


def _drafts(crowd: Crowd, timeline: Timeline, rng: random.Random) -> Iterator[Draft]:
    writer = CaseWriter(crowd, timeline, rng)
    for topic in TOPICS:
        yield from writer.write_topic(topic)
    small_talk = SmallTalk(writer, crowd, timeline, rng)
    yield from small_talk.write_notes()
    yield from small_talk.write_chatter()


def _contact(number: int, draft: Draft) -> DemoContact:
    received = ContactReceived(
        external_id=f"demo-{number:06d}",
        text=draft.text,
        occurred_at=draft.moment,
        source=SOURCE,
        channel=draft.channel,
        subject=draft.subject,
        lang=draft.lang,
        version=draft.version,
        customer=draft.customer,
        account=draft.account,
        agent_email=draft.agent.email if draft.agent is not None else None,
        conversation=draft.conversation,
    )
    return DemoContact(received, draft.topic, draft.customer_key)
