"""What one contact costs as issues and contacts grow, on made-up vectors.

python -m benchmarks.finder_cost [--contacts 10000 100000] [--issues 1000 10000 100000]
"""

import argparse
import time

import numpy as np

from benchmarks.measuring import clock, record
from models import IssueFinder
from models.clues import Fixed
from models.matching import place
from models.settings import FinderSettings
from models.vectors import Vectors, unit_rows

_DIMENSIONS = 384
_SPREAD = 0.6  # of the noise around an issue: its contacts are about .7 similar to each other
_A_ISSUE = 50
_TRIES = 500
_LAST = 1000


def main() -> None:
    """Search among issues, then a store that grows contact by contact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", nargs="*", type=int, default=[2_000, 10_000])
    parser.add_argument("--issues", nargs="*", type=int, default=[1_000, 10_000, 100_000])
    chosen = parser.parse_args()
    for count in chosen.issues:
        p50, p99 = _placing(count)
        cells = {"one contact placed, p50": f"{p50:.2f} ms", "p99": f"{p99:.2f} ms"}
        record("finder cost", f"{count:,} issues", cells)
    for count in chosen.contacts:
        seconds = _growing(count)
        cells = {f"each of the last {_LAST:,} contacts": f"{1e6 * seconds / _LAST:.0f} us CPU"}
        record("finder cost", f"{count:,} contacts, {count // _A_ISSUE:,} issues", cells)


def _placing(count: int) -> tuple[float, float]:
    """Milliseconds to place one contact, the first tries left out."""
    centroids = _issues(count)
    contacts = _contacts(centroids, _TRIES)
    center = np.asarray(centroids[:300].mean(axis=0), dtype=np.float32)
    settings = FinderSettings()
    issues = Fixed(centroids, np.full(len(centroids), _A_ISSUE, dtype=np.int64))
    times = []
    for vector in contacts:
        start = time.perf_counter()
        place(vector, issues, center=center, settings=settings)
        times.append(1000 * (time.perf_counter() - start))
    p50, p99 = np.percentile(times[_TRIES // 10 :], [50, 99])
    return float(p50), float(p99)


def _growing(count: int) -> float:
    """Processor seconds of the last contacts of a stream, consolidations included."""
    contacts = _contacts(_issues(max(count // _A_ISSUE, 1)), count)
    finder = IssueFinder()
    finder.partial_fit(contacts[:-_LAST])
    with clock() as spent:
        finder.partial_fit(contacts[-_LAST:])
    return spent["cpu"]


def _issues(count: int) -> Vectors:
    random = np.random.default_rng(0)
    return unit_rows(random.standard_normal((count, _DIMENSIONS), dtype=np.float32))


def _contacts(issues: Vectors, count: int) -> Vectors:
    random = np.random.default_rng(1)
    about = issues[random.integers(0, len(issues), count)]
    noise = random.standard_normal((count, _DIMENSIONS), dtype=np.float32)
    return unit_rows(about + _SPREAD * unit_rows(noise))


if __name__ == "__main__":
    main()
