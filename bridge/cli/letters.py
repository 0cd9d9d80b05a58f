"""`bridge letters`: what customers are told of a fix; nothing is sent before it was approved."""

from typing import Annotated

import typer

from bridge.api import present_letters
from bridge.api.letter_schemas import LetterIssueOut, LetterOut
from bridge.cli.issues import issue_id_of, operator
from bridge.cli.letter_settings import opt_outs, settings
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, say, show_facts, show_table, write
from bridge.domain.letters import WHY_WORDS, LetterKind, Why
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.letter_export import as_csv, by_hand
from bridge.steps.letter_look import look_again
from bridge.steps.letter_sending import send_letter
from bridge.steps.letters import approve_letter, draft_letter, drop_letter
from bridge.steps.tell import Telling
from bridge.store import Store
from bridge.wiring import Application

app = new_app()

LetterNumber = Annotated[int, typer.Argument(metavar="LETTER", min=1, help="Its number.")]
Edition = Annotated[int, typer.Option("--edition", min=1, help="The edition that you have read.")]


app.command("opt-outs", short_help="Take in addresses that want no letters.")(opt_outs)
app.command("settings", short_help="Say how customers are written to.")(settings)


@app.callback()
def letters() -> None:
    """What customers are told of a fix; nothing is sent before it was approved."""


@app.command("list", short_help="List letters.")
def list_letters(
    product: ProductName = DEFAULT_PRODUCT, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """\b
    Example:
      bridge letters list

    Letters to customers, newest first, with how far each is.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = [present_letters.letter(one, store=store) for one in store.letters.all(home.id)]
    if as_json:
        emit({"items": [one.model_dump(mode="json") for one in found]})
        return
    rows = [
        (one.id, one.kind, one.version, ", ".join(i.issue for i in one.issues), _counted(one))
        for one in found
    ]
    show_table(("letter", "kind", "version", "issues", "customers"), rows)


@app.command(short_help="Draft a letter about an issue's fix.")
def draft(
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="Such as ISS-42.")],
    kind: Annotated[LetterKind, typer.Option("--kind")] = LetterKind.FIX,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge letters draft ISS-42

    Draft what the issue's customers are told, or let it join the open letter of its release.
    Nobody gets anything.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.issues.get(home.id, issue_id_of(issue, home.id, store))
        letter = draft_letter(found, kind, _telling(application, store, product))
        shown = present_letters.letter(letter, store=store)
    _tell(shown, as_json=as_json)


@app.command(short_help="Read what customers would get.")
def show(
    number: LetterNumber,
    limit: Annotated[int, typer.Option("--first", min=1, max=100, help="So many of them.")] = 3,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge letters show 7 --first 5

    A letter, and what its first customers would read. Links in it lead nowhere here.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        letter = store.letters.get(home.id, number)
        shown = present_letters.letter(letter, store=store)
        samples = present_letters.previews(
            letter, home, store=store, context=application.context, limit=limit
        )
    if as_json:
        items = [one.model_dump(mode="json") for one in samples]
        emit({"letter": shown.model_dump(mode="json"), "previews": items})
        return
    _tell(shown, as_json=False)
    for one in samples:
        write(f"\n--- to {one.email}\nSubject: {one.subject}\n\n{one.text}")


@app.command("look-again", short_help="Look again whom it is for.")
def look(
    number: LetterNumber,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge letters look-again 7

    Newcomers, opt-outs, and whom the fix has reached since.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        telling = _telling(application, store, product)
        letter = store.letters.get(telling.product.id, number, lock=True)
        look_again(letter, telling)
        shown = present_letters.letter(letter, store=store)
    _tell(shown, as_json=as_json)


@app.command(short_help="Say that a letter may be sent.")
def approve(
    number: LetterNumber,
    edition: Edition,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge letters approve 7 --edition 2

    You have read this edition and all its drafts may be sent. It sends nothing.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        telling = _telling(application, store, product)
        letter = store.letters.get(telling.product.id, number, lock=True)
        count = approve_letter(letter, edition=edition, telling=telling)
    say(f"{count} are approved: bridge letters send {number} --edition {edition}")


@app.command(short_help="Send what was approved.")
def send(
    number: LetterNumber,
    edition: Edition,
    first: Annotated[
        int | None, typer.Option("--first", min=1, help="A sample: to the first so many.")
    ] = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge letters send 7 --edition 2 --first 5

    Hand it over to be sent, to the first few or to all who were approved. A worker sends it.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        telling = _telling(application, store, product)
        letter = store.letters.get(telling.product.id, number, lock=True)
        count = send_letter(letter, edition=edition, telling=telling, first=first)
    say(f"{count} letters are on their way")


@app.command(short_help="Drop a letter of which nothing was sent.")
def drop(
    number: LetterNumber, product: ProductName = DEFAULT_PRODUCT, data_dir: DataDir = None
) -> None:
    """\b
    Example:
      bridge letters drop 7

    It is not wanted; a later letter may tell of the same fixes.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        telling = _telling(application, store, product)
        drop_letter(store.letters.get(telling.product.id, number, lock=True), telling)
    say(f"letter {number} is dropped")


@app.command("by-hand", short_help="List whom a person must reach.")
def list_by_hand(
    number: LetterNumber, product: ProductName = DEFAULT_PRODUCT, data_dir: DataDir = None
) -> None:
    """\b
    Example:
      bridge letters by-hand 7 > call.csv

    A CSV table of customers without an address of their own, and of those whose mail was refused.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        rows = by_hand(store.letters.get(home.id, number), store)
    write(as_csv(rows).rstrip())


def _telling(application: Application, store: Store, product: str) -> Telling:
    home = store.products.by_slug(product)
    return Telling(home, store, application.context, operator(home))


def _tell(letter: LetterOut, *, as_json: bool) -> None:
    if as_json:
        emit(letter.model_dump(mode="json"))
        return
    facts: dict[str, object] = {
        "letter": letter.id,
        "kind": letter.kind,
        "version": letter.version,
        "edition": letter.edition,
        "approved": letter.approved_by,
        "issues": ", ".join(map(_issue_words, letter.issues)),
        "customers": _counted(letter),
    }
    if letter.joined_late:
        facts["left out"] = f"{letter.joined_late}: they {WHY_WORDS[Why.JOINED_LATE]}"
    if letter.lacking:
        facts["lacking words for"] = ", ".join(letter.lacking)
    show_facts(facts)


def _issue_words(one: LetterIssueOut) -> str:
    return one.issue if one.holds else f"{one.issue} (its fix does not hold any more)"


def _counted(letter: LetterOut) -> str:
    return ", ".join(f"{count} {state}" for state, count in letter.counts.items())
