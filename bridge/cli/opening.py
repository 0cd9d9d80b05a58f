"""Settings and the application, opened for the length of a command."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import pq
from pydantic import ValidationError
from pydantic_settings import SettingsError

from bridge.api.findings import words_of
from bridge.cli.output import say
from bridge.domain.errors import NotConfigured, TryAgainLater
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


@contextmanager
def opened(settings: Settings, *, level: int = logging.WARNING) -> Iterator["Application"]:
    """The application for the length of a block."""
    start_logging(level)
    require_database(settings)
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


def libpq_address(settings: Settings) -> str:
    """DATABASE_URL as PostgreSQL's own programs take it; raises NotConfigured without one."""
    if settings.database_url is None:
        raise NotConfigured("DATABASE_URL is not set")
    url = settings.database_url.get_secret_value()
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql+psycopg", "postgresql", "postgres"):
        raise NotConfigured("DATABASE_URL must begin with postgresql://")
    return f"postgresql://{rest}"
