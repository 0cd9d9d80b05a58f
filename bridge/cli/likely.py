"""`bridge issues likely`, `follow` and `unfollow`: the people around an issue."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bridge.api.likely import likely_out, person_out
from bridge.api.paging import Wanted, page_of, read_cursor
from bridge.cli.issues import issue_id_of, issues_app
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName
from bridge.cli.output import emit, say, show_table
from bridge.domain.customers import FACT_NAMES
from bridge.domain.errors import NotFound
from bridge.domain.issues import Issue
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.likely import likely_customers
from bridge.store import Store

__all__ = ["issues_app"]

_LONGEST = 320

IssueName = Annotated[str, typer.Argument(metavar="ISSUE", help="ISS-42, or its number.")]
PersonName = Annotated[str, typer.Argument(metavar="EMAIL", help="Address of the person.")]


@issues_app.command(short_help="Who is likely to meet an issue and has not written.")
def likely(  # noqa: PLR0913 - one parameter an option
    issue: IssueName,
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
      bridge issues likely ISS-42

    List customers who have what the affected ones share, by the directory, and have not written.
    They are in no count.
    """
    last = read_cursor(cursor)
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found_issue = store.issues.get(home.id, issue_id_of(issue, home.id, store))
        after = last[0] if last else 0
        found = likely_customers(found_issue, store=store, limit=limit + 1, after=after)
        items, further = page_of(found.people, Wanted(limit, cursor), lambda one: (one.id,))
        shown = likely_out(found_issue, found, [person_out(one) for one in items], after=further)
    if as_json:
        emit(shown.model_dump(mode="json"))
        return
    say(shown.words)
    for one in shown.shared:
        say(one.words)
    show_table(
        ("id", "name", "account", *FACT_NAMES),
        (
            (one.id, one.name, one.account, *(getattr(one.facts, name) for name in FACT_NAMES))
            for one in shown.items
        ),
    )


@issues_app.command(short_help="Let a person be told of an issue.")
def follow(
    issue: IssueName,
    person: PersonName,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge issues follow ISS-42 ada@support.example

    Give a person the notices of an issue, whoever handled its contacts.
    """
    with _whom(issue, product, data_dir) as (found, store):
        store.notices.follow(store.people.known(_address(person)).id, found.id)
    _told(found.name, person, is_following=True, as_json=as_json)


@issues_app.command(short_help="Do not tell a person of an issue any more.")
def unfollow(
    issue: IssueName,
    person: PersonName,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge issues unfollow ISS-42 ada@support.example

    Take a follow back. Whoever is told for another reason still is.
    """
    with _whom(issue, product, data_dir) as (found, store):
        known = store.people.by_email(_address(person))
        if known is None:
            raise NotFound(f"nobody is known as {_address(person)}")
        store.notices.unfollow(known.id, found.id)
    _told(found.name, person, is_following=False, as_json=as_json)


@contextmanager
def _whom(issue: str, product: str, data_dir: Path | None) -> Iterator[tuple[Issue, Store]]:
    """The issue that is meant, inside a transaction."""
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        yield store.issues.get(home.id, issue_id_of(issue, home.id, store)), store


def _address(person: str) -> str:
    """The address of a person, as it is known."""
    name, _, domain = person.strip().lower().partition("@")
    if not name or not domain or len(person) > _LONGEST:
        raise typer.BadParameter(f"say an e-mail address, not {person[:40]!r}")
    return f"{name}@{domain}"


def _told(issue: str, person: str, *, is_following: bool, as_json: bool) -> None:
    if as_json:
        emit({"issue": issue, "person": _address(person), "following": is_following})
    else:
        say(f"{person} {'follows' if is_following else 'does not follow'} {issue}")
