"""How fast an outside system is called: one budget, and which limits hold up which calls."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bridge.domain.errors import SignInRefused, TryAgainLater

LONGEST_WAIT_SECONDS = 10.0
"""What is held up for longer is not waited for here: the job comes back later."""
SIGN_IN_SECONDS = 60.0
"""While our account is refused, one call in this time may try again."""


class Reach(StrEnum):
    """What a limit of the other side holds up."""

    ENDPOINT = "endpoint"
    ITEM = "item"
    CONNECTION = "connection"


class RateLimited(TryAgainLater):
    """Too many calls; `reach` says which ones have to wait, the others may go on."""

    def __init__(
        self, message: str, *, reach: Reach, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.reach = reach
        self.is_everywhere = reach is Reach.CONNECTION


@dataclass(frozen=True, slots=True)
class Call:
    """What a call touches, so that a limit on one thing holds up nothing else."""

    endpoint: str
    """Method and path without ids."""
    item: str | None = None
    """Id of the one thing it is about."""
    is_write: bool = False
    """Whether it changes that thing."""

    def scopes(self) -> tuple[str, ...]:
        """The names under which limits can hold this call up."""
        return tuple(dict.fromkeys(self.scope(reach) for reach in Reach))

    def scope(self, reach: Reach) -> str:
        """The name of a limit with that reach; one on no item is one on the endpoint."""
        if reach is Reach.CONNECTION:
            return reach.value
        if reach is Reach.ITEM and self.item is not None:
            return f"{reach.value} {self.item}"
        return f"{Reach.ENDPOINT.value} {self.endpoint}"


class Pace(Protocol):
    """Says when a call may be sent, and hears what came of it."""

    def wait(self, call: Call) -> None:
        """Sleep until the call may be sent.

        Raises TryAgainLater, with nothing sent, when that is not soon.
        """
        ...

    def refused(self, call: Call, error: RateLimited | SignInRefused) -> None:
        """The other side did not take the call now: hold up what that reaches."""
        ...

    def answered(self) -> None:
        """The other side took a call from our account."""
        ...


class RateLimiter:
    """At most so many calls a second, with a burst of one second's worth; safe across threads.

    For one process; `refused` by sign-in holds nothing up, since a person is trying.
    """

    def __init__(
        self,
        calls_per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if calls_per_second <= 0:
            raise ValueError("calls_per_second must be positive")
        self._interval = 1 / calls_per_second
        self._slack = max(0.0, 1 - self._interval)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._due = float("-inf")
        self._closed: dict[str, float] = {}
        """Name of a limit → when it ends."""

    def wait(self, call: Call) -> None:
        """Take the next slot and sleep until it begins."""
        with self._lock:
            now = self._clock()
            opens = max((self._closed.get(scope, now) for scope in call.scopes()), default=now)
            if opens - now > LONGEST_WAIT_SECONDS:
                raise held_up(opens - now)
            due = max(self._due, now)
            self._due = due + self._interval
        delay = max(due - self._slack, opens) - now
        if delay > 0:
            self._sleep(delay)

    def refused(self, call: Call, error: RateLimited | SignInRefused) -> None:
        """Hold up what the limit reaches for as long as the other side asks."""
        if isinstance(error, SignInRefused) or not error.retry_after_seconds:
            return
        scope = call.scope(error.reach)
        with self._lock:
            now = self._clock()
            self._closed = {name: end for name, end in self._closed.items() if end > now}
            self._closed[scope] = now + error.retry_after_seconds

    def answered(self) -> None:
        """Nothing to do: nothing is held up by sign-in here."""


def held_up(seconds: float) -> RateLimited:
    """What is raised instead of waiting that long.

    Whatever the limit reaches is closed already, so nothing else has to wait because of this call.
    """
    return RateLimited(
        f"the other side asked for a rest of {seconds:.0f} s",
        reach=Reach.ENDPOINT,
        retry_after_seconds=seconds,
    )
