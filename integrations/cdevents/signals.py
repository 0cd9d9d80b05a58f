"""The ship signal port: what CDEvents in CloudEvents envelopes say about services."""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs, unquote

from bridge.domain.errors import UnknownEvent
from bridge.domain.news import Heard, ShipEvent, ShipKind
from bridge.ports import WebhookRequest
from integrations import payloads
from integrations.payloads import Payload, moment, needed, parsed, part, text

_AUTHORIZATION = "authorization"
_TYPE, _ID, _SOURCE = "ce-type", "ce-id", "ce-source"
_CONTENT_TYPE = "content-type"
_STRUCTURED = "application/cloudevents+json"
_BATCH = "application/cloudevents-batch"
_EVENT = re.compile(r"dev\.cdevents\.([a-z]+)\.([a-z]+)\.(\d+)\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?")
_COMMIT = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)
_KNOWN_MAJOR = "0"


class CDEventsSignals:
    """Verifies and translates CloudEvents 1.0 over HTTP, structured or binary."""

    name = "cdevents"
    headers = frozenset({_CONTENT_TYPE, _TYPE, _ID, _SOURCE})

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raise BadSignature unless one of the secrets came as bearer token.

        CloudEvents signs nothing. `now` is not used.
        """
        scheme, _, given = request.headers.get(_AUTHORIZATION, "").strip().partition(" ")
        token = given.strip().encode()
        matches = [hmac.compare_digest(secret.encode(), token) for secret in secrets if secret]
        if scheme.lower() != "bearer" or not any(matches):
            raise payloads.refuse()

    def event_id(self, request: WebhookRequest) -> str:
        """Source and id, which CloudEvents wants to be unique together; else the body's hash."""
        try:
            envelope = _envelope(request)
        except UnknownEvent:
            return payloads.hash_of(request.body)
        found = f"{text(envelope, 'source')} {text(envelope, 'id')}"
        return found if text(envelope, "id") else payloads.hash_of(request.body)

    def translate(self, request: WebhookRequest, received_at: datetime) -> Heard:
        """What the delivery says; raises UnknownEvent for what cannot be read."""
        envelope = _envelope(request)
        kind = needed(envelope, "type")
        found = _EVENT.fullmatch(kind)
        if found is None:
            return Heard(kind[:80], why_not="it is no CDEvent")
        subject, predicate, major = found.groups()
        if subject != "service" or predicate not in _TRANSLATED:
            return Heard(kind[:80], why_not="it says nothing about what is out")
        if major != _KNOWN_MAJOR:
            raise UnknownEvent(f"{kind[:80]} is of a version that nobody here knows")
        return _service(predicate, _data(envelope), received_at)


_TRANSLATED = frozenset({"deployed", "upgraded", "rolledback", "removed", "published"})


def _envelope(request: WebhookRequest) -> Payload:
    """The CloudEvents attributes and data, whichever mode they came in."""
    media_type = request.headers.get(_CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if media_type.startswith(_BATCH):
        raise UnknownEvent("events come one by one, not in batches")
    body = parsed(request.body)
    kind = request.headers.get(_TYPE)
    if kind:
        given = {"type": kind, "id": request.headers.get(_ID, "")}
        return {**given, "source": request.headers.get(_SOURCE, ""), "data": body}
    if media_type == _STRUCTURED or "specversion" in body:
        return body
    # A bare CDEvent says all that an envelope would.
    return {**part(body, "context"), "data": body}


def _data(envelope: Payload) -> Payload:
    encoded = envelope.get("data_base64")
    if isinstance(encoded, str):
        try:
            return parsed(base64.b64decode(encoded, validate=True))
        except (binascii.Error, ValueError) as error:
            raise UnknownEvent("data_base64 is not base64") from error
    return part(envelope, "data")


def _service(predicate: str, data: Payload, received_at: datetime) -> Heard:
    context, subject = part(data, "context"), part(data, "subject")
    content, extra = part(subject, "content"), _object(data, "customData")
    service, environment = needed(subject, "id"), text(_object(content, "environment"), "id")
    version, commit = artifact(text(content, "artifactId"))
    version = version or text(extra, "version")
    told = f"service {service} {predicate} in {environment or 'no environment'}"
    told = f"{told}: {version}" if version else told
    if predicate == "removed":
        return Heard(told, why_not="it names no version: say by hand if one was taken back")
    is_rollback = predicate == "rolledback"
    event = ShipEvent(
        id="",
        source="cdevents",
        kind=ShipKind.ROLLED_BACK if is_rollback else ShipKind.DEPLOYED,
        at=moment(context, "timestamp", received_at),
        version="" if is_rollback else version,
        # The artifact of a rollback is the one that runs again.
        back_to=version if is_rollback else "",
        component=service,
        environment=environment,
        commit=commit,
        percent=payloads.percent(extra),
        audience=text(extra, "audience"),
        region=text(extra, "region"),
        platform=text(extra, "platform"),
        tracker_keys=payloads.keys(extra),
    )
    return Heard(told, event)


def artifact(name: str) -> tuple[str, str]:
    """Version and commit that the id of an artifact tells, a package URL or an image's name."""
    path, _, query = name.partition("?")
    tagged = (
        parse_qs(query.partition("#")[0]).get("tag", [""])[0] if name.startswith("pkg:") else ""
    )
    last = path.partition("#")[0].rpartition("/")[2]
    before, _, after = last.rpartition("@")
    version = unquote(after) if before else ""
    if not before and not name.startswith("pkg:"):
        version = last.rpartition(":")[2] if ":" in last else ""
    commit = version if _COMMIT.fullmatch(version) and not version.isdecimal() else ""
    if commit or ":" in version:
        version = ""
    return payloads.one_line(tagged or version), commit


def _object(payload: Payload, name: str) -> Payload:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}
