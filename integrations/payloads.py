"""Reading webhooks: JSON of others that may have any shape. What cannot be read is UnknownEvent."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bridge.domain.errors import BadSignature, UnknownEvent

Payload = Mapping[str, Any]

NOT_PROVEN = "this delivery does not prove where it comes from"
"""The same words whatever is wrong: who guesses learns nothing."""
_MOST_LETTERS = 500
_FIRST_YEAR = 1990
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_OFFSET = re.compile(r" ([+-]\d\d):?(\d\d)$")


def refuse() -> BadSignature:
    """What is raised for a delivery that is not signed as it should be."""
    return BadSignature(NOT_PROVEN)


def parsed(body: bytes) -> Payload:
    """The JSON object in a body."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnknownEvent("the body is not JSON") from error
    if not isinstance(payload, dict):
        raise UnknownEvent("the body is not a JSON object")
    return payload


def part(payload: Payload, name: str) -> Payload:
    """An object in it that has to be there."""
    found = payload.get(name)
    if not isinstance(found, dict):
        raise UnknownEvent(f"it has no {name}")
    return found


def text(payload: Payload, name: str) -> str:
    """A text on one line, cut to a length; empty when there is none."""
    found = payload.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return one_line(found) if isinstance(found, str) else ""


def one_line(value: str) -> str:
    """A text that a log line and a page can show."""
    return _CONTROL.sub(" ", value[: 2 * _MOST_LETTERS]).strip()[:_MOST_LETTERS]


def needed(payload: Payload, name: str) -> str:
    """A text that has to be there."""
    found = text(payload, name)
    if not found:
        raise UnknownEvent(f"it has no {name}")
    return found


def moment(payload: Payload, name: str, otherwise: datetime) -> datetime:
    """A moment in UTC, or the other one when it is not there."""
    given = text(payload, name)
    if not given:
        return otherwise
    plain = _OFFSET.sub(r"\1:\2", given.replace(" UTC", "+00:00"))
    try:
        found = datetime.fromisoformat(plain)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UnknownEvent(f"{name} is no moment: {given[:40]!r}") from error
    if found.year < _FIRST_YEAR:
        raise UnknownEvent(f"{name} lies before {_FIRST_YEAR}")
    return found


def percent(payload: Payload, name: str = "percent") -> int | None:
    """A share of customers; refused when it is none."""
    found = payload.get(name)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= 100:
        raise UnknownEvent(f"{name} is {one_line(str(found))[:20]}, not a number from 1 to 100")
    return found


def keys(payload: Payload, name: str = "tickets") -> tuple[str, ...]:
    """Keys of tickets."""
    found = payload.get(name)
    if not isinstance(found, list):
        return ()
    return tuple(one_line(one) for one in found[:500] if isinstance(one, str))


def hash_of(body: bytes) -> str:
    """The id of a delivery that brings none: the same bytes are the same delivery."""
    return hashlib.sha256(body).hexdigest()
