"""Dumps of the database with PostgreSQL's own programs: the backup, and the way to a server."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bridge.domain.errors import BridgeError, InvalidInput, NotConfigured
from bridge.settings import Settings
from bridge.store import embedded
from bridge.store.embedded_home import find_programs

KEPT_DUMPS = 7
_FOLDER = "dumps"
_PATTERN = "bridge-*.dump"


@dataclass(frozen=True, slots=True)
class Reachable:
    """A database that runs, and its programs; the password is kept out of command lines."""

    address: str
    """libpq connection string without the password."""
    password: str | None = field(repr=False)
    server: embedded.EmbeddedServer | None

    def program(self, name: str) -> str:
        """The path of pg_dump, pg_restore or psql; raises NotConfigured when there is none."""
        if self.server is not None:
            return str(self.server.bin(name))
        # An older program refuses a newer server; the embedded ones come with the bridge.
        installed = shutil.which(name)
        candidates = [installed] if installed else []
        candidates.append(str(find_programs() / name))
        needed = self._server_major()
        for candidate in candidates:
            if Path(candidate).exists() and _major(candidate) >= needed:
                return candidate
        raise NotConfigured(
            f"there is no {name} {needed} or newer on PATH: install PostgreSQL's client programs"
        )

    def _server_major(self) -> int:
        try:
            with psycopg.connect(self.address, password=self.password) as connection:
                return connection.info.server_version // 10_000
        except psycopg.OperationalError as error:
            raise NotConfigured(f"the database refuses us: {error}") from error

    def environment(self) -> dict[str, str]:
        """The environment for a program."""
        return {**os.environ, **({"PGPASSWORD": self.password} if self.password else {})}


def reachable(conninfo: str, server: embedded.EmbeddedServer | None) -> Reachable:
    """The database of a libpq connection string or URL."""
    parts = {key: value for key, value in conninfo_to_dict(conninfo).items() if value is not None}
    password = parts.pop("password", None)
    return Reachable(make_conninfo("", **parts), str(password) if password else None, server)


@contextmanager
def reach_embedded(settings: Settings) -> Iterator[Reachable]:
    """The embedded database, started if need be and left as it is: no schema change."""
    server = embedded.start(settings.data_dir)
    try:
        yield reachable(server.conninfo(), server)
    finally:
        embedded.stop_if_unused(server)


def dump(database: Reachable, target: Path) -> None:
    """Write a dump in PostgreSQL's custom format; the file appears only once it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.touch(mode=0o600)
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}"]
    try:
        _run(database, "pg_dump", [*options, f"--dbname={database.address}"])
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(database: Reachable, source: Path) -> None:
    """Replace what the database holds by a dump, in one transaction."""
    if not source.is_file():
        raise InvalidInput(f"there is no dump {source}")
    options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
    _run(database, "pg_restore", [*options, f"--dbname={database.address}", str(source)])


def dump_by_date(database: Reachable, data_dir: Path, *, now: datetime) -> Path:
    """The nightly dump: one file a day in the data folder, the oldest ones deleted."""
    target = dumps_in(data_dir) / f"bridge-{now:%Y-%m-%d}.dump"
    dump(database, target)
    for old in sorted(dumps_in(data_dir).glob(_PATTERN))[:-KEPT_DUMPS]:
        old.unlink()
    return target


def dumps_in(data_dir: Path) -> Path:
    """Where dumps lie."""
    return data_dir / _FOLDER


def newest_dump(data_dir: Path) -> Path | None:
    """The newest nightly dump."""
    return max(dumps_in(data_dir).glob(_PATTERN), default=None)


def _major(program: str) -> int:
    """The major version of one of PostgreSQL's programs: `pg_dump (PostgreSQL) 18.6`."""
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\(PostgreSQL\) (\d+)", shown.stdout)
    return int(found[1]) if found else 0


def _run(database: Reachable, program: str, arguments: Sequence[str]) -> None:
    command = [database.program(program), *arguments]
    done = subprocess.run(
        command, env=database.environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-2:] or [f"exit code {done.returncode}"]
        raise BridgeError(f"{program} failed: {'; '.join(last)}")
