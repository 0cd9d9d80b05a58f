"""The Protocols an outside system can fill.

Outside trouble raises only TryAgainLater (nothing happened), Refused (a person must look) and
AnswerLost (it may have happened); see `bridge.domain.errors`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bridge.domain.copies import CopyOutcome, CopyRef, RemoteCopy
from bridge.domain.messages import AfterLoss
from bridge.domain.news import Heard, TrackerNews
from bridge.domain.tickets import (
    Attempt,
    Sighting,
    TextPage,
    TicketDraft,
    TicketField,
    TicketRef,
    TicketStatus,
    TrackerVersion,
)


class Tracker(Protocol):
    """An engineering tracker, bound to one project of one connection."""

    name: str

    def highest_number(self) -> int:
        """The highest issue number in use in the project, read without the search index."""
        ...

    def create(
        self, draft: TicketDraft, attempt: Attempt, *, until: datetime | None = None
    ) -> TicketRef:
        """Send one request, never repeated, that creates the ticket with its fingerprint.

        Nothing is sent from the moment `until` on: whoever was asleep so long has lost its lease.
        Raises Refused, TryAgainLater (surely nothing happened) or AnswerLost.
        """
        ...

    def adopt(self, ref: TicketRef, fingerprint: str) -> None:
        """Mark a ticket as the one of this fingerprint, with its own id inside; safe to repeat.

        For a ticket that a person names: on one that a filing points to only `update` may write.
        """
        ...

    def probe(self, fingerprint: str, *, after: int) -> TicketRef | None:
        """Look for our ticket by direct reads of the numbers above `after`: proof, not a hint."""
        ...

    def find(self, fingerprint: str) -> list[TicketRef]:
        """Look for our tickets through the search index, which lags: a hint; oldest first."""
        ...

    def labelled(self, fingerprint: str | None = None) -> list[str]:
        """Remote ids of tickets with our label, or a fingerprint's, by search: a hint."""
        ...

    def sight(self, names: Sequence[str]) -> list[Sighting]:
        """These tickets, by id or key, read directly with their marks; oldest first."""
        ...

    def join(self, duplicate: TicketRef, original: TicketRef) -> None:
        """Link one ticket as the duplicate of another; safe to repeat."""
        ...

    def part(self, duplicate: TicketRef, original: TicketRef) -> None:
        """Take that link away again, if there is one; safe to repeat."""
        ...

    def originals(self, ref: TicketRef) -> list[str]:
        """Remote ids of the tickets that this one is linked as a duplicate of, oldest first."""
        ...

    def let_go(self, ref: TicketRef, fingerprint: str, heir: str | None) -> None:
        """Take the marks of a fingerprint off a ticket; safe to repeat.

        heir: the fingerprint of another issue that the ticket still stands for; without one our
        common label, our property, our link and our number go too.
        """
        ...

    def texts(self, since: datetime | None, page: str | None) -> TextPage:
        """What people wrote into the project's tickets, in the order of their last change.

        Those with a label of ours are left out.

        since: only those changed from then on, with overlap; None for all open ones and those
        closed lately. page: what the page before said comes next.
        """
        ...

    def close_duplicate(self, ref: TicketRef) -> bool:
        """Close a ticket of ours as a duplicate; False when nobody said how.

        Raises AnswerLost when it may be closed by now: read it before trying again.
        """
        ...

    def reopen(self, ref: TicketRef) -> bool:
        """Move a done ticket back to work; False unless its workflow offers exactly one way.

        Raises AnswerLost when it may be open by now: read it before anything else.
        """
        ...

    def update(self, ref: TicketRef, draft: TicketDraft) -> None:
        """Bring counts and our part of the ticket up to date; absolute, safe to repeat.

        What people wrote or chose there stays. Also does what `confirm` does. Raises AnswerLost
        when a comment may have been written: calling again finds out.
        """
        ...

    def note(self, ref: TicketRef, *, key: str, text: str) -> None:
        """Add one comment named `key`, unless the ticket has it already."""
        ...

    def read(self, remote_ids: Sequence[str]) -> list[TicketStatus]:
        """The tickets as they are now, in any order; deleted or hidden ones are missing."""
        ...

    def changes_since(self, moment: datetime) -> list[str]:
        """Remote ids of the project's tickets that carry our label and changed since then."""
        ...

    def describe(self, names: Collection[str]) -> list[TicketField]:
        """The fields of new tickets, by the ids that Refused told, that a person may fill in."""
        ...

    def versions(self) -> list[TrackerVersion]:
        """The project's versions as they are now."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An inbound request as it came: raw bytes, header names in lower case."""

    headers: Mapping[str, str]
    body: bytes


class Webhook(Protocol):
    """How one outside system signs and words what it sends us."""

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raise BadSignature unless one of the secrets signed these very bytes."""
        ...

    def event_id(self, request: WebhookRequest) -> str:
        """The identifier that stays the same when the sender repeats itself."""
        ...

    def translate(self, body: bytes) -> list[TrackerNews]:
        """The news in it; empty for events we ignore; raises UnknownEvent for strangers."""
        ...


class ShipSignal(Protocol):
    """How a system that releases or deploys signs and words what it sends us."""

    name: str
    headers: frozenset[str]
    """Those that `translate` needs; only they are kept with the body."""

    def verify(self, request: WebhookRequest, secrets: Sequence[str], now: datetime) -> None:
        """Raise BadSignature, always in the same words, unless one of the secrets proves it."""
        ...

    def event_id(self, request: WebhookRequest) -> str:
        """The identifier that stays the same when the sender repeats itself."""
        ...

    def translate(self, request: WebhookRequest, received_at: datetime) -> Heard:
        """What it says, with the sender's names and no id; raises UnknownEvent if unreadable."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told through a channel; one that shows letters only leaves the rest."""

    subject: str
    text: str
    settings_url: str | None = None
    """Where the reader says how to be told, or that they do not want to be."""
    html: str = ""
    """The same with pictures, which it names as `cid:NAME`."""
    images: Mapping[str, bytes] = field(default_factory=dict)
    """PNG pictures by that name."""
    reply_to: str | None = None
    """Where an answer goes; None: to the sender."""
    stop_url: str | None = None
    """Where one click of a customer, or of their mail program, ends all letters to them."""


class Notifier(Protocol):
    """A channel that carries messages to people, to rooms or to other systems."""

    name: str
    after_loss: AfterLoss
    """What follows when the answer to `send` is lost."""

    def send(self, message: Message, recipient: str, message_id: str) -> str:
        """Send it under a stable id and return the channel's receipt.

        Raises TryAgainLater (surely nothing happened), Refused, its kinds NotReachable and
        EndpointGone, or AnswerLost.
        """
        ...

    def find(self, recipient: str, message_id: str) -> str | None:
        """The receipt of that message when it is there; asked only after AfterLoss.LOOK."""
        ...


class WorkaroundStore(Protocol):
    """A help desk that holds copies of workarounds, such as macros and articles."""

    name: str

    def recognise(self, url: str) -> CopyRef | None:
        """What lives at that address of this desk; None for anything else. Sends nothing."""
        ...

    def list(self) -> Sequence[RemoteCopy]:
        """The macros that are offered, with how often they were used; the most used first."""
        ...

    def get(self, ref: CopyRef) -> RemoteCopy | None:
        """The copy as it is now; None when it is gone."""
        ...

    def retire(self, ref: CopyRef, expected_hash: str) -> CopyOutcome:
        """Switch it off, unless its content is another one by now; safe to repeat.

        Only the switch is written, never the content. Raises AnswerLost when it may have happened.
        """
        ...

    def restore(self, ref: CopyRef, expected_hash: str) -> CopyOutcome:
        """Switch it on again, unless its content is another one by now; safe to repeat."""
        ...

    def verify(self, ref: CopyRef, *, is_live: bool) -> bool:
        """Read it again: whether it is so."""
        ...


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One named step of a connection test: what was tried, and the fix in words if it failed."""

    name: str
    ok: bool
    fix: str = ""
    asks: tuple[TicketField, ...] = ()
    """Fields that the other system requires and nobody has given a value for."""
