"""Tickets in the tracker, and our will to have one (the filing)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType

from bridge.domain.contacts import RedactedText
from bridge.domain.issues import IssueId, Outcome

FilingId = NewType("FilingId", int)
TicketId = NewType("TicketId", int)
TRACKERS: Sequence[str] = ("jira",)
"""Integrations that can hold tickets; connections to others are about something else."""
OWN_FIELDS = frozenset({"project", "issuetype", "summary", "description", "labels"})
"""Fields of a ticket that the bridge fills itself, as people write them without spaces."""


class FilingState(StrEnum):
    """Progress of one filing; docs/filing.md tells what leads from one to the next."""

    PLANNED = "planned"
    SENDING = "sending"
    LINKED = "linked"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    PARKED = "parked"
    UNLINKED = "unlinked"
    """A person took it off its ticket."""


class FilingPolicy(StrEnum):
    """What follows when two looks found no ticket of a request whose answer was lost."""

    RETRY = "retry"
    """Send another request: safe as long as no create commits later than the second look."""
    PARK = "park"
    """Never send a second request; a person says whether the ticket exists."""


class StatusCategory(StrEnum):
    """The tracker's status, by category and never by name."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DONE = "done"


class Urgency(IntEnum):
    """How urgent an issue is by its rank; the tracker maps it onto its own priorities."""

    HIGHEST = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3

    @classmethod
    def of(cls, rank: float, steps: Sequence[float]) -> "Urgency":
        """The urgency of a rank; `steps` are the ranks from which on the first three begin."""
        reached = [cls(place) for place, least in enumerate(steps) if rank >= least]
        return reached[0] if reached else cls.LOW


class FieldKind(StrEnum):
    """What a person gives for a field of the tracker, always as a text."""

    TEXT = "text"
    TEXTS = "texts"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    DATE = "date"
    MOMENT = "moment"
    PERSON = "person"
    OTHER = "other"
    """Only the tracker's own pages can fill it."""

    @property
    def takes_one(self) -> bool:
        """Whether a comma belongs to the value instead of separating several."""
        return self not in (FieldKind.TEXTS, FieldKind.CHOICES)

    @property
    def in_words(self) -> str:
        """What it takes."""
        return _TAKES.get(self, f"a {self.value}")


_TAKES: Mapping[FieldKind, str] = {
    FieldKind.TEXTS: "words separated by commas",
    FieldKind.CHOICES: "choices separated by commas",
    FieldKind.DATE: "a day, such as 2026-03-31",
    FieldKind.MOMENT: "a moment, such as 2026-03-31T09:00:00.000+0000",
    FieldKind.PERSON: "the account id of a person",
    FieldKind.OTHER: "what only the tracker's own pages can give",
}


@dataclass(frozen=True, slots=True)
class TicketField:
    """A field that the tracker asks for and a person may fill in."""

    id: str
    name: str
    kind: FieldKind
    choices: tuple[str, ...] = ()
    told: str = ""
    """What the tracker said about it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A redacted customer's sentence shown on the ticket."""

    text: RedactedText
    occurred_at: datetime
    channel: str
    version: str | None


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """What we would write into the ticket now; the numbers are absolute."""

    fingerprint: str
    issue_name: str
    title: RedactedText
    customers: int
    accounts: int
    contacts: int
    anonymous: int
    first_seen_at: datetime | None
    """None, like last_seen_at, once all contacts were moved to other issues."""
    last_seen_at: datetime | None
    versions: tuple[str, ...]
    quotes: tuple[Quote, ...]
    workaround: RedactedText | None
    urgency: Urgency
    link: str
    """Address of the issue's page in the bridge."""
    fields: tuple[tuple[str, str], ...] = ()
    """What a person chose for other fields of a new ticket, by id or name."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to create the ticket of a filing, committed before the request is sent."""

    filing_id: FilingId
    number: int
    token: str
    """Fencing token: only the holder may change the filing."""
    lower_bound: int
    """Highest issue number known in the tracker's project before the request."""
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class TicketRef:
    """How the tracker names a ticket: the id is identity, the key is an alias."""

    remote_id: str
    key: str
    url: str


@dataclass(frozen=True, slots=True)
class TrackerVersion:
    """A version of the tracker's project."""

    remote_id: str
    name: str
    is_released: bool
    released_at: datetime | None


@dataclass(frozen=True, slots=True)
class TicketStatus:
    """A ticket as the tracker has it now, read by id."""

    ref: TicketRef
    category: StatusCategory
    outcome: Outcome | None
    """None while open, and when done without a resolution field."""
    uses_resolution: bool
    """False when the workflow leaves the resolution empty in done: then done counts as fixed."""
    versions: tuple[TrackerVersion, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TicketText:
    """What people wrote into a ticket, as the search index has it; nothing is redacted yet."""

    status: TicketStatus
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TextPage:
    """A page of tickets in the order of their last change, and where the next one begins."""

    items: tuple[TicketText, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ExistingTicket:
    """A ticket that people made, redacted, as we read it last."""

    id: int
    connection_id: int
    ref: TicketRef
    title: RedactedText
    text: RedactedText
    category: StatusCategory
    outcome: Outcome | None
    updated_at: datetime

    @property
    def is_closed(self) -> bool:
        """Engineering is done with it, whatever came of it."""
        return self.category is StatusCategory.DONE


@dataclass(frozen=True, slots=True)
class Sighting:
    """A ticket read directly, with what its mark says."""

    status: TicketStatus
    fingerprint: str | None
    """None when it carries no mark of ours."""
    is_copy: bool
    """Its mark names another ticket: a person copied one of ours."""
    is_claimed: bool
    """Its mark names the ticket itself."""

    @property
    def ref(self) -> TicketRef:
        """How the tracker names it."""
        return self.status.ref


@dataclass(frozen=True, slots=True)
class Filing:
    """Our will to have a ticket for one issue, in one connection, for one episode."""

    id: FilingId
    issue_id: IssueId
    connection_id: int
    episode: int
    state: FilingState
    fingerprint: str
    reason: str | None
    ticket_id: TicketId | None
    created_at: datetime
    asks: tuple[TicketField, ...] = ()
    """Fields that the tracker refused and a person may fill in."""
    looked_at: datetime | None = None
    """When existing tickets were looked through for it."""
    left_ticket_id: TicketId | None = None
    """A ticket that still carries our marks although a person took the issue off it."""
