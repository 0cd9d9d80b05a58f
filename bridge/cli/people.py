"""`bridge people`: who uses the bridge; links to sign in are shown once."""

from typing import Annotated

import typer

from bridge.api.people import invited_out, person_out
from bridge.cli.issues import operator
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, say, show_table, write
from bridge.domain.errors import NotFound
from bridge.domain.people import Role
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps import people as steps

app = new_app()
_MOST = 10_000

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their address.")]


@app.callback()
def people() -> None:
    """Invite, list and remove people."""


@app.command(short_help="Invite somebody, or give a new link to sign in.")
def invite(  # noqa: PLR0913 - one parameter an option
    email: Email,
    role: Annotated[Role, typer.Option("--role", help="What they may do.")],
    name: Annotated[str, typer.Option("--name", help="How they are called.")] = "",
    change: Annotated[
        bool, typer.Option("--change", help="Give somebody who is known another role or name.")
    ] = False,
    products: Annotated[
        list[str] | None,
        typer.Option("--product", metavar="P", help="Repeat it for several [default: default]."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge people invite kim@example.org --role agent --name "Kim Lee"

    Give somebody a role. The link that signs them in is the only line on standard output, works
    once and is never shown again; where there is a mail server they get one by mail too. Again
    gives a new link; the role or name of somebody who is known is changed with --change only.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        homes = [store.products.by_slug(one) for one in products or [DEFAULT_PRODUCT]]
        try:
            done = steps.invite(
                steps.Invitation(email, role, homes, name, change),
                sees_all_products=True,
                store=store,
                context=application.context,
                cause=operator(homes[0]),
            )
        except steps.KnownOtherwise as error:
            raise steps.KnownOtherwise(f"{error}: add --change if it should") from error
    say(f"{done.user.email} is invited as {role.value}")
    say("a mail with a link is on its way" if done.is_mailed else "give them this link:")
    if as_json:
        emit(invited_out(done).model_dump(mode="json"))
    else:
        write(done.link or "")


@app.command("list", short_help="Show who has which role.")
def list_people(
    product: ProductName = DEFAULT_PRODUCT, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """\b
    Example:
      bridge people list --json

    Show whoever has a role in the product.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = [person_out(one) for one in store.members.page(home.id, limit=_MOST)]
    if as_json:
        emit({"items": [one.model_dump(mode="json") for one in found]})
        return
    show_table(
        ("email", "name", "role", "signed in"),
        ((one.email, one.name, one.role.value, one.is_signed_in) for one in found),
    )


@app.command(short_help="Let somebody go.")
def remove(
    email: Email,
    products: Annotated[
        list[str] | None,
        typer.Option("--product", metavar="P", help="Only from this one [default: from all]."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge people remove kim@example.org

    No sign-in, no token, no notice and no mail any more. What they did stays in the history.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        user = store.people.by_email(email)
        theirs = store.members.products_of(user.id) if user else set()
        homes = [one for one in store.products.all() if one.id in theirs]
        if products:
            homes = [store.products.by_slug(one) for one in products]
        if user is None or not homes:
            raise NotFound(f"nobody here has the address {email[:80]}")
        for home in homes:
            steps.remove(user, home, store=store, cause=operator(home))
    say(f"{user.email} is removed from {', '.join(one.slug for one in homes)}")
    if as_json:
        emit({"email": user.email, "removed_from": [one.slug for one in homes]})
