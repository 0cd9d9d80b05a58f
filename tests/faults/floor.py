"""The place where fault runs happen: one database server, one template, forked processes."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from pydantic import SecretStr

from bridge.domain.issues import IssueState
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.queue import InlineQueue
from bridge.settings import Settings
from bridge.wiring import build, for_replay
from bridge.wiring.clock import SimulatedClock
from tests.builders import START
from tests.conftest import Pipeline, database_of
from tests.groups_bench import TEXTS, Groups

ROOT = Path(__file__).parents[2]
ISSUES = 10
"""Confirmed issues in the template, each ready to be filed."""
KEY = "a secret key for tests only"


@dataclass
class Handle:
    """One forked process."""

    id: int
    pid: int | None = None
    code: int | None = None


class Workshop:
    """Talks to the process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.workshop"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._handles: dict[int, Handle] = {}
        self._news = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """End it, and with it whatever still runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def start(self, do: str, log: Path, environment: Mapping[str, str], **more: object) -> Handle:
        """Fork one process; returns once it has a process id."""
        assert self._process.stdin is not None
        with self._news:
            handle = Handle(len(self._handles))
            self._handles[handle.id] = handle
            command = {"id": handle.id, "do": do, "log": str(log), "environment": {**environment}}
            self._process.stdin.write((json.dumps(command | more) + "\n").encode())
            self._process.stdin.flush()
            # The first one waits until everything is imported, on a busy machine for minutes.
            if not self._news.wait_for(lambda: handle.pid is not None, timeout=300):
                raise TimeoutError("the workshop does not answer")
        return handle

    def wake(self, handle: Handle) -> None:
        """Let a process go on that had stopped itself."""
        if handle.code is None and handle.pid is not None:
            os.kill(handle.pid, signal.SIGCONT)

    def end(self, handle: Handle) -> None:
        """Kill it if it runs, and wait until it is gone."""
        if handle.code is None and handle.pid is not None:
            os.kill(handle.pid, signal.SIGKILL)
        with self._news:
            if not self._news.wait_for(lambda: handle.code is not None, timeout=60):
                raise TimeoutError("a process does not end")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._news:
                handle = self._handles[told["id"]]
                handle.pid = told.get("pid", handle.pid)
                handle.code = told.get("code", handle.code)
                self._news.notify_all()


Prepare = Callable[[Groups, Path], None]
"""Makes what a template holds; the folder is for files that belong to it."""


def ready_to_be_filed(groups: Groups, folder: Path) -> None:
    """Confirmed issues, as the machine and a person would have made them."""
    for number in range(ISSUES):
        topic = f"topic-{number}"
        TEXTS[topic] = TEXTS["export"] + f", module {number}"
        groups.issue(topic, 2, state=IssueState.CONFIRMED)


class Floor:
    """Makes databases in which something is about to happen."""

    def __init__(self, server: str, template: str, folder: Path) -> None:
        """`server` is a conninfo without a database, `template` a migrated one there."""
        self._server = server
        self._migrated = template
        self._folder = folder
        self.workshop = Workshop()
        self._templates: dict[Prepare, str] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the processes and drop the templates."""
        self.workshop.close()
        for name in self._templates.values():
            self._drop(name)

    def worker(
        self,
        settings: Settings,
        log: Path,
        more: Mapping[str, str],
        *,
        path: Sequence[str],
        kill_at: int | None = None,
        sleeps: bool = False,
    ) -> Handle:
        """Start a worker on a database; `path` are the jobs whose moments count."""
        url = settings.database_url
        assert url is not None
        environment = {
            "DATABASE_URL": url.get_secret_value(),
            "BRIDGE_SECRET_KEY": KEY,
            "BRIDGE_DATA_DIR": str(settings.data_dir),
            "BRIDGE_ENCODER": "hashing",
            **more,
        }
        return self.workshop.start(
            "worker", log, environment, path=[*path], kill_at=kill_at, sleeps=sleeps
        )

    @contextmanager
    def database(self, prepare: Prepare = ready_to_be_filed) -> Iterator[Settings]:
        """A database of its own that was prepared so; what was prepared is kept for the next."""
        template = self._template(prepare)
        name = f"run_{secrets.token_hex(5)}"
        folder = self._folder / name
        shutil.copytree(self._folder / template, folder)
        self._clone(name, template)
        try:
            yield self._settings(name, folder)
        finally:
            self._drop(name)

    def _template(self, prepare: Prepare) -> str:
        with self._lock:
            if prepare not in self._templates:
                name = f"faults_{secrets.token_hex(4)}"
                self._clone(name, self._migrated)
                self._prepare(name, prepare)
                self._templates[prepare] = name
            return self._templates[prepare]

    def _settings(self, database: str, folder: Path) -> Settings:
        return Settings(
            DATABASE_URL=SecretStr(database_of(self._server, database)),
            secret_key=SecretStr(KEY),
            data_dir=folder,
            encoder="hashing",
        )

    def _clone(self, name: str, template: str) -> None:
        with psycopg.connect(self._server, dbname="postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def _drop(self, name: str) -> None:
        with psycopg.connect(self._server, dbname="postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _prepare(self, name: str, prepare: Prepare) -> None:
        queue, clock = InlineQueue(), SimulatedClock(START)
        folder = self._folder / name
        folder.mkdir()
        application = build(self._settings(name, folder), queue=queue, now=clock)
        try:
            with application.open() as store:
                product = store.products.by_slug(DEFAULT_PRODUCT)
            prepare(Groups(Pipeline(for_replay(application), queue, clock, product)), folder)
        finally:
            application.close()
