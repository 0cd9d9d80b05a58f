"""Channels behind connections: Slack and endpoints of Standard Webhooks; stored, opened, tested."""

import json
import secrets as randomness
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.domain.errors import BridgeError, InvalidInput, NotConfigured, NotFound
from bridge.domain.products import Product
from bridge.ports import CheckStep, Message, Notifier
from bridge.steps.announce import ENDPOINT, EVENTS, TEST_EVENT
from bridge.steps.context import Context
from bridge.steps.outside import ROOMS
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from integrations.http import check_address
from integrations.slack.client import API_URL, SlackClient, SlackSettings
from integrations.slack.notifier import SlackNotifier, SlackWebhookNotifier
from integrations.standard_webhooks.notifier import EndpointSettings, WebhookNotifier
from integrations.standard_webhooks.signing import key_of, secret_of

KINDS = (ENDPOINT, *ROOMS)
_NOT_TRIED = "not tried: mend the step before first"


class Channels:
    """Makes the notifier of a connection, and keeps it as long as the connection stays the same."""

    def __init__(self, secrets: Secrets, *, now: Callable[[], datetime]) -> None:
        self._secrets = secrets
        self._now = now
        self._made: dict[int, tuple[bytes, Notifier]] = {}
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> Notifier:
        """The notifier of that connection."""
        state = connection.sealed + json.dumps(dict(connection.config), sort_keys=True).encode()
        with self._lock:
            known = self._made.get(connection.id)
            if known is None or known[0] != state:
                sealed = json.loads(self._secrets.decrypt(connection.sealed))
                made = notifier_of(connection.integration, connection.config, sealed, now=self._now)
                known = (state, made)
                self._made[connection.id] = known
            return known[1]


def notifier_of(
    integration: str,
    config: Mapping[str, object],
    sealed: Mapping[str, object],
    *,
    now: Callable[[], datetime],
) -> Notifier:
    """The notifier that a connection's settings describe."""
    allow_private = bool(config.get("allow_private"))
    if integration == ENDPOINT:
        kept = sealed["secrets"]
        secrets = [str(one) for one in kept] if isinstance(kept, list) else []
        return WebhookNotifier(
            EndpointSettings(str(config["url"]), secrets, allow_private), now=now
        )
    if integration == "slack":
        api_url = str(config.get("api_url") or API_URL)
        settings = SlackSettings(str(sealed["token"]), api_url, allow_private)
        return SlackNotifier(SlackClient(settings), has_button=bool(sealed.get("signing_secret")))
    if integration == "slack_webhook":
        return SlackWebhookNotifier(str(sealed["url"]), allow_private=allow_private)
    raise NotConfigured(f"{integration} carries no messages")


@dataclass(frozen=True, slots=True)
class ChannelGiven:
    """What a person says about a channel to connect."""

    integration: str
    name: str
    config: Mapping[str, object]
    sealed: Mapping[str, object] = field(repr=False)
    test_to: str | None = None
    """Whom the test message goes to; None: no message, the connection is tried without."""

    @property
    def secret(self) -> str:
        """The newest secret of an endpoint; empty for other channels."""
        kept = self.sealed.get("secrets")
        return str(kept[0]) if isinstance(kept, list) else ""


def slack_app(  # noqa: PLR0913 - one argument a thing a person says
    token: str,
    *,
    channel: str | None,
    direct: bool,
    signing_secret: str | None = None,
    name: str = "slack",
    api_url: str | None = None,
    allow_private: bool = False,
) -> ChannelGiven:
    """A Slack app: a channel of the product, direct messages, or both.

    With its signing secret messages to people have a button that says that they were read.
    """
    if channel is None and not direct:
        raise InvalidInput("name a channel, or allow direct messages", pointer="/channel")
    config: dict[str, object] = {"channel": channel, "direct": direct}
    config |= {"api_url": api_url or API_URL, "allow_private": allow_private}
    sealed = {"token": token} | ({"signing_secret": signing_secret} if signing_secret else {})
    return ChannelGiven("slack", name, config, sealed, test_to=channel)


def slack_webhook(url: str, *, name: str = "slack", allow_private: bool = False) -> ChannelGiven:
    """A Slack incoming webhook, whose address is its secret."""
    config: dict[str, object] = {"channel": "webhook", "allow_private": allow_private}
    return ChannelGiven("slack_webhook", name, config, {"url": url}, test_to="webhook")


def endpoint(
    url: str,
    *,
    name: str,
    events: Sequence[str] = (),
    secret: str | None = None,
    allow_private: bool = False,
) -> ChannelGiven:
    """A receiver of Standard Webhooks; without a secret one is made. No events: all of them."""
    unknown = sorted(set(events) - {*EVENTS})
    if unknown:
        raise InvalidInput(
            f"there is no event {unknown[0]}; there are: {', '.join(EVENTS)}", pointer="/events"
        )
    secret = secret or secret_of(randomness.token_bytes(32))
    key_of(secret)
    config: dict[str, object] = {"url": url, "allow_private": allow_private}
    config |= {"events": list(events)} if events else {}
    return ChannelGiven(ENDPOINT, name, config, {"secrets": [secret]}, test_to=name)


def connect_channel(
    given: ChannelGiven, product: Product, *, context: Context
) -> tuple[list[CheckStep], Connection | None]:
    """Try the channel in named steps, and keep it when all pass."""
    steps = try_channel(given, context=context)
    if not all(step.ok for step in steps):
        return steps, None
    with context.open() as store:
        return steps, save_channel(given, product, store=store, secrets=context.secrets)


def save_channel(
    given: ChannelGiven, product: Product, *, store: Store, secrets: Secrets
) -> Connection:
    """Keep the channel, tried or not; one of that name is replaced."""
    sealed = secrets.encrypt(json.dumps(dict(given.sealed)).encode())
    saved = store.connections.save(
        product.id, given.integration, name=given.name, config=given.config, sealed=sealed
    )
    store.connections.enable(saved.id)
    return store.connections.get(saved.id)


def try_channel(given: ChannelGiven, *, context: Context) -> list[CheckStep]:
    """The address, then a test message."""
    url = str(given.config.get("url") or given.sealed.get("url") or given.config.get("api_url"))
    allow_private = bool(given.config.get("allow_private"))
    address = _step("address", lambda: check_address(url, allow_private=allow_private))
    if not address.ok:
        return [address, CheckStep("message", False, _NOT_TRIED)]
    if given.test_to is None:
        told = "no channel is named: direct messages are tried with the first one"
        return [address, CheckStep("message", True, told)]
    notifier = notifier_of(given.integration, given.config, given.sealed, now=context.now)
    message = Message("The bridge is connected", "The bridge can write here now.")
    if given.integration == ENDPOINT:
        now = context.now().isoformat()
        message = Message(
            TEST_EVENT, json.dumps({"type": TEST_EVENT, "timestamp": now, "data": {}})
        )
    to, test_id = given.test_to, f"test-{randomness.token_hex(8)}"
    return [address, _step("message", lambda: notifier.send(message, to, test_id))]


def try_connection(connection: Connection, *, context: Context) -> list[CheckStep]:
    """The same for a channel that is connected."""
    sealed = json.loads(context.secrets.decrypt(connection.sealed))
    to = connection.name
    if connection.integration == "slack":
        channel = connection.config.get("channel")
        to = str(channel) if channel else ""
    given = ChannelGiven(
        connection.integration, connection.name, connection.config, sealed, to or None
    )
    return try_channel(given, context=context)


def new_secret(connection: Connection, *, store: Store, secrets: Secrets) -> str:
    """A new secret of an endpoint; the one before signs beside it until the next rotation."""
    if connection.integration != ENDPOINT:
        raise InvalidInput(f"{connection.name} is no endpoint: it has no secret of ours")
    secret = secret_of(randomness.token_bytes(32))
    kept = json.loads(secrets.decrypt(connection.sealed))["secrets"]
    sealed = secrets.encrypt(json.dumps({"secrets": [secret, *kept[:1]]}).encode())
    store.connections.reseal(connection.id, sealed)
    return secret


def channel_named(name: str, product: Product, *, context: Context) -> Connection:
    """The product's channel of that name, or of that id."""
    with context.open() as store:
        for one in store.connections.of_kind(product.id, *KINDS):
            if name in (one.name, str(one.id)):
                return one
    raise NotFound(f"no channel is called {name}")


def _step(name: str, do: Callable[[], object]) -> CheckStep:
    try:
        do()
    except BridgeError as error:
        return CheckStep(name, False, str(error))
    return CheckStep(name, True)
