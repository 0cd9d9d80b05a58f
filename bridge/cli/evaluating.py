"""`bridge evaluate`: scores of the issue finder on labelled contacts."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.opening import read_settings, start_logging
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import emit, say, show_table
from bridge.cli.watching import Watcher
from bridge.discover import Scores
from bridge.discover import evaluate as evaluate_file

app = new_app()


@app.command()
def evaluate(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="FILE...",
            help="CSV or JSONL with text and label, at will oos; also .gz.",
        ),
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge evaluate labelled.jsonl.gz --json

    How well does the issue finder do on contacts whose issue is known? Needs no database. AMI and
    B-cubed F1 are on the contacts in scope; contacts with `oos` true should be left alone.
    """
    start_logging()
    settings = read_settings(data_dir)
    scores: dict[str, Scores] = {}
    for file in files:
        with Watcher(file.name) as watcher:
            scores[str(file)] = evaluate_file(file, settings, say=say, watch=watcher.hear)
    if as_json:
        emit({name: asdict(one) for name, one in scores.items()})
        return
    columns = ("n", "labels", "issues", "ami", "bcubed_f1", "oos_left_alone")
    show_table(
        ("file", *columns),
        ([name, *(asdict(one)[column] for column in columns)] for name, one in scores.items()),
    )
