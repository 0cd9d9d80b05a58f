"""The sandbox as a real server on loopback: in a thread for tests, or until told to stop."""

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from integrations.jira.sandbox.app import create_app
from integrations.jira.sandbox.catalog import ISSUE_TYPES, NUMBER_FIELD
from integrations.jira.sandbox.clock import VirtualClock, system_clock
from integrations.jira.sandbox.delivery import Sender
from integrations.jira.sandbox.store import Store

_HOST = "127.0.0.1"
_START_SECONDS = 10.0


class _Protocol(H11Protocol):
    """Hands the connection to the application, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Sockets accepted from one of our making do not get this from asyncio: 40 ms a call.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


def _server_of(app: FastAPI) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


class SandboxServer:
    """A stand-in for a Jira Cloud site, listening on loopback once started.

    Its state lies in `state_file`, account and secrets included; the same file gives the same
    site again, under the port of that run. `clock` replaces the machine's time (aware moments).
    Raises ValueError when the file holds another project, OSError when the port is taken.
    """

    def __init__(
        self,
        state_file: Path,
        *,
        port: int = 0,
        project: str = "FB",
        control: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        virtual_clock = VirtualClock(clock or system_clock)
        self._socket = socket.create_server((_HOST, port))
        try:
            self._store = Store(state_file, virtual_clock, project=project)
        except BaseException:
            self._socket.close()
            raise
        self._sender = Sender(
            Store(state_file, virtual_clock, project=project), self._store.changed
        )
        self.url = f"http://{_HOST}:{self._socket.getsockname()[1]}"
        self.user = self._store.setting("user")
        self.token = self._store.setting("token")
        self.webhook_secret = self._store.setting("webhook_secret")
        self.project = project
        self.issue_type = ISSUE_TYPES[0].name
        self.number_field = NUMBER_FIELD
        self._server = _server_of(create_app(self._store, control=control))
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name="jira-sandbox",
            daemon=True,
        )

    def start(self) -> Self:
        """Serve from now on; returns once calls are answered."""
        self._thread.start()
        self._sender.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the Jira sandbox did not start")
            time.sleep(0.002)
        return self

    def stop(self) -> None:
        """Close the server and the state file; a second call does nothing."""
        if self._thread.is_alive():
            self._server.should_exit = True
            self._thread.join()
        self._sender.stop()
        self._socket.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def describe(self) -> dict[str, str]:
        """What a client needs to connect: the line of `bridge jira-sandbox --json`."""
        return {
            "url": self.url,
            "user": self.user,
            "token": self.token,
            "project": self.project,
            "issue_type": self.issue_type,
            "number_field": self.number_field,
            "webhook_secret": self.webhook_secret,
        }


def serve_forever(
    state_file: Path,
    announce: Callable[[dict[str, str]], None],
    *,
    port: int = 8100,
    project: str = "FB",
    control: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT; `announce` gets `describe()` once calls are answered.

    For the main thread only, because of the signals; it restores their handlers.
    """
    is_over = threading.Event()
    earlier = {
        number: signal.signal(number, lambda *_: is_over.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        with SandboxServer(state_file, port=port, project=project, control=control) as server:
            announce(server.describe())
            is_over.wait()
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
