"""Cleaning, redaction and identity over the labelled stream of contacts."""

import gzip
import json
import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bridge.cleaning import Cleaned, clean
from bridge.domain.contacts import ContactNature, ContactReceived, CustomerReceived
from bridge.domain.customers import Identity
from bridge.identity import (
    account_identity,
    choose_customer,
    email_identity,
    handle_identity,
    identities_of,
    phone_identity,
)
from bridge.redaction import redact

DATA = Path(os.environ.get("BRIDGE_TEST_DATA", "../shared/data"))
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not (DATA / "stream_dev.contacts.jsonl.gz").exists(), reason="no data"),
]


def rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"stream_dev.{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def clean_row(row: dict[str, str]) -> Cleaned:
    return clean(row["text"], subject=row.get("subject"), max_bytes=50_000)


def test_no_contact_about_an_issue_is_taken_for_chatter() -> None:
    gold = {row["id"]: row for row in rows("gold")}
    natures = {row["id"]: clean_row(row).nature for row in rows("contacts")}
    lost = [key for key, row in gold.items() if row["issue"] and natures[key] != "message"]
    chatter = [key for key, row in gold.items() if row["kind"] == "chatter"]
    found = sum(natures[key] is not ContactNature.MESSAGE for key in chatter)
    assert lost == []
    assert found / len(chatter) >= 0.8


def test_no_planted_personal_value_is_left() -> None:
    gold = {row["id"]: row for row in rows("gold")}
    names = {row["customer"]: row["name"] for row in rows("directory")}
    left = []
    for row in rows("contacts"):
        answer = gold[row["id"]]
        known_names = [names[answer["customer"]]] if answer["customer"] in names else []
        # Without cleaning too: what a rule cuts off is no proof of redaction.
        for text in (row["text"], clean_row(row).text):
            redacted = redact(text, known_names=known_names)
            left += [row["id"] for value in answer.get("pii", ()) if value in redacted]
    assert left == []


def customer_of(kind: str, value: str) -> CustomerReceived:
    return CustomerReceived(
        email=value if kind == "email" else None,
        phone=value if kind == "phone" else None,
        handle=value if kind == "handle" else None,
        account_number=value if kind == "account" else None,
        display_name=value if kind == "display_name" else None,
    )


def directory_identities(row: dict[str, str]) -> list[Identity | None]:
    found = [account_identity(row["account"])]
    found += [email_identity(address) for address in row["emails"]]
    found += [phone_identity(number, region="US") for number in row["phones"]]
    return found + [handle_identity("api", handle) for handle in row["handles"]]


def test_no_two_people_become_one_customer() -> None:
    owner = {}
    for row in rows("directory"):
        for identity in directory_identities(row):
            assert identity is not None
            owner[identity.kind, identity.key] = row["customer"]
    numbers = {name: number for number, name in enumerate(sorted(set(owner.values())))}
    gold = {row["id"]: row["customer"] for row in rows("gold")}
    people: dict[int, set[str]] = defaultdict(set)
    for row in rows("contacts"):
        contact = ContactReceived(
            external_id=row["id"],
            text="",
            occurred_at=datetime.now(UTC),
            customer=customer_of(row["customer_kind"], row["customer"]),
        )
        identities = identities_of(contact, region="US")
        known = [
            (identity, numbers[owner[identity.kind, key]])
            for identity in identities
            for key in (identity.key, identity.base_key)
            if key is not None and (identity.kind, key) in owner
        ]
        choice = choose_customer(known, claims=identities)
        if choice.customer_id is not None:
            people[choice.customer_id].add(gold[row["id"]])
    assert len(people) > 600
    assert [customer for customer, behind in people.items() if len(behind) > 1] == []
