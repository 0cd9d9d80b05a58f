"""Reasons that people type: one place takes personal data out, whatever door they come through."""

import re
from pathlib import Path

import pytest

from bridge.domain.contacts import ProductId
from bridge.domain.people import Actor
from bridge.domain.products import Product
from bridge.steps.moves import personal_cause
from tests.builders import START

ROOT = Path(__file__).parents[2]


@pytest.fixture
def product() -> Product:
    return Product(
        id=ProductId(1),
        slug="default",
        name="Default",
        region="US",
        min_contacts=5,
        min_customers=3,
        filing_auto=False,
        raw_retention_days=30,
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("  too loud \n", "too loud"),
        ("mia@customer.example wants it", "<EMAIL_1> wants it"),
        ("call +49 170 1234567", "call <PHONE_1>"),
        ("charged DE89370400440532013000 twice", "charged <IBAN_1> twice"),
        ("version 4.2.0.1 lost settings\x00", "version 4.2.0.1 lost settings"),
        ("FB-12 is about the old export", "FB-12 is about the old export"),
    ],
)
def test_a_typed_reason_is_kept_without_personal_data(
    typed: str, kept: str, product: Product
) -> None:
    actor = Actor("person", "lena@support.example")
    cause = personal_cause(actor, product, at=START, reason=typed, origin="page")
    assert (cause.reason, cause.actor, cause.origin) == (kept, actor, "page")


@pytest.mark.parametrize("door", ["api", "web", "cli"])
def test_no_door_takes_a_reason_past_that_place(door: str) -> None:
    found = [
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "bridge" / door).rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"(?<![\w.])Cause\(", line)
    ]
    assert found == []
