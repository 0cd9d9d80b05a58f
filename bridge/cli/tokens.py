"""`bridge token`: API tokens, whose secrets are shown once."""

from typing import Annotated

import typer

from bridge.cli.opening import Begins, opened, read_settings, typed
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import emit, say, show_table, write
from bridge.domain.contacts import ProductId
from bridge.domain.people import Role
from bridge.domain.products import DEFAULT_PRODUCT

app = new_app()
EVERY_PRODUCT = "*"


@app.callback()
def tokens() -> None:
    """Create, list and revoke API tokens."""


@app.command(short_help="Create a token and show its secret once.")
def create(  # noqa: PLR0913 - one parameter an option
    role: Annotated[Role, typer.Option("--role", help="What the token may do.")],
    user: Annotated[
        str | None, typer.Option("--user", metavar="EMAIL", help="Person it belongs to.")
    ] = None,
    product: Annotated[
        str, typer.Option("--product", metavar="P", help='Its product; "*" means every product.')
    ] = DEFAULT_PRODUCT,
    name: Annotated[str, typer.Option("--name", metavar="N", help="What it is for.")] = "cli",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge token create --role agent --name helpdesk --product default

    Create a token. Its secret is the only line on standard output and is never shown again. With
    --user the person gets the role in the product, unless they have one there already.
    """
    settings = read_settings(data_dir)
    with opened(settings, begins=Begins.WHERE_TOLD) as application, application.open() as store:
        products = [one for one in store.products.all() if product in (EVERY_PRODUCT, one.slug)]
        if not products:
            store.products.by_slug(product)
        person = store.people.known(user) if user else None
        if person is not None:
            for one in products:
                if store.people.role_of(person.id, one.id) is None:
                    store.people.add_member(person.id, one.id, role)
        secret = store.people.create_token(
            role,
            None if product == EVERY_PRODUCT else products[0].id,
            name=typed(name) or "cli",
            user_id=person.id if person else None,
        )
    say("keep it safe: it is not shown again")
    if as_json:
        emit({"token": secret, "role": role, "product": product, "name": name, "user": user})
    else:
        write(secret)


@app.command("list", short_help="List tokens without their secrets.")
def list_tokens(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """\b
    Example:
      bridge token list

    List every token, without its secret.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        slugs: dict[ProductId | None, str] = {one.id: one.slug for one in store.products.all()}
        found = [
            {
                "id": token.id,
                "prefix": token.prefix,
                "name": token.name,
                "role": token.role.value,
                "product": slugs.get(token.product_id, EVERY_PRODUCT),
                "user": token.user_email,
                "last_used_at": token.last_used_at and token.last_used_at.isoformat(),
                "revoked_at": token.revoked_at and token.revoked_at.isoformat(),
            }
            for token in store.people.tokens()
        ]
    if as_json:
        emit(found)
        return
    columns = ("id", "prefix", "name", "role", "product", "user", "last_used_at", "revoked_at")
    show_table(columns, ([token[column] for column in columns] for token in found))


@app.command(short_help="Make a token worthless.")
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="The id that `list` shows.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge token revoke 3

    Make a token worthless from now on.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        store.people.revoke_token(token_id, now=application.context.now())
    say(f"token {token_id} is revoked")
    if as_json:
        emit({"id": token_id, "revoked": True})
