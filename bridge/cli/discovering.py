"""`bridge discover`: the issues in a file of contacts, as a report to read."""

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.opening import read_settings, start_logging
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import Exit, emit, say, show_facts
from bridge.cli.watching import Watcher
from bridge.discover import DiscoverOptions
from bridge.discover import discover as discover_issues

app = new_app()
_SHOWN_REFUSALS = 5


@app.command()
def discover(  # noqa: PLR0913 - one parameter an option
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="CSV or JSONL, also .gz."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", file_okay=False, metavar="DIR", help="Folder for the answers."),
    ],
    text_column: Annotated[
        str | None,
        typer.Option("--text-column", metavar="C", help="Column with the customer's words."),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id-column", metavar="C", help="Column that names the contact.")
    ] = None,
    min_contacts: Annotated[
        int, typer.Option("--min-contacts", min=2, metavar="N", help="Smaller issues are left out.")
    ] = 5,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Examples:
      bridge discover contacts.csv --out answers
      bridge discover export.csv.gz --out answers --text-column Body --id-column "Ticket ID"

    Which issues recur in a file of contacts? Needs no database and no account. Texts are cleaned
    and redacted first. Writes report.html, issues.json and assignments.jsonl. Rows that cannot be
    used are listed in refused.jsonl, and the exit code is 5.
    """
    start_logging()
    options = DiscoverOptions(
        file=file,
        out=out,
        text_column=text_column,
        id_column=id_column,
        min_contacts=min_contacts,
    )
    with Watcher() as watcher:
        findings = discover_issues(options, read_settings(data_dir), say=say, watch=watcher.hear)
    for row in findings.refused[:_SHOWN_REFUSALS]:
        say(f"line {row.line}: {row.reason}")
    if len(findings.refused) > _SHOWN_REFUSALS:
        say(f"and {len(findings.refused) - _SHOWN_REFUSALS:,} rows more, see refused.jsonl")
    say(f"read {out / 'report.html'} in a browser")
    summary = {**findings.summary(), "report": str(out / "report.html")}
    if as_json:
        emit(summary)
    else:
        show_facts(summary)
    if findings.refused:
        raise typer.Exit(Exit.PARTLY_DONE)
