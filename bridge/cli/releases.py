"""`bridge releases`: the same answers as the API."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bridge.api import present
from bridge.api.paging import Wanted, page_of
from bridge.api.schemas import NotShippedOut, ReleasePage, ShippedOut, WithdrawnOut
from bridge.cli.issues import issue_id_of, operator
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, say, show_table
from bridge.domain.errors import NotFound
from bridge.domain.moments import passed, rfc3339
from bridge.domain.news import ShipEvent, ShipKind
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.report_lines import counted
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.withdraw import withdraw

releases_app = new_app()


@releases_app.callback()
def releases() -> None:
    """List and tell which version customers can get."""


@releases_app.command("list", short_help="List releases, newest first.")
def list_releases(
    limit: Annotated[int, typer.Option("--limit", min=1, max=200)] = 50,
    cursor: Annotated[str | None, typer.Option("--cursor", help="`next` of the page before.")] = (
        None
    ),
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge releases list

    List the versions that customers can get, and those that were taken back.
    """
    page = Wanted(limit, cursor)
    before = page.after()
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.fixes.releases(home.id, limit=limit + 1, before=before)
    items, after = page_of(found, page, lambda one: (one.id,))
    shown = [present.release(one) for one in items]
    if as_json:
        emit(ReleasePage(items=shown, next=after).model_dump(mode="json"))
        return
    show_table(
        ("id", "version", "component", "customers", "since", "state"),
        (
            (
                *(one.id, one.version, one.component, f"{one.percent} %"),
                *(rfc3339(one.shipped_at), "taken back" if one.is_withdrawn else "out"),
            )
            for one in shown
        ),
    )


@releases_app.command("add", short_help="Say that a version has reached customers.")
def add_release(  # noqa: PLR0913 - one parameter an option
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as 4.2.")],
    component: Annotated[str, typer.Option("--component")] = "",
    shipped_at: Annotated[
        str | None, typer.Option("--shipped-at", help="ISO 8601 with its zone [default: now].")
    ] = None,
    percent: Annotated[
        int, typer.Option("--percent", min=1, max=100, help="Share of customers who have it.")
    ] = 100,
    issue: Annotated[
        list[str] | None, typer.Option("--issue", help="Issue it fixes; repeat for several.")
    ] = None,
    insist: Annotated[
        bool,
        typer.Option("--insist", help="It fixes them, whatever customers who have it wrote."),
    ] = False,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge releases add 4.2 --issue ISS-42

    Say that customers can get a version. Ships the named issues and every resolved one whose
    ticket has a fix version of that name: agents are told, workarounds retire. Where customers who
    have the version wrote about a named issue, nothing is done unless you insist.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        now = application.context.now()
        told = _moment(shipped_at) if shipped_at else now
        moment = passed(told, now=now, pointer="/shipped_at")
        home = store.products.by_slug(product)
        news = ReleaseNews(
            version=version.strip(),
            shipped_at=moment,
            component=component.strip(),
            percent=percent,
            issue_ids=tuple(issue_id_of(one, home.id, store) for one in issue or ()),
            insists=insist,
        )
        cause = operator(home, f"version {news.version} was released")
        done = ship(news, home, store=store, context=application.context, cause=cause)
    answer = ShippedOut(
        **present.release(done.release).model_dump(),
        shipped=[one.name for one in done.shipped],
        not_shipped=[NotShippedOut(issue=one.name, reason=why) for one, why in done.not_shipped],
    )
    if as_json:
        emit(answer.model_dump(mode="json"))
        return
    say(f"version {answer.version} ships {counted(len(done.shipped) - len(done.known), 'issue')}")
    known = {one.name for one in done.known}
    rows = [(name, "known already" if name in known else "shipped", "") for name in answer.shipped]
    rows += [(one.issue, "not shipped", one.reason) for one in answer.not_shipped]
    show_table(("issue", "result", "reason"), rows)


@releases_app.command("withdraw", short_help="Say that a version was taken back.")
def withdraw_release(  # noqa: PLR0913 - one parameter an option
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Such as 4.2.")],
    component: Annotated[str, typer.Option("--component")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, for people.")] = "",
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge releases withdraw 4.2 --reason "it lost settings"

    Say that customers cannot get a version any more. Issues that no other release fixes step down,
    their workarounds come back, and whoever was told of the fix is told once that it is not so.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        known = store.fixes.find(home.id, version.strip(), component=component.strip(), lock=True)
        if known is None:
            raise NotFound(f"no release of {product} is called {version.strip()[:80]!r}")
        cause = operator(home, reason.strip() or f"version {known.version} was taken back")
        told = ShipEvent(id="", source=cause.origin, kind=ShipKind.ROLLED_BACK, at=cause.at)
        done = withdraw(known, told, home, store=store, context=application.context, cause=cause)
    answer = WithdrawnOut(
        **present.release(done.release).model_dump(),
        stepped_down=[one.name for one in done.stepped_down],
        still_fixed=[one.name for one in done.kept],
    )
    if as_json:
        emit(answer.model_dump(mode="json"))
        return
    say(f"version {answer.version} is taken back")
    rows = [(name, "not fixed any more") for name in answer.stepped_down]
    rows += [(name, "still fixed in another release") for name in answer.still_fixed]
    show_table(("issue", "result"), rows)


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise typer.BadParameter(f"{given[:40]!r} is not a moment") from error
    if moment.tzinfo is None:
        raise typer.BadParameter("--shipped-at needs a time zone, such as Z")
    return moment.astimezone(UTC)
