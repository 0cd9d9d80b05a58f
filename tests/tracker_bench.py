"""A tracker and its surroundings: what engineers, administrators and bad luck do to it."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from bridge.domain.issues import Outcome
from bridge.domain.tickets import StatusCategory, TicketRef
from bridge.ports import Tracker
from tests.fakes import FakeTracker, Trouble


class TrackerBench(Protocol):
    """A tracker and the switches around it."""

    tracker: Tracker

    def trouble_next(self, trouble: Trouble) -> None:
        """Let the next create meet this trouble."""
        ...

    def end_trouble(self) -> None:
        """All works again."""
        ...

    def ticket_count(self) -> int:
        """How many tickets really exist."""
        ...

    def skip_numbers(self, count: int) -> None:
        """Leave a gap in the numbers."""
        ...

    def make_by_hand(self) -> str:
        """A person makes a ticket without any mark or label of ours; returns its id."""
        ...

    def copy(self, ref: TicketRef) -> str:
        """A person copies a ticket with all that is on it; returns the new id."""
        ...

    def write(self, title: str, text: str = "") -> TicketRef:
        """An engineer makes a ticket."""
        ...

    def labels(self, ref: TicketRef) -> set[str]:
        """Labels of ours that the ticket carries."""
        ...

    def move(
        self, ref: TicketRef, category: StatusCategory, outcome: Outcome | None = None
    ) -> None:
        """An engineer moves a ticket."""
        ...

    def delete(self, ref: TicketRef) -> None:
        """Somebody deletes a ticket."""
        ...

    def add_version(self, name: str) -> str:
        """A new version; returns its id."""
        ...

    def fix_in(self, ref: TicketRef, version_id: str) -> None:
        """An engineer says in which version it is fixed."""
        ...

    def release(self, version_id: str, *, is_released: bool = True) -> None:
        """Release a version, or take that back."""
        ...

    def notes(self, ref: TicketRef) -> list[str]:
        """The texts of the ticket's comments."""
        ...

    def customers(self, ref: TicketRef) -> float:
        """The number of customers that the ticket shows."""
        ...

    def duplicates(self, ref: TicketRef) -> list[str]:
        """Ids of the tickets that this one is a duplicate of."""
        ...

    def link_count(self, ref: TicketRef) -> int:
        """How many links to us the ticket shows."""
        ...

    def leave_one_way_back(self) -> None:
        """An administrator lets done tickets go back to one status only."""
        ...

    def delay_search(self, seconds: float) -> None:
        """Let the search index see new tickets only after this time."""
        ...

    def now(self) -> datetime:
        """The moment it is for the tracker."""
        ...

    def wait(self, *, minutes: float) -> None:
        """Let time pass."""
        ...


class FakeBench:
    """The fake is its own surroundings."""

    def __init__(self) -> None:
        self._moment = datetime(2026, 3, 9, tzinfo=UTC)
        self.fake = FakeTracker(now=self.now)
        self.tracker: Tracker = self.fake
        self.trouble_next = self.fake.trouble_next
        self.skip_numbers = self.fake.skip_numbers
        self.make_by_hand = self.fake.make_by_hand
        self.add_version = self.fake.add_version
        self.write = self.fake.write

    def end_trouble(self) -> None:
        """Troubles end with the create that met them."""

    def ticket_count(self) -> int:
        return len(self.fake.tickets)

    def copy(self, ref: TicketRef) -> str:
        return self.fake.copy(ref.remote_id)

    def move(
        self, ref: TicketRef, category: StatusCategory, outcome: Outcome | None = None
    ) -> None:
        self.fake.move(ref.remote_id, category, outcome)

    def labels(self, ref: TicketRef) -> set[str]:
        return set(filter(None, [self.fake.tickets[ref.remote_id].fingerprint]))

    def delete(self, ref: TicketRef) -> None:
        self.fake.delete(ref.remote_id)

    def fix_in(self, ref: TicketRef, version_id: str) -> None:
        self.fake.fix_in(ref.remote_id, version_id)

    def release(self, version_id: str, *, is_released: bool = True) -> None:
        (self.fake.release if is_released else self.fake.unrelease)(version_id)

    def notes(self, ref: TicketRef) -> list[str]:
        return list(self.fake.tickets[ref.remote_id].notes.values())

    def customers(self, ref: TicketRef) -> float:
        return self.fake.tickets[ref.remote_id].draft.customers

    def duplicates(self, ref: TicketRef) -> list[str]:
        return sorted(self.fake.tickets[ref.remote_id].duplicates)

    def link_count(self, ref: TicketRef) -> int:
        return self.fake.tickets[ref.remote_id].links

    def leave_one_way_back(self) -> None:
        self.fake.ways_back = 1

    def delay_search(self, seconds: float) -> None:
        self.fake.is_index_late = seconds > 0

    def now(self) -> datetime:
        return self._moment

    def wait(self, *, minutes: float) -> None:
        self._moment += timedelta(minutes=minutes)
