"""What the running processes say of themselves: where the pages are, and how workers send."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.store.tables import InstallationRow

_THE_ONE = 1


@dataclass(frozen=True, slots=True)
class Installed:
    """What is known of the installation's processes."""

    public_url: str | None = None
    """Where the pages are; None while no server has said so."""
    channels: tuple[str, ...] = ()
    """By which workers tell people, beside what is connected to a product."""
    server_at: datetime | None = None
    worker_at: datetime | None = None


class Installation:
    """Reads and keeps what processes say when they start."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self) -> Installed:
        """What was said last."""
        row = self._session.get(InstallationRow, _THE_ONE, populate_existing=True)
        if row is None:
            return Installed()
        channels = tuple(row.channels or ())
        return Installed(row.public_url, channels, row.server_at, row.worker_at)

    def note_server(self, public_url: str, *, is_given: bool, now: datetime) -> None:
        """A server has started there; an address that a person gave is kept before a found one."""
        statement = insert(InstallationRow).values(
            id=_THE_ONE, public_url=public_url, is_address_given=is_given, server_at=now
        )
        new, known = statement.excluded, InstallationRow
        counts = or_(new.is_address_given, known.is_address_given.is_(False))
        changes = {
            "public_url": case((counts, new.public_url), else_=known.public_url),
            "is_address_given": or_(new.is_address_given, known.is_address_given),
            "server_at": now,
        }
        self._session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=changes))

    def note_worker(self, channels: list[str], *, now: datetime) -> None:
        """A worker has started that sends by these."""
        said = {"channels": channels, "worker_at": now}
        statement = insert(InstallationRow).values(id=_THE_ONE, **said)
        self._session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=said))
