"""The sandbox's virtual clock and the way Jira writes moments."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """A base clock plus an offset that the control plane can move."""

    def __init__(self, base: Callable[[], datetime]) -> None:
        self._base = base
        self.offset = timedelta()

    def now(self) -> datetime:
        """Aware UTC, cut to milliseconds as Jira does."""
        moment = self._base().astimezone(UTC) + self.offset
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def set(self, moment: datetime) -> None:
        """Make it `moment` now; from there time runs on as the base clock does."""
        self.offset = moment.astimezone(UTC) - self._base().astimezone(UTC)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.offset += timedelta(seconds=seconds)


def system_clock() -> datetime:
    """The machine's time, aware UTC."""
    return datetime.now(UTC)


def jira_time(moment: datetime) -> str:
    """`2026-03-03T09:15:00.000+0000`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"
