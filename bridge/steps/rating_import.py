"""Ratings out of a file: chunk by chunk; the same file again changes nothing."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bridge.domain.errors import InvalidInput
from bridge.domain.products import Product
from bridge.domain.satisfaction import RatingReceived
from bridge.steps.context import Context
from bridge.steps.importing import CHUNK, RefusedRow
from bridge.steps.satisfaction import take_rating
from bridge.store import Store
from bridge.store.ratings import RatingResult


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One row: its rating, or the member that makes it unusable and why."""

    line: int
    rating: RatingReceived | None
    pointer: str = ""
    reason: str = ""


@dataclass(slots=True)
class RatingProgress:
    """What the rows read so far have brought."""

    results: Counter[RatingResult] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)
    done_rows: int = 0
    earlier_rows: int = 0
    """Always none: ratings that are there already are read again, and unchanged."""

    def as_dict(self) -> dict[str, int]:
        """The numbers of the summary."""
        counts = {result.value: self.results[result] for result in RatingResult}
        return {"rows": self.done_rows, **counts, "refused": len(self.refused)}


class _RollBack(Exception):
    """Leaves a block without committing it."""


def import_ratings(
    rows: Iterable[RatingRow],
    product: Product,
    *,
    context: Context,
    watch: Callable[[RatingProgress], None],
    is_trial: bool = False,
) -> RatingProgress:
    """Take every rating; a chunk is one transaction, which a trial rolls back.

    `watch` hears of every chunk. A rating that stands twice in a file, in different chunks, counts
    as new twice in a trial.
    """
    progress, waiting = RatingProgress(), iter(rows)
    while chunk := list(itertools.islice(waiting, CHUNK)):
        try:
            with context.open() as store:
                results, refused = _take(chunk, product, store, context)
                if is_trial:
                    raise _RollBack
        except _RollBack:
            pass
        progress.results += results
        progress.refused += refused
        progress.done_rows += len(chunk)
        watch(progress)
    return progress


def _take(
    chunk: Sequence[RatingRow], product: Product, store: Store, context: Context
) -> tuple[Counter[RatingResult], list[RefusedRow]]:
    results: Counter[RatingResult] = Counter()
    refused = []
    for row in chunk:
        if row.rating is None:
            refused.append(RefusedRow(row.line, row.pointer, row.reason))
            continue
        try:
            done = take_rating(row.rating, product, store=store, now=context.now())
        except InvalidInput as error:
            refused.append(RefusedRow(row.line, error.pointer, str(error)))
        else:
            results[done] += 1
    return results, refused
