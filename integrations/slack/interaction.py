"""What Slack posts when somebody presses our button, and the proof that it was Slack."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from pydantic import BaseModel

from bridge.domain.errors import BadSignature, UnknownEvent
from integrations.slack.text import ACKNOWLEDGE

_SIGNATURE, _TIMESTAMP = "x-slack-signature", "x-slack-request-timestamp"
_VERSION = "v0"
_WINDOW = timedelta(minutes=5)
"""Older ones may have been overheard and sent again."""
_MOST_DIGITS = 12
_MOST_FIELDS = 10


class _Action(BaseModel):
    action_id: str = ""
    value: str = ""


class _Interaction(BaseModel):
    type: str
    actions: list[_Action] = []


def verify(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
    """Raise BadSignature unless the app's signing secret signed these bytes just now."""
    stamp = headers.get(_TIMESTAMP, "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= _MOST_DIGITS):
        raise BadSignature("this request names no moment, so it is not from Slack")
    if abs(now.timestamp() - int(stamp)) > _WINDOW.total_seconds():
        raise BadSignature("this request is more than 5 minutes old")
    given = headers.get(_SIGNATURE, "")
    if not hmac.compare_digest(signature(secret, stamp, body).encode(), given.encode()):
        raise BadSignature("the signature does not fit the signing secret of this Slack app")


def signature(secret: str, stamp: str, body: bytes) -> str:
    """How Slack signs: version, moment and body, with the app's secret."""
    signed = b":".join([_VERSION.encode(), stamp.encode(), body])
    return f"{_VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def acknowledged(body: bytes) -> list[str]:
    """The ids of the messages whose button was pressed; raises UnknownEvent for what is no press.

    Other buttons of the same app are none of ours.
    """
    try:
        fields = parse_qs(body.decode(), max_num_fields=_MOST_FIELDS)
        found = _Interaction.model_validate_json(fields.get("payload", [""])[0])
    except ValueError as error:
        raise UnknownEvent("Slack sent a request without a readable payload") from error
    if found.type != "block_actions":
        raise UnknownEvent(f"Slack sent {found.type[:80]!r}, which nobody translates")
    return [one.value for one in found.actions if one.action_id == ACKNOWLEDGE and one.value]
