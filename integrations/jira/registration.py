"""Registering our webhook with Jira, once, for whoever has the right to."""

from pydantic import JsonValue, TypeAdapter

from bridge.domain.errors import NotConfigured, Refused, SignInRefused
from integrations.jira.answers import AdminWebhook
from integrations.jira.client import JiraClient
from integrations.jira.settings import JiraSettings

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "jira:version_released",
    "jira:version_unreleased",
)

_PATH = "rest/webhooks/1.0/webhook"
_HOOKS = TypeAdapter(list[AdminWebhook])
_HOOK = TypeAdapter(AdminWebhook)


def register_webhook(
    settings: JiraSettings, callback_url: str, *, client: JiraClient | None = None
) -> None:
    """Make Jira send its events to our address; registering again only renews the secret.

    Needs an administrator's token; raises Refused without.
    """
    if not settings.webhook_secret:
        raise NotConfigured("a webhook needs a secret: give one in the connection")
    own = client or JiraClient(settings)
    try:
        body = _body(settings, callback_url)
        known = _registered(own, callback_url)
        if known is None:
            own.post_once(_HOOK, _PATH, body=body)
        else:
            own.put(f"{_PATH}/{_id_of(known)}", body)
    finally:
        if client is None:
            own.close()


def lacks_webhook(client: JiraClient, callback_url: str) -> str:
    """Advice when Jira has no webhook to our address; empty when all is well."""
    try:
        known = _registered(client, callback_url)
    except (Refused, SignInRefused):
        return f"only an administrator can see webhooks: make sure one points to {callback_url}"
    return "" if known else f"no webhook points to {callback_url}: changes are seen by polling"


def _registered(client: JiraClient, callback_url: str) -> AdminWebhook | None:
    hooks = client.get(_HOOKS, _PATH)
    return next((hook for hook in hooks if hook.url == callback_url), None)


def _id_of(hook: AdminWebhook) -> str:
    return (hook.self_ or "").rstrip("/").rpartition("/")[2]


def _body(settings: JiraSettings, callback_url: str) -> JsonValue:
    return {
        "name": f"bridge {settings.instance} {settings.project}",
        "url": callback_url,
        "events": [*EVENTS],
        "filters": {"issue-related-events-section": f'project = "{settings.project}"'},
        "excludeBody": False,
        "secret": settings.webhook_secret,
    }
