"""The ship signal port: what GitLab's webhooks say about releases and deployments."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bridge.domain.errors import InvalidInput, UnknownEvent
from bridge.domain.news import Heard, ShipEvent, ShipKind
from bridge.ports import WebhookRequest
from integrations import payloads
from integrations.payloads import Payload, moment, needed, parsed, part, text
from integrations.standard_webhooks.signing import signature

_TOKEN = "x-gitlab-token"  # noqa: S105 - the name of a header
_IDEMPOTENCY = "idempotency-key"
_EVENT_UUID = "x-gitlab-event-uuid"
_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SKEW = timedelta(minutes=5)

_DEPLOYMENT_WORDS: Mapping[str, str] = {
    "failed": "the deployment failed: customers have what they had",
    "canceled": "the deployment was canceled: customers have what they had",
    "created": "the deployment has not ended",
    "running": "the deployment has not ended",
    "blocked": "the deployment has not ended",
}


class GitLabSignals:
    """Verifies and translates the deliveries of a webhook of a project or a group."""

    name = "gitlab"
    headers = frozenset[str]()

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raise BadSignature unless one of the secrets signed it, or came with it.

        A signature counts where there is one: whoever has both set up is not let in by the token
        alone.
        """
        kept = [secret for secret in secrets if secret]
        if request.headers.get(_SIGNATURE):
            is_proven = _is_signed(request, kept, now)
        else:
            given = request.headers.get(_TOKEN, "").encode()
            is_proven = any([hmac.compare_digest(secret.encode(), given) for secret in kept])
        if not is_proven:
            raise payloads.refuse()

    def event_id(self, request: WebhookRequest) -> str:
        """The same when GitLab tries again.

        Older versions have no key for that. Their event's id is shared by all that one event set
        off, so the body tells them apart.
        """
        given = request.headers.get(_IDEMPOTENCY, "").strip()
        if given:
            return given
        uuid = request.headers.get(_EVENT_UUID, "").strip()
        return f"{uuid} {payloads.hash_of(request.body)}".strip()

    def translate(self, request: WebhookRequest, received_at: datetime) -> Heard:
        """What the delivery says; raises UnknownEvent for what cannot be read."""
        payload = parsed(request.body)
        kind = text(payload, "object_kind")
        if not kind:
            raise UnknownEvent("the delivery names no event: is it from GitLab?")
        if kind == "release":
            return _release(payload, received_at)
        if kind == "deployment":
            return _deployment(payload, received_at)
        return Heard(kind[:60], why_not="it says nothing about what is out")


def _is_signed(request: WebhookRequest, secrets: Sequence[str], now: datetime) -> bool:
    """Whether a secret signed it by Standard Webhooks, lately."""
    timestamp = request.headers.get(_TIMESTAMP, "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > _SKEW.total_seconds():
        return False
    given = request.headers[_SIGNATURE].split()[:10]
    message_id = request.headers.get(_ID, "")
    matches = [False]
    for secret in secrets:
        try:
            ours = signature([secret], message_id, int(timestamp), request.body)
        except InvalidInput:
            continue  # a token of the older kind signs nothing
        matches += [hmac.compare_digest(ours.encode(), one.encode()) for one in given]
    return any(matches)


def _release(payload: Payload, received_at: datetime) -> Heard:
    action, tag = needed(payload, "action"), needed(payload, "tag")
    source = needed(part(payload, "project"), "path_with_namespace")
    told = f"release {tag} of {source}: {action}"
    if action not in ("create", "update", "delete"):
        return Heard(told, why_not=f"nobody knows what {action} means")
    released_at = moment(payload, "released_at", received_at)
    takes_back = action == "delete"
    event = ShipEvent(
        id="",
        source="gitlab",
        kind=ShipKind.ROLLED_BACK if takes_back else ShipKind.RELEASED,
        # A planned release may be deleted before its day, which nothing tells otherwise.
        at=max(received_at, released_at) if takes_back else released_at,
        version=tag,
        component=source,
        commit=text(_object(payload, "commit"), "id"),
        url=text(payload, "url"),
    )
    return Heard(told, event)


def _deployment(payload: Payload, received_at: datetime) -> Heard:
    status, environment = needed(payload, "status"), text(payload, "environment")
    source = needed(part(payload, "project"), "path_with_namespace")
    ref = text(payload, "ref")
    told = f"deployment of {source} at {ref or 'no ref'} to {environment or 'no environment'}"
    told = f"{told}: {status}"
    if status != "success":
        why_not = _DEPLOYMENT_WORDS.get(status, f"nobody knows what {status} means")
        return Heard(told, why_not=why_not)
    event = ShipEvent(
        id="",
        source="gitlab",
        kind=ShipKind.DEPLOYED,
        at=moment(payload, "status_changed_at", received_at),
        version=ref,
        component=source,
        environment=environment,
        commit=text(payload, "commit_url").rpartition("/")[2] or text(payload, "short_sha"),
        url=text(payload, "deployable_url"),
    )
    return Heard(told, event)


def _object(payload: Payload, name: str) -> Payload:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}
