"""The pace of a connection's calls, kept in the database so that all workers share one budget."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from bridge.domain.errors import SignInRefused
from bridge.store import Store
from bridge.store.paces import Asked
from integrations.pace import (
    LONGEST_WAIT_SECONDS,
    SIGN_IN_SECONDS,
    Call,
    RateLimited,
    Reach,
    held_up,
)

_WRITE_SPACING = timedelta(seconds=1)
"""Between two changes of one ticket, whoever makes them."""
_DEFAULT_REST = timedelta(seconds=2)
"""After a refusal that names no time."""
_MARGIN_SECONDS = 0.001
_LATE_SECONDS = 0.1
"""Whoever wakes up later than this lets its slot go and takes another one."""
_MOST_NAPS = 3
"""So often; then the call is made, however late it is."""


class SharedPace:
    """Fills `integrations.pace.Pace` for one connection; sleeps outside of any transaction."""

    def __init__(
        self,
        connection_id: int,
        calls_per_second: float,
        *,
        open_store: Callable[[], AbstractContextManager[Store]],
        now: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection_id = connection_id
        self._interval = timedelta(seconds=1 / calls_per_second)
        self._open = open_store
        self._now = now
        self._sleep = sleep
        self._is_trial = threading.Event()

    def wait(self, call: Call) -> None:
        """Sleep until the call's slot begins; see `Pace.wait`."""
        spaced = f"writes {call.item}" if call.is_write else None
        asked = Asked(
            scopes=call.scopes() if spaced is None else (*call.scopes(), spaced),
            interval=self._interval,
            spaced=spaced,
            spacing=_WRITE_SPACING,
        )
        naps = _MOST_NAPS
        while True:
            asked_at = time.monotonic()
            with self._open() as store:
                turn = store.paces.take(
                    self._connection_id, asked, sign_in_pause=timedelta(seconds=SIGN_IN_SECONDS)
                )
            if turn.is_refused:
                raise SignInRefused(
                    "our account was refused: one try a minute",
                    retry_after_seconds=turn.wait_seconds,
                )
            if not turn.is_taken and turn.wait_seconds > LONGEST_WAIT_SECONDS:
                raise held_up(turn.wait_seconds)
            if turn.wait_seconds > 0:
                self._sleep(turn.wait_seconds + _MARGIN_SECONDS)
            # A database that answers late makes us as late as a machine that wakes us up late.
            is_late = time.monotonic() - asked_at - turn.wait_seconds > _LATE_SECONDS
            if turn.is_taken and not turn.is_trial and is_late and naps > 0:
                # On a busy machine: this call would come together with the next ones.
                naps -= 1
            elif turn.is_taken:
                if turn.is_trial:
                    self._is_trial.set()
                return

    def refused(self, call: Call, error: RateLimited | SignInRefused) -> None:
        """Hold up, for everybody, what the refusal reaches."""
        wish = timedelta(seconds=error.retry_after_seconds or 0)
        with self._open() as store:
            if isinstance(error, SignInRefused):
                rest = max(wish, timedelta(seconds=SIGN_IN_SECONDS))
                store.paces.refuse(self._connection_id, time=rest)
                self._pause(store, rest, error)
                return
            rest = max(wish, _DEFAULT_REST)
            store.paces.hold(self._connection_id, call.scope(error.reach), time=rest)
            if error.reach is Reach.CONNECTION:
                self._pause(store, rest, error)

    def answered(self) -> None:
        """Open the connection again, if it was held up by sign-in."""
        if not self._is_trial.is_set():
            return
        with self._open() as store:
            store.paces.accept(self._connection_id)
            store.connections.mark_healthy(self._connection_id)
        self._is_trial.clear()

    def _pause(self, store: Store, rest: timedelta, error: Exception) -> None:
        """Jobs look at this before they come here, and people see why nothing moves."""
        store.connections.pause(self._connection_id, until=self._now() + rest, trouble=str(error))
