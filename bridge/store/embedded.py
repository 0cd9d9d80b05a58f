"""Supervises the embedded PostgreSQL: start or join it, and let its last user stop it."""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree

import psycopg
from filelock import FileLock, Timeout
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL

from bridge.domain.errors import BridgeError, NotConfigured, TryAgainLater
from bridge.store.embedded_cluster import (
    PATIENCE,
    SAY_AFTER,
    SUPERUSER,
    check_version,
    create_cluster,
    hold_for_life,
    launch,
    running_in,
    shut_down,
)
from bridge.store.embedded_home import (
    Home,
    cluster_in,
    find_programs,
    forget_home,
    locate,
    prepare_home,
)

if sys.platform != "win32":
    import fcntl

_STARTING = "postgres.starting.lock"
_USERS = "postgres.users.lock"

# Shared locks by which other processes see that we use a server. The kernel drops them when
# we die, also by kill -9, which no counter would survive.
_uses: dict[Path, list[int]] = {}


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server: its socket folder, its data folder (PGDATA), "18.6", its programs."""

    socket_dir: Path
    data: Path
    version: str
    programs: Path

    def url(self, database: str = "bridge") -> str:
        """An address for SQLAlchemy with psycopg 3."""
        query = {"host": str(self.socket_dir), "port": "5432"}
        url = URL.create("postgresql+psycopg", SUPERUSER, database=database, query=query)
        return url.render_as_string(hide_password=False)

    def conninfo(self, database: str = "bridge") -> str:
        """An address for psycopg, psql and pg_dump."""
        return make_conninfo(host=str(self.socket_dir), port=5432, user=SUPERUSER, dbname=database)

    def bin(self, tool: str) -> Path:
        """The path of a program such as "pg_dump"; raises NotConfigured if there is none."""
        program = self.programs / tool
        if not program.exists():
            raise NotConfigured(f"There is no {tool} in {self.programs}.")
        return program


def _say_nothing(message: str) -> None:
    """For callers that do not want to hear about long waits."""


def start(
    data_dir: Path,
    *,
    options: Mapping[str, str] | None = None,
    databases: Collection[str] = ("bridge",),
    say: Callable[[str], None] = _say_nothing,
) -> EmbeddedServer:
    """Start the embedded server of this data folder, or join the running one.

    Databases that are missing are made. `options` are server settings, used only by the call
    that starts it. `say` hears why a start takes longer than 10 s.

    Raises NotConfigured when the folder cannot be used, BridgeError when another container uses
    it or the server fails, TryAgainLater when recovery takes longer than 300 s.
    """
    if sys.platform == "win32":
        raise NotConfigured(
            "The embedded database does not run on Windows. Start PostgreSQL 15 or newer with"
            " pgvector and set DATABASE_URL=postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
        )
    try:
        _make_data_dir(data_dir)
        data_dir = data_dir.resolve()
        base = locate(data_dir)
        joined = _join(base, databases) if base is not None else None
        return joined or _start_alone(prepare_home(data_dir), options or {}, databases, say=say)
    except OSError as error:
        raise NotConfigured(f"The embedded database cannot use {data_dir}: {error}") from error


def stop_if_unused(server: EmbeddedServer) -> bool:
    """Give up our use of the server and stop it if nobody else is connected; True if stopped.

    Close your own connections before (`engine.dispose()`): they count as use.
    """
    with _alone(server.data.parent, _say_nothing):
        mine = _uses.get(server.data)
        lock = mine.pop() if mine else _open_users(server.data.parent)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if running_in(server.data) is None or not _is_left_alone(server):
                return False
            shut_down(prepare_home(server.data.parent))
            return True
        except (BlockingIOError, psycopg.OperationalError):
            return False  # somebody else uses it, or it is ending by itself
        finally:
            os.close(lock)


def exists(data_dir: Path) -> bool:
    """Whether a database was made in this data folder."""
    return locate(data_dir.resolve()) is not None


def discard(data_dir: Path) -> None:
    """Stop the server at once, whoever uses it, and delete its data. For tests and demos."""
    data_dir = data_dir.resolve()
    base = locate(data_dir)
    if base is None:
        return
    with _alone(base, _say_nothing):
        running = running_in(cluster_in(base))
        if running is not None:
            shut_down(prepare_home(base), mode="immediate")
            if running.socket_dir is not None:
                rmtree(running.socket_dir)
        for lock in _uses.pop(cluster_in(base), []):
            os.close(lock)
        if cluster_in(base).exists():
            rmtree(cluster_in(base))
        forget_home(data_dir, base)


def _make_data_dir(data_dir: Path) -> None:
    """Root's folder can be passed through, not listed, so that the server's account reaches it."""
    if not data_dir.exists():
        data_dir.parent.mkdir(parents=True, exist_ok=True)
        data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)


@contextmanager
def _alone(base: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Only one process at a time starts or stops the server."""
    lock = FileLock(base / _STARTING)
    try:
        lock.acquire(timeout=SAY_AFTER)
    except Timeout:
        say("Another process is starting or stopping the database; waiting for it.")
        try:
            lock.acquire(timeout=PATIENCE)
        except Timeout as error:
            raise TryAgainLater("Another process is still starting the database.") from error
    try:
        yield
    finally:
        lock.release()


def _start_alone(
    home: Home,
    options: Mapping[str, str],
    databases: Collection[str],
    *,
    say: Callable[[str], None],
) -> EmbeddedServer:
    """Start the server unless somebody else just did; wait for one that is on its way."""
    with _alone(home.base, say):
        begun = time.monotonic()
        told = False
        while (waited := time.monotonic() - begun) < PATIENCE:
            server = _join(home.base, databases)
            if server is not None:
                return server
            if running_in(home.data) is None:
                _launch_once(home, options, say=say)
                continue
            if waited > SAY_AFTER and not told:
                say(f"The database is not ready yet; waiting up to {PATIENCE} s.")
                told = True
            time.sleep(0.05)
    raise TryAgainLater("The database is running but not ready; start again later.")


def _launch_once(home: Home, options: Mapping[str, str], *, say: Callable[[str], None]) -> None:
    lock = hold_for_life(home.data)
    if lock is None:
        return
    try:
        if not home.data.exists() or not any(home.data.iterdir()):
            create_cluster(home, durable=options.get("fsync") != "off", lock=lock)
        check_version(home)
        launch(home, options, lock=lock, say=say)
    finally:
        os.close(lock)


def _join(base: Path, databases: Collection[str]) -> EmbeddedServer | None:
    """The running server with these databases, or None when there is none that answers yet."""
    running = running_in(cluster_in(base))
    if running is None or running.socket_dir is None:
        return None
    use = _open_users(base)
    try:
        # Before connecting: from here on nobody else stops the server.
        fcntl.flock(use, fcntl.LOCK_SH | fcntl.LOCK_NB)
        server = _connect(running.socket_dir, base, databases)
    except BlockingIOError:
        server = None
    except BaseException:
        os.close(use)
        raise
    if server is None:
        os.close(use)
    else:
        _uses.setdefault(server.data, []).append(use)
    return server


def _open_users(base: Path) -> int:
    return os.open(base / _USERS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _connect(sockets: Path, base: Path, databases: Collection[str]) -> EmbeddedServer | None:
    """Ask the server for its version and make missing databases; None while it is not ready."""
    server = EmbeddedServer(sockets, cluster_in(base), "", find_programs())
    address = server.conninfo("postgres")
    if not _answers(address):
        return None
    try:
        with psycopg.connect(address, autocommit=True) as connection:
            _create_missing(databases, connection)
            version = connection.info.parameter_status("server_version") or ""
    except psycopg.OperationalError as error:
        if not _answers(address):
            return None  # it was stopped in between
        raise BridgeError(f"The embedded database refuses connections: {error}") from error
    return replace(server, version=version.split()[0])


def _answers(address: str) -> bool:
    return pq.PGconn.ping(address.encode()) == pq.Ping.OK


def _create_missing(
    databases: Collection[str], connection: psycopg.Connection[tuple[object, ...]]
) -> None:
    found = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    for database in sorted(set(databases) - found):
        try:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            continue  # another process was faster


def _is_left_alone(server: EmbeddedServer) -> bool:
    """No client is connected but us; backends of closed connections get a second to go."""
    others = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        for _ in range(20):
            if connection.execute(others).fetchone() == (0,):
                return True
            time.sleep(0.05)
    return False
