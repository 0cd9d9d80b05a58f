"""`bridge issues`: the same answers as the API."""

import getpass
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.api import present
from bridge.api.paging import Wanted, page_of, read_cursor
from bridge.api.schemas import IssueContactOut, IssueOut, IssuePage
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, named_values, new_app
from bridge.cli.output import emit, say, show_facts, show_table
from bridge.domain.contacts import ProductId
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.domain.people import Actor
from bridge.domain.products import DEFAULT_PRODUCT, Product
from bridge.steps.moves import Cause, personal_cause
from bridge.steps.name_ticket import name_ticket
from bridge.steps.refusal import FieldsChosen
from bridge.steps.review import file_issue
from bridge.steps.still_coming import StillComing, still_words
from bridge.steps.unlink import unlink_ticket
from bridge.store import Store
from bridge.store.issues import IssueFilter

issues_app = new_app()
_NAME = re.compile(r"(?:ISS-)?([1-9][0-9]{0,17})", re.IGNORECASE)
_SHOWN_CONTACTS = 5
_FACTS = (
    *("id", "title", "state", "outcome", "customer_count", "contact_count", "account_count"),
    *("anonymous_count", "first_seen_at", "last_seen_at", "fixed_in", "link"),
)


@issues_app.callback()
def issues() -> None:
    """List, show and file issues."""


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
        rules = application.context.settings.rank_rules
        found = store.issues.search(home.id, replace(wanted, rules=rules))
        page = Wanted(limit, cursor)
        items, after = page_of(found, page, lambda one: (one.position, one.issue.number))
        shown = present.issues(items, home, store=store, context=application.context)
    if as_json:
        emit(IssuePage(items=shown, next=after).model_dump(mode="json"))
        return
    show_table(
        ("id", "rank", "customers", "contacts", "state", "ticket", "title"),
        (
            (
                *(one.id, f"{one.rank:.1f}", one.customer_count, one.contact_count),
                *(one.state, _keys(one), one.title),
            )
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
        issue_id = issue_id_of(issue, home.id, store)
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


@issues_app.command("fix", short_help="Show how far the fix of an issue has come.")
def show_fix(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="ISS-42, or its number.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge issues fix ISS-42

    Show the fix ladder: done, resolved, released, rolled out, reached customers, quiet, verified.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.issues.get(home.id, issue_id_of(issue, home.id, store))
        shown = present.fix(found, home, store=store, context=application.context)
    if as_json:
        emit(shown.model_dump(mode="json"))
        return
    rows = [
        (one.kind.words, one.state.words, f"{one.at:%Y-%m-%d %H:%M}" if one.at else "", one.why)
        for one in shown.rungs
    ]
    show_table(("rung", "state", "since", "why"), rows)
    if shown.ending is not None:
        say(shown.ending.why)
    if shown.followed is not None:
        say(f"a duplicate was followed: {shown.followed}")
    if shown.still_coming is not None:
        say(still_words(StillComing(**shown.still_coming.model_dump())))


@issues_app.command("file", short_help="File an issue in the tracker, once.")
def file_one(  # noqa: PLR0913 - one parameter an option
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="ISS-42, or its number.")],
    again: Annotated[
        bool, typer.Option("--again", help="A parked one: I looked, no ticket was made.")
    ] = False,
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field", metavar="NAME=VALUE", help="A field that the tracker asks for; repeatable."
        ),
    ] = None,
    for_all: Annotated[
        bool, typer.Option("--for-all", help="Send these fields with every later ticket too.")
    ] = False,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Examples:
      bridge issues file ISS-42
      bridge issues file ISS-42 --again
      bridge issues file ISS-42 --field "Severity=Major"

    Want a ticket for an issue. Asking twice changes nothing; a refused one is tried again.
    """

    given = FieldsChosen(named_values(fields or []), for_all=for_all)

    def decide(found: Issue, home: Product, store: Store) -> None:
        file_issue(found, home, store=store, cause=operator(home), again=again, chosen=given)

    _decided(issue, decide, product, data_dir, as_json=as_json)


@issues_app.command("link", short_help="Say which existing ticket is about an issue.")
def link_one(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="ISS-42, or its number.")],
    ticket: Annotated[str, typer.Argument(metavar="TICKET", help="FB-12, or its address.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge issues link ISS-42 FB-12

    Say which ticket is the one of an issue that has none. A job checks that it exists.
    """

    def decide(found: Issue, home: Product, store: Store) -> None:
        name_ticket(found, ticket, store=store, cause=operator(home))

    _decided(issue, decide, product, data_dir, as_json=as_json)


@issues_app.command("unlink", short_help="Take an issue off its ticket.")
def unlink_one(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="ISS-42, or its number.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is not its ticket.")] = "",
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge issues unlink ISS-42 --reason "FB-12 is about the old export"

    Take an issue off its ticket. A job takes our marks off; then the issue may be filed again.
    """

    def decide(found: Issue, home: Product, store: Store) -> None:
        unlink_ticket(found, store=store, cause=operator(home, reason))

    _decided(issue, decide, product, data_dir, as_json=as_json)


def _decided(
    name: str,
    decide: Callable[[Issue, Product, Store], None],
    product: str,
    data_dir: Path | None,
    *,
    as_json: bool,
) -> None:
    """Decide about one issue and show it as it is then."""
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.issues.get(home.id, issue_id_of(name, home.id, store), lock=True)
        decide(found, home, store)
        shown = present.issue(found.id, home, store=store, context=application.context)
    if as_json:
        emit(shown.model_dump(mode="json"))
    else:
        _show(shown, [])


def operator(product: Product, reason: str = "") -> Cause:
    """Whoever has the command line."""
    actor = Actor("operator", getpass.getuser())
    return personal_cause(actor, product, at=datetime.now(UTC), reason=reason, origin="cli")


def issue_id_of(name: str, product_id: ProductId, store: Store) -> IssueId:
    """The issue that is called so on the command line."""
    match = _NAME.fullmatch(name.strip())
    if match is None:
        raise typer.BadParameter(f"an issue is called ISS-42, not {name[:40]!r}")
    return store.issues.by_number(product_id, int(match[1])).id


def _show(shown: IssueOut, newest: list[IssueContactOut]) -> None:
    values = shown.model_dump()
    facts = {name: values[name] for name in _FACTS} | {"tickets": _keys(shown)}
    facts["rank"] = f"{shown.rank:.1f}"
    facts |= {
        f"rank, {one.name}": f"{one.contribution:+.1f}: {one.told}" for one in shown.rank_parts
    }
    if shown.filing is not None:
        facts["filing"] = f"{shown.filing.state}: {shown.filing.reason or 'as it should be'}"
    show_facts(facts | {f"contact {one.external_id}": one.text[:200] for one in newest})


def _keys(shown: IssueOut) -> str:
    return ", ".join(ticket.key for ticket in shown.tickets)
