"""`bridge ship`: who tells what is out, what their names mean here, and what came of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import typer

from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, say, show_table, write
from bridge.cli.ship_log import read_again, show_log
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.domain.signals import DEFAULT_ENVIRONMENTS, Counts, Rule, SignalMap
from bridge.steps.signals import map_of, set_map
from bridge.store.deliveries import DeliveryState
from bridge.wiring.signals import (
    SignalGiven,
    address_of,
    connect_signals,
    finish_rotation,
    rotate,
    secrets_of,
    signal_connection,
    signal_connections,
)

app = new_app()

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the connection.")]
Environments = Annotated[
    list[str] | None,
    typer.Option("--environment", help="Where customers are; repeat it. {region} may stand in it."),
]
Regions = Annotated[
    list[str] | None,
    typer.Option("--region", help="All regions there are, one each; everybody has it after all."),
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", help="How tags hold the {version}, such as app-v{version}; repeat it."),
]
Component = Annotated[str, typer.Option("--component", help="Component that it is here.")]
CountsOption = Annotated[
    Counts | None, typer.Option("--counts", help="Which signals count [default: both].")
]
Secret = Annotated[
    str,
    typer.Option(
        "--secret", envvar="BRIDGE_SIGNAL_SECRET", help="The sender's own; made when left out."
    ),
]


@app.callback()
def ship() -> None:
    """Let other systems tell which versions customers have."""


@app.command(short_help="Let a system tell what is out.")
def connect(  # noqa: PLR0913 - one parameter an option
    kind: Annotated[str, typer.Argument(metavar="KIND", help="github, gitlab or cdevents.")],
    sources: Annotated[
        list[str],
        typer.Option("--source", help="Repository or service; repeat it. * may be in it."),
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="What it is called here [default: the kind].")
    ] = None,
    component: Component = "",
    tags: Tags = None,
    environments: Environments = None,
    regions: Regions = None,
    counts: CountsOption = None,
    secret: Secret = "",
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge ship connect github --source acme/shop

    Make the address for its webhook, and the secret, which is the only line on standard output and
    is never shown again.
    """
    mapping = SignalMap(
        rules=tuple(Rule(one, component, tuple(tags or ())) for one in sources),
        environments=tuple(environments or DEFAULT_ENVIRONMENTS),
        regions=tuple(regions or ()),
        counts=counts or Counts.BOTH,
    )
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home, context = store.products.by_slug(product), application.context
        given = SignalGiven(kind, name or kind, mapping, secret)
        saved, made = connect_signals(given, home, store=store, context=context)
        address = address_of(saved, context.settings)
    if as_json:
        emit({"id": saved.id, "name": saved.name, "address": address, "secret": made})
        return
    say(f"{saved.name} delivers to {address}")
    say("keep the secret safe: it is not shown again")
    write(made)


@app.command("list", short_help="List who tells what is out.")
def list_connections(
    product: ProductName = DEFAULT_PRODUCT, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """\b
    Example:
      bridge ship list --json

    The connections, with what their names mean here and how many deliveries are not covered.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        context = application.context
        found = signal_connections(store.products.by_slug(product), store=store, context=context)
        rows = []
        for one in found:
            mapping, counts = map_of(one), store.deliveries.counts(one.id)
            refused_at = store.deliveries.refused_at(one.id)
            rows.append(
                {
                    "id": one.id,
                    "name": one.name,
                    "kind": one.integration,
                    "address": address_of(one, context.settings),
                    "sources": ", ".join(rule.source for rule in mapping.rules),
                    "environments": ", ".join(mapping.environments),
                    "counts": mapping.counts.value,
                    "unmapped": counts.get(DeliveryState.UNMAPPED, 0),
                    "failed": counts.get(DeliveryState.FAILED, 0),
                    "secrets": len(secrets_of(one, context.secrets)),
                    "refused_at": refused_at.isoformat() if refused_at else None,
                }
            )
    if as_json:
        emit({"items": rows})
        return
    columns = ("id", "name", "kind", "sources", "environments", "counts", "unmapped", "failed")
    show_table(columns, ([row[column] for column in columns] for row in rows))


@app.command("map", short_help="Say what a repository or service is here.")
def map_source(  # noqa: PLR0913 - one parameter an option
    name: Name,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="As the sender names it.")],
    component: Component = "",
    tags: Tags = None,
    other: Annotated[
        str, typer.Option("--for", metavar="P", help="Another product that it belongs to.")
    ] = "",
    ignore: Annotated[bool, typer.Option("--ignore", help="It is of no interest.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the rule away.")] = False,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge ship map github acme/mono --component app --tag "app-v{version}"

    What the mapping did not cover so far is read again.
    """
    rule = Rule(source, component, tuple(tags or ()), other, ignore)

    def change(given: SignalMap) -> SignalMap:
        return given.without_rule(source, component) if remove else given.with_rule(rule)

    _change(name, change, product, data_dir)


@app.command("set", short_help="Say where customers are, and which signals count.")
def set_up(  # noqa: PLR0913 - one parameter an option
    name: Name,
    environments: Environments = None,
    regions: Regions = None,
    counts: CountsOption = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge ship set github --environment "production-{region}" --region eu --region us

    Change what is given, keep the rest. An empty region takes all regions back.
    """

    def change(given: SignalMap) -> SignalMap:
        if environments:
            given = replace(given, environments=tuple(environments))
        if regions:
            given = replace(given, regions=tuple(one for one in regions if one))
        return replace(given, counts=counts) if counts else given

    _change(name, change, product, data_dir)


def _change(
    name: str, change: Callable[[SignalMap], SignalMap], product: str, data_dir: DataDir
) -> None:
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home, context = store.products.by_slug(product), application.context
        found = signal_connection(name, home, store=store, context=context)
        count = set_map(found, change(map_of(found)), store=store)
    again = f"; {count} deliveries are read again" if count else ""
    say(f"{found.name} is changed{again}")


@app.command("rotate", short_help="Give a connection a new secret.")
def rotate_secret(
    name: Name,
    secret: Secret = "",
    finish: Annotated[
        bool, typer.Option("--finish", help="The one before is not good any more.")
    ] = False,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge ship rotate github

    Make a new secret, shown once. The one before is good beside it until --finish.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home, context = store.products.by_slug(product), application.context
        found = signal_connection(name, home, store=store, context=context)
        if finish:
            finish_rotation(found, store=store, secrets=context.secrets)
            say("only the newest secret is good from now on")
            return
        made = rotate(found, secret, store=store, secrets=context.secrets)
    say("keep it safe: it is not shown again")
    write(made)


@app.command(short_help="Hear a system no more.")
def disconnect(
    name: Name, product: ProductName = DEFAULT_PRODUCT, data_dir: DataDir = None
) -> None:
    """\b
    Example:
      bridge ship disconnect github

    Forget the connection with its log; what it has told stays.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = signal_connection(name, home, store=store, context=application.context)
        store.connections.forget(found.id)
    say(f"{found.name} is forgotten")


app.command("log", short_help="Show what came and what it led to.")(show_log)
app.command("retry", short_help="Read a delivery again.")(read_again)
