"""Which ticket is about the same: by meaning, by words, and when both say it is certain."""

import numpy as np
import pytest

from models.encoders.hashing import HashingEncoder
from models.tickets import (
    WORTH_SHOWING,
    Described,
    Near,
    closest,
    joined,
    nearest_by_meaning,
    says_the_same,
)
from models.vectors import Vectors

ENCODER = HashingEncoder()
NOWHERE = np.zeros(ENCODER.dimensions, dtype=np.float32)
TICKETS = [
    ("Dark mode for the settings page", "Designers want it before the summer."),
    ("The export stops at 90 percent", "A spreadsheet with many rows never arrives."),
    ("Sign in fails after a password change", "Customers are locked out."),
]


def vectors(pairs: list[tuple[str, str]]) -> Vectors:
    titles = ENCODER.encode([title for title, _ in pairs])
    texts = ENCODER.encode([f"{title} {text}" for title, text in pairs])
    return np.array([joined(a, b) for a, b in zip(titles, texts, strict=True)], dtype=np.float32)


def looked(title: str, text: str, pairs: list[tuple[str, str]]) -> list[Near]:
    wanted = Described(title, text, vectors([(title, text)])[0])
    rows = nearest_by_meaning(wanted, vectors(pairs), center=NOWHERE)
    found = closest(
        wanted,
        [pairs[row][0] for row in rows],
        [pairs[row][1] for row in rows],
        vectors(pairs)[rows],
        center=NOWHERE,
    )
    return [Near(rows[one.row], one.similarity, one.closeness, one.shared) for one in found]


def test_the_ticket_about_the_same_comes_first_and_says_why() -> None:
    found = looked("Export stops", "the export stops at 90 percent of the rows", TICKETS)
    assert found[0].row == 1
    assert {"export", "percent"} <= set(found[0].shared)
    assert found[0].closeness > found[1].closeness
    assert found[0].closeness >= WORTH_SHOWING > found[1].closeness


def test_an_empty_tracker_and_empty_words_give_nothing_to_show() -> None:
    assert looked("Export stops", "at 90 percent", []) == []
    assert all(one.closeness < WORTH_SHOWING for one in looked("?", "!", [("...", "")]))


def test_no_more_than_the_shortlist_is_compared() -> None:
    many = [(f"Something else {number}", "") for number in range(250)] + TICKETS
    found = looked("The export stops", "at 90 percent of the rows", many)
    assert len(found) == 100
    assert found[0].row == 251


ALIKE = Near(0, 0.95, 1.9, ())


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("The export stops at 90 percent", "Export stops at 90 percent!", True),
        ("At 90 percent the export stops", "The export stops at 90 percent", True),
        ("Upgrade the docker scripts to 3.4.1", "Upgrade the docker scripts to 3.4.0", False),
        ("Build file for Centos 8", "Build file for Centos 7", False),
        ("Export of invoices broken", "Import of invoices broken", False),
        ("[DE] Typos in the help of passwords", "[EN] Typos in the help of passwords", False),
        # Too few words to mean anything for certain.
        ("Export broken", "Export broken", False),
    ],
)
def test_the_same_words_are_certain_and_a_number_tells_two_apart(
    one: str, other: str, is_same: bool
) -> None:
    assert says_the_same(ALIKE, one, other) is is_same


def test_the_same_title_over_another_text_is_not_certain() -> None:
    title = "The export stops at 90 percent"
    assert not says_the_same(Near(0, 0.6, 1.5, ()), title, title)
