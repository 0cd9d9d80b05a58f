"""`bridge product`: add and list products, and what was learned about them."""

from typing import Annotated

import typer

from bridge.cli.issues import operator
from bridge.cli.opening import Begins, opened, read_settings, typed
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import emit, say, show_table
from bridge.domain.errors import NotFound
from bridge.domain.products import OnRegression, Product, ShipRule
from bridge.steps.ship_rule import set_ship_rule

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
    settings = read_settings(data_dir)
    with opened(settings, begins=Begins.WHERE_TOLD) as application, application.open() as store:
        product = store.products.add(slug, typed(name) or slug, region=region)
    say(f"product {product.slug} is there: contacts name it with --product {product.slug}")
    if as_json:
        emit(_as_dict(product))


@app.command("set", short_help="Change what is told of a product.")
def set_product(  # noqa: PLR0913 - one option for each of its rules
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="The product.")] = "default",
    name: Annotated[str | None, typer.Option("--name", help="Name for people.")] = None,
    min_contacts: Annotated[
        int | None, typer.Option("--min-contacts", min=1, help="A candidate shown has so many.")
    ] = None,
    min_customers: Annotated[
        int | None, typer.Option("--min-customers", min=1, help="By so many customers.")
    ] = None,
    filing_auto: Annotated[
        bool | None,
        typer.Option("--filing-auto/--no-filing-auto", help="File candidates without a person."),
    ] = None,
    on_regression: Annotated[
        OnRegression | None,
        typer.Option("--on-regression", help="What the tracker gets when a fix does not hold."),
    ] = None,
    full_percent: Annotated[
        int | None,
        typer.Option("--full-percent", min=1, max=100, help="A roll-out this far has shipped."),
    ] = None,
    ship_rule: Annotated[
        ShipRule | None, typer.Option("--ship-rule", help="What counts as shipped.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge product set shop --on-regression new_ticket --full-percent 95

    Change what is given, keep the rest.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        product = store.products.configure(
            store.products.by_slug(slug).id,
            name=typed(name),
            min_contacts=min_contacts,
            min_customers=min_customers,
            filing_auto=filing_auto,
            on_regression=on_regression,
            full_percent=full_percent,
        )
        if ship_rule is not None:
            product = set_ship_rule(product, ship_rule, store=store, cause=operator(product))
    say(f"product {product.slug} is changed")
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


@app.command("templates", short_help="List the lines that are left out of contacts.")
def list_templates(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="The product.")] = "default",
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="LINE", help="This line states something: leave it in."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge product templates shop
      bridge product templates shop --keep "I am writing about my order"

    List the lines that many unrelated contacts share; they are left out of new contacts.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        product = store.products.by_slug(slug)
        if keep is not None and not store.templates.keep(product.id, keep):
            raise NotFound(f"no template of {slug} reads: {keep}")
        rows = [
            {"line": one.words, "kept": one.is_kept, "found_at": one.found_at.isoformat()}
            for one in store.templates.all(product.id)
        ]
    if keep is not None:
        say("it is left in from now on, within ten minutes everywhere")
    if as_json:
        emit(rows)
        return
    columns = ("line", "kept", "found_at")
    show_table(columns, ([one[column] for column in columns] for one in rows))


def _as_dict(product: Product) -> dict[str, object]:
    return {
        "slug": product.slug,
        "name": product.name,
        "region": product.region,
        "min_contacts": product.min_contacts,
        "min_customers": product.min_customers,
        "filing_auto": product.filing_auto,
        "on_regression": product.on_regression.value,
        "full_percent": product.full_percent,
        "ship_rule": product.ship_rule.value,
        "same_shift": round(product.same_shift, 3),
        "join_shift": round(product.join_shift, 3),
    }
