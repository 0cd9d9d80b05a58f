"""A stream of contacts: what `bridge replay` makes of it, beside BERTopic on the whole of it.

BRIDGE_STREAM_SCORER=score_stream.py python -m benchmarks.stream [--method ours|bertopic]
"""

import argparse
import gzip
import json
import os
import resource
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import DATA, DATA_DIR, record, run_fresh
from models.encoders.weights import checked_weights

_STREAM = "stream_dev"
_ROWS = {
    "ours": "bridge replay",
    "bertopic": "BERTopic, defaults, its usual encoder, all contacts at once",
}
_SCORES = (
    "ticket_f1",
    "tickets",
    "false_tickets",
    "duplicate_tickets",
    "one_ticket_issues",
    "chatter_clustered",
    "customer_count_defensible",
    "bursts_found",
    "burst_hours_after_threshold_median",
)


def main() -> None:
    """Each method in a fresh process, so that imports and compilation count for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", action="append", choices=list(_ROWS))
    parser.add_argument("--into", type=Path, help="of the fresh process itself")
    chosen = parser.parse_args()
    if chosen.into is not None:
        _bertopic(chosen.into)
        return
    for method in chosen.method or _ROWS:
        with tempfile.TemporaryDirectory() as work:
            out = Path(work)
            cells = _replayed(out) if method == "ours" else _fitted(out)
            record("stream", _ROWS[method], {**_scored(out), **cells})


def _replayed(out: Path) -> dict[str, str]:
    files = [DATA / f"{_STREAM}.{part}.jsonl.gz" for part in ("contacts", "directory")]
    command = ["-m", "bridge.cli", "replay", str(files[0]), "--directory", str(files[1])]
    run_fresh([*command, "--out", str(out), "--data-dir", str(DATA_DIR)])
    summary = json.loads((out / "summary.json").read_text())
    moved = summary["moved_share"]
    median = moved["median"] if isinstance(moved, dict) else moved
    return {
        "moved share, median": f"{median:.4f}",
        "CPU seconds": f"{summary['cpu_seconds']:.0f}",
        "wall seconds": f"{summary['wall_seconds']:.0f}",
        "peak memory": f"{summary['peak_pss_bytes'] / 2**20:.0f} MB",
    }


def _fitted(out: Path) -> dict[str, str]:
    wall, cpu = time.perf_counter(), _children_seconds()
    run_fresh(["-m", "benchmarks.stream", "--into", str(out)])
    return {
        "CPU seconds": f"{_children_seconds() - cpu:.0f}",
        "wall seconds": f"{time.perf_counter() - wall:.0f}",
    }


def _bertopic(out: Path) -> None:
    """Fit and write down which topic each contact is of; outliers are left alone."""
    from bertopic import BERTopic
    from sentence_transformers import SentenceTransformer

    with gzip.open(DATA / f"{_STREAM}.contacts.jsonl.gz", "rt", encoding="utf-8") as lines:
        contacts = [json.loads(line) for line in lines]
    model = BERTopic(embedding_model=SentenceTransformer(str(checked_weights())))
    topics, _ = model.fit_transform([contact["text"] for contact in contacts])
    with (out / "assignments.jsonl").open("w", encoding="utf-8") as file:
        for contact, topic in zip(contacts, topics, strict=True):
            cluster = None if topic < 0 else int(topic)
            file.write(json.dumps({"id": contact["id"], "cluster": cluster}) + "\n")


def _scored(out: Path) -> dict[str, str]:
    """What the scorer says; nothing without one."""
    scorer = os.environ.get("BRIDGE_STREAM_SCORER")
    if scorer is None:
        return {}
    tickets = out / "tickets.jsonl"
    said = run_fresh(
        [
            scorer,
            str(DATA / _STREAM),
            "--pred",
            str(out / "assignments.jsonl"),
            *(["--tickets", str(tickets)] if tickets.exists() else []),
        ]
    )
    scores = json.loads(said)
    return {name: _short(scores[name]) for name in _SCORES if scores.get(name) is not None}


def _short(value: float) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
