"""What the benchmarks write: figures between marks, and fair counting."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import measuring
from benchmarks.encoders import neighbor_accuracy
from benchmarks.grouping import agreement
from benchmarks.measuring import LabelledContact, middle
from benchmarks.rivals import leader

_PAGE = """# Figures
by hand
<!-- machine -->
<!-- end of machine -->
<!-- speed -->
old
<!-- end of speed -->
also by hand
"""


def _contact(number: int, label: str, *, out: bool = False) -> LabelledContact:
    return LabelledContact(str(number), f"text {number}", label, out, "en")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(measuring, "DOCUMENT", tmp_path / "page.md")
    monkeypatch.setattr(measuring, "FIGURES", tmp_path / "figures.json")
    (tmp_path / "page.md").write_text(_PAGE)
    return tmp_path / "page.md"


def test_one_row_measured_again_leaves_the_others_and_what_people_wrote(page: Path) -> None:
    measuring.record("speed", "ours", {"texts": "300"})
    measuring.record("speed", "theirs", {"texts": "100", "notes": "slow"})
    measuring.record("speed", "ours", {"texts": "400"})
    text = page.read_text()
    table = text.split("<!-- speed -->\n")[1].split("<!-- end of speed -->")[0].splitlines()
    assert table[0] == "| | texts | notes | date |"
    assert table[2].startswith("| ours | 400 | – | 20")
    assert table[3].startswith("| theirs | 100 | slow | 20")
    assert "old" not in text
    assert text.count("by hand") == 2
    assert "cores" in text


def test_a_table_without_a_place_is_an_error(page: Path) -> None:
    with pytest.raises(ValueError, match="no place for the table memory"):
        measuring.record("memory", "ours", {"MB": "1"})


def test_out_of_scope_rows_count_as_left_alone_only_when_in_no_group() -> None:
    contacts = [_contact(row, "a" if row < 2 else "b") for row in range(4)]
    contacts += [_contact(row, "none", out=True) for row in range(4, 8)]
    result = agreement(contacts, np.array([0, 0, 1, 1, -1, 7, 0, 1]))
    assert result["left"] == 0.5  # one null, one in a group of its own
    assert result["ami"] == pytest.approx(1)
    assert result["groups"] == 2


def test_neighbors_vote_by_similarity_and_a_row_does_not_vote_for_itself() -> None:
    first, second = np.eye(8, dtype=np.float32)[:2]
    vectors = np.stack([first] * 6 + [second] * 6)
    assert neighbor_accuracy(vectors, ["a"] * 6 + ["b"] * 6) == 1
    assert neighbor_accuracy(vectors, ["a"] * 5 + ["c"] + ["b"] * 6) == pytest.approx(11 / 12)


def test_the_leader_founds_a_group_for_what_is_far_from_all() -> None:
    rows = np.eye(4, dtype=np.float32)[[0, 1, 0, 2, 1]]
    assert leader([], rows, 0, 0).tolist() == [0, 1, 0, 2, 1]


def test_medians_are_written_without_the_nought() -> None:
    assert middle([0.2, 0.9, 0.5]) == ".500"
    assert middle([1100.4], 0) == "1100"
