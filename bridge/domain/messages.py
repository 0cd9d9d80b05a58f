"""Messages to channels outside the inbox: their states, when they go out and are repeated."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.domain.errors import InvalidInput


class MessageState(StrEnum):
    """How far a message has come."""

    PLANNED = "planned"
    HELD = "held"
    """Waits for a digest or for the end of quiet hours."""
    SENDING = "sending"
    SENT = "sent"
    """The channel took it, which does not mean that anybody read it."""
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    BOUNCED = "bounced"
    """The channel took it, and said later that it did not arrive."""
    UNKNOWN = "unknown"
    """It may have gone out: nobody heard the answer."""


WAITING = (MessageState.PLANNED, MessageState.HELD)
"""States in which nothing has been sent yet."""


class AfterLoss(StrEnum):
    """What follows on a request to a channel whose answer was lost."""

    LOOK = "look"
    """The channel can be asked whether the message is there."""
    REPEAT = "repeat"
    """The receiver knows a repeat by its id."""
    ASK = "ask"
    """Only a person can tell."""


_WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each try the wait before the next, as Standard Webhooks proposes; the tenth is the last."""
_SPREAD = 0.2


def wait_after(tries: int, key: str) -> timedelta | None:
    """How long to wait after so many tries; None when it is time to give up.

    Longer by up to a fifth, by a key of the message, so that many do not knock at one moment.
    """
    if tries > len(_WAITS):
        return None
    drawn = hashlib.sha256(f"{key}:{tries}".encode()).digest()
    return _WAITS[tries - 1] * (1 + _SPREAD * drawn[0] / 255)


@dataclass(frozen=True, slots=True)
class Preferences:
    """How one person wants to be told outside the inbox; hours are those of their zone."""

    channels: frozenset[str] | None = None
    """None: every channel there is."""
    digest_hour: int | None = None
    """Once a day at this hour; None: at once."""
    quiet_from: int | None = None
    quiet_until: int | None = None
    """Nothing is sent from the one hour to the other: it waits."""
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Raise InvalidInput for what cannot be meant."""
        for name in ("digest_hour", "quiet_from", "quiet_until"):
            hour = getattr(self, name)
            if hour is not None and not 0 <= hour < 24:
                raise InvalidInput("an hour is from 0 to 23", pointer=f"/{name}")
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise InvalidInput("quiet hours need a beginning and an end", pointer="/quiet_until")
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise InvalidInput("quiet hours cannot fill the day", pointer="/quiet_until")
        _zone(self.zone)

    def wants(self, channel: str) -> bool:
        """Whether this person takes messages of that channel."""
        return self.channels is None or channel in self.channels


@dataclass(frozen=True, slots=True)
class Timing:
    """When a message goes out, and what it goes out together with."""

    due_at: datetime
    bundle: str | None
    """Messages of one bundle to one recipient are one; None: nothing is waited for."""


def timing_of(preferences: Preferences, now: datetime, *, is_urgent: bool) -> Timing:
    """When a person is told of something that happens now.

    What is urgent skips the digest, never the quiet hours.
    """
    due = now
    if preferences.digest_hour is not None and not is_urgent:
        due = _next_hour(now, preferences.digest_hour, preferences.zone)
    quiet = _end_of_quiet(due, preferences)
    due = quiet or due
    return Timing(due, None if due == now else f"waits:{due.astimezone(UTC):%Y-%m-%dT%H:%MZ}")


def _end_of_quiet(moment: datetime, preferences: Preferences) -> datetime | None:
    """When the quiet hours end that the moment lies in."""
    begin, end = preferences.quiet_from, preferences.quiet_until
    if begin is None or end is None:
        return None
    hour = moment.astimezone(_zone(preferences.zone)).hour
    is_quiet = begin <= hour < end if begin < end else hour >= begin or hour < end
    return _next_hour(moment, end, preferences.zone) if is_quiet else None


def _next_hour(moment: datetime, hour: int, zone: str) -> datetime:
    """The next time after the moment that clocks there show this full hour."""
    there = moment.astimezone(_zone(zone))
    day = there.date()
    for days in (0, 1, 2):
        due = datetime.combine(day + timedelta(days=days), time(hour), tzinfo=there.tzinfo)
        # Through UTC, because an hour that the clocks leave out is another one.
        if (found := due.astimezone(UTC)) > moment:
            return found
    raise AssertionError("an hour comes again within two days")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput(
            f"there is no time zone {name}: use a name such as Europe/Berlin", pointer="/zone"
        ) from error
