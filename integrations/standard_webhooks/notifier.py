"""The notifier port on a receiver of Standard Webhooks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from bridge.domain.errors import EndpointGone, TryAgainLater
from bridge.domain.messages import AfterLoss
from bridge.ports import Message
from integrations.posting import Poster
from integrations.standard_webhooks.signing import signature


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """One receiver."""

    url: str
    secrets: Sequence[str] = field(repr=False)
    """The newest first; two while a rotation is under way."""
    allow_private: bool = False
    read_seconds: float = 20.0


class WebhookNotifier:
    """Posts one signed event; the text of a message is its JSON."""

    name = "webhook"
    after_loss = AfterLoss.REPEAT

    def __init__(self, settings: EndpointSettings, *, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._poster = Poster(
            allow_private=settings.allow_private, read_seconds=settings.read_seconds
        )

    def send(self, message: Message, recipient: str, message_id: str) -> str:
        """Post it once; only 2xx is success, and 410 is the end.

        Raises TryAgainLater for every other answer: the schedule ends it. AnswerLost on a time-out
        or a broken connection; Refused for an address that may not be reached.
        """
        body = message.text.encode()
        timestamp = int(self._now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "bridge",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._settings.secrets, message_id, timestamp, body),
        }
        answer = self._poster.post(self._settings.url, body, headers)
        if 200 <= answer.status < 300:
            return str(answer.status)
        if answer.status == HTTPStatus.GONE:
            raise EndpointGone("the receiver answered 410: it wants nothing more")
        told = f"the receiver answered {answer.status}"
        if 300 <= answer.status < 400:
            told += ": redirects are not followed, give the address it moved to"
        wish = answer.retry_after(self._now().timestamp())
        raise TryAgainLater(told, retry_after_seconds=wish)

    def find(self, recipient: str, message_id: str) -> str | None:
        """No receiver tells; it drops a repeat by its webhook-id instead."""
        return None
