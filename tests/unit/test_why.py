"""The phrases that two contacts share, and what was needed."""

from datetime import UTC, datetime

import pytest

from bridge.steps.why import shared_phrases
from bridge.web.issues.why import Why


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (
            "The export button does nothing since the update",
            "Since the update my export button does nothing",
            ("export button does nothing", "since the update"),
        ),
        ("I press it", "I press it", ("i press it",)),
        ("to it", "to it", ()),
        ("Invoices are wrong", "I cannot sign in", ()),
        ("", "anything", ()),
        ("ログインできません", "ログインできません。", ("ログインできません",)),
    ],
)
def test_the_longest_stretches_come_first_and_short_ones_not_at_all(
    one: str, other: str, shared: tuple[str, ...]
) -> None:
    assert shared_phrases(one, other) == shared


@pytest.mark.parametrize(
    ("similarity", "words"), [(0.52, "Needed"), (0.6, "Needed"), (0.43, "Usually needed")]
)
def test_what_less_than_the_threshold_did_for_is_not_called_needed(
    similarity: float, words: str
) -> None:
    why = Why("", datetime(2026, 3, 1, tzinfo=UTC), "grouped", similarity, 0.52, None, None, None)
    assert why.needed == words
