"""A small app on the embedded database, run as its own process so that tests can kill it.

The processes are forked from a server that has imported everything already: quick, and an
ordinary user need not reach the interpreter's folder.
"""

import multiprocessing
import os
import pwd
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

import psycopg

from bridge.domain.errors import BridgeError
from bridge.store import embedded, embedded_home

FAST = {"fsync": "off", "full_page_writes": "off"}

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.embedded_app"])


class App:
    """One process that starts or joins the database of a folder; `with` kills it at the end.

    `uid` is whom it becomes (None: nobody else), `system_folder` stands for /var/lib/….
    """

    def __init__(
        self, data_dir: Path, *, uid: int | None = None, system_folder: Path | None = None
    ) -> None:
        self._pipe, theirs = _forks.Pipe()
        self._process = _forks.Process(target=_run, args=(theirs, data_dir, uid, system_folder))
        self._process.start()
        theirs.close()

    def hear(self) -> tuple[str, str]:
        """The next thing it says: "said", "refused", "started" or "stopped", and the words."""
        assert self._pipe.poll(60), "the app says nothing"
        what, words = self._pipe.recv()
        return str(what), str(words)

    def hear_start(self) -> float:
        """Wait for the start and return how many seconds it took."""
        what, words = self.hear()
        while what == "said":  # On a busy machine it may have to wait for another process.
            what, words = self.hear()
        assert what == "started", words
        return float(words)

    def stop(self) -> bool:
        """Let it close its connection and stop the server if unused; True if it did stop it."""
        self._pipe.send("stop")
        answer = self.hear()
        self._process.join()
        return answer == ("stopped", "True")

    def kill(self) -> None:
        """Kill -9."""
        self._process.kill()
        self._process.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self._process.close()
        self._pipe.close()


def _run(pipe: Connection, data_dir: Path, uid: int | None, system_folder: Path | None) -> None:
    if uid is not None:
        _become(uid)
    if system_folder is not None:
        embedded_home.SYSTEM_FOLDER = system_folder
    begun = time.monotonic()
    try:
        server = embedded.start(
            data_dir, options=FAST, say=lambda message: pipe.send(("said", message))
        )
    except BridgeError as error:
        pipe.send(("refused", f"{type(error).__name__}: {error}"))
        return
    with psycopg.connect(server.conninfo()):
        pipe.send(("started", time.monotonic() - begun))
        pipe.recv()
    pipe.send(("stopped", embedded.stop_if_unused(server)))


def _become(uid: int) -> None:
    os.setgroups([])
    os.setgid(pwd.getpwuid(uid).pw_gid)
    os.setuid(uid)
