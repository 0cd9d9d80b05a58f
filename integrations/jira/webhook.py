"""The webhook port: what Jira tells us, and the proof that it was Jira."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from bridge.domain.errors import BadSignature, UnknownEvent
from bridge.domain.news import (
    TicketChanged,
    TicketDeleted,
    TrackerNews,
    VersionReleased,
    VersionUnreleased,
)
from bridge.ports import WebhookRequest
from integrations.jira.marks import is_our_label

_SIGNATURE = "x-hub-signature"
_IDENTIFIER = "x-atlassian-webhook-identifier"


class JiraWebhook:
    """Verifies and translates the deliveries of an admin webhook."""

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raise BadSignature unless one of the secrets signed these very bytes.

        `now` is not used: Jira signs no time, and its retries come up to an hour later. What
        keeps a replay harmless is that the ticket is read again.
        """
        given = request.headers.get(_SIGNATURE, "")
        matches = [
            hmac.compare_digest(_signature(secret, request.body).encode(), given.encode())
            for secret in secrets
            if secret
        ]
        if not any(matches):
            raise BadSignature("the signature of this Jira webhook does not fit our secret")

    def event_id(self, request: WebhookRequest) -> str:
        """Jira's own identifier, the same on its retries; else the hash of the body."""
        given = request.headers.get(_IDENTIFIER, "").strip()
        return given or hashlib.sha256(request.body).hexdigest()

    def translate(self, body: bytes) -> list[TrackerNews]:
        """The news in a delivery; empty for events that do not matter to us."""
        payload = _payload(body)
        event = payload.get("webhookEvent")
        if not isinstance(event, str):
            raise UnknownEvent("the Jira webhook names no event")
        if event in _IGNORED or event.startswith(_IGNORED_FAMILIES):
            return []
        translate = _TRANSLATORS.get(event)
        if translate is None:
            raise UnknownEvent(f"Jira sent {event[:80]!r}, which nobody translates")
        try:
            return [translate(payload)]
        except (KeyError, TypeError, ValueError) as error:
            raise UnknownEvent(f"Jira sent {event!r} in a shape we do not know") from error


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _payload(body: bytes) -> Mapping[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnknownEvent("the Jira webhook's body is not JSON") from error
    if not isinstance(payload, dict):
        raise UnknownEvent("the Jira webhook's body is not an object")
    return payload


def _ticket_changed(payload: Mapping[str, Any]) -> TrackerNews:
    issue = _part(payload, "issue")
    labels = _part(issue, "fields").get("labels") if "fields" in issue else None
    texts = [one for one in labels if isinstance(one, str)] if isinstance(labels, list) else []
    return TicketChanged(_id_of(issue), any(is_our_label(one) for one in texts))


def _ticket_deleted(payload: Mapping[str, Any]) -> TrackerNews:
    return TicketDeleted(_id_of(_part(payload, "issue")))


def _version_released(payload: Mapping[str, Any]) -> TrackerNews:
    version = _part(payload, "version")
    day = version.get("releaseDate")
    released_at = datetime.combine(date.fromisoformat(day), time.min, UTC) if day else None
    return VersionReleased(_id_of(version), str(version["name"]), released_at)


def _version_unreleased(payload: Mapping[str, Any]) -> TrackerNews:
    version = _part(payload, "version")
    return VersionUnreleased(_id_of(version), str(version["name"]))


def _part(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = payload[name]
    if not isinstance(part, dict):
        raise TypeError(f"{name} must be an object")
    return part


def _id_of(thing: Mapping[str, Any]) -> str:
    identifier = thing["id"]
    if not isinstance(identifier, str | int) or not str(identifier):
        raise ValueError("an id must be a string or a number")
    return str(identifier)


_TRANSLATORS: Mapping[str, Callable[[Mapping[str, Any]], TrackerNews]] = {
    "jira:issue_created": _ticket_changed,
    "jira:issue_updated": _ticket_changed,
    "jira:issue_deleted": _ticket_deleted,
    "jira:version_released": _version_released,
    "jira:version_unreleased": _version_unreleased,
}

_IGNORED = frozenset(
    {
        "jira:version_created",
        "jira:version_updated",
        "jira:version_moved",
        "jira:version_deleted",
        "jira:worklog_updated",
        "issuelink_created",
        "issuelink_deleted",
    }
)

_IGNORED_FAMILIES = (
    "attachment_",
    "board_",
    "comment_",
    "issue_property_",
    "issuetype_",
    "jira_expression_",
    "option_",
    "project_",
    "sprint_",
    "user_",
    "worklog_",
)
