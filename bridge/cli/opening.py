"""Settings and the application, opened for the length of a command."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import pq
from pydantic import ValidationError
from pydantic_settings import SettingsError

from bridge.api.findings import words_of
from bridge.cleaning import plain_text
from bridge.cli.output import say
from bridge.domain.errors import NotConfigured, NotFound, TryAgainLater
from bridge.settings import Settings

if TYPE_CHECKING:
    from bridge.wiring import Application

_TALKATIVE = ("alembic", "procrastinate", "uvicorn.error")
"""They tell of every tick of the clock with all its arguments."""


def read_settings(data_dir: Path | None) -> Settings:
    """The configuration, with the folder the command was given."""
    try:
        return Settings() if data_dir is None else Settings(data_dir=data_dir)
    except ValidationError as error:
        first = error.errors()[0]
        name, *member = (str(part) for part in first["loc"])
        variable = name if name.isupper() else f"BRIDGE_{name.upper()}"
        where = ".".join([variable, *member])
        words = words_of(first["type"], first["msg"], first.get("ctx") or {})
        raise NotConfigured(f"{where}: {words}; see bridge config check") from error
    except SettingsError as error:
        # Of a list or an object that is not JSON; it names the field, never the value.
        raise NotConfigured(f"{error}: it must be JSON; see bridge config check") from error


def start_logging(level: int = logging.WARNING) -> None:
    """Logs go to standard error before anything can log."""
    # The package around it is the wiring, see below.
    from bridge.wiring.logging import configure_logging

    configure_logging(level=level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


class Begins(Enum):
    """Whether a command may begin a new embedded database where there is none."""

    NEVER = "never"
    """It looks or changes: an empty database would answer as if nothing had ever happened."""
    WHERE_TOLD = "where told"
    """It brings something in: in a folder that was named, never in the one it happens to be in."""
    ALWAYS = "always"


def typed(words: str | None) -> str | None:
    """What a person typed as a name, without characters that nobody sees."""
    return None if words is None else str(plain_text(words)).strip()


@contextmanager
def opened(
    settings: Settings, *, level: int = logging.WARNING, begins: Begins = Begins.NEVER
) -> Iterator["Application"]:
    """The application for the length of a block; NotFound where there is none."""
    start_logging(level)
    require_database(settings)
    require_bridge(settings, begins)
    # The wiring brings encoders and the Jira client: seconds that `--help` must not cost.
    from bridge.wiring import build
    from bridge.wiring.installation import as_installed

    application = build(settings, say=say)
    try:
        yield as_installed(application)
    finally:
        application.close()


def require_database(settings: Settings) -> None:
    """Raise TryAgainLater in one plain sentence when nobody answers at DATABASE_URL."""
    if settings.database_url is None:
        return
    address = libpq_address(settings)
    if pq.PGconn.ping(address.encode()) != pq.Ping.OK:
        raise TryAgainLater(
            "no PostgreSQL answers at DATABASE_URL: start it, or correct the address"
        )


def require_bridge(settings: Settings, begins: Begins = Begins.NEVER) -> None:
    """Raise NotFound where no bridge was begun, unless the command may begin one."""
    if settings.database_url is not None or begins is Begins.ALWAYS:
        return
    # See `opened`.
    from bridge.store.embedded_cluster import is_begun

    folder = settings.data_dir.resolve()
    if is_begun(folder):
        return
    is_told = "data_dir" in settings.model_fields_set
    if begins is Begins.NEVER or not is_told:
        raise NotFound(
            f"there is no bridge here; looked in {folder}. Name its folder with --data-dir or"
            " BRIDGE_DATA_DIR, its server with DATABASE_URL, or begin one: bridge serve"
        )
    say(f"a new bridge begins in {folder}")


def libpq_address(settings: Settings) -> str:
    """DATABASE_URL as PostgreSQL's own programs take it; raises NotConfigured without one."""
    if settings.database_url is None:
        raise NotConfigured("DATABASE_URL is not set")
    url = settings.database_url.get_secret_value()
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql+psycopg", "postgresql", "postgres"):
        raise NotConfigured("DATABASE_URL must begin with postgresql://")
    return f"postgresql://{rest}"
