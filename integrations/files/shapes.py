"""Rows of files to contacts: the shape of the API, and the shape of replays."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bridge.domain.contacts import AccountReceived, ContactReceived, CustomerReceived, Rating
from bridge.domain.customers import FACT_NAMES, Facts
from bridge.domain.errors import InvalidInput

_KINDS = ("email", "phone", "handle", "account", "display_name")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_NAME = 1_000
_LONGEST_SUBJECT = 100_000
_WIRE = frozenset({"external_id", "text", "occurred_at"})


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """One line of a customer directory."""

    key: str
    name: str | None
    org: str | None
    account: str | None
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    handles: tuple[str, ...]
    tier: str | None = None
    """Of the company."""
    owner: str | None = None
    """Who looks after the company on our side."""
    facts: Facts = field(default_factory=Facts)
    facts_at: datetime | None = None


def is_replay_shape(row: Mapping[str, object]) -> bool:
    """Whether a row is in the shape of replays: `id`, `ts` and `text`."""
    return {"id", "ts", "text"} <= row.keys() and "external_id" not in row


def from_replay(row: Mapping[str, object], *, source: str) -> ContactReceived:
    """A contact from a replay row; raises InvalidInput naming the member that is wrong."""
    return ContactReceived(
        external_id=text_of(row, "id"),
        text=text_of(row, "text"),
        occurred_at=moment_of(row, "ts"),
        source=source,
        channel=optional_text(row, "channel") or "other",
        subject=optional_text(row, "subject", most=_LONGEST_SUBJECT),
        lang=optional_text(row, "lang"),
        version=optional_text(row, "version"),
        platform=optional_text(row, "platform"),
        customer=_customer(row),
        agent_email=optional_text(row, "agent"),
    )


def is_wire_shape(row: Mapping[str, object]) -> bool:
    """Whether a row is in the shape of the API: `external_id`, `text` and `occurred_at`."""
    return row.keys() >= _WIRE


def from_wire(row: Mapping[str, object], *, source: str) -> ContactReceived:
    """A contact from a row in the shape of the API; members nobody knows are left aside.

    `source` counts where the row names none. Raises InvalidInput with the pointer of the member
    that is wrong.
    """
    external_id = optional_text(row, "external_id")
    if external_id is None:
        raise InvalidInput("external_id is missing", pointer="/external_id")
    text = row.get("text")
    if not isinstance(text, str):
        lack = "is missing" if text is None else "must be a text"
        raise InvalidInput(f"text {lack}", pointer="/text")
    has_update = row.get("updated_at") not in (None, "")
    return ContactReceived(
        external_id=external_id,
        text=text,
        occurred_at=moment_of(row, "occurred_at"),
        updated_at=moment_of(row, "updated_at") if has_update else None,
        source=optional_text(row, "source") or source,
        channel=optional_text(row, "channel") or "other",
        subject=optional_text(row, "subject", most=_LONGEST_SUBJECT),
        lang=optional_text(row, "lang"),
        version=optional_text(row, "version"),
        platform=optional_text(row, "platform"),
        customer=_wire_customer(part_of(row, "customer")),
        account=_wire_account(part_of(row, "account")),
        agent_email=optional_text(part_of(row, "agent"), "email", under="/agent"),
        conversation=optional_text(row, "conversation"),
        rating=_rating(part_of(row, "satisfaction")),
    )


def _wire_customer(part: Mapping[str, object]) -> CustomerReceived:
    under = "/customer"
    systems = part_of(part, "external_ids", under=under)
    ids = {
        _UNSTORABLE.sub("", name)[:_LONGEST_NAME]: optional_text(
            systems, name, under=f"{under}/external_ids"
        )
        for name in systems
    }
    return CustomerReceived(
        email=optional_text(part, "email", under=under),
        phone=optional_text(part, "phone", under=under),
        handle=optional_text(part, "handle", under=under),
        display_name=optional_text(part, "display_name", under=under),
        account_number=optional_text(part, "account_number", under=under),
        external_ids=tuple((name, value) for name, value in ids.items() if value),
        name=optional_text(part, "name", under=under),
    )


def _wire_account(part: Mapping[str, object]) -> AccountReceived | None:
    under = "/account"
    key = optional_text(part, "key", under=under)
    if key is None:
        if any(part.values()):
            raise InvalidInput("an account needs a key", pointer="/account/key")
        return None
    domains = part.get("domains") or []
    if isinstance(domains, str):
        domains = domains.replace(",", " ").replace(";", " ").split()
    return AccountReceived(
        key=key,
        name=optional_text(part, "name", under=under),
        tier=optional_text(part, "tier", under=under),
        domains=_texts({"domains": domains}, "domains", under=under),
        owner=optional_text(part, "owner", under=under),
    )


def _rating(part: Mapping[str, object]) -> Rating | None:
    """How satisfied the customer was; a row without a score has no rating."""
    under = "/satisfaction"
    metric = optional_text(part, "metric", under=under)
    score = number_of(part, "score", under=under)
    if score is None:
        return None
    return Rating(metric or "csat", score, number_of(part, "max", under=under))


def number_of(part: Mapping[str, object], name: str, *, under: str = "") -> float | None:
    """A number that may be absent; raises InvalidInput for what is none."""
    text = optional_text(part, name, under=under)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInput(f"{name} must be a number", pointer=f"{under}/{name}")
    return value


def part_of(row: Mapping[str, object], name: str, *, under: str = "") -> Mapping[str, object]:
    """A nested object, empty when absent."""
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInput(f"{name} must be an object", pointer=f"{under}/{name}")
    return value


def _customer(row: Mapping[str, object]) -> CustomerReceived:
    value = optional_text(row, "customer")
    kind = optional_text(row, "customer_kind") or "email"
    if value is None:
        return CustomerReceived()
    if kind not in _KINDS:
        raise InvalidInput(
            f"customer_kind must be one of {', '.join(_KINDS)}", pointer="/customer_kind"
        )
    return CustomerReceived(
        email=value if kind == "email" else None,
        phone=value if kind == "phone" else None,
        handle=value if kind == "handle" else None,
        account_number=value if kind == "account" else None,
        display_name=value if kind == "display_name" else None,
    )


def person_of(row: Mapping[str, object]) -> DirectoryPerson:
    """A person from a directory row."""
    return DirectoryPerson(
        key=text_of(row, "customer"),
        name=optional_text(row, "name"),
        org=optional_text(row, "org"),
        account=optional_text(row, "account"),
        emails=_texts(row, "emails"),
        phones=_texts(row, "phones"),
        handles=_texts(row, "handles"),
        tier=optional_text(row, "tier"),
        owner=optional_text(row, "owner"),
        facts=Facts(*(optional_text(row, name) for name in FACT_NAMES)),
        facts_at=moment_of(row, "updated_at") if row.get("updated_at") else None,
    )


def account_of(person: DirectoryPerson) -> AccountReceived | None:
    """The company of a directory person; `account` in a directory is the person's own number."""
    if not person.org:
        return None
    return AccountReceived(key=person.org, tier=person.tier, owner=person.owner)


def text_of(row: Mapping[str, object], name: str) -> str:
    """A text that must be there."""
    value = row.get(name)
    if value is None or value == "":
        raise InvalidInput(f"{name} is missing", pointer=f"/{name}")
    if not isinstance(value, str):
        raise InvalidInput(f"{name} must be a text", pointer=f"/{name}")
    return value


def optional_text(
    row: Mapping[str, object], name: str, *, under: str = "", most: int = _LONGEST_NAME
) -> str | None:
    """A text that may be absent, without what no database stores; numbers count as digits.

    `under` begins the pointer, `most` is the longest it may be.
    """
    value = row.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise InvalidInput(f"{name} must be a text", pointer=f"{under}/{name}")
    text = _UNSTORABLE.sub("", str(value))
    if len(text) > most:
        raise InvalidInput(f"{name} is longer than {most:,}", pointer=f"{under}/{name}")
    return text or None


def moment_of(row: Mapping[str, object], name: str) -> datetime:
    """An ISO 8601 moment with its zone, or seconds since 1970; always in UTC."""
    value = row.get(name)
    if value is None or value == "":
        raise InvalidInput(f"{name} is missing", pointer=f"/{name}")
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
            return datetime.fromtimestamp(float(value), UTC)
        moment = datetime.fromisoformat(str(value).strip())
        if moment.tzinfo is None:
            raise InvalidInput(f"{name} needs a time zone, such as Z", pointer=f"/{name}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput(
            f"{name} is not a moment: {str(value)[:40]}", pointer=f"/{name}"
        ) from error


def _texts(row: Mapping[str, object], name: str, *, under: str = "") -> tuple[str, ...]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise InvalidInput(f"{name} must be a list", pointer=f"{under}/{name}")
    texts = (optional_text({name: one}, name, under=under) for one in value)
    return tuple(text for text in texts if text)
