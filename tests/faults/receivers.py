"""Receivers of what follows a fix: real servers on loopback that know a message by its id."""

import json
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bridge.domain.products import DEFAULT_PRODUCT
from bridge.wiring import Application
from bridge.wiring.channels import ChannelGiven, endpoint, save_channel, slack_app
from integrations.standard_webhooks.signing import secret_of, signature
from tests.faults.bench import point_to
from tests.slack_desk import TOKEN, SlackDesk, slack_desk
from tests.zendesk_desk import Desk, zendesk_desk

AGENTS = [f"agent{number}@support.example" for number in range(40)]
"""Who handled a contact of the issue that is fixed."""
EVENTS = ("fix.shipped", "workaround.retired")
"""What a fix tells other systems."""
ROOM = "C1"
"""The channel of the product on Slack."""


class Receiver(Protocol):
    """One channel that carries news of a fix."""

    @property
    def wanted(self) -> Sequence[str]:
        """Who or what must have come there, each once."""
        ...

    def open(self, application: Application) -> AbstractContextManager[Mapping[str, str]]:
        """Listen, and be connected; gives the settings that make a worker send there."""
        ...

    def seen(self) -> Mapping[str, set[str]]:
        """The ids of what came, by what is wanted: the same id again is the same one."""
        ...

    def came(self) -> int:
        """How many came in all."""
        ...


class MailReceiver:
    """A mail server that keeps what it accepts; the first few it has no time for."""

    wanted = AGENTS

    def __init__(self, *, busy_for: int = 0) -> None:
        self._busy_for = busy_for
        self._lock = threading.Lock()
        self._mails: list[tuple[str, str]] = []

    @contextmanager
    def open(self, application: Application) -> Iterator[Mapping[str, str]]:
        """Listen on a free port."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        controller = Controller(self, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            yield {
                "BRIDGE_SMTP_HOST": "127.0.0.1",
                "BRIDGE_SMTP_PORT": str(port),
                "BRIDGE_SMTP_STARTTLS": "false",
            }
        finally:
            controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a mail, or say that there is no time for it."""
        with self._lock:
            if self._busy_for > 0:
                self._busy_for -= 1
                return "451 come back later"
            mail = message_from_bytes(bytes(envelope.content or b""))
            ids = mail["Message-ID"], mail["X-Bridge-Notification-Id"]
            self._mails += [(to, " ".join(map(str, ids))) for to in envelope.rcpt_tos]
        return "250 OK"

    def seen(self) -> Mapping[str, set[str]]:
        """See Receiver.seen."""
        found: dict[str, set[str]] = defaultdict(set)
        with self._lock:
            for recipient, message_id in self._mails:
                found[recipient].add(message_id)
        return found

    def came(self) -> int:
        """See Receiver.came."""
        return len(self._mails)


class SlackReceiver:
    """A workspace with a channel of the product and direct messages.

    Slack drops no repeats, so that a message which stands there twice is two, whatever its id.
    """

    wanted = (ROOM, *AGENTS)

    def __init__(self, *, stumbles: Sequence[str] = ()) -> None:
        self._stumbles = stumbles
        self._desk = SlackDesk()

    @contextmanager
    def open(self, application: Application) -> Iterator[Mapping[str, str]]:
        """Know every agent by address."""
        with slack_desk() as self._desk:
            self._desk.people.update({address: address for address in AGENTS})
            self._desk.troubles.extend(self._stumbles)
            url = self._desk.url
            given = slack_app(TOKEN, channel=ROOM, direct=True, api_url=url, allow_private=True)
            _connect(given, application)
            yield {}

    def seen(self) -> Mapping[str, set[str]]:
        """See Receiver.seen; of each message that stands there its own moment."""
        return {
            channel.removeprefix("D-"): {one["ts"] for one in messages}
            for channel, messages in self._desk.messages.items()
        }

    def came(self) -> int:
        """See Receiver.came."""
        return sum(len(messages) for messages in self._desk.messages.values())


class EventReceiver:
    """An endpoint of Standard Webhooks: it checks signatures and drops what it knows by its id."""

    wanted = EVENTS

    def __init__(self) -> None:
        self._secret = secret_of(b"thirty-two bytes of a secret key")
        self._lock = threading.Lock()
        self._events: list[tuple[str, str]] = []

    @contextmanager
    def open(self, application: Application) -> Iterator[Mapping[str, str]]:
        """Listen on a free port."""
        handler = type("Handler", (_EventHandler,), {"receiver": self})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            url = f"http://127.0.0.1:{server.server_port}/events"
            given = endpoint(url, name="crm", secret=self._secret, allow_private=True)
            _connect(given, application)
            try:
                yield {}
            finally:
                server.shutdown()
                thread.join()

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Keep one event; returns the status to answer with."""
        message_id, moment = headers["webhook-id"], int(headers["webhook-timestamp"])
        if headers["webhook-signature"] != signature([self._secret], message_id, moment, body):
            return 401
        with self._lock:
            self._events.append((str(json.loads(body)["type"]), message_id))
        return 204

    def seen(self) -> Mapping[str, set[str]]:
        """See Receiver.seen."""
        found: dict[str, set[str]] = defaultdict(set)
        with self._lock:
            for kind, message_id in self._events:
                found[kind].add(message_id)
        return found

    def came(self) -> int:
        """See Receiver.came."""
        return len(self._events)


class _EventHandler(BaseHTTPRequestHandler):
    receiver: EventReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(self.receiver.take(headers, body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


class DeskReceiver:
    """A help desk with a macro and an article that hold the workaround; both must be off.

    A switch is an absolute value, so that doing it twice is doing it once.
    """

    wanted = ("macro", "article")

    def __init__(self) -> None:
        self._desk = Desk()

    @contextmanager
    def open(self, application: Application) -> Iterator[Mapping[str, str]]:
        """Be the account that was connected while the copies were linked, at another address."""
        with zendesk_desk() as self._desk:
            fill(self._desk)
            point_to(self._desk.url, application, "zendesk")
            yield {}

    def seen(self) -> Mapping[str, set[str]]:
        """See Receiver.seen; of what is off, that it is."""
        off = {"macro": not self._desk.macros[1]["active"]}
        off["article"] = bool(self._desk.articles[7, "en-us"]["draft"])
        return {name: {"off"} for name, is_off in off.items() if is_off}

    def came(self) -> int:
        """See Receiver.came; without mere looks."""
        return sum(one.startswith("PUT ") for one in self._desk.requests)


def fill(desk: Desk) -> list[str]:
    """Let the account hold the workaround in a macro and an article; returns their addresses."""
    return [desk.add_macro(1, "Use the print view"), desk.add_article(7, "Use the print view")]


def _connect(given: ChannelGiven, application: Application) -> None:
    with application.open() as store:
        product = store.products.by_slug(DEFAULT_PRODUCT)
        save_channel(given, product, store=store, secrets=application.context.secrets)
