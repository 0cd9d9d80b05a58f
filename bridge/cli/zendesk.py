"""`bridge zendesk`: connect the help desk that holds macros and articles."""

from typing import Annotated

import typer

from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import Exit, emit, say, show_table
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.wiring.zendesk import ZendeskGiven, connect_zendesk

app = new_app()


@app.callback()
def zendesk() -> None:
    """Connect a Zendesk account, for its macros and articles."""


@app.command(short_help="Connect a Zendesk account and test it step by step.")
def connect(  # noqa: PLR0913 - one parameter an option
    url: Annotated[str, typer.Option("--url", help="Address of the account.")],
    email: Annotated[str, typer.Option("--email", help="Address of an agent or admin.")],
    token: Annotated[
        str, typer.Option("--token", envvar="BRIDGE_ZENDESK_TOKEN", help="Their API token.")
    ],
    product: ProductName = DEFAULT_PRODUCT,
    *,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Allow an address inside this network.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      BRIDGE_ZENDESK_TOKEN=... bridge zendesk connect --url https://acme.zendesk.com \\
        --email bot@acme.example

    Test the connection in named steps and keep it when all pass. Connecting again replaces the
    credentials. Exit code 1 when a step fails.
    """
    given = ZendeskGiven(url, email, token, allow_private)
    with opened(read_settings(data_dir)) as application:
        with application.open() as store:
            home = store.products.by_slug(product)
        steps = connect_zendesk(given, home, context=application.context)
    if as_json:
        emit({"steps": [{"name": one.name, "ok": one.ok, "fix": one.fix} for one in steps]})
    else:
        show_table(("step", "ok", "advice"), ((one.name, one.ok, one.fix) for one in steps))
    if not all(step.ok for step in steps):
        say("not connected: mend the first step that failed and try again")
        raise typer.Exit(Exit.FAILED)
    say(f"connected: macros and articles may hold workarounds of product {home.slug}")
