"""One embedded cluster: is it running, make it, start it, end it."""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from bridge.domain.errors import BridgeError, NotConfigured, TryAgainLater
from bridge.store.embedded_home import (
    Account,
    Home,
    cluster_in,
    environment,
    locate,
    make_private,
    short_name,
    socket_folder,
)

if sys.platform != "win32":
    import fcntl
    import signal

SUPERUSER = "bridge"
PATIENCE = 300
"""Seconds that a crash recovery may take before we give up waiting for it."""

SAY_AFTER = 10
"""Seconds of waiting after which the caller is told why."""

_LOCK_SECONDS = 3
_INITDB_SECONDS = 60
_SETTINGS = {
    "listen_addresses": "",  # no TCP: the private socket folder is the only door
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "max_worker_processes": "4",
    "jit": "off",
    # A first import fills empty tables within seconds; planned as empty they are read whole.
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The log must not hold customer text: no statements, no details, no parameters.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A live server of ours, by its pid file; the folder is None until the socket is there."""

    pid: int
    socket_dir: Path | None


def running_in(data: Path) -> Running | None:
    """The live server of this cluster in our own container, or None.

    A pid file outlives kill -9 and container restarts, so its pid may be a zombie or anybody.
    """
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return None
    if not lines or not lines[0].isdecimal() or not _is_postmaster(int(lines[0]), data):
        return None
    folder = lines[4] if len(lines) > 4 else ""
    return Running(int(lines[0]), Path(folder) if folder else None)


def _is_postmaster(pid: int, data: Path) -> bool:
    """By the command line: in containers even root may not read another user's /proc/PID/exe."""
    try:
        process = psutil.Process(pid)
        name, command = process.name(), process.cmdline()
        folder = Path(command[command.index("-D") + 1])
    except (psutil.Error, ValueError, IndexError):
        return False
    if name != "postgres" or Path(command[0]).name != "postgres":
        return False
    return folder.exists() and folder.samefile(data)


def hold_for_life(data: Path) -> int | None:
    """The descriptor of a lock that the server inherits and so holds for its whole life.

    None when a server of ours turned up meanwhile. Raises BridgeError when somebody whom we
    cannot see, such as another container on the same volume, holds the lock.
    """
    lock = os.open(data.parent / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    begun = time.monotonic()
    orphans_ended = False
    while not _try_lock(lock):
        waited = time.monotonic() - begun
        if running_in(data) is not None:
            os.close(lock)
            return None
        # An initdb whose parent was killed ends by itself and then lets go.
        if waited > (_INITDB_SECONDS if _draft_of(data).exists() else _LOCK_SECONDS):
            os.close(lock)
            raise BridgeError(
                f"Another container or machine is using the database in {data}. Stop it first,"
                " or give this one its own data folder; to share one database set DATABASE_URL"
                " in both."
            )
        if waited > 1 and not orphans_ended:
            _end_orphans(data)
            orphans_ended = True
        time.sleep(0.1)
    return lock


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _draft_of(data: Path) -> Path:
    return data.with_name("postgres.new")


def is_begun(data_dir: Path) -> bool:
    """Whether a cluster is there, or being made right now."""
    return locate(data_dir) is not None or _draft_of(cluster_in(data_dir)).exists()


def _end_orphans(data: Path) -> None:
    """End busy backends that outlived their killed postmaster; they cannot commit any more."""
    title = f"postgres: {_cluster_name(data)}:"
    for process in psutil.process_iter():
        try:
            parent = process.parent()
            orphan = parent is None or parent.name() != "postgres"
            if orphan and " ".join(process.cmdline()).startswith(title):
                process.send_signal(signal.SIGQUIT)
        except psutil.Error:
            continue


def _cluster_name(data: Path) -> str:
    return f"bridge-{short_name(data)}"


def create_cluster(home: Home, *, durable: bool, lock: int) -> None:
    """Run initdb beside the final place and rename, so that a half-made cluster is never used.

    initdb inherits `lock`: if we are killed, the next start waits for it to end.
    """
    draft = _draft_of(home.data)
    if draft.exists():
        shutil.rmtree(draft)
    make_private(draft, home.account)
    command = [str(home.programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-E", "UTF8"]
    command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions", "--locale=C"]
    if int(major_of(home.programs)) >= 17:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        command.append("--no-sync")
    with _spawn(command, home.account, folder=draft, lock=lock) as initdb:
        said, _ = initdb.communicate()
    if initdb.returncode != 0:
        raise BridgeError(f"The embedded database could not be made: {said.strip()}")
    draft.rename(home.data)
    descriptor = os.open(home.base, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_version(home: Home) -> None:
    """Raise NotConfigured when another major version of PostgreSQL made this cluster."""
    made_by = home.data / "PG_VERSION"
    if not made_by.exists():
        raise NotConfigured(f"{home.data} is not a PostgreSQL data folder: move it aside.")
    theirs, ours = made_by.read_text().strip(), major_of(home.programs)
    if theirs != ours:
        raise NotConfigured(
            f"The database in {home.data} was made by PostgreSQL {theirs}, and this installation"
            f" brings PostgreSQL {ours}. Nothing was changed. To move it: with the old"
            f" installation run `bridge db dump`, rename {home.data}, then with this one run"
            " `bridge db restore` on the dump."
        )


def major_of(programs: Path) -> str:
    """The major version of these programs, such as "18"."""
    command = [str(programs / "postgres"), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return done.stdout.split()[2].partition(".")[0]


def launch(
    home: Home, options: Mapping[str, str], *, lock: int, say: Callable[[str], None]
) -> None:
    """Start the server and wait for it, crash recovery included; it inherits `lock`.

    Raises TryAgainLater when recovery takes longer than 300 s (it goes on), BridgeError when
    the server does not start, with the end of its log.
    """
    sockets = socket_folder(home.base, home.account)
    _clear_leftovers(home.data, sockets)
    settings = _SETTINGS | dict(options)
    settings["unix_socket_directories"] = str(sockets)
    settings["cluster_name"] = _cluster_name(home.data)
    flags = ["-D", str(home.data)]
    for name, value in settings.items():
        flags += ["-c", f"{name}={value}"]
    command = [str(home.programs / "pg_ctl"), "start", "-s", "-w", "-t", str(PATIENCE)]
    # The log is named relative to the folder: pg_ctl hands it to a shell, between quotes.
    command += ["-l", "server.log", "-o", shlex.join(flags)]
    with _spawn(command, home.account, folder=home.data, lock=lock) as pg_ctl:
        try:
            said, _ = pg_ctl.communicate(timeout=SAY_AFTER)
        except subprocess.TimeoutExpired:
            say(f"The database is recovering from a crash; waiting up to {PATIENCE} s.")
            said, _ = pg_ctl.communicate()
    if pg_ctl.returncode == 0:
        return
    if running_in(home.data) is not None:
        raise TryAgainLater("The database is still recovering from a crash; start again later.")
    log = home.data / "server.log"
    ending = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
    raise BridgeError("\n".join(["The database did not start.", said.strip(), *ending]))


def _clear_leftovers(data: Path, sockets: Path) -> None:
    """Remove the lock files of a dead server; only for the holder of the lifelong lock."""
    running = running_in(data)
    if running is not None:
        raise BridgeError(f"A server (process {running.pid}) already runs in {data}.")
    for leftover in [data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")]:
        leftover.unlink(missing_ok=True)


def shut_down(home: Home, *, mode: str = "fast") -> None:
    """Stop the server and wait until it has ended; modes as in pg_ctl."""
    command = [str(home.programs / "pg_ctl"), "stop", "-s", "-w", "-t", str(PATIENCE), "-m", mode]
    with _spawn(command, home.account, folder=home.data) as pg_ctl:
        said, _ = pg_ctl.communicate()
    if pg_ctl.returncode != 0 and running_in(home.data) is not None:
        raise BridgeError(f"The database did not stop: {said.strip()}")


def _spawn(
    command: list[str], account: Account | None, *, folder: Path, lock: int | None = None
) -> subprocess.Popen[str]:
    """Run one of PostgreSQL's programs as `account`, in `folder`, which is also its PGDATA."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment() | {"PGDATA": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0o077,
        pass_fds=() if lock is None else (lock,),
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )
