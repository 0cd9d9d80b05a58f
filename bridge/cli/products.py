"""`bridge product`: add and list products."""

from typing import Annotated

import typer

from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import emit, say, show_table
from bridge.domain.products import Product

app = new_app()


@app.callback()
def products() -> None:
    """Add and list products: each has its own contacts, issues, people and connections."""


@app.command(short_help="Add a product.")
def add(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Short name: a-z, 0-9 and -.")],
    name: Annotated[str | None, typer.Option("--name", help="Name for people.")] = None,
    region: Annotated[
        str, typer.Option("--region", help="Country of phone numbers without a prefix.")
    ] = "US",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge product add shop --name "The shop" --region DE

    Add a product.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        product = store.products.add(slug, name or slug, region=region)
    say(f"product {product.slug} is there: contacts name it with --product {product.slug}")
    if as_json:
        emit(_as_dict(product))


@app.command("list", short_help="List the products.")
def list_products(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """\b
    Example:
      bridge product list --json

    List the products; `default` exists from the start. The shifts tell what the answers of their
    people have taught: log-odds between -1 and 1, above 0 puts more together.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        products = store.products.all()
    if as_json:
        emit([_as_dict(product) for product in products])
        return
    columns = (
        *("slug", "name", "region", "min_contacts", "min_customers", "filing_auto"),
        *("same_shift", "join_shift"),
    )
    show_table(columns, ([_as_dict(one)[column] for column in columns] for one in products))


def _as_dict(product: Product) -> dict[str, object]:
    return {
        "slug": product.slug,
        "name": product.name,
        "region": product.region,
        "min_contacts": product.min_contacts,
        "min_customers": product.min_customers,
        "filing_auto": product.filing_auto,
        "same_shift": round(product.same_shift, 3),
        "join_shift": round(product.join_shift, 3),
    }
