"""Sends the waiting webhook deliveries over real HTTP from a thread of its own."""

import hashlib
import hmac
import logging
import threading
from datetime import timedelta

import httpx2

from integrations.jira.sandbox.records import Delivery
from integrations.jira.sandbox.store import Store
from integrations.jira.sandbox.webhooks import OVER, WAITING

_log = logging.getLogger(__name__)

_MOST_TRIES = 6
_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(minutes=15)
_AGAIN = frozenset({408, 409, 425, 429})
_LOOK_SECONDS = 0.5
_TIMEOUT_SECONDS = 10.0
_LARGEST_BODY = 25 * 1024 * 1024


class Sender:
    """Delivers in the order of the events; `changed` wakes it, `stop` ends it."""

    def __init__(self, store: Store, changed: threading.Event) -> None:
        self._store = store
        self._changed = changed
        self._is_stopping = False
        self._client: httpx2.Client | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to deliver, first what an earlier run left over."""
        self._thread.start()

    def stop(self) -> None:
        """End after the delivery at hand; the rest waits in the state file."""
        self._is_stopping = True
        self._changed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_TIMEOUT_SECONDS + 1)
        else:
            self._store.close()

    def _run(self) -> None:
        while not self._is_stopping:
            self._changed.wait(_LOOK_SECONDS)
            self._changed.clear()
            self._deliver_due()
        if self._client is not None:
            self._client.close()
        self._store.close()

    def _deliver_due(self) -> None:
        for delivery in self._store.records(Delivery, owner=WAITING):
            if self._is_stopping:
                return
            if delivery.due <= self._store.now():
                if self._client is None:
                    # Made late: a client takes 0.1 s to make and most sandboxes send nothing.
                    self._client = httpx2.Client(timeout=_TIMEOUT_SECONDS, trust_env=False)
                self._settle(delivery, _send(self._client, delivery))

    def _settle(self, delivery: Delivery, status: int | None) -> None:
        tries = delivery.tries + 1
        may_retry = status is None or status in _AGAIN or status >= 500
        is_over = not may_retry or tries >= _MOST_TRIES
        wait = min(_FIRST_WAIT * tries, _LONGEST_WAIT)
        settled = delivery.model_copy(
            update={
                "tries": tries,
                "status": status,
                "is_over": is_over,
                "due": delivery.due if is_over else self._store.now() + wait,
                "body": "" if is_over else delivery.body,
            }
        )
        self._store.save(delivery.id, settled, owner=OVER if is_over else WAITING)


def _send(client: httpx2.Client, delivery: Delivery) -> int | None:
    """The status that came back; None when nothing did."""
    raw = delivery.body.encode()
    if len(raw) > _LARGEST_BODY:
        return 413
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "User-Agent": "Atlassian Webhook HTTP Client",
        "X-Atlassian-Webhook-Identifier": delivery.identifier,
        "X-Atlassian-Webhook-Flow": "Primary",
    }
    if delivery.tries:
        headers["X-Atlassian-Webhook-Retry"] = str(delivery.tries)
    if delivery.secret:
        headers["X-Hub-Signature"] = signature(delivery.secret, raw)
    try:
        return client.post(delivery.url, content=raw, headers=headers).status_code
    except httpx2.HTTPError as error:
        _log.info("webhook not delivered: %s", type(error).__name__)
        return None


def signature(secret: str, raw: bytes) -> str:
    """What the header `X-Hub-Signature` holds for this body."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
