"""`bridge workarounds`: the same answers as the API."""

from typing import Annotated, Literal

import typer

from bridge.api import task_schemas, workaround_schemas
from bridge.cli.issues import issue_id_of
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, say, show_facts, show_table
from bridge.domain.products import DEFAULT_PRODUCT

app = new_app()


@app.callback()
def workarounds() -> None:
    """List and show workarounds, and say what happens to their copies outside."""


@app.command("list", short_help="List workarounds, retired ones too.")
def list_workarounds(
    issue: Annotated[str | None, typer.Option("--issue", help="Of this issue only.")] = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge workarounds list --issue ISS-42

    List what support may tell customers until a fix ships, with what was retired and why.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        issue_id = issue_id_of(issue, home.id, store) if issue else None
        found = store.workarounds.all(home.id, issue_id=issue_id)
        now = application.context.now()
        shown = workaround_schemas.workarounds(found, home.id, store=store, now=now)
    if as_json:
        emit({"items": [one.model_dump(mode="json") for one in shown], "next": None})
        return
    show_table(
        ("id", "issue", "state", "audience", "uses", "text", "reason"),
        (
            (one.id, one.issue, one.state, one.audience, one.use_count, one.text, one.reason)
            for one in shown
        ),
    )


@app.command("show", short_help="Show one workaround and where it lives outside.")
def show(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="Its id in the list.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge workarounds show 7

    Show all of one workaround, and each macro, article or link that holds it.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.workarounds.get(home.id, number)
        now = application.context.now()
        (shown,) = workaround_schemas.workarounds([found], home.id, store=store, now=now)
        copies = [task_schemas.copy(one) for one in store.copies.of([found.id])]
    facts = shown.model_dump(mode="json", exclude={"use"})
    if as_json:
        emit(facts | {"copies": [one.model_dump(mode="json") for one in copies]})
        return
    show_facts(facts | {"evidence": shown.evidence.words})
    show_table(
        ("copy", "kind", "live", "wanted", "outcome", "address"),
        ((one.id, one.kind, one.is_live, one.wants_live, one.outcome, one.url) for one in copies),
    )


@app.command(short_help="Say whether copies outside are switched by themselves.")
def external(
    policy: Annotated[Literal["propose", "auto"], typer.Argument(help="What is done.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge workarounds external auto --product shop

    When a workaround ends or comes back: propose to switch its macros and articles, for a lead to
    say yes (as it is from the start), or switch them at once.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        store.products.configure(home.id, copies_auto=policy == "auto")
    say(f"copies of workarounds of {home.slug}: {policy}")
