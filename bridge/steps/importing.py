"""Import: rows of a file become contacts, chunk by chunk, and go on where they stopped."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.domain.contacts import ContactReceived
from bridge.domain.errors import InvalidInput, TryAgainLater
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.follow_up import people_merged
from bridge.steps.identify import DirectoryEntry
from bridge.steps.ingest import IngestResult, at_the_door, ingest
from bridge.steps.learn import learn_directory, tell_facts
from bridge.store import Store
from bridge.store.imports import ImportRun

CHUNK = 200
_TRIES = 3


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row: its contact, or the member that makes it unusable and why."""

    line: int
    contact: ContactReceived | None
    product: str | None = None
    """Short name of the product the row names; None for the product of the import."""
    pointer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that brought no contact."""

    line: int
    pointer: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportFile:
    """What is imported: the hash names the content together with how it is read."""

    name: str
    content_hash: bytes


@dataclass(slots=True)
class ImportProgress:
    """What the rows read so far have brought."""

    results: Counter[IngestResult] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)
    earlier_rows: int = 0
    """Rows that an interrupted run had done before."""
    done_rows: int = 0

    def add(self, outcome: "_Outcome") -> None:
        """Count one chunk."""
        self.results += outcome.results
        self.refused += outcome.refused
        self.done_rows += outcome.row_count

    def as_dict(self) -> dict[str, int]:
        """The numbers of the summary."""
        counts = {result.value: self.results[result] for result in IngestResult}
        return {"rows": self.done_rows, **counts, "refused": len(self.refused)}


@dataclass(slots=True)
class _Outcome:
    row_count: int
    results: Counter[IngestResult] = field(default_factory=Counter)
    refused: list[RefusedRow] = field(default_factory=list)


class _RollBack(Exception):
    """Leaves a block without committing it."""


def import_contacts(
    rows: Iterable[ImportRow],
    file: ImportFile,
    product: Product,
    *,
    context: Context,
    watch: Callable[[ImportProgress], None],
) -> ImportProgress:
    """Ingest every row; a chunk and its progress are one transaction.

    After a crash the same call skips the chunks that were committed: their rows count as new or
    unchanged as the run remembers them. A finished run is read once more, which changes nothing
    unless the contacts are newer. `watch` hears of every chunk.
    """
    with context.open() as store:
        run = store.imports.start(product.id, file.content_hash, name=file.name)
        if run.is_finished:
            store.imports.restart(run.id)
            run = store.imports.start(product.id, file.content_hash, name=file.name)
        door = _Door(product, _homes(store), context)
    waiting = iter(rows)
    progress = _skip(waiting, run, door)
    while chunk := list(itertools.islice(waiting, CHUNK)):
        progress.add(_import_chunk(chunk, run, door, after=progress.done_rows))
        watch(progress)
    with context.open() as store:
        store.imports.finish(run.id, now=context.now())
    return progress


def try_import(
    rows: Iterable[ImportRow],
    product: Product,
    *,
    context: Context,
    watch: Callable[[ImportProgress], None],
) -> ImportProgress:
    """What an import would bring: each chunk is done and rolled back.

    A contact that stands twice in the file, in different chunks, counts as new twice.
    """
    with context.open() as store:
        door = _Door(product, _homes(store), context)
    progress, waiting = ImportProgress(), iter(rows)
    while chunk := list(itertools.islice(waiting, CHUNK)):
        try:
            with context.open() as store:
                outcome = door.ingest(chunk, store)
                raise _RollBack
        except _RollBack:
            progress.add(outcome)
        watch(progress)
    return progress


def learn_people(entries: Iterable[DirectoryEntry], product: Product, *, context: Context) -> int:
    """Make the people of a customer directory known; returns how many have an identity."""
    known = (entry for entry in entries if entry.identities)
    count = 0
    while chunk := list(itertools.islice(known, CHUNK)):
        with context.open() as store:
            customers = learn_directory(chunk, product, store=store)
            tell_facts(chunk, customers, product, store=store, now=context.now())
            people_merged(store=store, context=context)
        count += len(chunk)
    return count


@dataclass(frozen=True, slots=True)
class _Door:
    """Lets rows in, each into its product."""

    product: Product
    homes: Mapping[str, Product]
    context: Context

    def refusal(self, row: ImportRow) -> RefusedRow | None:
        """Why a row brings no contact; the same whenever it is asked."""
        if row.contact is None:
            return RefusedRow(row.line, row.pointer, row.reason)
        if row.product is not None and row.product not in self.homes:
            return RefusedRow(row.line, "/product", f"no product is called {row.product[:40]!r}")
        try:
            at_the_door(row.contact, now=self.context.now())
        except InvalidInput as error:
            return RefusedRow(row.line, error.pointer, str(error))
        return None

    def ingest(self, chunk: Sequence[ImportRow], store: Store) -> _Outcome:
        """Ingest what can be, in the caller's transaction."""
        outcome = _Outcome(len(chunk))
        for row in chunk:
            refused = self.refusal(row)
            if refused is not None or row.contact is None:
                outcome.refused += [refused] if refused else []
                continue
            home = self.homes[row.product] if row.product else self.product
            known = ingest(row.contact, home, store=store, context=self.context)
            outcome.results[known.result] += 1
        return outcome


def _homes(store: Store) -> dict[str, Product]:
    return {product.slug: product for product in store.products.all()}


def _skip(rows: Iterator[ImportRow], run: ImportRun, door: _Door) -> ImportProgress:
    """Pass over the rows of committed chunks, finding again which of them were refused."""
    progress = ImportProgress()
    for row in itertools.islice(rows, run.rows_done):
        refused = door.refusal(row)
        progress.refused += [refused] if refused else []
        progress.earlier_rows += 1
    progress.done_rows = progress.earlier_rows
    progress.results[IngestResult.NEW] = run.accepted
    progress.results[IngestResult.UNCHANGED] = run.known
    return progress


def _import_chunk(
    chunk: Sequence[ImportRow], run: ImportRun, door: _Door, *, after: int
) -> _Outcome:
    """One transaction, tried again when another request stored one of the contacts meanwhile."""
    for last in (*(False,) * (_TRIES - 1), True):
        try:
            with door.context.open() as store:
                outcome = door.ingest(chunk, store)
                new = outcome.results[IngestResult.NEW]
                store.imports.progress(
                    run.id,
                    after=after,
                    accepted=new,
                    known=outcome.results.total() - new,
                    refused=len(outcome.refused),
                )
            return outcome
        except TryAgainLater:
            if last:
                raise
    raise AssertionError("the last try returns or raises")
