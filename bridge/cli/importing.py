"""`bridge import`: contacts out of a file, with progress and a report of refused rows."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import Exit, emit, say, show_facts
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.steps.importing import (
    ImportFile,
    ImportProgress,
    ImportRow,
    RefusedRow,
    import_contacts,
    learn_people,
    try_import,
)
from bridge.wiring import Application
from bridge.wiring.directory import read_directory
from integrations.files.contacts import ContactFile, open_contacts
from integrations.files.reading import read_rows

app = new_app()
_SAY_EVERY_SECONDS = 2.0
_SHOWN_REFUSALS = 5


@app.command("import")
def import_file(  # noqa: PLR0913 - one parameter an option
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="CSV or JSONL, also .gz."),
    ],
    source: Annotated[
        str, typer.Option("--source", metavar="NAME", help="Source of rows that name none.")
    ] = "api",
    product: ProductName = DEFAULT_PRODUCT,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping",
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="JSON: our field to column.",
        ),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", exists=True, dir_okay=False, metavar="FILE", help="JSONL of customers."
        ),
    ] = None,
    refused: Annotated[
        Path | None,
        typer.Option(
            "--refused", dir_okay=False, metavar="FILE", help="Where to write refused rows."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would happen and change nothing.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Examples:
      bridge import contacts.csv --source zendesk --dry-run
      bridge import export.csv.gz --mapping columns.json --product shop

    Read contacts from a file: the shape of the API, the shape of replays, or any columns with
    --mapping. Importing twice changes nothing; an import that was stopped goes on where it was.
    Rows that cannot be used are listed with line, pointer and reason, and the exit code is 5.
    """
    settings = read_settings(data_dir)
    contacts = open_contacts(file, mapping=mapping)
    if contacts.unused:
        say(f"columns that are not used: {', '.join(contacts.unused)}")
    content_hash = _content_hash(file, mapping, source)
    total = sum(1 for _ in read_rows(file))
    with opened(settings) as application:
        with application.open() as store:
            home = store.products.by_slug(product)
        if directory is not None:
            _learn(directory, source, home, application, dry_run=dry_run)
        context, rows = application.context, _rows(contacts, source)
        with _Reporter(total) as reporter:
            if dry_run:
                done = try_import(rows, home, context=context, watch=reporter.hear)
            else:
                run = ImportFile(file.name, content_hash)
                done = import_contacts(rows, run, home, context=context, watch=reporter.hear)
    if done.earlier_rows:
        say(f"went on after {done.earlier_rows} rows that were done before")
    report = refused or (None if dry_run else settings.data_dir / f"{file.name}.refused.jsonl")
    written = _write_refused(done.refused, contacts, report)
    summary = {**done.as_dict(), "refused_file": str(written) if written else None}
    if as_json:
        emit(summary)
    else:
        show_facts(summary)
    if done.refused:
        raise typer.Exit(Exit.PARTLY_DONE)


class _Reporter:
    """Rows done, rate and time left: a bar for people, a line now and then for logs."""

    def __init__(self, total: int) -> None:
        self._total = total
        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("rows"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]} rows/s"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("rows", total=total, rate="–")
        self._started = self._said = time.monotonic()

    def __enter__(self) -> "_Reporter":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def hear(self, progress: ImportProgress) -> None:
        """One more chunk is done."""
        now = time.monotonic()
        fresh = progress.done_rows - progress.earlier_rows
        rate = fresh / max(now - self._started, 0.001)
        self._bar.update(self._task, completed=progress.done_rows, rate=f"{rate:,.0f}")
        is_last = progress.done_rows >= self._total
        if not self._bar.disable or (now - self._said < _SAY_EVERY_SECONDS and not is_last):
            return
        self._said = now
        left = (self._total - progress.done_rows) / max(rate, 0.001)
        done = f"{progress.done_rows:,} of {self._total:,} rows"
        say(f"{done}, {rate:,.0f} rows/s, {left:,.0f} s left")


def _rows(contacts: ContactFile, source: str) -> Iterator[ImportRow]:
    for line in contacts.lines(source=source):
        yield ImportRow(line.number, line.contact, line.product, line.pointer, line.reason)


def _content_hash(file: Path, mapping: Path | None, source: str) -> bytes:
    """Names the content and how it is read: read in another way it is another import."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256")
    digest.update(source.encode())
    digest.update(mapping.read_bytes() if mapping else b"")
    return digest.digest()


def _learn(
    directory: Path, source: str, product: Product, application: Application, *, dry_run: bool
) -> None:
    people = read_directory(directory, source=source, region=product.region)
    if dry_run:
        say(f"{sum(1 for _ in people):,} people in {directory.name}, not learned in a dry run")
        return
    count = learn_people(people, product, context=application.context)
    say(f"{count:,} people of {directory.name} are known")


def _write_refused(
    refused: list[RefusedRow], contacts: ContactFile, report: Path | None
) -> Path | None:
    """Write every refused row and show the first; returns the file, None when there is none."""
    for row in refused[:_SHOWN_REFUSALS]:
        say(f"line {row.line}: {row.reason}")
    if len(refused) > _SHOWN_REFUSALS:
        say(f"and {len(refused) - _SHOWN_REFUSALS:,} rows more")
    if not refused or report is None:
        return None
    report.parent.mkdir(parents=True, exist_ok=True)
    with report.open("w", encoding="utf-8") as file:
        for row in refused:
            line = {
                "line": row.line,
                "column": contacts.column_of(row.pointer),
                "pointer": row.pointer,
                "reason": row.reason,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return report
