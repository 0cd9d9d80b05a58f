"""The demo's contacts tell the story they promise, the same one each time."""

import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bridge.demo.cases import SENTENCES
from bridge.demo.generate import DemoContact, generate_contacts
from bridge.demo.notes import CHATTER
from bridge.demo.story import (
    AGENTS,
    LEAD,
    TOPICS,
    Topic,
    outage_moment,
    progress,
    release_moments,
)

ANCHOR = datetime(2026, 6, 12, 15, 0, tzinfo=UTC)
RELEASES = release_moments(ANCHOR)
BY_SLUG = {topic.slug: topic for topic in TOPICS}


@pytest.fixture(scope="module")
def contacts() -> list[DemoContact]:
    return generate_contacts(anchor=ANCHOR)


@pytest.fixture(scope="module")
def by_topic(contacts: list[DemoContact]) -> dict[str, list[DemoContact]]:
    grouped: dict[str, list[DemoContact]] = defaultdict(list)
    for contact in contacts:
        if contact.topic is not None:
            grouped[contact.topic].append(contact)
    return grouped


def topics_of(*kinds: str) -> list[Topic]:
    return [topic for topic in TOPICS if topic.kind in kinds]


def test_size_languages_and_channels(contacts: list[DemoContact]) -> None:
    langs = Counter(contact.received.lang for contact in contacts)
    channels = Counter(contact.received.channel for contact in contacts)
    assert 2_300 <= len(contacts) <= 2_600
    assert set(langs) == {"en", "de", "es"}
    assert langs["de"] >= 350
    assert langs["es"] >= 200
    assert set(channels) == {"email", "chat", "phone", "web_form"}
    assert min(channels.values()) >= 200


def test_people_and_companies(contacts: list[DemoContact]) -> None:
    known = [contact for contact in contacts if contact.customer.startswith("person-")]
    per_person = Counter(contact.customer for contact in known)
    accounts = {c.received.account.key for c in known if c.received.account is not None}
    assert 600 <= len(per_person) <= 760
    assert 130 <= len(accounts) <= 160
    assert per_person.most_common(1)[0][1] >= 10
    assert sum(count == 1 for count in per_person.values()) >= 90
    assert len(AGENTS) == 12
    assert len({LEAD.email, *(agent.email for agent in AGENTS)}) == 13
    handled = Counter(c.received.agent_email for c in contacts if c.received.agent_email)
    assert set(handled) == {agent.email for agent in AGENTS}
    assert 0.8 <= handled.total() / len(contacts) <= 0.9


def test_the_same_anchor_and_seed_give_the_same_list(contacts: list[DemoContact]) -> None:
    assert generate_contacts(anchor=ANCHOR) == contacts
    assert generate_contacts(anchor=ANCHOR, seed=8) != contacts


def test_the_order_of_hashes_does_not_matter() -> None:
    script = (
        "import hashlib\nfrom datetime import UTC, datetime\n"
        "from bridge.demo.generate import generate_contacts\n"
        "made = generate_contacts(anchor=datetime(2026, 6, 12, 15, tzinfo=UTC))\n"
        "import sys\nsys.stdout.write(hashlib.sha256(repr(made).encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    "anchor",
    [ANCHOR, datetime(2026, 1, 4, 2, 30, tzinfo=UTC), datetime(2024, 3, 1, 0, 0, 1, tzinfo=UTC)],
    ids=["friday", "sunday-night", "midnight"],
)
def test_contacts_are_in_order_and_end_just_before_the_anchor(anchor: datetime) -> None:
    received = [contact.received for contact in generate_contacts(anchor=anchor)]
    moments = [contact.occurred_at for contact in received]
    assert moments == sorted(moments)
    assert anchor - timedelta(days=84) <= moments[0] < anchor - timedelta(days=81)
    assert anchor - timedelta(minutes=10) <= moments[-1] < anchor
    assert [c.external_id for c in received] == [
        f"demo-{number:06d}" for number in range(1, len(received) + 1)
    ]


def test_generating_is_fast() -> None:
    def seconds() -> float:
        begun = time.process_time()
        generate_contacts(anchor=ANCHOR)
        return time.process_time() - begun

    assert min(seconds() for _ in range(3)) < 1.0


def test_every_recurring_topic_is_reported_by_several_customers(
    by_topic: dict[str, list[DemoContact]],
) -> None:
    recurring = [topic for topic in TOPICS if topic.is_recurring]
    assert len(recurring) >= 42
    for topic in recurring:
        found = by_topic[topic.slug]
        assert len(found) >= 5, topic.slug
        assert len({contact.customer for contact in found}) >= 3, topic.slug
    rare = topics_of("rare")
    assert len(rare) >= 12
    assert all(1 <= len(by_topic[topic.slug]) <= 3 for topic in rare)


def test_texts_are_varied(contacts: list[DemoContact]) -> None:
    chatter = {
        note.text for kinds in CHATTER.values() for notes in kinds.values() for note in notes
    }
    texts = {c.received.text for c in contacts} - chatter
    assert len(texts) >= 1_800


def test_the_outage_is_one_burst_within_five_hours(by_topic: dict[str, list[DemoContact]]) -> None:
    (outage,) = topics_of("outage")
    moments = [contact.received.occurred_at for contact in by_topic[outage.slug]]
    assert 60 <= len(moments) <= 90
    assert outage_moment(ANCHOR) <= min(moments)
    assert max(moments) - min(moments) <= timedelta(hours=5)


def test_the_release_burst_hits_only_customers_on_that_release(
    by_topic: dict[str, list[DemoContact]],
) -> None:
    (burst,) = topics_of("release_burst")
    found = [contact.received for contact in by_topic[burst.slug]]
    assert {contact.version for contact in found} <= {"5.1", None}
    assert min(contact.occurred_at for contact in found) >= RELEASES["5.1"]
    first_week = RELEASES["5.1"] + timedelta(days=8)
    assert sum(contact.occurred_at < first_week for contact in found) >= len(found) / 2


def test_fixed_topics_dry_up_after_their_release(by_topic: dict[str, list[DemoContact]]) -> None:
    for topic in topics_of("fixed"):
        assert topic.fixed_in is not None
        shipped = RELEASES[topic.fixed_in]
        found = [contact.received for contact in by_topic[topic.slug]]
        assert all(c.version is None or c.version < topic.fixed_in for c in found), topic.slug
        late = [c for c in found if c.occurred_at > shipped + timedelta(days=14)]
        assert not late, topic.slug
    tail = [
        contact
        for topic in topics_of("fixed")
        for contact in by_topic[topic.slug]
        if contact.received.occurred_at > RELEASES[topic.fixed_in or ""]
    ]
    assert len(tail) >= 10, "old versions go on reporting for some days"


def test_the_regression_goes_away_and_comes_back(by_topic: dict[str, list[DemoContact]]) -> None:
    (regression,) = topics_of("regression")
    found = [contact.received for contact in by_topic[regression.slug]]
    before = [c for c in found if c.occurred_at < RELEASES["5.1"]]
    quiet_from = RELEASES["5.1"] + timedelta(days=14)
    quiet = [c for c in found if quiet_from < c.occurred_at < RELEASES["5.2"]]
    after = [c for c in found if c.occurred_at >= RELEASES["5.2"]]
    assert len(before) >= 15
    assert quiet == []
    assert len(after) >= 20
    assert {c.version for c in before} <= {"5.0", None}
    assert {c.version for c in after} <= {"5.2", None}
    assert sum(c.version == "5.2" for c in after) >= 0.75 * len(after)


def test_customers_never_go_back_a_version(contacts: list[DemoContact]) -> None:
    seen: dict[str, str] = {}
    for contact in contacts:
        if contact.received.version is not None:
            assert contact.received.version >= seen.get(contact.customer, "5.0")
            seen[contact.customer] = contact.received.version
    assert set(seen.values()) == {"5.0", "5.1", "5.2"}


def test_customers_write_from_several_addresses(contacts: list[DemoContact]) -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    for contact in contacts:
        who = contact.received.customer
        shown[contact.customer] |= {v for v in (who.email, who.phone, who.handle) if v}
    assert sum(len(addresses) >= 3 for addresses in shown.values()) >= 90
    emails = [c.received.customer.email for c in contacts if c.received.customer.email]
    assert all(email.lower().endswith(".example") for email in emails)
    assert any("+" in email for email in emails)
    assert any(email != email.lower() for email in emails)


def test_every_contact_names_somebody(contacts: list[DemoContact]) -> None:
    for contact in contacts:
        who = contact.received.customer
        assert who.email or who.phone or who.handle or who.account_number


def test_mails_carry_what_cleaning_and_redaction_must_remove(contacts: list[DemoContact]) -> None:
    texts = [contact.received.text for contact in contacts]
    assert sum("\n> " in text for text in texts) >= 50
    assert sum("\n-- \n" in text for text in texts) >= 200
    assert sum(bool(re.search(r"\b4111 1111 1111 1111\b", text)) for text in texts) >= 3
    assert any(" schrieb " in text for text in texts)
    assert any(" wrote:" in text for text in texts)


def test_some_customers_follow_up_and_some_click_twice(contacts: list[DemoContact]) -> None:
    threads = Counter(c.received.conversation for c in contacts if c.topic is not None)
    assert sum(count > 1 for count in threads.values()) >= 90
    copies = Counter((c.customer, c.received.text) for c in contacts if c.topic is not None)
    assert sum(count > 1 for count in copies.values()) >= 10


def test_no_slot_stays_unfilled(contacts: list[DemoContact]) -> None:
    for contact in contacts:
        assert not re.search(r"\{\w*\}", contact.received.text)


def test_every_topic_has_its_sentences() -> None:
    assert set(SENTENCES["en"]) == set(BY_SLUG)
    for lang, at_least in (("de", 12), ("es", 12)):
        assert len(SENTENCES[lang]) >= at_least
        assert set(SENTENCES[lang]) <= set(BY_SLUG)
    for topic in TOPICS:
        assert len(set(SENTENCES["en"][topic.slug].said)) >= (6 if topic.is_recurring else 1)


def test_the_demo_says_how_far_it_is_every_three_weeks() -> None:
    days = [ANCHOR - timedelta(days=84 - day) for day in range(85)]
    told = [progress(last, day, days[-1]) for last, day in pairwise(days)]
    assert [one for one in told if one] == [f"{n} weeks of 12 are played" for n in (3, 6, 9, 12)]
