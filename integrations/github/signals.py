"""The ship signal port: what GitHub's webhooks say about releases and deployments."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.domain.errors import UnknownEvent
from bridge.domain.news import Heard, ShipEvent, ShipKind
from bridge.ports import WebhookRequest
from integrations import payloads
from integrations.payloads import Payload, moment, needed, parsed, part, text

_SIGNATURE = "x-hub-signature-256"
_EVENT = "x-github-event"
_DELIVERY = "x-github-delivery"

_DEPLOYMENT_WORDS: Mapping[str, str] = {
    "failure": "the deployment failed: customers have what they had",
    "error": "the deployment failed: customers have what they had",
    "inactive": "another deployment took its place: that one tells what customers have",
    "pending": "the deployment has not ended",
    "queued": "the deployment has not ended",
    "in_progress": "the deployment has not ended",
    "waiting": "the deployment has not ended",
}


class GitHubSignals:
    """Verifies and translates the deliveries of a webhook of a repository or an organisation."""

    name = "github"
    headers = frozenset({_EVENT, _DELIVERY})

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raise BadSignature unless one of the secrets signed these very bytes.

        `now` is not used: GitHub signs no time. A replay is the same delivery, which is kept once.
        """
        given = request.headers.get(_SIGNATURE, "").encode()
        matches = [
            hmac.compare_digest(_signature(secret, request.body).encode(), given)
            for secret in secrets
            if secret
        ]
        if not any(matches):
            raise payloads.refuse()

    def event_id(self, request: WebhookRequest) -> str:
        """GitHub's own identifier, the same when it delivers again; else the hash of the body."""
        return request.headers.get(_DELIVERY, "").strip() or payloads.hash_of(request.body)

    def translate(self, request: WebhookRequest, received_at: datetime) -> Heard:
        """What the delivery says; raises UnknownEvent for what cannot be read."""
        event = request.headers.get(_EVENT, "").strip()
        if not event:
            raise UnknownEvent("the delivery names no event: is it from GitHub?")
        payload = parsed(request.body)
        if event == "release":
            return _release(payload, received_at)
        if event == "deployment_status":
            return _deployment(payload, received_at)
        return Heard(payloads.one_line(event)[:60], why_not="it says nothing about what is out")


def _release(payload: Payload, received_at: datetime) -> Heard:
    action, release = needed(payload, "action"), part(payload, "release")
    source, tag = needed(part(payload, "repository"), "full_name"), needed(release, "tag_name")
    told = f"release {tag} of {source} {action}"
    takes_back = action in ("unpublished", "deleted")
    if not takes_back and action not in ("published", "released"):
        return Heard(told, why_not="nothing is out by that")
    if release.get("prerelease") is True:
        return Heard(told, why_not="it is a pre-release")
    # What was published becomes a draft by being unpublished.
    if release.get("draft") is True and action != "unpublished":
        return Heard(told, why_not="it is a draft")
    published_at = moment(release, "published_at", received_at)
    event = ShipEvent(
        id="",
        source="github",
        kind=ShipKind.ROLLED_BACK if takes_back else ShipKind.RELEASED,
        # Nothing says when it was taken back.
        at=received_at if takes_back else published_at,
        version=tag,
        component=source,
        url=text(release, "html_url"),
    )
    return Heard(told, event)


def _deployment(payload: Payload, received_at: datetime) -> Heard:
    status, deployment = part(payload, "deployment_status"), part(payload, "deployment")
    source = needed(part(payload, "repository"), "full_name")
    state = needed(status, "state")
    environment = text(status, "environment") or text(deployment, "environment")
    ref, extra = text(deployment, "ref"), _extra(deployment)
    version = text(extra, "version") or ref
    told = f"deployment of {source} at {version} to {environment or 'no environment'}: {state}"
    if state != "success":
        why_not = _DEPLOYMENT_WORDS.get(state, f"nobody knows what {state} means")
        return Heard(told, why_not=why_not)
    event = ShipEvent(
        id="",
        source="github",
        kind=ShipKind.DEPLOYED,
        at=moment(status, "created_at", received_at),
        version="" if version == text(deployment, "sha") else version,
        component=source,
        environment=environment,
        commit=text(deployment, "sha"),
        percent=payloads.percent(extra),
        audience=text(extra, "audience"),
        region=text(extra, "region"),
        platform=text(extra, "platform"),
        tracker_keys=payloads.keys(extra),
        url=text(status, "target_url") or text(status, "environment_url"),
    )
    return Heard(told, event)


def _extra(deployment: Payload) -> Payload:
    """What whoever deployed said besides: an object, or one written as a text."""
    found = deployment.get("payload")
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
