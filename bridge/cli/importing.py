"""`bridge import`: contacts out of a file, with progress and a report of refused rows."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.import_ratings import import_rating_file
from bridge.cli.import_report import Asked, Reporter, tell
from bridge.cli.opening import Begins, opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import say
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.settings import Settings
from bridge.steps.importing import (
    ImportFile,
    ImportRow,
    import_contacts,
    learn_people,
    try_import,
)
from bridge.wiring import Application
from bridge.wiring.directory import read_directory
from integrations.files.contacts import ContactFile, open_contacts
from integrations.files.reading import read_rows

app = new_app()


@app.command("import")
def import_file(  # noqa: PLR0913 - one parameter an option
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="FILE",
            show_default=False,
            help="CSV or JSONL, also .gz.",
        ),
    ] = None,
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
    ratings: Annotated[
        Path | None,
        typer.Option(
            "--ratings",
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="CSV or JSONL of ratings, in place of contacts.",
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
      bridge import --ratings surveys.csv --mapping columns.json --source zendesk

    Read contacts from a file: the shape of the API, the shape of replays, or any columns with
    --mapping. Importing twice changes nothing; an import that was stopped goes on where it was.
    Rows that cannot be used are listed with line, pointer and reason, and the exit code is 5.
    """
    asked = Asked(source, product, mapping, refused, is_trial=dry_run, as_json=as_json)
    settings = read_settings(data_dir)
    if ratings is not None:
        if file is not None or directory is not None:
            raise typer.BadParameter("import ratings by themselves", param_hint="'--ratings'")
        import_rating_file(ratings, asked, settings)
    elif file is None:
        raise typer.BadParameter("name a file of contacts, or --ratings FILE", param_hint="'FILE'")
    else:
        _import_contact_file(file, directory, asked, settings)


def _import_contact_file(
    file: Path, directory: Path | None, asked: Asked, settings: Settings
) -> None:
    contacts = open_contacts(file, mapping=asked.mapping)
    if contacts.unused:
        say(f"columns that are not used: {', '.join(contacts.unused)}")
    content_hash = _content_hash(file, asked.mapping, asked.source)
    total = sum(1 for _ in read_rows(file))
    with opened(settings, begins=Begins.WHERE_TOLD) as application:
        with application.open() as store:
            home = store.products.by_slug(asked.product)
        if directory is not None:
            _learn(directory, asked.source, home, application, dry_run=asked.is_trial)
        context, rows = application.context, _rows(contacts, asked.source)
        with Reporter(total) as reporter:
            if asked.is_trial:
                done = try_import(rows, home, context=context, watch=reporter.hear)
            else:
                run = ImportFile(file.name, content_hash)
                done = import_contacts(rows, run, home, context=context, watch=reporter.hear)
    if done.earlier_rows:
        say(f"went on after {done.earlier_rows} rows that were done before")
    tell(done, contacts.column_of, asked, settings.data_dir / f"{file.name}.refused.jsonl")


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
