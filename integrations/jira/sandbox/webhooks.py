"""Admin webhooks: who wants to hear of what, and the events put down for them."""

import ipaddress
import json
import uuid
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from integrations.jira.sandbox import jql, jql_fields, present
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.records import Delivery, Json, Ticket, Webhook
from integrations.jira.sandbox.site import Site

EVENTS = frozenset(
    [
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
        "jira:version_created",
        "jira:version_updated",
        "jira:version_released",
        "jira:version_unreleased",
    ]
)
WAITING, OVER = 0, 1
"""Owner of a delivery's record: what is still to send, and the log."""
_SECTION = "issue-related-events-section"


def register(site: Site, body: Json) -> Webhook:
    """A new admin webhook."""
    values = _values(body)
    for name in ("name", "url", "events"):
        if name not in values:
            raise JiraRefusal(400, f"'{name}' is required.")
    defaults: Json = {"jql": "", "secret": None, "is_enabled": True, "has_body": True}
    return site.store.add(Webhook, {**defaults, **values, "updated": site.store.now()})


def change(site: Site, id: str, body: Json) -> Webhook:
    """Change an admin webhook; what is not sent stays."""
    changed = get(site, id).model_copy(update={**_values(body), "updated": site.store.now()})
    site.store.save(changed.id, changed)
    return changed


def get(site: Site, id: str) -> Webhook:
    """The admin webhook with this id, else 404."""
    found = site.store.record(Webhook, id)
    if found is None:
        raise JiraRefusal(404, f"The webhook with id {id} was not found.")
    return found


def shown(site: Site, item: Webhook) -> Json:
    """An admin webhook as Jira answers it; the secret is never told."""
    return {
        "name": item.name,
        "url": item.url,
        "excludeBody": not item.has_body,
        "filters": {_SECTION: item.jql},
        "events": list(item.events),
        "enabled": item.is_enabled,
        "isSigned": item.secret is not None,
        "self": f"{site.base}/rest/webhooks/1.0/webhook/{item.id}",
        "lastUpdatedUser": site.store.setting("account_id"),
        "lastUpdated": int(item.updated.timestamp() * 1000),
    }


def is_anybody_listening(site: Site, event: str) -> bool:
    """Whether it is worth putting the event together."""
    return any(item.is_enabled and event in item.events for item in site.store.records(Webhook))


def announce(site: Site, event: str, content: Json, *, ticket: Ticket | None = None) -> None:
    """Put the event down for every webhook that wants it, in the caller's transaction."""
    now = site.store.now()
    for item in site.store.records(Webhook):
        if not item.is_enabled or event not in item.events:
            continue
        if ticket is not None and not _wants(site, item, ticket):
            continue
        body = {
            "timestamp": int(now.timestamp() * 1000),
            "webhookEvent": event,
            "user": {k: v for k, v in present.user(site).items() if k != "emailAddress"},
            **content,
        }
        site.store.add(
            Delivery,
            {
                "webhook_id": item.id,
                "url": item.url,
                "identifier": str(uuid.uuid4()),
                "event": event,
                "body": json.dumps(body, ensure_ascii=False) if item.has_body else "",
                # A real site leaves deliveries unsigned when no secret was given; the sandbox
                # signs them with its own, which `describe` tells, so that none goes unsigned.
                "secret": item.secret or site.store.setting("webhook_secret"),
                "due": now,
            },
            owner=WAITING,
        )


def _wants(site: Site, item: Webhook, ticket: Ticket) -> bool:
    if not item.jql.strip():
        return True
    return jql_fields.compile_condition(site, jql.parse(item.jql).condition)(ticket)


def _values(body: Json) -> dict[str, object]:
    """What the body sets, checked, by attribute of `Webhook`."""
    values: dict[str, object] = {}
    for name, value in body.items():
        if name not in _READERS:
            raise JiraRefusal(400, f"Unrecognized member '{name}' of the webhook")
        attribute, read = _READERS[name]
        values[attribute] = read(value)
    values.pop("", None)
    return values


def _checked_text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise JiraRefusal(400, "'name' and 'secret' must be texts.")
    return value


def _checked_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise JiraRefusal(400, "'enabled' and 'excludeBody' must be true or false.")
    return value


def _checked_url(value: object) -> str:
    """An address on this machine: the sandbox must not call anybody else."""
    try:
        parts = urlsplit(str(value))
        is_local = parts.hostname == "localhost" or (
            parts.hostname is not None and ipaddress.ip_address(parts.hostname).is_loopback
        )
    except ValueError:
        is_local = False
    if not is_local or parts.scheme not in ("http", "https"):
        raise JiraRefusal(400, "The sandbox delivers webhooks to loopback addresses only.")
    return str(value)


def _checked_events(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not EVENTS.issuperset(map(str, value)):
        known = ", ".join(sorted(EVENTS))
        raise JiraRefusal(400, f"'events' must be a list of these: {known}.")
    return tuple(str(item) for item in value)


def _checked_filter(value: object) -> str:
    if not isinstance(value, dict) or value.keys() - {_SECTION}:
        raise JiraRefusal(400, f"'filters' may hold '{_SECTION}' only.")
    condition = str(value.get(_SECTION) or "")
    if condition.strip():
        jql.parse(condition)
    return condition


_READERS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "name": ("name", _checked_text),
    "secret": ("secret", _checked_text),
    "url": ("url", _checked_url),
    "events": ("events", _checked_events),
    "filters": ("jql", _checked_filter),
    "enabled": ("is_enabled", _checked_flag),
    "excludeBody": ("has_body", lambda value: not _checked_flag(value)),
    # Accepted and ignored, so that what a GET showed can be sent back.
    "self": ("", str),
    "description": ("", str),
}
