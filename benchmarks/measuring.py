"""What all benchmarks share: labelled contacts, vectors made once, and figures kept in the docs."""

import gzip
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from models.encoders.base import Encoder
from models.vectors import Vectors

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "benchmarks" / "figures.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"
DATA = Path(os.environ.get("BRIDGE_TEST_DATA", ROOT.parent / "shared" / "data"))
DATA_DIR = Path(os.environ.get("BRIDGE_DATA_DIR", ROOT / "bridge-data"))

Figures = dict[str, dict[str, dict[str, str]]]
"""Table, row, column -> what stands in that cell."""


@dataclass(frozen=True, slots=True)
class LabelledContact:
    """A text with the group that people put it into."""

    id: str
    text: str
    label: str
    is_out_of_scope: bool
    language: str
    domain: str = ""
    """What the label is about in general, where the set says so."""


def labelled(name: str) -> list[LabelledContact]:
    """All rows of a labelled set, in its order."""
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        LabelledContact(
            id=row["id"],
            text=row["text"],
            label=row["label"],
            is_out_of_scope=bool(row.get("oos")),
            language=row["lang"],
            domain=row.get("domain") or "",
        )
        for row in rows
    ]


def vectors_of(name: str, contacts: Sequence[LabelledContact], encoder: Encoder) -> Vectors:
    """The vectors of a set, made once an encoder and kept in the data folder."""
    file = DATA_DIR / "benchmarks" / encoder.name.replace("/", "+") / f"{name}.npy"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, encoder.encode([contact.text for contact in contacts]))
    return np.asarray(np.load(file), dtype=np.float32)


@contextmanager
def clock() -> Iterator[dict[str, float]]:
    """Wall and processor seconds of the block, of this process alone."""
    spent: dict[str, float] = {}
    wall, cpu = time.perf_counter(), time.process_time()
    yield spent
    spent["wall"], spent["cpu"] = time.perf_counter() - wall, time.process_time() - cpu


def middle(values: Sequence[float], digits: int = 3) -> str:
    """The median, rounded, without the nought before the point."""
    text = f"{median(values):.{digits}f}"
    return text.removeprefix("0") if digits else text


def record(table: str, row: str, cells: Mapping[str, str]) -> None:
    """Keep a row's figures with today's date, show them, and write the document anew."""
    figures: Figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    dated = {**cells, "date": f"{datetime.now(UTC):%Y-%m-%d}"}
    figures.setdefault(table, {})[row] = dated
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    print(table, "|", row, "|", "; ".join(f"{key} {value}" for key, value in dated.items()))
    write_document(figures)


def write_document(figures: Figures) -> None:
    """Put each table between its marks; text around the marks is written by people."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for table, rows in figures.items():
        begin, end = f"<!-- {table} -->\n", f"<!-- end of {table} -->"
        if begin not in text:
            raise ValueError(f"{DOCUMENT.name} has no place for the table {table}")
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = before + begin + _rendered(rows) + end + after
    begin, end = "<!-- machine -->\n", "<!-- end of machine -->"
    before, rest = text.split(begin)
    text = before + begin + machine() + "\n" + end + rest.split(end)[1]
    DOCUMENT.write_text(text, encoding="utf-8")


def machine() -> str:
    """Cores, processor and Python in one line."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    flags = next((line.split(":")[1].split() for line in lines if line.startswith("flags")), [])
    wide = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if flag in flags]
    name = names[0] if names else platform.processor()
    return f"{os.cpu_count()} cores, {name} ({', '.join(wide)}), Python {platform.python_version()}"


def _rendered(rows: Mapping[str, Mapping[str, str]]) -> str:
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    columns.append(columns.pop(columns.index("date")))
    lines = [
        f"| | {' | '.join(columns)} |",
        "| --- " * (len(columns) + 1) + "|",
        *(
            f"| {row} | {' | '.join(cells.get(column, '–') for column in columns)} |"
            for row, cells in rows.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def run_fresh(arguments: Sequence[str]) -> str:
    """Run Python with these arguments in a process of its own; returns what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
