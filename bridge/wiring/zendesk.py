"""Zendesk connections: stored, opened, tested."""

import json
import threading
from dataclasses import dataclass, field

from bridge.domain.errors import NotConfigured
from bridge.domain.products import Product
from bridge.ports import CheckStep, WorkaroundStore
from bridge.steps.context import Context
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from integrations.zendesk.connect import check
from integrations.zendesk.settings import ZendeskSettings
from integrations.zendesk.store import ZendeskStore


@dataclass(frozen=True, slots=True)
class ZendeskGiven:
    """What a person says about a Zendesk account to connect."""

    url: str
    email: str
    token: str = field(repr=False)
    allow_private: bool = False
    calls_per_second: float = 5.0


def connect_zendesk(given: ZendeskGiven, product: Product, *, context: Context) -> list[CheckStep]:
    """Test the connection step by step and store it when every step passes.

    Connecting again replaces the credentials; copies that are linked stay linked.
    """
    settings = ZendeskSettings(
        url=given.url,
        email=given.email,
        token=given.token,
        allow_private=given.allow_private,
        calls_per_second=given.calls_per_second,
    )
    steps = check(settings)
    if all(step.ok for step in steps):
        config = {
            "url": settings.url,
            "email": settings.email,
            "allow_private": settings.allow_private,
            "calls_per_second": settings.calls_per_second,
        }
        sealed = context.secrets.encrypt(json.dumps({"token": settings.token}).encode())
        with context.open() as store:
            store.connections.save(
                product.id, "zendesk", name="zendesk", config=config, sealed=sealed
            )
    return steps


class WorkaroundStores:
    """Makes the store of a connection, and keeps it as long as the connection stays the same."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._made: dict[int, tuple[bytes, WorkaroundStore]] = {}
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> WorkaroundStore:
        """The store of that connection; raises NotConfigured for a system that is none."""
        if connection.integration != "zendesk":
            raise NotConfigured(f"{connection.integration} holds no workarounds")
        state = connection.sealed + json.dumps(dict(connection.config), sort_keys=True).encode()
        with self._lock:
            known = self._made.get(connection.id)
            if known is None or known[0] != state:
                known = (state, ZendeskStore(_settings(connection, self._secrets)))
                self._made[connection.id] = known
            return known[1]


def _settings(connection: Connection, secrets: Secrets) -> ZendeskSettings:
    config = connection.config
    return ZendeskSettings(
        url=str(config["url"]),
        email=str(config["email"]),
        token=json.loads(secrets.decrypt(connection.sealed))["token"],
        allow_private=bool(config.get("allow_private")),
        calls_per_second=float(str(config.get("calls_per_second", 5.0))),
    )
