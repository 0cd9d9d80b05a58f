"""Receivers of messages: real servers on loopback that know a message by its id."""

import socket
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes
from typing import Protocol

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Receiver(Protocol):
    """One channel that carries notices."""

    def open(self) -> AbstractContextManager[Mapping[str, str]]:
        """Listen; gives the settings that make a worker send there."""
        ...

    def seen(self) -> Mapping[str, set[str]]:
        """The ids of the messages that came, by recipient: the same id again is the same one."""
        ...

    def came(self) -> int:
        """How many came in all."""
        ...


class MailReceiver:
    """A mail server that keeps what it accepts; the first few it has no time for."""

    def __init__(self, *, busy_for: int = 0) -> None:
        self._busy_for = busy_for
        self._lock = threading.Lock()
        self._mails: list[tuple[str, str]] = []

    @contextmanager
    def open(self) -> Iterator[Mapping[str, str]]:
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
