"""`bridge issues`, `bridge releases` and `bridge workarounds`: the same answers as the API."""

import getpass
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import typer

from bridge.api import present
from bridge.api.paging import Wanted, page_of, read_cursor
from bridge.api.schemas import IssueContactOut, IssueOut, IssuePage, NotShippedOut, ShippedOut
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, say, show_facts, show_table
from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidInput
from bridge.domain.issues import IssueId, IssueState
from bridge.domain.people import Actor
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.store import Store
from bridge.store.issues import IssueFilter

issues_app, releases_app, workarounds_app = new_app(), new_app(), new_app()
_NAME = re.compile(r"(?:ISS-)?([1-9][0-9]{0,17})", re.IGNORECASE)
_SHOWN_CONTACTS = 5
_FUTURE = timedelta(days=1)
_FACTS = (
    *("id", "title", "state", "outcome", "customer_count", "contact_count", "account_count"),
    *("anonymous_count", "first_seen_at", "last_seen_at", "fixed_in", "link"),
)


@issues_app.callback()
def issues() -> None:
    """List and show issues."""


@issues_app.command("list", short_help="List issues, the most affecting first.")
def list_issues(  # noqa: PLR0913 - one parameter an option
    state: Annotated[
        list[IssueState] | None, typer.Option("--state", help="Repeat it for several.")
    ] = None,
    words: Annotated[str, typer.Option("--q", help="Words of the title, or ISS-42.")] = "",
    sort: Annotated[
        Literal["rank", "number", "customers", "last_seen"], typer.Option("--sort")
    ] = "rank",
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
      bridge issues list --state candidate --json

    List issues with their counts, the most affecting first.
    """
    last = read_cursor(cursor, parts=2)
    wanted = IssueFilter(
        states=tuple(state or ()),
        words=words,
        sort=sort,
        limit=limit + 1,
        after=None if last is None else (last[0], last[1]),
    )
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.issues.search(home.id, wanted)
        page = Wanted(limit, cursor)
        items, after = page_of(found, page, lambda one: (one.position, one.issue.number))
        shown = present.issues(items, home, store=store, context=application.context)
    if as_json:
        emit(IssuePage(items=shown, next=after).model_dump(mode="json"))
        return
    show_table(
        ("id", "customers", "contacts", "state", "ticket", "title"),
        (
            (one.id, one.customer_count, one.contact_count, one.state, _keys(one), one.title)
            for one in shown
        ),
    )


@issues_app.command(short_help="Show one issue with its newest contacts.")
def show(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="ISS-42, or its number.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge issues show ISS-42

    Show one issue: its numbers as of now, its tickets, its newest contacts.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        issue_id = _issue_id(issue, home.id, store)
        shown = present.issue(issue_id, home, store=store, context=application.context)
        newest = present.assigned_contacts(
            store.contacts.on_issue(issue_id, limit=_SHOWN_CONTACTS),
            store.issues.get(home.id, issue_id),
            store=store,
        )
    if as_json:
        emit(shown.model_dump(mode="json"))
    else:
        _show(shown, newest)


@releases_app.callback()
def releases() -> None:
    """Tell which version customers can get."""


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
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge releases add 4.2 --issue ISS-42

    Say that customers can get a version. Ships the named issues and every resolved one whose
    ticket has a fix version of that name: agents are told, workarounds retire.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        now = application.context.now()
        moment = _moment(shipped_at) if shipped_at else now
        if moment > now + _FUTURE:
            raise InvalidInput("a release cannot have shipped in the future")
        home = store.products.by_slug(product)
        news = ReleaseNews(
            version=version.strip(),
            shipped_at=moment,
            component=component.strip(),
            percent=percent,
            issue_ids=tuple(_issue_id(one, home.id, store) for one in issue or ()),
        )
        actor = Actor("operator", getpass.getuser())
        cause = Cause(actor, now, f"version {news.version} was released", "cli")
        done = ship(news, home, store=store, context=application.context, cause=cause)
    answer = ShippedOut(
        **present.release(done.release).model_dump(),
        shipped=[one.name for one in done.shipped],
        not_shipped=[NotShippedOut(issue=one.name, reason=why) for one, why in done.not_shipped],
    )
    if as_json:
        emit(answer.model_dump(mode="json"))
        return
    say(f"version {answer.version} ships {len(answer.shipped)} issues")
    rows = [(name, "shipped", "") for name in answer.shipped]
    rows += [(one.issue, "not shipped", one.reason) for one in answer.not_shipped]
    show_table(("issue", "result", "reason"), rows)


@workarounds_app.callback()
def workarounds() -> None:
    """List workarounds."""


@workarounds_app.command("list", short_help="List workarounds, retired ones too.")
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
        issue_id = _issue_id(issue, home.id, store) if issue else None
        found = store.fixes.workarounds(home.id, issue_id=issue_id)
        shown = present.workarounds(found, home.id, store)
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


def _issue_id(name: str, product_id: ProductId, store: Store) -> IssueId:
    match = _NAME.fullmatch(name.strip())
    if match is None:
        raise typer.BadParameter(f"an issue is called ISS-42, not {name[:40]!r}")
    return store.issues.by_number(product_id, int(match[1])).id


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise typer.BadParameter(f"{given[:40]!r} is not a moment") from error
    if moment.tzinfo is None:
        raise typer.BadParameter("--shipped-at needs a time zone, such as Z")
    return moment.astimezone(UTC)


def _show(shown: IssueOut, newest: list[IssueContactOut]) -> None:
    values = shown.model_dump()
    facts = {name: values[name] for name in _FACTS} | {"tickets": _keys(shown)}
    if shown.filing is not None:
        facts["filing"] = f"{shown.filing.state}: {shown.filing.reason or 'as it should be'}"
    show_facts(facts | {f"contact {one.external_id}": one.text[:200] for one in newest})


def _keys(shown: IssueOut) -> str:
    return ", ".join(ticket.key for ticket in shown.tickets)
