"""`bridge mail`: what mail servers say later of the mails that we sent."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from bridge.cli.issues import operator
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, say, show_facts, show_table
from bridge.domain.errors import InvalidInput
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.bounces import BouncesTaken, take_back_dead, take_bounces
from bridge.wiring.bounces import bounces_in

app = new_app()
_STANDARD_INPUT = Path("-")


@app.callback()
def mail() -> None:
    """Take in mails that came back."""


@app.command(short_help="Take in mails that came back, or list dead addresses.")
def bounces(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A mail as it came, or an mbox; - is the input."),
    ] = None,
    again: Annotated[
        str | None, typer.Option("--again", metavar="EMAIL", help="It takes mails again.")
    ] = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Examples:
      bridge mail bounces returned.mbox
      bridge mail bounces - < returned.eml
      bridge mail bounces --again mia@example.com

    Mark the mails of ours that came back, and send nothing more to addresses that failed for good.
    Other mails in the file are left alone. Without a file these addresses are listed.
    """
    raw = None if file is None else _read(file)
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        cause = operator(home)
        if again is not None:
            take_back_dead(again, home, store=store, cause=cause)
            say("it is written to again")
            return
        if file is not None and raw is not None:
            source = None if file == _STANDARD_INPUT else file
            taken, others = BouncesTaken(), 0
            for found in bounces_in(raw, source):
                taken += take_bounces(found, home, store=store, cause=cause)
                others += int(not found)
            _tell(taken, others, as_json=as_json)
            return
        dead = store.bounces.search(home.id)
    if as_json:
        emit({"items": [{"email": one.email, "reason": one.reason} for one in dead]})
        return
    show_table(("email", "why", "since"), ((o.email, o.reason, o.created_at) for o in dead))


def _tell(taken: BouncesTaken, others: int, *, as_json: bool) -> None:
    facts: dict[str, object] = {
        "bounced": taken.bounced,
        "known": taken.known,
        "addresses ended": taken.ended,
        "on their way or arrived": taken.waiting,
        "not ours": taken.foreign,
        "no delivery reports": others,
    }
    if as_json:
        emit({name.replace(" ", "_"): value for name, value in facts.items()})
    else:
        show_facts(facts)


def _read(file: Path) -> bytes:
    if file == _STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror or error}") from error
