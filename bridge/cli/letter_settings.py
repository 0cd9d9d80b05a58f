"""The part of `bridge letters` about how customers are written to, and who wants no letters."""

from pathlib import Path
from typing import Annotated

import typer

from bridge.api import present_letters
from bridge.cli.issues import operator
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName
from bridge.cli.output import emit, say, show_facts, show_table
from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.letters import LetterPlan
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.letters import plan_letter_texts
from bridge.steps.opt_outs import take_back_opt_out, take_opt_outs
from bridge.steps.tell import Telling


def opt_outs(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, metavar="FILE", help="One address a line."),
    ] = None,
    remove: Annotated[
        str | None, typer.Option("--remove", metavar="EMAIL", help="They want letters again.")
    ] = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Examples:
      bridge letters opt-outs no-mail.txt
      bridge letters opt-outs --remove mia@example.com

    Who wants no letters. Without a file the list is shown.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        cause = operator(home)
        if remove is not None:
            if not take_back_opt_out(remove, home, store=store, cause=cause):
                raise NotFound("this address is not on the list")
            say("they get letters again")
            return
        if file is not None:
            done = take_opt_outs(_lines(file), home, store=store, cause=cause)
            facts = {"added": done.added, "known": done.known, "refused": len(done.refused)}
            show_facts(facts)
            return
        found = store.opt_outs.search(home.id)
    show_table(("email", "source", "since"), ((o.email, o.source, o.created_at) for o in found))


def settings(  # noqa: PLR0913 - one option for each of them
    reply_to: Annotated[
        str | None, typer.Option("--reply-to", help="Where answers go; empty: to the sender.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="For customers whose language is not known.")
    ] = None,
    check_in_days: Annotated[
        int | None, typer.Option("--check-in-days", min=0, help="After a fix; 0: never.")
    ] = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge letters settings --reply-to help@example.com --check-in-days 7

    Change what is given, keep the rest; texts are changed on the pages or through the API.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        telling = Telling(home, store, application.context, operator(home))
        known = store.letters.plan(home.id)
        days = known.check_in_days if check_in_days is None else check_in_days or None
        plan = LetterPlan(
            reply_to=known.reply_to if reply_to is None else reply_to or None,
            language=known.language if language is None else language,
            check_in_days=days,
            texts=known.texts,
        )
        plan = plan_letter_texts(plan, telling) if plan != known else known
    shown = present_letters.plan(plan).model_dump(mode="json")
    if as_json:
        emit(shown)
    else:
        show_facts({key: shown[key] for key in ("reply_to", "language", "check_in_days")})


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file.name} cannot be read as UTF-8 text") from error
