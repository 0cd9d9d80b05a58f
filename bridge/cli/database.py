"""`bridge db`: upgrade, dump, restore, and a prompt."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from bridge.cli.opening import (
    Begins,
    libpq_address,
    opened,
    read_settings,
    require_bridge,
    require_database,
    start_logging,
)
from bridge.cli.options import AsJson, DataDir, new_app
from bridge.cli.output import emit, say, write
from bridge.domain.errors import InvalidInput, NotConfigured
from bridge.settings import Settings
from bridge.wiring.dumps import Reachable, dump, dumps_in, reach_embedded, reachable, restore

app = new_app()


@app.callback()
def database() -> None:
    """Upgrade, dump and restore the database."""


@app.command(short_help="Bring the schema up to date.")
def upgrade(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """\b
    Example:
      bridge db upgrade

    Bring the schema up to date; safe to repeat. Every command does it when it starts, so this is
    for a moment of your choice.
    """
    started = time.monotonic()
    with opened(read_settings(data_dir)):
        seconds = round(time.monotonic() - started, 1)
    say(f"the schema is up to date ({seconds} s)")
    if as_json:
        emit({"current": True, "seconds": seconds})


@app.command("dump", short_help="Write everything into one file.")
def dump_database(
    file: Annotated[
        Path | None, typer.Argument(dir_okay=False, metavar="[FILE]", help="Default: by time.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge db dump backup.dump

    Write the database into one file in PostgreSQL's custom format. Keep the secret key
    (BRIDGE_SECRET_KEY, or secret.key in the data folder) with it: encrypted values need it.
    """
    settings = read_settings(data_dir)
    target = file or dumps_in(settings.data_dir) / f"by-hand-{_stamp()}.dump"
    with _reached(settings) as reached:
        dump(reached, target)
    say("keep the secret key with it: encrypted values cannot be read without")
    if as_json:
        emit({"file": str(target), "bytes": target.stat().st_size})
    else:
        write(str(target))


@app.command("restore", short_help="Replace everything by a dump.")
def restore_database(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE")],
    yes: Annotated[bool, typer.Option("--yes", help="Replace contacts that are there.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      DATABASE_URL=postgresql://... bridge db restore backup.dump

    Replace everything in the database by a dump, in one transaction, and bring the schema up to
    date. Stop other `bridge` processes first. Needs --yes when there are contacts already.
    """
    settings = read_settings(data_dir)
    with _reached(settings, Begins.ALWAYS) as reached:
        if not yes and _has_contacts(reached):
            raise InvalidInput("the database has contacts, which would be lost: add --yes")
        restore(reached, file)
    with opened(settings):
        say(f"restored from {file}")
    if as_json:
        emit({"restored": str(file)})


@app.command(
    short_help="Open PostgreSQL's prompt.",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def psql(context: typer.Context, data_dir: DataDir = None) -> None:
    """\b
    Example:
      bridge db psql -c "select count(*) from contact"

    Open psql on the database; what follows goes to psql.
    """
    with _reached(read_settings(data_dir)) as reached:
        command = [reached.program("psql"), f"--dbname={reached.address}", *context.args]
        done = subprocess.run(command, env=reached.environment(), check=False)
    raise typer.Exit(done.returncode)


@contextmanager
def _reached(settings: Settings, begins: Begins = Begins.NEVER) -> Iterator[Reachable]:
    """The database as it is, without touching its schema."""
    start_logging()
    require_bridge(settings, begins)
    if settings.database_url is None:
        with reach_embedded(settings) as reached:
            yield reached
        return
    require_database(settings)
    yield reachable(libpq_address(settings), None)


def _has_contacts(reached: Reachable) -> bool:
    try:
        with psycopg.connect(reached.address, password=reached.password) as connection:
            exists = connection.execute("SELECT to_regclass('contact') IS NOT NULL").fetchone()
            if exists != (True,):
                return False
            return connection.execute("SELECT 1 FROM contact LIMIT 1").fetchone() is not None
    except psycopg.OperationalError as error:
        raise NotConfigured(f"the database refuses us: {error}") from error


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
