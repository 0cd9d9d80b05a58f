"""Fakes that behave: they keep state, refuse what the real one refuses and can lose an answer."""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from bridge.domain.contacts import RedactedText
from bridge.domain.errors import AnswerLost, Refused, SignInRefused, TryAgainLater
from bridge.domain.issues import Outcome
from bridge.domain.messages import AfterLoss
from bridge.domain.tickets import (
    Attempt,
    FieldKind,
    Sighting,
    StatusCategory,
    TextPage,
    TicketDraft,
    TicketField,
    TicketRef,
    TicketStatus,
    TicketText,
    TrackerVersion,
)
from bridge.ports import Message
from tests.drafts import a_draft

_GAP_SEEN_ACROSS = 100


class Trouble(StrEnum):
    """What can happen to the next create."""

    DROP_BEFORE_COMMIT = "drop_before_commit"
    DROP_AFTER_COMMIT = "drop_after_commit"
    ERROR_503_AFTER_COMMIT = "error_503_after_commit"
    BUSY = "busy"
    REFUSED = "refused"
    SIGNED_OUT = "signed_out"


@dataclass
class FakeTicket:
    """A ticket as the fake keeps it."""

    number: int
    draft: TicketDraft
    fingerprint: str | None
    updated_at: datetime
    is_indexed: bool
    names_ticket: str | None = None
    """Id inside the mark; a copy of our ticket names the original's."""
    category: StatusCategory = StatusCategory.NEW
    outcome: Outcome | None = None
    uses_resolution: bool = True
    fix_versions: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    duplicates: set[str] = field(default_factory=set)
    """Ids of the tickets that this one is a duplicate of."""
    links: int = 0
    text: str = ""

    @property
    def remote_id(self) -> str:
        """Its id: unlike the key it never changes."""
        return str(10_000 + self.number)


class FakeTracker:
    """A tracker in memory that fills the port, with switches for what goes wrong.

    Numbers grow by one with each create, gaps come from `skip_numbers`. With `is_index_late`
    new tickets are not found by `find` until `settle`; direct reads see them at once.
    """

    name = "fake"

    def __init__(self, *, now: Callable[[], datetime], project: str = "FAKE") -> None:
        self._now = now
        self._project = project
        self._last_number = 0
        self._troubles: deque[Trouble] = deque()
        self._versions: dict[str, TrackerVersion] = {}
        self.tickets: dict[str, FakeTicket] = {}
        self.creates = 0
        """Creates that reached the tracker, lost answers included."""
        self.is_index_late = False
        self.ways_back = 2
        """Transitions from done to a status that is not."""
        self.is_down = False
        """Every call but a create with its own trouble raises TryAgainLater."""

    def highest_number(self) -> int:
        """The highest number ever given."""
        self._answer()
        return self._last_number

    def create(
        self, draft: TicketDraft, attempt: Attempt, *, until: datetime | None = None
    ) -> TicketRef:
        """Make a ticket, unless a trouble was put in its way."""
        self._answer()
        if until is not None and self._now() >= until:
            raise TryAgainLater("the time for this request is over")
        trouble = self._troubles.popleft() if self._troubles else None
        self._before_commit(trouble)
        ticket = self._add(draft, draft.fingerprint)
        if trouble in (Trouble.DROP_AFTER_COMMIT, Trouble.ERROR_503_AFTER_COMMIT):
            raise AnswerLost("the connection broke after the ticket was made")
        return self._ref(ticket)

    def adopt(self, ref: TicketRef, fingerprint: str) -> None:
        """Mark a ticket, and let the mark name it."""
        ticket = self._get(ref.remote_id)
        ticket.fingerprint, ticket.names_ticket = fingerprint, ref.remote_id

    def probe(self, fingerprint: str, *, after: int) -> TicketRef | None:
        """Walk the numbers above `after` until a hundred in a row are missing."""
        self._answer()
        by_number = {ticket.number: ticket for ticket in self.tickets.values()}
        number, missing = after + 1, 0
        while missing < _GAP_SEEN_ACROSS:
            ticket = by_number.get(number)
            if ticket is not None and self._is_ours(ticket, fingerprint):
                return self._ref(ticket)
            missing = 0 if ticket is not None else missing + 1
            number += 1
        return None

    def find(self, fingerprint: str) -> list[TicketRef]:
        """Our tickets that the index knows already."""
        self._answer()
        return [
            self._ref(ticket)
            for ticket in self.tickets.values()
            if ticket.is_indexed and self._is_ours(ticket, fingerprint)
        ]

    def labelled(self, fingerprint: str | None = None) -> list[str]:
        """Ids of tickets with our mark that the index knows already; copies have it too."""
        self._answer()
        return [
            ticket.remote_id
            for ticket in self.tickets.values()
            if ticket.is_indexed
            and ticket.fingerprint is not None
            and ticket.fingerprint == (fingerprint or ticket.fingerprint)
        ]

    def sight(self, names: Sequence[str]) -> list[Sighting]:
        """The tickets that exist, by id or key, with their marks."""
        self._answer()
        by_age = sorted(self.tickets.values(), key=lambda ticket: ticket.number)
        found = [t for t in by_age if {t.remote_id, self._ref(t).key} & {*names}]
        return [
            Sighting(
                status=self._status(ticket),
                fingerprint=ticket.fingerprint,
                is_copy=ticket.names_ticket not in (None, ticket.remote_id),
                is_claimed=ticket.names_ticket == ticket.remote_id,
            )
            for ticket in found
        ]

    def join(self, duplicate: TicketRef, original: TicketRef) -> None:
        """Link one ticket as the duplicate of another."""
        self._get(original.remote_id)
        self._get(duplicate.remote_id).duplicates.add(original.remote_id)

    def part(self, duplicate: TicketRef, original: TicketRef) -> None:
        """Take the link away, if there is one."""
        self._get(duplicate.remote_id).duplicates.discard(original.remote_id)

    def originals(self, ref: TicketRef) -> list[str]:
        """Ids of the tickets that this one is a duplicate of."""
        return sorted(self._get(ref.remote_id).duplicates, key=int)

    def let_go(self, ref: TicketRef, fingerprint: str, heir: str | None) -> None:
        """Take a mark off; another issue's stays."""
        ticket = self._get(ref.remote_id)
        ticket.links = 0
        if ticket.fingerprint == fingerprint:
            ticket.fingerprint = heir
            ticket.names_ticket = ref.remote_id if heir else None

    def texts(self, since: datetime | None, page: str | None) -> TextPage:
        """Two tickets a page, in the order of their last change."""
        self._answer()
        found = sorted(
            (
                one
                for one in self.tickets.values()
                if one.fingerprint is None and (since is None or one.updated_at >= since)
            ),
            key=lambda one: (one.updated_at, one.number),
        )
        start = int(page or 0)
        items = tuple(
            TicketText(self._status(one), one.draft.title, one.text)
            for one in found[start : start + 2]
        )
        return TextPage(items, str(start + 2) if start + 2 < len(found) else None)

    def write(self, title: str, text: str = "") -> TicketRef:
        """A person makes a ticket."""
        ticket = self._add(replace(a_draft(), title=RedactedText(title)), None)
        ticket.text = text
        return self._ref(ticket)

    def close_duplicate(self, ref: TicketRef) -> bool:
        """Close a ticket as a duplicate."""
        self._get(ref.remote_id)
        self.move(ref.remote_id, StatusCategory.DONE, Outcome.DUPLICATE)
        return True

    def reopen(self, ref: TicketRef) -> bool:
        """Move a ticket back to work, where the workflow leaves one way."""
        self._answer()
        if self.ways_back != 1:
            return False
        self.move(ref.remote_id, StatusCategory.IN_PROGRESS, None)
        return True

    def update(self, ref: TicketRef, draft: TicketDraft) -> None:
        """Replace what we wrote; the link is one, however often it is written."""
        self.adopt(ref, draft.fingerprint)
        ticket = self._get(ref.remote_id)
        ticket.links = 1
        if ticket.draft != draft:
            ticket.draft = draft
            ticket.updated_at = self._now()

    def note(self, ref: TicketRef, *, key: str, text: str) -> None:
        """Keep the first note of each key."""
        ticket = self._get(ref.remote_id)
        if key not in ticket.notes:
            ticket.notes[key] = text
            ticket.updated_at = self._now()

    def read(self, remote_ids: Sequence[str]) -> list[TicketStatus]:
        """The tickets that exist, as they are."""
        self._answer()
        return [self._status(self.tickets[id]) for id in remote_ids if id in self.tickets]

    def changes_since(self, moment: datetime) -> list[str]:
        """Ids of tickets that changed at or after the moment."""
        self._answer()
        return [t.remote_id for t in self.tickets.values() if t.updated_at >= moment]

    def describe(self, names: Collection[str]) -> list[TicketField]:
        """The one field that refusals ask for."""
        self._answer()
        severity = TicketField("severity", "Severity", FieldKind.CHOICE, ("High", "Low"))
        return [severity] if "severity" in names else []

    def versions(self) -> list[TrackerVersion]:
        """All versions."""
        self._answer()
        return list(self._versions.values())

    def trouble_next(self, *troubles: Trouble) -> None:
        """Put these in the way of the next creates, in this order."""
        self._troubles.extend(troubles)

    def skip_numbers(self, count: int) -> None:
        """Leave a gap, as failed creates do."""
        self._last_number += count

    def settle(self) -> None:
        """Let the index catch up."""
        for ticket in self.tickets.values():
            ticket.is_indexed = True

    def make_by_hand(self) -> str:
        """A person makes a ticket without a mark; returns its id."""
        return self._add(a_draft(), None).remote_id

    def copy(self, remote_id: str) -> str:
        """A person copies a ticket: the mark comes along; returns the new id."""
        original = self.tickets[remote_id]
        ticket = self._add(original.draft, original.fingerprint)
        ticket.names_ticket = original.names_ticket
        return ticket.remote_id

    def move(
        self, remote_id: str, category: StatusCategory, outcome: Outcome | None = None
    ) -> None:
        """An engineer moves a ticket; done without an outcome is a flow without resolutions."""
        ticket = self.tickets[remote_id]
        is_done = category is StatusCategory.DONE
        ticket.category = category
        ticket.outcome = outcome if is_done else None
        ticket.uses_resolution = not is_done or outcome is not None
        ticket.updated_at = self._now()

    def delete(self, remote_id: str) -> None:
        """Somebody deletes a ticket; its number is never given again."""
        del self.tickets[remote_id]

    def add_version(self, name: str) -> str:
        """A new version; returns its id."""
        remote_id = str(20_001 + len(self._versions))
        self._versions[remote_id] = TrackerVersion(remote_id, name, False, None)
        return remote_id

    def fix_in(self, remote_id: str, version_id: str) -> None:
        """An engineer gives a ticket a fix version."""
        ticket = self.tickets[remote_id]
        ticket.fix_versions.append(version_id)
        ticket.updated_at = self._now()

    def release(self, version_id: str) -> None:
        """Release a version today; tickets do not count as changed by it."""
        self._set_released(version_id, is_released=True)

    def unrelease(self, version_id: str) -> None:
        """Take a release back."""
        self._set_released(version_id, is_released=False)

    def _set_released(self, version_id: str, *, is_released: bool) -> None:
        day = self._now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        known = self._versions[version_id]
        self._versions[version_id] = TrackerVersion(
            version_id, known.name, is_released, day if is_released else None
        )

    def _answer(self) -> None:
        if self.is_down:
            raise TryAgainLater("the tracker is down")

    def _before_commit(self, trouble: Trouble | None) -> None:
        if trouble is Trouble.BUSY:
            raise TryAgainLater("the tracker is busy", retry_after_seconds=7)
        if trouble is Trouble.SIGNED_OUT:
            raise SignInRefused("the tracker does not accept our token")
        self.creates += 1
        if trouble is Trouble.REFUSED:
            raise Refused("Severity is required.", fields={"severity": "Severity is required."})
        if trouble is Trouble.DROP_BEFORE_COMMIT:
            raise AnswerLost("the connection broke before the ticket was made")

    def _add(self, draft: TicketDraft, fingerprint: str | None) -> FakeTicket:
        self._last_number += 1
        ticket = FakeTicket(
            number=self._last_number,
            draft=draft,
            fingerprint=fingerprint,
            updated_at=self._now(),
            is_indexed=not self.is_index_late,
        )
        self.tickets[ticket.remote_id] = ticket
        return ticket

    def _get(self, remote_id: str) -> FakeTicket:
        self._answer()
        if remote_id not in self.tickets:
            raise Refused("there is no such ticket")
        return self.tickets[remote_id]

    def _is_ours(self, ticket: FakeTicket, fingerprint: str) -> bool:
        is_own = ticket.names_ticket in (None, ticket.remote_id)
        return ticket.fingerprint == fingerprint and is_own

    def _ref(self, ticket: FakeTicket) -> TicketRef:
        key = f"{self._project}-{ticket.number}"
        return TicketRef(ticket.remote_id, key, f"https://tracker.example/browse/{key}")

    def _status(self, ticket: FakeTicket) -> TicketStatus:
        return TicketStatus(
            ref=self._ref(ticket),
            category=ticket.category,
            outcome=ticket.outcome,
            uses_resolution=ticket.uses_resolution,
            versions=tuple(self._versions[id] for id in ticket.fix_versions),
            updated_at=ticket.updated_at,
        )


class FakeNotifier:
    """A channel in memory; a receiver drops what comes again under the same message id."""

    name = "fake"

    def __init__(self, after_loss: AfterLoss = AfterLoss.REPEAT, *, name: str = "fake") -> None:
        self.name = name
        self.after_loss = after_loss
        self.sent: dict[str, tuple[str, Message]] = {}
        """Message id to recipient and message."""
        self.is_down = False
        self.next_errors: deque[Exception] = deque()
        """Raised by the next sends; AnswerLost after the message has come through."""
        self.tries = 0

    def send(self, message: Message, recipient: str, message_id: str) -> str:
        """Keep the message and return a receipt."""
        self.tries += 1
        if self.is_down:
            raise TryAgainLater("the channel is down")
        error = self.next_errors.popleft() if self.next_errors else None
        if error is None or isinstance(error, AnswerLost):
            self.sent.setdefault(message_id, (recipient, message))
        if error is not None:
            raise error
        return f"fake-{message_id}"

    def find(self, recipient: str, message_id: str) -> str | None:
        """Whether it came through."""
        return f"fake-{message_id}" if message_id in self.sent else None
