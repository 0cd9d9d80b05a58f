"""The call budget of each connection, shared by all workers: one row with the next free slot.

Moments come from the database's clock, so that workers with other clocks agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.store.tables import PaceRow

_BUDGET = ""
_SIGN_IN = "sign in"
_FARTHEST = timedelta(hours=1)
"""Nothing is held up for longer; a moment farther ahead comes from a clock that was set back."""
_FARTHEST_SLOT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call needs of the budget."""

    scopes: Sequence[str]
    """Names of the limits that can hold it up."""
    interval: timedelta
    """Between any two calls of the connection."""
    spaced: str | None = None
    """A limit under which calls keep `spacing` between each other."""
    spacing: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Turn:
    """When a call may be made."""

    wait_seconds: float
    is_taken: bool
    """False: a limit is in force for that long, ask again then."""
    is_refused: bool = False
    """Our account is refused, and somebody else has the one try of this minute."""
    is_trial: bool = False
    """Our account was refused, and this call finds out whether it still is."""


class Paces:
    """Hands out slots for calls."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, connection_id: int, asked: Asked, *, sign_in_pause: timedelta) -> Turn:
        """The next slot of the connection, unless a limit holds this call up."""
        budget, now = self._lock(connection_id)
        held = self._held(connection_id, [*asked.scopes, _SIGN_IN])
        until = held.pop(_SIGN_IN, None)
        if until is not None and now < until <= now + _FARTHEST:
            return Turn((until - now).total_seconds(), is_taken=False, is_refused=True)
        opens = max((end for end in held.values() if end <= now + _FARTHEST), default=now)
        if opens > now:
            return Turn((opens - now).total_seconds(), is_taken=False)
        if until is not None:
            self._set(connection_id, _SIGN_IN, now + sign_in_pause)
        slot = budget if now < budget <= now + _FARTHEST_SLOT else now
        self._set(connection_id, _BUDGET, slot + asked.interval)
        if asked.spaced is not None:
            self._set(connection_id, asked.spaced, slot + asked.spacing)
        return Turn((slot - now).total_seconds(), is_taken=True, is_trial=until is not None)

    def hold(self, connection_id: int, scope: str, *, time: timedelta) -> None:
        """Let nothing pass under that limit for some time; a longer one in force stays."""
        _, now = self._lock(connection_id)
        end = now + min(time, _FARTHEST)
        known = self._held(connection_id, [scope]).get(scope)
        if known is None or known < end or known > now + _FARTHEST:
            self._set(connection_id, scope, end)

    def refuse(self, connection_id: int, *, time: timedelta) -> None:
        """Our account was refused: for some time nobody tries again, then one."""
        self.hold(connection_id, _SIGN_IN, time=time)

    def accept(self, connection_id: int) -> None:
        """Our account is accepted (again)."""
        self._session.execute(
            delete(PaceRow).where(PaceRow.connection_id == connection_id, PaceRow.scope == _SIGN_IN)
        )

    def drop_old(self) -> None:
        """Forget limits that ended long ago, such as those of single tickets."""
        self._session.execute(delete(PaceRow).where(PaceRow.free_at < func.now() - _FARTHEST))

    def _lock(self, connection_id: int) -> tuple[datetime, datetime]:
        """The next free slot and the moment it is, with everybody else of the connection waiting.

        The moment is read once the row is ours; the start of the transaction may be long ago.
        """
        statement = insert(PaceRow).values(
            connection_id=connection_id, scope=_BUDGET, free_at=func.clock_timestamp()
        )
        row = self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["connection_id", "scope"], set_={"free_at": PaceRow.free_at}
            ).returning(PaceRow.free_at, func.clock_timestamp())
        ).one()
        return row[0], row[1]

    def _held(self, connection_id: int, scopes: Sequence[str]) -> dict[str, datetime]:
        query = select(PaceRow.scope, PaceRow.free_at).where(
            PaceRow.connection_id == connection_id, PaceRow.scope.in_(scopes)
        )
        return {scope: free_at for scope, free_at in self._session.execute(query)}

    def _set(self, connection_id: int, scope: str, free_at: datetime) -> None:
        statement = insert(PaceRow).values(
            connection_id=connection_id, scope=scope, free_at=free_at
        )
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["connection_id", "scope"], set_={"free_at": free_at}
            )
        )
