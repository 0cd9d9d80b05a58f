"""After a fix: whom `bridge replay` tells of it, and which fixes it calls regressed.

BRIDGE_STREAM_REVIEWER=reviewer.py python -m benchmarks.fixes [--row gold|own|asked]

The releases are those of the truth file. `gold` puts contacts on the issues of the gold file; `own`
and `asked` leave that to the finder, without and with 40 answers of the reviewer, a script that
gets the gold file. There the releases name the issues whose ticket is about the one that was
fixed: that is what engineering knows. A release changes what follows it, numbers of issues too, so
each one is named after a replay with those before it.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.measuring import DATA, DATA_DIR, record
from bridge.domain.errors import BridgeError
from bridge.identity import identities_of
from bridge.replay import ReplayOptions, replay
from bridge.replay.releases import Names, directory_names
from bridge.replay.run import SOURCE
from bridge.settings import Settings
from integrations.files.shapes import from_replay

# Any, because these are rows of files.
Row = dict[str, Any]

_ROWS = {
    "gold": "gold assignments",
    "own": "own assignments",
    "asked": "own assignments, 40 questions answered",
}
_REGION = "US"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream with its answers."""

    contacts: Path
    directory: Path
    gold: Mapping[str, Row]
    issues: Sequence[Row]

    @property
    def fixed(self) -> list[Row]:
        """The issues that a release fixes."""
        return [one for one in self.issues if one["fix"]]


@dataclass(slots=True)
class Score:
    """What came of a replay with releases."""

    known: int = 0
    """Customers to be told who wrote under an identity that the directory knows."""
    known_told: int = 0
    told: int = 0
    others: int = 0
    """Told, but not affected by what was fixed."""
    returned: int = 0
    caught: int = 0
    """Issues that came back, and those of them that were called so after they had."""
    false_calls: int = 0

    def cells(self) -> dict[str, str]:
        """As they stand in the table."""
        recall = self.known_told / max(self.known, 1)
        return {
            "known people told": f"{self.known_told} of {self.known} ({recall:.3f})",
            "others told": f"{self.others} of {self.told} ({self.others / max(self.told, 1):.3f})",
            "regressions caught": f"{self.caught} of {self.returned}",
            "false regressions": str(self.false_calls),
        }


def stream(folder: Path = DATA, name: str = "stream_dev") -> Stream:
    """The stream of the labelled data."""
    gold = {row["id"]: row for row in rows_of(folder / f"{name}.gold.jsonl.gz")}
    truth = json.loads((folder / f"{name}.truth.json").read_text())
    return Stream(
        folder / f"{name}.contacts.jsonl.gz",
        folder / f"{name}.directory.jsonl.gz",
        gold,
        truth["issues"],
    )


def rows_of(path: Path) -> list[Row]:
    """The rows of a JSONL file."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_rows(path: Path, rows: Iterable[Row]) -> Path:
    """Write a JSONL file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def gold_assignments(data: Stream, out: Path) -> Path:
    """The gold issues in the shape of `--assignments`."""
    rows = ({"id": name, "cluster": row["issue"]} for name, row in data.gold.items())
    return write_rows(out, rows)


def release_times(data: Stream) -> list[str]:
    """When releases ship fixes, in order."""
    return sorted({one["fix"]["ts"] for one in data.fixed})


def releases(data: Stream, at: str, clusters: Mapping[str, Sequence[object]]) -> list[Row]:
    """What shipped at that time, by the names that the clusters have."""
    found: dict[str, list[object]] = defaultdict(list)
    for issue in data.fixed:
        if issue["fix"]["ts"] == at:
            found[issue["fix"]["version"]] += clusters.get(issue["issue"], ())
    return [{"ts": at, "version": one, "issues": some} for one, some in sorted(found.items())]


def ticketed(data: Stream, out: Path, before: str) -> dict[str, list[object]]:
    """The clusters with a ticket by then, by the gold issue that at least half of them is about."""
    about = _about(data, out, before)
    found: dict[str, list[object]] = defaultdict(list)
    for ticket in rows_of(out / "tickets.jsonl"):
        issue = about.get(ticket["cluster"])
        if ticket["ts"] <= before and issue and ticket["cluster"] not in found[issue]:
            found[issue].append(ticket["cluster"])
    return found


def score(data: Stream, out: Path) -> Score:
    """Hold what a replay wrote against the truth."""
    names = directory_names(data.directory, source=SOURCE, region=_REGION)
    who, known = _people(data, names)
    about = _about(data, out)
    told: dict[str, set[str]] = defaultdict(set)
    result = Score(returned=sum(one["kind"] == "regression" for one in data.fixed))
    caught: set[str] = set()
    issues = {one["issue"]: one for one in data.issues}
    for event in rows_of(out / "events.jsonl"):
        issue = about.get(event["cluster"])
        if event["event"] == "told" and "customers" in event:
            told[str(issue)] |= {who.get(name, name) for name in event["customers"]}
        elif event["event"] == "regressed":
            back = issues[issue].get("returned") if issue else None
            if back is not None and event["ts"] >= back:
                caught.add(str(issue))
            else:
                result.false_calls += 1
    result.caught = len(caught)
    for fixed in data.fixed:
        wanted, heard = set(fixed["tell_on_fix"]["customers"]), told.pop(fixed["issue"], set())
        result.known += len(known[fixed["issue"]])
        result.known_told += len(known[fixed["issue"]] & heard)
        result.told += len(heard)
        result.others += len(heard - wanted)
    for heard in told.values():
        result.told += len(heard)
        result.others += len(heard)
    return result


def _people(data: Stream, names: Names) -> tuple[dict[str, str], dict[str, set[str]]]:
    """True customers by the names that a replay may give them; who is known, by issue."""
    fixed_at = {one["issue"]: one["fix"]["ts"] for one in data.fixed}
    who: dict[str, str] = {}
    known: dict[str, set[str]] = defaultdict(set)
    for row in rows_of(data.contacts):
        answer = data.gold[row["id"]]
        try:
            found = identities_of(from_replay(row, source=SOURCE), region=_REGION)
        except BridgeError:
            continue
        for one in found:
            who.setdefault(one.key, answer["customer"])
            if one.base_key:
                who.setdefault(one.base_key, answer["customer"])
        keys = {(one.kind.value, key) for one in found for key in (one.key, one.base_key) if key}
        if keys & names.keys() and row["ts"] <= fixed_at.get(answer["issue"], ""):
            known[answer["issue"]].add(answer["customer"])
    return who, known


def _about(data: Stream, out: Path, before: str | None = None) -> dict[object, str]:
    """What each cluster is about: the issue of at least half of its contacts (by then)."""
    times = {row["id"]: row["ts"] for row in rows_of(data.contacts)} if before else {}
    members: dict[object, list[str | None]] = defaultdict(list)
    for row in rows_of(out / "assignments.jsonl"):
        if row["cluster"] is not None and (before is None or times[row["id"]] <= before):
            members[row["cluster"]].append(data.gold[row["id"]]["issue"])
    found = {}
    for cluster, issues in members.items():
        (issue, count), *_ = Counter(one for one in issues if one).most_common(1) or [("", 0)]
        if issue and count * 2 >= len(issues):
            found[cluster] = issue
    return found


def _reviewer(data: Stream, out: Path) -> str:
    """A command that answers from the gold file."""
    gold = write_rows(out / "gold.jsonl", data.gold.values())
    return f"{sys.executable} {os.environ['BRIDGE_STREAM_REVIEWER']} {gold}"


def measure(row: str, data: Stream, work: Path) -> Score:
    """Replay with these releases and score it."""
    options = ReplayOptions(data.contacts, work / "before", data.directory)
    if row == "gold":
        options = replace(options, assignments=gold_assignments(data, work / "assignments.jsonl"))
    elif row == "asked":
        options = replace(options, review_command=_reviewer(data, work), review_budget=40)
    named: list[Row] = []
    for number, at in enumerate(release_times(data), start=1):
        if row == "gold":
            clusters: Mapping[str, Sequence[object]] = {
                one["issue"]: [one["issue"]] for one in data.fixed
            }
        else:
            _run(options)
            clusters = ticketed(data, options.out, at)
        named += releases(data, at, clusters)
        file = write_rows(work / f"releases-{number}.jsonl", named)
        options = replace(options, out=work / f"after-{number}", releases=file)
    _run(options)
    return score(data, options.out)


def _run(options: ReplayOptions) -> None:
    settings = Settings(data_dir=DATA_DIR)
    replay(options, settings, say=lambda text: print(text, file=sys.stderr))


def main() -> None:
    """Measure each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", action="append", choices=list(_ROWS))
    data = stream()
    every = [one for one in _ROWS if one != "asked" or "BRIDGE_STREAM_REVIEWER" in os.environ]
    for row in parser.parse_args().row or every:
        with tempfile.TemporaryDirectory() as work:
            record("fixes", _ROWS[row], measure(row, data, Path(work)).cells())


if __name__ == "__main__":
    main()
