"""Lines that many unrelated contacts share."""

import numpy as np
import pytest

from models.templates import LEAST_RESTS, are_unrelated, line_keys, without_lines
from models.vectors import unit_rows

FOOTER = "Sent with the contact form of our shop"


def test_lines_of_a_text_by_what_makes_them_the_same() -> None:
    found = line_keys(
        f"The lamp is broken again\n\n  {FOOTER.upper()}  \nThanks, Mia\nOrder no 4711 of May"
    )
    assert found == {
        "the lamp is broken again": "The lamp is broken again",
        "sent with the contact form of our shop": f"  {FOOTER.upper()}  ",
        "order no 0000 of may": "Order no 4711 of May",
    }


@pytest.mark.parametrize("text", ["", FOOTER, f"\n\n{FOOTER}\n \n"])
def test_a_text_of_one_line_has_no_lines_beside_others(text: str) -> None:
    assert line_keys(text) == {}


def test_a_long_log_gives_few_lines() -> None:
    assert len(line_keys("\n".join(f"worker {'x' * row} said no" for row in range(9_000)))) == 20


def test_templates_are_left_out_unless_nothing_is_left() -> None:
    def is_template(key: str) -> bool:
        return key == FOOTER.lower()

    assert without_lines(f"The lamp is broken\n{FOOTER}", is_template) == "The lamp is broken"
    assert without_lines(f"Hello\n{FOOTER}", is_template) == f"Hello\n{FOOTER}"


def test_texts_about_many_things_are_unrelated_and_texts_about_one_are_not() -> None:
    rng = np.random.default_rng(0)
    center = np.zeros(64, dtype=np.float32)
    many = unit_rows(rng.normal(size=(30, 64)).astype(np.float32))
    one = unit_rows((rng.normal(size=64) + 0.5 * rng.normal(size=(30, 64))).astype(np.float32))
    assert are_unrelated(many, center)
    assert not are_unrelated(one, center)
    assert not are_unrelated(many[: LEAST_RESTS - 1], center)
