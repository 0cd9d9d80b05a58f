"""`bridge ship log` and `bridge ship retry`: what came, and what it led to."""

from typing import Annotated

import typer

from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName
from bridge.cli.output import emit, say, show_table
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.signals import retry
from bridge.store.deliveries import DeliveryState
from bridge.wiring.signals import signal_connections


def show_log(
    states: Annotated[
        list[DeliveryState] | None, typer.Option("--state", help="Only these; repeat it.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200)] = 20,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge ship log --state unmapped

    Newest first; they are kept for 14 days.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home, context = store.products.by_slug(product), application.context
        found = signal_connections(home, store=store, context=context)
        names = {one.id: one.name for one in found}
        items = store.deliveries.log(list(names), states or (), limit=limit)
    rows = [
        {
            "id": one.id,
            "connection": names[one.connection_id],
            "received_at": one.received_at.isoformat(),
            "state": one.state.value,
            "told": one.told or "",
            "reason": one.reason or "",
        }
        for one in items
    ]
    if as_json:
        emit({"items": rows})
    else:
        columns = ("id", "connection", "received_at", "state", "told", "reason")
        show_table(columns, (list(row.values()) for row in rows))


def read_again(
    delivery: Annotated[int, typer.Argument(metavar="ID", help="As `bridge ship log` tells.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge ship retry 17

    Read one again that led to nothing so far.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        retry(store.deliveries.get(home.id, delivery), store=store)
    say("it is read again")
