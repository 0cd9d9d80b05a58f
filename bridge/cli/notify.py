"""`bridge notify`: channels beside the inbox, and messages that need a person."""

from collections.abc import Sequence
from typing import Annotated

import typer

from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import Exit, emit, say, show_table, write
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.ports import CheckStep
from bridge.steps.notify import enable_channel, retry_message
from bridge.wiring.channels import (
    KINDS,
    ChannelGiven,
    channel_named,
    connect_channel,
    endpoint,
    new_secret,
    slack_app,
    slack_webhook,
    try_connection,
)

app = new_app()
connect_app = new_app()
app.add_typer(connect_app, name="connect")

Private = Annotated[
    bool, typer.Option("--allow-private", help="Allow an address inside this network.")
]


@app.callback()
def notify() -> None:
    """Channels beside the inbox, and messages that need a person."""


@connect_app.callback()
def connect() -> None:
    """\b
    Example:
      bridge notify connect webhook --url https://example.com/hooks --name crm

    Connect Slack or an endpoint for events.
    """


@connect_app.command("slack")
def connect_slack(  # noqa: PLR0913 - one parameter an option
    token: Annotated[
        str | None,
        typer.Option("--token", envvar="BRIDGE_SLACK_TOKEN", help="Bot token of a Slack app."),
    ] = None,
    signing_secret: Annotated[
        str | None,
        typer.Option(
            "--signing-secret",
            envvar="BRIDGE_SLACK_SIGNING_SECRET",
            help="Of the app: messages to people get a button that says that they were read.",
        ),
    ] = None,
    webhook: Annotated[
        str | None,
        typer.Option("--webhook", envvar="BRIDGE_SLACK_WEBHOOK", help="An incoming webhook."),
    ] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Id of a channel of the product.")
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Write to people too, found by e-mail address.")
    ] = False,
    api_url: Annotated[
        str | None, typer.Option("--api-url", help="Another address of the Web API.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="What it is called here.")] = "slack",
    product: ProductName = DEFAULT_PRODUCT,
    allow_private: Private = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      BRIDGE_SLACK_TOKEN=xoxb-... bridge notify connect slack --channel C0123 --direct

    Try Slack in named steps and keep it when all pass. Give a token, or an incoming webhook.
    """
    if (token is None) == (webhook is None):
        say("give --token or --webhook, one of the two")
        raise typer.Exit(Exit.USAGE)
    if webhook is not None:
        given = slack_webhook(webhook, name=name, allow_private=allow_private)
    else:
        given = slack_app(
            token or "",
            channel=channel,
            direct=direct,
            signing_secret=signing_secret,
            name=name,
            api_url=api_url,
            allow_private=allow_private,
        )
    _connect(given, product, data_dir, as_json=as_json)


@connect_app.command("webhook")
def connect_webhook(  # noqa: PLR0913 - one parameter an option
    url: Annotated[str, typer.Option("--url", help="Where events are posted to.")],
    name: Annotated[str, typer.Option("--name", help="What it is called here.")],
    events: Annotated[
        list[str] | None,
        typer.Option("--event", help="Only this event; repeat it for several [default: all]."),
    ] = None,
    secret: Annotated[
        str | None,
        typer.Option(
            "--secret", envvar="BRIDGE_WEBHOOK_SECRET", help="whsec_...; made when left out."
        ),
    ] = None,
    product: ProductName = DEFAULT_PRODUCT,
    allow_private: Private = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge notify connect webhook --url https://example.com/hooks --name crm

    Post a signed test event and keep the endpoint when it is taken. The secret is the only line on
    standard output and is never shown again.
    """
    given = endpoint(
        url, name=name, events=events or [], secret=secret, allow_private=allow_private
    )
    _connect(given, product, data_dir, as_json=as_json)
    if not as_json:
        write(given.secret)


def _connect(given: ChannelGiven, product: str, data_dir: DataDir, *, as_json: bool) -> None:
    settings = read_settings(data_dir)
    with opened(settings) as application:
        with application.open() as store:
            home = store.products.by_slug(product)
        steps, saved = connect_channel(given, home, context=application.context)
    _report(steps, as_json=as_json, secret=given.secret if saved else "")
    if saved is None:
        say("not connected: mend the first step that failed and try again")
        raise typer.Exit(Exit.FAILED)
    say(f"connected as {saved.name}")
    if given.sealed.get("signing_secret"):
        address = f"{settings.public_url.rstrip('/')}/webhooks/slack/{saved.id}/actions"
        say(f"set this as the Interactivity Request URL of the Slack app: {address}")


@app.command("list")
def list_channels(
    product: ProductName = DEFAULT_PRODUCT, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """\b
    Example:
      bridge notify list --json

    The product's channels, with what is wrong with them.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.connections.of_kind(home.id, *KINDS)
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "kind": one.integration,
            "disabled": one.disabled_at is not None,
            "trouble": one.trouble,
        }
        for one in found
    ]
    if as_json:
        emit({"items": rows})
    else:
        show_table(
            ("id", "name", "kind", "disabled", "trouble"), (list(row.values()) for row in rows)
        )


@app.command("test")
def try_channel(
    name: Annotated[str, typer.Argument(help="Name or id of the channel.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge notify test crm

    Send a test message. Exit code 1 when a step fails.
    """
    with opened(read_settings(data_dir)) as application:
        with application.open() as store:
            home = store.products.by_slug(product)
        found = channel_named(name, home, context=application.context)
        steps = try_connection(found, context=application.context)
    _report(steps, as_json=as_json)
    if not all(step.ok for step in steps):
        raise typer.Exit(Exit.FAILED)


@app.command()
def enable(
    name: Annotated[str, typer.Argument(help="Name or id of the channel.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge notify enable crm

    Send to a disabled channel again, and what failed there meanwhile too.
    """
    with opened(read_settings(data_dir)) as application:
        with application.open() as store:
            home = store.products.by_slug(product)
        found = channel_named(name, home, context=application.context)
        with application.open() as store:
            count = enable_channel(found, store=store, now=application.context.now())
    say(f"{found.name} is enabled; {count} messages are sent again")


@app.command()
def rotate(
    name: Annotated[str, typer.Argument(help="Name or id of the endpoint.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge notify rotate crm

    Give an endpoint a new secret, shown once. The one before signs beside it until the next
    rotation.
    """
    with opened(read_settings(data_dir)) as application:
        with application.open() as store:
            home = store.products.by_slug(product)
        found = channel_named(name, home, context=application.context)
        with application.open() as store:
            secret = new_secret(found, store=store, secrets=application.context.secrets)
    say("keep it safe: it is not shown again")
    write(secret)


@app.command()
def retry(
    message_id: Annotated[int, typer.Argument(help="Number of the message, as doctor tells it.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge notify retry 17

    Send a message again that failed or may be lost, as the same message.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        one = store.messages.get(home.id, message_id)
        retry_message(one, store=store, now=application.context.now())
    say("it is sent again")


def _report(steps: Sequence[CheckStep], *, as_json: bool, secret: str = "") -> None:
    if as_json:
        shown = [{"name": one.name, "ok": one.ok, "fix": one.fix} for one in steps]
        emit({"steps": shown} | ({"secret": secret} if secret else {}))
    else:
        show_table(("step", "ok", "advice"), ((one.name, one.ok, one.fix) for one in steps))
