"""Delivery reports (RFC 3464) out of mails as they came: what became of which of our mails.

Mails from anywhere are hostile: headers are read as text, never as addresses or dates, and what is
no report gives nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser

from bridge.domain.bounces import Bounce, Fate

_PARSER = BytesParser(policy=policy.compat32)
_REPORT = ("message/delivery-status", "message/global-delivery-status")
_ORIGINAL = ("message/rfc822", "message/global", "message/global-headers")
_HEADERS_ONLY = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers")
_OUR_NAME = "X-Bridge-Notification-Id"
_NAMES_IN_REPORT = ("Original-Message-ID", "X-Original-Message-ID")
_ANGLES = re.compile(r"<([^<>@\s]{1,200})@[^<>\s]{1,255}>")
_ADDRESS = re.compile(r"[^\s<>;\"]{1,320}@[^\s<>;\"]{1,255}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_MOST_PARTS, _MOST_RECIPIENTS, _MOST_WORDS = 100, 100, 300


def read_bounces(raw: bytes, media_type: str = "message/rfc822") -> list[Bounce]:
    """What a mail, or a bare delivery-status, says of mails; empty when it is no delivery report.

    Bounces of other systems are read too: whose they are, the caller finds out.
    """
    if media_type in _REPORT:
        raw = b"Content-Type: message/delivery-status\r\n\r\n" + raw
    try:
        parts = list(_parts(_PARSER.parsebytes(raw)))
    except (MessageError, ValueError, LookupError, RecursionError):
        return []
    groups = next((_groups(one) for one in parts if one.get_content_type() in _REPORT), [])
    key, name = _about(parts, groups)
    found = [_bounce(one, key, name) for one in groups[1 : _MOST_RECIPIENTS + 1]]
    return [one for one in found if one is not None]


def _parts(mail: Message) -> Iterator[Message]:
    """The parts of a mail, but not those of a mail inside it."""
    waiting = [mail]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting.extend(one for one in inner if isinstance(one, Message))


def _groups(report: Message) -> list[Message]:
    """The groups of fields of a report: first about the mail, then one for each recipient."""
    inner = report.get_payload()
    found = [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []
    return [one for one in found if one.keys()]


def _about(parts: Sequence[Message], groups: Sequence[Message]) -> tuple[str | None, str | None]:
    """Which mail a report is about: the key of its Message-ID, and our own name of it."""
    for one in parts:
        original = _original(one)
        if original is not None and _key(_text(original, "Message-ID")) is not None:
            return _key(_text(original, "Message-ID")), _text(original, _OUR_NAME) or None
    told = (_text(group, name) for group in groups for name in _NAMES_IN_REPORT)
    return next((key for one in told if (key := _key(one)) is not None), None), None


def _original(part: Message) -> Message | None:
    """The mail that came back, or its headers, where a part holds it."""
    kind, inner = part.get_content_type(), part.get_payload()
    if kind in _ORIGINAL and isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return inner[0]
    if kind in _HEADERS_ONLY:
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            return _PARSER.parsebytes(content, headersonly=True)
    return None


def _bounce(group: Message, key: str | None, name: str | None) -> Bounce | None:
    fates: Mapping[str, Fate] = {one.value: one for one in Fate}
    fate = fates.get(_text(group, "Action").lower())
    if fate is None:
        return None
    told = (_text(group, field) for field in ("Original-Recipient", "Final-Recipient"))
    found = [match[0].lower() for one in told if (match := _ADDRESS.search(one)) is not None]
    words = _text(group, "Diagnostic-Code").partition(";")[2].strip()
    return Bounce(
        mail_key=key,
        message_id=name,
        recipients=tuple(dict.fromkeys(found)),
        fate=fate,
        status=_text(group, "Status").partition(" ")[0],
        words=words[:_MOST_WORDS],
    )


def _key(told: str) -> str | None:
    found = _ANGLES.search(told)
    return found[1] if found is not None else None


def _text(headers: Message, name: str) -> str:
    """A header in one line of plain characters; empty when it is missing."""
    given = headers.get(name)
    if given is None:
        return ""
    try:
        told = str(make_header(decode_header(str(given))))
    except (MessageError, ValueError, LookupError):
        told = str(given)
    return " ".join(_UNSEEN.sub(" ", told.encode("utf-8", "replace").decode()).split())
