"""Serve the application until told to stop: shared by `bridge serve` and `bridge demo`."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

import uvicorn
from fastapi import FastAPI

from bridge.api.app import create_app
from bridge.cli.output import say
from bridge.domain.errors import NotConfigured
from bridge.domain.people import Role
from bridge.settings import Settings
from bridge.web import add_pages
from bridge.wiring import Application
from bridge.wiring.frugal import frugal
from bridge.wiring.installation import note_server, note_worker
from bridge.worker import Worker

FIRST_ADMIN = "admin@localhost"
_LINK_LIVES = timedelta(days=1)
_NO_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - not bound here


@dataclass(frozen=True, slots=True)
class Door:
    """A bound socket, and the address people use for it."""

    listener: socket.socket
    url: str


@contextmanager
def open_door(host: str, port: int) -> Iterator[Door]:
    """Take the address before anything is started; raises NotConfigured when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio turns off the 40 ms wait of small answers.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(128)
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotConfigured(
                f"cannot listen on {host} port {port}: {reason}; give another --port"
            ) from error
        name = _NO_ADDRESS.get(host, host)
        shown = f"[{name}]" if ":" in name else name
        yield Door(listener, f"http://{shown}:{listener.getsockname()[1]}")


def with_public_url(settings: Settings, door: Door) -> Settings:
    """Links lead to where we listen, unless the configuration says otherwise."""
    if "public_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"public_url": door.url})


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """SIGTERM and SIGINT leave the block, closing everything on the way, with exit code 0."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    earlier = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def serve(
    application: Application, door: Door, *, with_worker: bool, announce: Callable[[], None]
) -> None:
    """Answer requests until a signal; `announce` is called once they are answered."""
    app = create_app(application)
    add_pages(app, application)
    note_server(application, found_at=door.url)
    if with_worker:
        note_worker(application)
    worker = Worker(application) if with_worker else None
    if worker is not None:
        worker.start()
    try:
        with frugal():
            _Server(app, announce).run(sockets=[door.listener])
    finally:
        if worker is not None:
            worker.stop()


class _Server(uvicorn.Server):
    """Tells when it is up."""

    def __init__(self, app: FastAPI, announce: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=5,
            )
        )
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()


def warn_if_embedded(application: Application) -> None:
    """Nobody should take the embedded database for a production server."""
    if application.server is not None:
        say(
            f"embedded database (PostgreSQL {application.server.version}), not for production:"
            " docs/embedded-postgres.md tells how to move to a server"
        )


def first_sign_in(application: Application) -> str | None:
    """A one-time link for the first admin; None once a lead or admin has signed in."""
    with application.open() as store:
        if store.people.has_lead_session():
            return None
        admin = store.people.known(FIRST_ADMIN, name="Administrator")
        for product in store.products.all():
            store.people.add_member(admin.id, product.id, Role.ADMIN)
    return sign_in_link(application, FIRST_ADMIN)


def sign_in_link(application: Application, email: str) -> str:
    """A new one-time link for a person."""
    context = application.context
    with application.open() as store:
        person = store.people.known(email)
        expires_at = context.now() + _LINK_LIVES
        code = store.people.create_login(person.id, "link", expires_at=expires_at)
    return f"{context.settings.public_url.rstrip('/')}/sign-in?code={code}"
