"""The demo's releases on GitHub: deliveries of the last days, followed like real ones."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from bridge.demo.story import weekday_at
from bridge.domain.products import Product
from bridge.domain.signals import Rule, SignalMap
from bridge.ports import WebhookRequest
from bridge.steps.context import Context
from bridge.steps.signals import pack, receive_soon
from bridge.store import Store
from bridge.wiring.signals import SignalGiven, connect_signals

_NAME = "github"
_APP, _SITE, _LABS = "wrenrota/app", "wrenrota/website", "wrenrota/labs"
_VERSION = "5.2.1"
_DAY = 79


@dataclass(frozen=True, slots=True)
class Delivery:
    """What GitHub posts."""

    at: datetime
    event: str
    body: Mapping[str, JsonValue]


class Pipeline:
    """Builds and releases, and GitHub tells."""

    def __init__(self, product: Product, context: Context) -> None:
        self._product = product
        self._context = context
        self._connection_id = 0
        self._ahead: list[Delivery] = []

    def connect(self, anchor: datetime) -> None:
        """GitHub is connected; what it will deliver lies ahead."""
        with self._context.open() as store:
            self._connection_id = connect_pipeline(
                self._product, store=store, context=self._context
            )
        self._ahead = list(deliveries(anchor))

    def deliver_until(self, moment: datetime) -> None:
        """Deliver what is due; jobs follow it."""
        while self._ahead and self._ahead[0].at <= moment:
            one = self._ahead.pop(0)
            with self._context.open() as store:
                deliver(one, self._connection_id, store=store, context=self._context)


def deliveries(anchor: datetime) -> Iterator[Delivery]:
    """A patch goes out; a staging environment and two other repositories report too."""
    at = weekday_at(anchor, _DAY, hour=10)
    yield _deployed(at.replace(hour=8), "staging")
    yield _released(at.replace(hour=9), _SITE, "spring-pages")
    yield _released(at, _APP, f"v{_VERSION}")
    yield _deployed(at.replace(minute=20), "production")
    yield _released(at.replace(hour=15), _LABS, "v0.3")


def connect_pipeline(product: Product, *, store: Store, context: Context) -> int:
    """Connect GitHub; returns the connection's id."""
    rules = (Rule(_APP), Rule(_SITE, is_ignored=True))
    given = SignalGiven("github", _NAME, SignalMap(rules))
    connection, _ = connect_signals(given, product, store=store, context=context)
    return connection.id


def deliver(one: Delivery, connection_id: int, *, store: Store, context: Context) -> None:
    """Keep a delivery sealed and have it read, as the door does."""
    body = json.dumps(one.body).encode()
    request = WebhookRequest({"x-github-event": one.event}, body)
    signal = context.signals[_NAME]
    delivery_id = store.connections.store_delivery(
        connection_id,
        signal.event_id(request),
        sealed=context.secrets.encrypt(pack(request, signal)),
        now=context.now(),
    )
    if delivery_id is not None:
        receive_soon(delivery_id, store=store)


def _released(at: datetime, repository: str, tag: str) -> Delivery:
    body: dict[str, JsonValue] = {
        "action": "published",
        "repository": {"full_name": repository},
        "release": {
            "tag_name": tag,
            "published_at": at.isoformat(),
            "draft": False,
            "prerelease": False,
            "html_url": f"https://github.example/{repository}/releases/{tag}",
        },
    }
    return Delivery(at, "release", body)


def _deployed(at: datetime, environment: str) -> Delivery:
    body: dict[str, JsonValue] = {
        "action": "created",
        "repository": {"full_name": _APP},
        "deployment": {"ref": f"v{_VERSION}", "sha": "5a1f" * 10, "environment": environment},
        "deployment_status": {
            "state": "success",
            "environment": environment,
            "created_at": at.isoformat(),
        },
    }
    return Delivery(at, "deployment_status", body)
