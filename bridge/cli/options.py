"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="BRIDGE_DATA_DIR",
        metavar="DIR",
        help="Folder of the embedded database, the encoder and the key [default: bridge-data].",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON on standard output.")]
ProductName = Annotated[
    str, typer.Option("--product", metavar="P", help="Short name of the product.")
]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
]


def new_app(*, with_completion: bool = False) -> typer.Typer:
    """An app whose help is plain text and answers to -h too."""
    return typer.Typer(
        add_completion=with_completion,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def named_values(given: list[str]) -> dict[str, str]:
    """Repeated NAME=VALUE; the value may hold further equals signs, and may be empty."""
    values: dict[str, str] = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"say NAME=VALUE, such as Severity=Major, not {one[:40]!r}")
        values[name.strip()] = value.strip()
    return values
