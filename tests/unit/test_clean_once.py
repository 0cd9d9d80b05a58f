"""A replay cleans a text once and answers as `clean` does, whatever it was asked before."""

import pytest

from bridge.cleaning import clean
from bridge.domain.contacts import RedactedText
from bridge.replay.encoding import CleanOnce, texts_of
from tests.builders import a_contact

LETTER = "Hello,\n\nthe export button does nothing.\n\nBest regards\nMia"
MOST = 10_000


@pytest.mark.parametrize(
    ("raw", "subject", "max_bytes"),
    [
        (LETTER, None, MOST),
        (LETTER, "Another subject", MOST),
        (LETTER, None, 12),
        ("Re: nothing", "Export fails", MOST),
    ],
)
def test_what_was_not_made_ready_is_cleaned_as_ever(
    raw: str, subject: str | None, max_bytes: int
) -> None:
    cleaner = CleanOnce()
    ready = cleaner.ahead(LETTER, subject=None, max_bytes=MOST)
    assert ready == clean(LETTER, subject=None, max_bytes=MOST)
    found = cleaner(raw, subject=subject, max_bytes=max_bytes)
    assert found == clean(raw, subject=subject, max_bytes=max_bytes)


def test_texts_made_ready_are_handed_out_once_and_then_forgotten() -> None:
    cleaner = CleanOnce()
    contact = a_contact(LETTER)
    texts = texts_of([contact], cleaner, region="US", max_bytes=MOST)
    assert texts == [RedactedText("the export button does nothing.")]
    ready = cleaner(LETTER, subject=contact.subject, max_bytes=MOST)
    again = cleaner(LETTER, subject=contact.subject, max_bytes=MOST)
    assert ready == again
    assert ready is not again
