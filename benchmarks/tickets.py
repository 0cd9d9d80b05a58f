"""Does the look before filing find the ticket that exists already, and when may it link by itself?

Public trackers with duplicate links: each report in the order of its time plays the issue, the
earlier ones are the tracker.

python -m benchmarks.tickets [--show]
"""

import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.loading import default_encoder
from benchmarks.measuring import DATA, DATA_DIR, middle, record
from models.encoders.base import Encoder
from models.matching import find_center
from models.settings import FinderSettings
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

_SETS = ("gitbugs_hadoop", "gitbugs_seamonkey")
_FIRST = 50
"""So many reports only play the tracker."""
_MOST_CHARACTERS = 1_500
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Report:
    title: str
    text: str
    label: str
    is_doubtful: bool
    """Closed as a duplicate of something unknown, or an unlinked twin: counts for nothing."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What the look found for one report."""

    report: _Report
    near: list[tuple[Near, _Report]]
    has_duplicate: bool

    def is_right(self, most: int) -> bool:
        """Whether one of the first is the same problem, as the tracker's people say."""
        return any(other.label == self.report.label for _, other in self.near[:most])


def main() -> None:
    """One row a tracker."""
    encoder = default_encoder()
    for name in _SETS:
        looks = list(_looks(_reports(name), encoder, name))
        record("tickets", name, _figures(looks))
        if "--show" in sys.argv[1:]:
            for look in looks:
                near, other = look.near[0]
                if says_the_same(near, look.report.title, other.title):
                    print(f"  {look.is_right(1):d} {look.report.title} = {other.title}")


def _figures(looks: list[_Look]) -> dict[str, str]:
    duplicates = [one for one in looks if one.has_duplicate]
    shown = [one for one in looks if one.near[0][0].closeness >= WORTH_SHOWING]
    sure = [
        one
        for one in looks
        if says_the_same(one.near[0][0], one.report.title, one.near[0][1].title)
    ]
    found = [one for one in duplicates if one in shown and one.is_right(_SHOWN)]
    return {
        "reports": str(len(looks)),
        "duplicates": str(len(duplicates)),
        **{
            f"recall@{most}": middle(
                [sum(one.is_right(most) for one in duplicates) / len(duplicates)], 2
            )
            for most in (1, 3, 5)
        },
        "shown": middle([len(shown) / len(looks)], 2),
        "duplicates shown": middle([len(found) / len(duplicates)], 2),
        "right of shown": middle([sum(one.is_right(_SHOWN) for one in shown) / len(shown)], 2),
        "same words": str(len(sure)),
        "of these linked by people": str(sum(one.is_right(1) for one in sure)),
    }


def _looks(reports: list[_Report], encoder: Encoder, name: str) -> Iterator[_Look]:
    texts, vectors = _vectors(reports, encoder, name)
    center = find_center(texts, settings=FinderSettings())
    for number, report in enumerate(reports[_FIRST:], start=_FIRST):
        if report.is_doubtful:
            continue
        wanted = Described(report.title, report.text, vectors[number])
        earlier = reports[:number]
        rows = nearest_by_meaning(wanted, vectors[:number], center=center)
        near = closest(
            wanted,
            [earlier[row].title for row in rows],
            [earlier[row].text for row in rows],
            vectors[rows],
            center=center,
        )
        yield _Look(
            report,
            [(one, earlier[rows[one.row]]) for one in near[:5]],
            any(one.label == report.label for one in earlier),
        )


def _vectors(reports: list[_Report], encoder: Encoder, name: str) -> tuple[Vectors, Vectors]:
    """Vectors of the texts alone, and of titles and texts; made once and kept."""
    file = DATA_DIR / "benchmarks" / encoder.name.replace("/", "+") / f"{name}-tickets.npz"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            file,
            texts=encoder.encode([one.text for one in reports]),
            titles=encoder.encode([one.title for one in reports]),
        )
    kept = np.load(file)
    return kept["texts"], joined(kept["titles"], kept["texts"])


def _reports(name: str) -> list[_Report]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = sorted((json.loads(line) for line in lines), key=lambda row: row["ts"])
    return [
        _Report(
            title=row["title"],
            text=row["text"][:_MOST_CHARACTERS],
            label=row["label"],
            is_doubtful=bool(row.get("dup_unresolved") or row.get("twin_of")),
        )
        for row in rows
    ]


if __name__ == "__main__":
    main()
