"""A clock that moves only when told to, for replay and the demo's history."""

from datetime import UTC, datetime

from bridge.queue import InlineQueue


class SimulatedClock:
    """Stands for `now` everywhere; jobs run on the way when it moves."""

    def __init__(self, start: datetime) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        """The simulated moment."""
        return self.moment

    def advance(self, to: datetime, queue: InlineQueue) -> None:
        """Move on, stopping to run each waiting job at its own time; never moves back."""
        while (due := queue.next_due()) is not None and due <= to.timestamp():
            if due > self.moment.timestamp():
                self.moment = datetime.fromtimestamp(due, UTC)
            queue.drain(self.moment)
        self.moment = max(self.moment, to)
