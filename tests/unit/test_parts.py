"""Two problems in one contact, by what announces the second and by what both are about."""

import numpy as np
import pytest

from models.parts import are_apart, passages

EXPORT = "The export button does nothing when I press it"
INVOICE = "my invoice shows the wrong address since May"


@pytest.mark.parametrize(
    "text",
    [
        f"{EXPORT}. Also, {INVOICE}.",
        f"{EXPORT}. Another thing: {INVOICE}",
        f"{EXPORT}, and also {INVOICE}",
        f"{EXPORT}\n\nSecondly {INVOICE}",
        f"1. {EXPORT}\n2. {INVOICE}",
        f"There are two things:\n- {EXPORT}\n- {INVOICE}",
        f"• {EXPORT}\n• {INVOICE}",
        f"{EXPORT}! Außerdem {INVOICE}",
        f"{EXPORT}. Además, {INVOICE}",
        f"{EXPORT}. De plus {INVOICE}",
    ],
)
def test_what_announces_another_problem_divides_a_text(text: str) -> None:
    found = passages(text)
    assert len(found) in (2, 3)
    assert "export button" in found[-2]
    assert "wrong address" in found[-1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXPORT,
        f"{EXPORT}. I pressed it five times and nothing happened at all.",
        "I also have this problem with the export button",
        f"{EXPORT}. Also on Mondays.",
        "Version 2.0 of the app shows 1.5 of 3 files",
        "- only one item in this list of mine",
    ],
)
def test_other_texts_are_one_passage(text: str) -> None:
    assert passages(text) == [text]


def test_no_more_than_four_passages_are_looked_at() -> None:
    text = "\n".join(f"{number}. problem number {number} with the export" for number in range(9))
    assert len(passages(text)) == 4


def test_hostile_texts_take_no_time() -> None:
    for text in ("also " * 100_000, "\n- " * 100_000, ", and " * 100_000, "1." * 100_000):
        assert passages(text)


def test_passages_about_one_thing_are_not_apart() -> None:
    center = np.zeros(3, dtype=np.float32)
    east, north = np.eye(3, dtype=np.float32)[:2]
    near = np.array([0.8, 0.6, 0.0], dtype=np.float32)
    assert are_apart(np.stack([east, north]), center)
    assert not are_apart(np.stack([east, near]), center)
    assert not are_apart(np.stack([east, north, near]), center)
