"""Jira connections: stored, opened, tested."""

import json
import secrets as randomness
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from bridge.domain.errors import OutsideError
from bridge.domain.products import Product
from bridge.domain.tickets import FilingPolicy
from bridge.ports import CheckStep, Tracker
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.connections import Connection
from bridge.store.secrets import Secrets
from bridge.wiring.pace import SharedPace
from integrations.jira.client import JiraClient
from integrations.jira.connect import check, register_webhook, resolve
from integrations.jira.settings import JiraSettings
from integrations.jira.tracker import JiraTracker
from integrations.pace import Pace, RateLimiter

_SANDBOX_CALLS_PER_SECOND = 1_000.0
_LOCAL_CALLS_PER_SECOND = 100.0
"""Such a budget is for the sandbox on this machine, which nobody shares."""


@dataclass(frozen=True, slots=True)
class JiraGiven:
    """What a person says about a Jira project to connect."""

    url: str
    user: str
    token: str = field(repr=False)
    project: str
    issue_type: str
    number_field: str | None = None
    accounts_field: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """Values for other fields of each ticket, by name or id; those given before stay."""
    webhook_secret: str | None = field(default=None, repr=False)
    allow_private: bool = False
    calls_per_second: float = 5.0
    policy: FilingPolicy | None = None
    """None keeps what the connection has, `retry` for a new one."""
    duplicate_transition: str | None = None
    """None keeps what the connection has."""

    @classmethod
    def to_sandbox(cls, account: Mapping[str, str], *, has_webhook: bool = False) -> "JiraGiven":
        """The sandbox on this machine as it describes itself, at its own speed."""
        return cls(
            url=account["url"],
            user=account["user"],
            token=account["token"],
            project=account["project"],
            issue_type=account["issue_type"],
            number_field=account["number_field"],
            webhook_secret=account["webhook_secret"] if has_webhook else None,
            allow_private=True,
            calls_per_second=_SANDBOX_CALLS_PER_SECOND,
            duplicate_transition="Done",
        )


def connect_jira(given: JiraGiven, product: Product, *, context: Context) -> list[CheckStep]:
    """Test the connection step by step and store it when every step passes.

    Connecting again replaces the credentials and keeps the instance, so that tickets filed before
    are still known as ours. With a webhook secret the webhook is registered too.
    """
    with context.open() as store:
        known = store.connections.of_product(product.id, "jira")
    instance = str(known.config["instance"]) if known else randomness.token_hex(6)
    settings = JiraSettings(
        url=given.url,
        user=given.user,
        token=given.token,
        project=given.project,
        issue_type=given.issue_type,
        number_field=given.number_field,
        accounts_field=given.accounts_field,
        fields={**_kept_fields(known, given), **given.fields},
        instance=instance,
        webhook_secret=given.webhook_secret,
        allow_private=given.allow_private,
        calls_per_second=given.calls_per_second,
        duplicate_transition=given.duplicate_transition or _kept(known, "duplicate_transition"),
    )
    steps = check(settings)
    if not all(step.ok for step in steps):
        return steps
    policy = FilingPolicy(given.policy or _kept(known, "policy") or FilingPolicy.RETRY)
    connection = _save(resolve(settings), policy, product, context)
    if given.webhook_secret:
        public_url = context.settings.public_url.rstrip("/")
        steps.append(_webhook_step(settings, f"{public_url}/webhooks/jira/{connection.id}"))
    return steps


def _kept(known: Connection | None, name: str) -> str | None:
    """A setting of the connection as it was, when it had one."""
    value = known.config.get(name) if known else None
    return None if value is None else str(value)


def _kept_fields(known: Connection | None, given: JiraGiven) -> Mapping[str, JsonValue]:
    """The values of before, as long as it is the same project and type of ticket."""
    if known is None or known.config.get("project") != given.project:
        return {}
    return known.fields


def _save(
    settings: JiraSettings, policy: FilingPolicy, product: Product, context: Context
) -> Connection:
    config = {
        "url": settings.url,
        "user": settings.user,
        "project": settings.project,
        "issue_type": settings.issue_type,
        "number_field": settings.number_field,
        "accounts_field": settings.accounts_field,
        "fields": {name: value for name, value in settings.fields.items() if value != ""},
        "instance": settings.instance,
        "allow_private": settings.allow_private,
        "calls_per_second": settings.calls_per_second,
        "duplicate_transition": settings.duplicate_transition,
        "policy": policy.value,
    }
    kept = {"token": settings.token, "webhook_secret": settings.webhook_secret}
    sealed = context.secrets.encrypt(json.dumps(kept).encode())
    with context.open() as store:
        saved = store.connections.save(
            product.id, "jira", name="jira", config=config, sealed=sealed
        )
        # The credentials were tried just now, so nobody has to wait for another try.
        store.paces.accept(saved.id)
        # A first look at its tickets takes a while; a filing would wait for it.
        once = f"read_existing:{saved.id}"
        store.enqueue("read_existing", once=once, connection_id=saved.id)
        return saved


def _webhook_step(settings: JiraSettings, callback_url: str) -> CheckStep:
    """Registering needs admin rights; without it the poll still finds every change."""
    try:
        register_webhook(settings, callback_url)
    except OutsideError as error:
        advice = f"not registered ({error}): ask a Jira admin to add {callback_url}"
        return CheckStep("register_webhook", True, f"{advice}; polling works meanwhile")
    return CheckStep("register_webhook", True)


class Trackers:
    """Makes the tracker of a connection, and keeps it as long as the connection stays the same."""

    def __init__(
        self,
        secrets: Secrets,
        *,
        now: Callable[[], datetime],
        open_store: Callable[[], AbstractContextManager[Store]],
    ) -> None:
        self._secrets = secrets
        self._now = now
        self._open = open_store
        self._made: dict[int, tuple[bytes, Tracker]] = {}
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> Tracker:
        """The tracker of that connection."""
        state = connection.sealed + json.dumps(dict(connection.config), sort_keys=True).encode()
        with self._lock:
            known = self._made.get(connection.id)
            if known is None or known[0] != state:
                settings = jira_settings(connection, self._secrets)
                client = JiraClient(settings, pace=self._pace(connection, settings))
                known = (state, JiraTracker(settings, client=client, now=self._now))
                self._made[connection.id] = known
            return known[1]

    def _pace(self, connection: Connection, settings: JiraSettings) -> Pace:
        """One budget for all workers, except where a call costs less than asking for its slot."""
        if settings.calls_per_second >= _LOCAL_CALLS_PER_SECOND:
            return RateLimiter(settings.calls_per_second)
        return SharedPace(
            connection.id, settings.calls_per_second, open_store=self._open, now=self._now
        )


def jira_settings(connection: Connection, secrets: Secrets) -> JiraSettings:
    """The settings of a stored Jira connection."""
    sealed = json.loads(secrets.decrypt(connection.sealed))
    config = dict(connection.config)
    return JiraSettings(
        url=str(config["url"]),
        user=str(config["user"]),
        token=sealed["token"],
        project=str(config["project"]),
        issue_type=str(config["issue_type"]),
        number_field=str(config["number_field"]) if config.get("number_field") else None,
        accounts_field=_kept(connection, "accounts_field"),
        fields=connection.fields,
        instance=str(config["instance"]),
        webhook_secret=sealed.get("webhook_secret"),
        allow_private=bool(config.get("allow_private")),
        calls_per_second=float(str(config.get("calls_per_second", 5.0))),
        duplicate_transition=_kept(connection, "duplicate_transition"),
    )


def webhook_secrets(connection: Connection, secrets: Secrets) -> Sequence[str]:
    """The secrets that a connection's webhook deliveries may be signed with."""
    sealed = json.loads(secrets.decrypt(connection.sealed))
    return [secret for secret in (sealed.get("webhook_secret"),) if secret]
