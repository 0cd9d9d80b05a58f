"""The embedded PostgreSQL survives what happens to it, as root and as an ordinary user."""

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest

from bridge.store.embedded_cluster import running_in
from bridge.store.embedded_home import find_programs
from tests.embedded_app import App

pytestmark = pytest.mark.processes

_BECOME_REAPER = 36  # PR_SET_CHILD_SUBREAPER


@pytest.fixture(scope="module", params=["root", "ordinary"] if os.geteuid() == 0 else ["ordinary"])
def uid(request: pytest.FixtureRequest) -> int | None:
    """Whom the app becomes; None: it stays who it is."""
    if os.geteuid() != 0 or request.param == "root":
        return None
    nobody = pwd.getpwnam("nobody").pw_uid
    command = [str(find_programs() / "postgres"), "--version"]
    try:
        subprocess.run(command, user=nobody, check=True, capture_output=True)
    except PermissionError:
        pytest.skip("this checkout lies in a folder that an ordinary user cannot enter")
    return nobody


@pytest.fixture(scope="module")
def made() -> Iterator[dict[int | None, Path]]:
    """By user a data folder with a stopped cluster, to be copied: initdb takes seconds."""
    folders: dict[int | None, Path] = {}
    yield folders
    for folder in folders.values():
        shutil.rmtree(folder)


@pytest.fixture
def data_dir(made: dict[int | None, Path], uid: int | None) -> Iterator[Path]:
    if uid not in made:
        made[uid] = new_folder(uid)
        with App(made[uid], uid=uid) as app:
            app.hear_start()
            assert app.stop() is True
    folder = new_folder(uid)
    subprocess.run(["cp", "-a", f"{made[uid]}/.", str(folder)], check=True)
    yield folder
    running = running_in(folder / "postgres")
    if running is not None:
        end_process(running.pid)
    shutil.rmtree(folder)


def new_folder(uid: int | None) -> Path:
    """Not pytest's tmp_path, which is closed to the server's account when root runs the tests."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-test-"))
    if uid is None:
        folder.chmod(0o755)
    else:
        os.chown(folder, uid, pwd.getpwuid(uid).pw_gid)
    return folder


@pytest.fixture
def app(data_dir: Path, uid: int | None) -> Callable[[], App]:
    return lambda: App(data_dir, uid=uid)


def postmaster(data_dir: Path) -> int:
    running = running_in(data_dir / "postgres")
    assert running is not None, "no server runs"
    return running.pid


def end_process(pid: int) -> None:
    """Kill -9, and wait until it is gone or a zombie."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(pid) or is_zombie(pid))


def is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def conninfo_of(data_dir: Path) -> str:
    return f"host={data_dir}/postgres-socket user=bridge dbname=bridge"


def run_sql(data_dir: Path, statement: str) -> object:
    """As the test's own client; returns the first value, if there is one."""
    with psycopg.connect(conninfo_of(data_dir), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def keep_a_row(data_dir: Path) -> None:
    run_sql(data_dir, "CREATE TABLE kept AS SELECT 42 AS answer")


def test_1_after_the_app_was_killed_it_reconnects_and_the_last_user_stops_the_server(
    app: Callable[[], App], data_dir: Path
) -> None:
    with app() as killed, app() as second:
        killed.hear_start()
        second.hear_start()
        server = postmaster(data_dir)
        killed.kill()
        with app() as restarted:
            restarted.hear_start()
            assert postmaster(data_dir) == server
            assert restarted.stop() is False
        assert second.stop() is True
    assert running_in(data_dir / "postgres") is None


def test_2_a_killed_server_recovers_at_the_next_start(
    app: Callable[[], App], data_dir: Path
) -> None:
    with app() as first:
        first.hear_start()
        keep_a_row(data_dir)
        end_process(postmaster(data_dir))
        with app() as restarted:
            assert restarted.hear_start() < 10
            assert run_sql(data_dir, "SELECT answer FROM kept") == 42
            first.kill()
            assert restarted.stop() is True


def test_3_app_and_server_killed_and_the_server_left_as_a_zombie(
    app: Callable[[], App], data_dir: Path
) -> None:
    prctl = ctypes.CDLL(None).prctl
    prctl(_BECOME_REAPER, 1)  # like the first process of a container that never reaps
    try:
        with app() as first:
            first.hear_start()
            keep_a_row(data_dir)
            server = postmaster(data_dir)
            first.kill()
        end_process(server)
        assert is_zombie(server)
        with app() as restarted:
            assert restarted.hear_start() < 10
            assert is_zombie(server)
            assert run_sql(data_dir, "SELECT answer FROM kept") == 42
            assert restarted.stop() is True
    finally:
        prctl(_BECOME_REAPER, 0)
        for child in psutil.Process().children():
            if child.status() == psutil.STATUS_ZOMBIE:
                child.wait()


def test_4_a_stale_pid_file_that_names_another_process_is_no_hindrance(
    app: Callable[[], App], data_dir: Path
) -> None:
    with app() as first:
        first.hear_start()
        keep_a_row(data_dir)
        stale = (data_dir / "postgres/postmaster.pid").read_text().splitlines()
        first.kill()
    end_process(postmaster(data_dir))
    owner = (data_dir / "postgres").stat().st_uid
    with subprocess.Popen(["sleep", "600"], user=owner) as other:
        text = "\n".join([str(other.pid), *stale[1:]]) + "\n"
        (data_dir / "postgres/postmaster.pid").write_text(text)
        with app() as restarted:
            restarted.hear_start()
            assert run_sql(data_dir, "SELECT answer FROM kept") == 42
            assert other.poll() is None
            assert restarted.stop() is True
        other.kill()


def test_5_four_processes_at_once_share_one_server(app: Callable[[], App], data_dir: Path) -> None:
    shutil.rmtree(data_dir / "postgres")
    with app() as one, app() as two, app() as three, app() as four:
        apps = [one, two, three, four]
        for each in apps:
            each.hear_start()
        clients = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        assert run_sql(data_dir, clients) == 4
        assert (data_dir / "postgres/server.log").read_text().count("starting PostgreSQL") == 1
        assert [each.stop() for each in apps] == [False, False, False, True]


def test_6_a_long_recovery_is_waited_for_with_a_message_even_if_the_first_waiter_dies(
    app: Callable[[], App], data_dir: Path
) -> None:
    with app() as first:
        first.hear_start()
        run_sql(data_dir, "CREATE TABLE kept AS SELECT 42 AS answer, generate_series(1, 400000)")
        end_process(postmaster(data_dir))
    with app() as one, app() as two:
        wait_until(lambda: running_in(data_dir / "postgres") is not None)
        recovery = the_recovery_of(postmaster(data_dir))
        recovery.suspend()
        said = {each.hear()[1]: each for each in (one, two)}
        starting, waiting = sorted(said, key=lambda words: "Another process" in words)
        assert "recovering from a crash" in starting
        assert "Another process is starting" in waiting
        said[starting].kill()
        time.sleep(0.5)
        recovery.resume()
        said[waiting].hear_start()
        assert run_sql(data_dir, "SELECT count(*) FROM kept") == 400000


def the_recovery_of(server: int) -> psutil.Process:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for child in psutil.Process(server).children():
            if any(" startup" in part for part in child.cmdline()):
                return child
    raise AssertionError("saw no recovery")


def test_7_the_server_never_runs_as_root_and_nobody_else_can_enter(
    app: Callable[[], App], data_dir: Path, uid: int | None
) -> None:
    before = data_dir.stat()
    with app() as first:
        first.hear_start()
        server = psutil.Process(postmaster(data_dir))
        assert 0 not in server.uids()
        if uid is not None:
            assert server.uids().real == uid
        for private in ("postgres", "postgres-socket"):
            assert (data_dir / private).stat().st_mode & 0o777 == 0o700
        assert (data_dir.stat().st_mode, data_dir.stat().st_uid) == (before.st_mode, before.st_uid)
        assert not [c for c in server.net_connections() if c.family != 1]
        assert first.stop() is True


def test_the_server_holds_a_lock_for_its_whole_life(app: Callable[[], App], data_dir: Path) -> None:
    with app() as first:
        first.hear_start()
    with (data_dir / "postgres.lock").open("w") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with app() as second:
        second.hear_start()
        assert second.stop() is True
    with (data_dir / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_busy_backend_that_outlives_its_killed_server_does_not_block_the_next_start(
    app: Callable[[], App], data_dir: Path
) -> None:
    with app() as first:
        first.hear_start()
        with closing(psycopg.connect(conninfo_of(data_dir), autocommit=True)) as connection:
            connection.pgconn.send_query(b"DO $$ BEGIN LOOP END LOOP; END $$")
            time.sleep(0.2)
            end_process(postmaster(data_dir))
            with app() as restarted:
                restarted.hear_start()


def test_an_app_killed_during_initdb_begins_anew(app: Callable[[], App], data_dir: Path) -> None:
    shutil.rmtree(data_dir / "postgres")
    with app() as first:
        wait_until(lambda: (data_dir / "postgres.new/PG_VERSION").exists())
        first.kill()
    with app() as restarted:
        restarted.hear_start()
        assert not (data_dir / "postgres.new").exists()
        assert restarted.stop() is True
