"""Made streams: the same for everybody, in the order of time, and scored by what is known."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.made_streams import recurring_labels, score
from benchmarks.making import MadeContact, Source, make_stream, write_contacts
from bridge.replay.run import read_contacts

_SOURCE = Source(
    {f"label {name}": [f"{name} {number}" for number in range(60)] for name in "abcdefghij"},
    [f"noise {number}" for number in range(900)],
)
_BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


def _contacts(*labels: str | None, people: int = 5) -> list[MadeContact]:
    """One contact a label, by so many people in turn."""
    return [
        MadeContact(_BEGIN + timedelta(hours=at), f"text {at}", label, f"p{at % people}", None)
        for at, label in enumerate(labels)
    ]


def _clusters(*clusters: int | None) -> dict[str, int | None]:
    return {str(at): cluster for at, cluster in enumerate(clusters)}


def test_a_seed_always_gives_the_same_stream_and_another_one_another() -> None:
    assert make_stream(_SOURCE, seed="one") == make_stream(_SOURCE, seed="one")
    assert make_stream(_SOURCE, seed="one") != make_stream(_SOURCE, seed="two")


def test_contacts_are_in_the_order_of_time_within_six_weeks() -> None:
    moments = [contact.moment for contact in make_stream(_SOURCE, seed="one")]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] < timedelta(days=42)


def test_eight_labels_of_ten_recur_and_two_are_rare() -> None:
    made = make_stream(_SOURCE, seed="one")
    count = Counter(contact.label for contact in made)
    noise = count.pop(None)
    assert len(recurring_labels(made)) == 8
    assert sorted(count.values())[1] <= 3 < 8 <= sorted(count.values())[2]
    assert noise == pytest.approx(0.46 * count.total(), rel=0.1)


def test_a_text_comes_twice_only_from_who_sends_it_again() -> None:
    senders: dict[str, list[str]] = {}
    for contact in make_stream(_SOURCE, seed="one"):
        senders.setdefault(contact.text, []).append(contact.person)
    again = [people for people in senders.values() if len(people) > 1]
    assert again
    assert all(len(set(people)) == 1 for people in again)


def test_a_replay_reads_what_was_written(tmp_path: Path) -> None:
    made = make_stream(_SOURCE, seed="one")
    write_contacts(made, tmp_path / "contacts.jsonl")
    read = read_contacts(tmp_path / "contacts.jsonl")
    assert [one.text for one in read] == [one.text for one in made]
    assert [one.occurred_at for one in read] == [one.moment for one in made]
    assert [one.customer.email for one in read] == [one.address for one in made]
    lines = (tmp_path / "contacts.jsonl").read_text().splitlines()
    assert "label" not in {name for line in lines for name in json.loads(line)}


def test_an_issue_recurs_from_five_contacts_by_three_people() -> None:
    assert recurring_labels(_contacts(*"aaaaa", *"bbbb", None)) == {"a"}
    assert recurring_labels(_contacts(*"aaaaa", people=2)) == set()


def test_tickets_are_first_again_rare_or_false() -> None:
    contacts = _contacts(*"aaaaaa", *"bbbbb", *"cc", None, None, None)
    clusters = _clusters(1, 1, 1, 2, 2, None, *[None] * 5, 3, 3, 4, 4, None)
    result = score(contacts, clusters, [1, 2, 3, 4, 9])
    assert result.recurring == 2
    assert result.tickets == 5
    assert result.found == 1
    assert result.again == 1
    assert result.one_ticket == 0
    assert result.false_tickets == 2  # all noise, and one whose cluster is empty
    assert result.noise_placed == pytest.approx(2 / 3)
    # One ticket of five is the first for one of two recurring issues.
    assert result.ticket_f1 == pytest.approx(2 * (1 / 5) * (1 / 2) / (1 / 5 + 1 / 2))


def test_half_of_the_contacts_say_what_a_ticket_is_about() -> None:
    contacts = _contacts(*"aaaaa", None, None, None)
    assert score(contacts, _clusters(1, 1, 1, None, None, 1, 1, 1), [1]).false_tickets == 0
    assert score(contacts, _clusters(1, 1, None, None, None, 1, 1, 1), [1]).false_tickets == 1


def test_bcubed_counts_what_is_alone_as_a_group_of_its_own() -> None:
    contacts = _contacts(*"aabb", None)
    assert score(contacts, _clusters(1, 1, 2, 2, 2), []).bcubed_f1 == 1
    # Each is sure (1), and half of its label (1/2).
    alone = score(contacts, _clusters(None, None, None, None, None), []).bcubed_f1
    assert alone == pytest.approx(2 * 0.5 / 1.5)
    together = score(contacts, _clusters(1, 1, 1, 1, None), []).bcubed_f1
    assert together == pytest.approx(2 * 0.5 / 1.5)
