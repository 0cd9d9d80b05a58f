"""Connections that ship signals come through: made, given new secrets, taken away."""

import json
import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.domain.errors import InvalidInput, NotFound
from bridge.domain.products import Product
from bridge.domain.signals import SignalMap, check
from bridge.ports import ShipSignal
from bridge.settings import Settings
from bridge.steps.context import Context
from bridge.steps.signals import config_of, set_map
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from bridge.wiring.jira import webhook_secrets
from integrations.cdevents.signals import CDEventsSignals
from integrations.github.signals import GitHubSignals
from integrations.gitlab.signals import GitLabSignals
from integrations.standard_webhooks.signing import secret_of

SIGNALS: Mapping[str, ShipSignal] = {
    one.name: one for one in (GitHubSignals(), GitLabSignals(), CDEventsSignals())
}
"""By integration name: who tells what is out."""

_SECRET_BYTES = 32
_FEWEST_LETTERS, _MOST_LETTERS = 16, 200
_MOST_NAME = 80


@dataclass(frozen=True, slots=True)
class SignalGiven:
    """What a person says about a system that tells what is out."""

    integration: str
    name: str
    mapping: SignalMap
    secret: str = field(default="", repr=False)
    """The system's own; one is made when it is left out."""


def connect_signals(
    given: SignalGiven, product: Product, *, store: Store, context: Context
) -> tuple[Connection, str]:
    """The new connection and its secret, which is not shown again."""
    if given.integration not in context.signals:
        known = ", ".join(sorted(context.signals))
        raise InvalidInput(f"there is no {given.integration}; there are {known}", pointer="/kind")
    name = given.name.strip()
    if not name or len(name) > _MOST_NAME:
        raise InvalidInput(f"a name has 1 to {_MOST_NAME} letters", pointer="/name")
    if any(one.name == name for one in store.connections.all_of(product.id)):
        raise InvalidInput(f"a connection is called {name} already", pointer="/name")
    check(given.mapping)
    secret = _secret(given.secret)
    saved = store.connections.save(
        product.id,
        given.integration,
        name=name,
        config=config_of(given.mapping),
        sealed=_seal([secret], context.secrets),
    )
    set_map(saved, given.mapping, store=store)
    return saved, secret


def rotate(connection: Connection, secret: str = "", *, store: Store, secrets: Secrets) -> str:
    """A new secret; the one before is good beside it until the rotation is finished."""
    new = _secret(secret)
    kept = secrets_of(connection, secrets)
    store.connections.reseal(connection.id, _seal([new, *kept[:1]], secrets))
    return new


def finish_rotation(connection: Connection, *, store: Store, secrets: Secrets) -> None:
    """Only the newest secret is good from now on."""
    kept = secrets_of(connection, secrets)
    store.connections.reseal(connection.id, _seal(kept[:1], secrets))


def secrets_of(connection: Connection, secrets: Secrets) -> Sequence[str]:
    """The secrets that deliveries to a connection may be proven with, the newest first."""
    kept = json.loads(secrets.decrypt(connection.sealed)).get("secrets")
    return (
        [str(one) for one in kept]
        if isinstance(kept, list)
        else webhook_secrets(connection, secrets)
    )


def signal_connections(product: Product, *, store: Store, context: Context) -> list[Connection]:
    """The product's connections that signals come through, oldest first."""
    return store.connections.of_kind(product.id, *sorted(context.signals))


def signal_connection(name: str, product: Product, *, store: Store, context: Context) -> Connection:
    """The one of that name, or of that id."""
    for one in signal_connections(product, store=store, context=context):
        if name in (one.name, str(one.id)):
            return one
    raise NotFound(f"no connection for ship signals is called {name[:80]}")


def address_of(connection: Connection, settings: Settings) -> str:
    """Where the sender delivers to."""
    base = settings.public_url.rstrip("/")
    return f"{base}/webhooks/{connection.integration}/{connection.id}"


def _secret(given: str) -> str:
    if not given:
        return secret_of(randomness.token_bytes(_SECRET_BYTES))
    if not _FEWEST_LETTERS <= len(given) <= _MOST_LETTERS or not given.isprintable():
        words = f"a secret has {_FEWEST_LETTERS} to {_MOST_LETTERS} letters"
        raise InvalidInput(words, pointer="/secret")
    return given


def _seal(kept: Sequence[str], secrets: Secrets) -> bytes:
    return secrets.encrypt(json.dumps({"secrets": list(kept)}).encode())
