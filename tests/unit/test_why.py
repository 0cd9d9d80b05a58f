"""The phrases that two contacts share."""

import pytest

from bridge.steps.why import shared_phrases


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
