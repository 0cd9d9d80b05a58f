"""Streams of other domains: do the finder's thresholds hold beyond the stream they were chosen on?

python -m benchmarks.made_streams [--stream hwu64] [--note "thresholds before"]

Streams are made from labelled sets, and of our own sample contacts, whose topics are the labels.
`--note` is put behind the name of each row: for a run with other settings.
"""

import argparse
import gzip
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.making import MadeContact, Source, make_stream, write_contacts
from benchmarks.measuring import DATA, DATA_DIR, LabelledContact, labelled, record, run_fresh
from bridge.demo.generate import DemoContact, generate_contacts
from models.evaluation import bcubed

_ROWS = {
    "banking77": "banking77, the labels that are not in stream_dev",
    "clinc150": "clinc150, four domains",
    "hwu64": "hwu64",
    "bitext8k": "bitext8k",
    "multidogo_tech": "multidogo_tech",
    "hint3_retail": "hint3_retail",
    "samples": "our own sample contacts, the English ones",
}
_NOISE_SETS = ("clinc150", "hint3_retail")
_LEAST_TEXTS = {"multidogo_tech": 12, "hint3_retail": 12}
_USUAL_LEAST = 30
_CLINC_DOMAINS = frozenset({"auto_and_commute", "home", "travel", "work"})
"""None is near banking, which `stream_dev` is about."""
_CLINC_OTHERS = 50
"""One in so many texts of the other domains is mixed in as noise."""
_ANCHOR = datetime(2026, 11, 28, tzinfo=UTC)
_MIN_CONTACTS = 5
_MIN_CUSTOMERS = 3

Clusters = Mapping[str, int | None]
"""The issue that each contact is on, by its id."""


@dataclass(frozen=True, slots=True)
class Score:
    """What came of a stream, by its answers."""

    recurring: int
    tickets: int
    found: int
    """Recurring issues with a ticket."""
    false_tickets: int
    """No issue has half of its contacts."""
    again: int
    """Tickets for a recurring issue that has one."""
    one_ticket: int
    bcubed_f1: float
    noise_placed: float

    @property
    def ticket_f1(self) -> float:
        """Of the share of tickets that are the first of a recurring issue, and its reverse."""
        return 2 * self.found / max(self.tickets + self.recurring, 1)

    def cells(self) -> dict[str, str]:
        """As they stand in the table."""
        return {
            "recurring issues": str(self.recurring),
            "tickets": str(self.tickets),
            "false tickets": str(self.false_tickets),
            "same issue again": str(self.again),
            "ticket f1": f"{self.ticket_f1:.3f}",
            "issues with one ticket": f"{self.one_ticket / max(self.recurring, 1):.3f}",
            "B-cubed F1": f"{self.bcubed_f1:.3f}",
            "on an issue, though about none": f"{self.noise_placed:.3f}",
        }


def score(contacts: Sequence[MadeContact], clusters: Clusters, tickets: Sequence[int]) -> Score:
    """Hold assignments, and the issues that have tickets, against the answers."""
    recurring = recurring_labels(contacts)
    about = _about(contacts, clusters)
    subjects = [about.get(ticket) for ticket in tickets]
    first = Counter(label for label in subjects if label in recurring)
    placed = [clusters.get(str(at)) for at, one in enumerate(contacts) if one.label is None]
    return Score(
        recurring=len(recurring),
        tickets=len(tickets),
        found=len(first),
        false_tickets=subjects.count(None),
        again=first.total() - len(first),
        one_ticket=sum(count == 1 for count in first.values()),
        bcubed_f1=_bcubed_f1(contacts, clusters),
        noise_placed=sum(one is not None for one in placed) / max(len(placed), 1),
    )


def recurring_labels(contacts: Collection[MadeContact]) -> set[str]:
    """The issues that enough contacts by enough people are about."""
    count = Counter(contact.label for contact in contacts)
    people: dict[str, set[str]] = defaultdict(set)
    for contact in contacts:
        if contact.label is not None:
            people[contact.label].add(contact.person)
    return {
        label
        for label, some in people.items()
        if count[label] >= _MIN_CONTACTS and len(some) >= _MIN_CUSTOMERS
    }


def _about(contacts: Sequence[MadeContact], clusters: Clusters) -> dict[int, str]:
    """What each cluster is about, where at least half of its contacts are about one issue."""
    members: dict[int, list[str | None]] = defaultdict(list)
    for at, contact in enumerate(contacts):
        cluster = clusters.get(str(at))
        if cluster is not None:
            members[cluster].append(contact.label)
    found = {}
    for cluster, labels in members.items():
        named = Counter(label for label in labels if label is not None)
        label = min(named, key=lambda one: (-named[one], one), default=None)
        if label is not None and named[label] * 2 >= len(labels):
            found[cluster] = label
    return found


def _bcubed_f1(contacts: Sequence[MadeContact], clusters: Clusters) -> float:
    """Over contacts about an issue; one that is on none is a group of its own."""
    about = [
        (one.label, clusters.get(str(at)))
        for at, one in enumerate(contacts)
        if one.label is not None
    ]
    return bcubed([label for label, _ in about], [cluster for _, cluster in about]).f1


def contacts_of(name: str) -> list[MadeContact]:
    """The stream of this name; the same at each call."""
    if name == "samples":
        made = generate_contacts(anchor=_ANCHOR)
        return [_of_sample(one) for one in made if one.received.lang == "en"]
    return make_stream(_source(name), seed=name)


def _source(name: str) -> Source:
    """Texts by their labels, and out-of-scope texts of two sets as noise."""
    rows = labelled(name)
    noise = [row.text for one in _NOISE_SETS for row in labelled(one) if row.is_out_of_scope]
    used = {row.label for row in rows if not row.is_out_of_scope}
    if name == "banking77":
        used -= _labels_of_the_stream()
    elif name == "clinc150":
        used, others = _some_domains(rows)
        noise += others
    elif name == "multidogo_tech":
        noise += [row.text for row in rows if row.is_out_of_scope]
    texts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.label in used and not row.is_out_of_scope:
            texts[row.label].add(row.text)
    least = _LEAST_TEXTS.get(name, _USUAL_LEAST)
    return Source(
        {label: sorted(some) for label, some in texts.items() if len(some) >= least}, noise
    )


def _labels_of_the_stream() -> set[str]:
    with gzip.open(DATA / "stream_dev.gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {json.loads(line)["issue"] for line in lines}


def _some_domains(rows: Sequence[LabelledContact]) -> tuple[set[str], list[str]]:
    """The labels of the chosen domains, and a few texts of the others."""
    inside = [row for row in rows if not row.is_out_of_scope]
    others = [row.text for row in inside if row.domain not in _CLINC_DOMAINS]
    chosen = {row.label for row in inside if row.domain in _CLINC_DOMAINS}
    return chosen, others[::_CLINC_OTHERS]


def _of_sample(sample: DemoContact) -> MadeContact:
    received = sample.received
    given = {
        "email": received.customer.email,
        "phone": received.customer.phone,
        "handle": received.customer.handle,
        "account": received.customer.account_number,
        "display_name": received.customer.display_name,
    }
    kind = next((kind for kind, value in given.items() if value), "email")
    return MadeContact(
        moment=received.occurred_at,
        text=received.text,
        label=sample.topic,
        person=sample.customer,
        address=given[kind],
        address_kind=kind,
        subject=received.subject,
        channel=received.channel,
    )


def measure(contacts: Sequence[MadeContact]) -> Score:
    """Replay a stream and score what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "contacts.jsonl", Path(folder) / "out"
        write_contacts(contacts, file)
        command = ["-m", "bridge.cli", "replay", str(file), "--out", str(out)]
        run_fresh([*command, "--data-dir", str(DATA_DIR)])
        clusters = {row["id"]: row["cluster"] for row in _rows(out / "assignments.jsonl")}
        tickets = [row["cluster"] for row in _rows(out / "tickets.jsonl")]
    return score(contacts, clusters, tickets)


def _rows(path: Path) -> list[dict[str, Any]]:  # Any, because these are rows of a file
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """One row a stream."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stream", action="append", choices=list(_ROWS))
    parser.add_argument("--note", help="put behind the name of each row")
    chosen = parser.parse_args()
    for name in chosen.stream or _ROWS:
        contacts = contacts_of(name)
        row = ", ".join([_ROWS[name], *([chosen.note] if chosen.note else [])])
        record("made_streams", row, {"contacts": str(len(contacts)), **measure(contacts).cells()})


if __name__ == "__main__":
    main()
