"""`bridge replay`: the product's own test bench, and a preview for new users."""

from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.opening import read_settings, start_logging
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import emit, say, show_facts
from bridge.replay import ReplayOptions
from bridge.replay import replay as run_replay

app = new_app()


@app.command()
def replay(  # noqa: PLR0913 - one parameter an option
    contacts: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, metavar="CONTACTS", help="JSONL in time order, also .gz."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the answers.")],
    directory: Annotated[
        Path | None,
        typer.Option(
            "--directory", exists=True, dir_okay=False, metavar="FILE", help="JSONL of customers."
        ),
    ] = None,
    min_contacts: Annotated[
        int, typer.Option("--min-contacts", min=1, help="Contacts before an issue is filed.")
    ] = 5,
    min_customers: Annotated[
        int, typer.Option("--min-customers", min=0, help="Customers before an issue is filed.")
    ] = 3,
    review_command: Annotated[
        str | None,
        typer.Option(
            "--review-command",
            metavar="CMD",
            help="Plays the support lead: a question a line in, an answer a line out.",
        ),
    ] = None,
    review_budget: Annotated[
        int, typer.Option("--review-budget", min=0, help="Questions it is asked at most.")
    ] = 0,
    releases: Annotated[
        Path | None,
        typer.Option(
            "--releases",
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="JSONL: what ships when, and which issues it fixes.",
        ),
    ] = None,
    assignments: Annotated[
        Path | None,
        typer.Option(
            "--assignments",
            exists=True,
            dir_okay=False,
            metavar="FILE",
            help="JSONL: the issue of each contact, in place of the finder.",
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge replay last-quarter.jsonl.gz --directory customers.jsonl --out answers

    What would the bridge have done on these contacts? The real steps run on a scratch database
    with a simulated clock; nothing outside is touched. Writes assignments.jsonl, tickets.jsonl,
    events.jsonl and summary.json.
    """
    start_logging()
    options = ReplayOptions(
        contacts=contacts,
        out=out,
        directory=directory,
        min_contacts=min_contacts,
        min_customers=min_customers,
        review_command=review_command,
        review_budget=review_budget,
        releases=releases,
        assignments=assignments,
    )
    summary = run_replay(options, read_settings(data_dir), say=say)
    say(f"written to {out}")
    if as_json:
        emit(summary)
    else:
        show_facts({name: value for name, value in summary.items() if name != "settings"})
