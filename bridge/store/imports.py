"""Imports of files, which go on where they stopped."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.domain.contacts import ProductId
from bridge.domain.errors import InvalidMove
from bridge.store.tables import ImportRunRow


@dataclass(frozen=True, slots=True)
class ImportRun:
    """How far an import has come."""

    id: int
    rows_done: int
    accepted: int
    known: int
    refused: int
    is_finished: bool


class Imports:
    """Reads and writes import runs; a file is known by its content."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def start(self, product_id: ProductId, file_hash: bytes, *, name: str) -> ImportRun:
        """The run of that file: a new one, or the one to go on with."""
        statement = insert(ImportRunRow).values(
            product_id=product_id,
            file_hash=file_hash,
            name=name,
            rows_done=0,
            accepted=0,
            known=0,
            refused=0,
        )
        self._session.execute(statement.on_conflict_do_nothing())
        query = select(ImportRunRow).where(
            ImportRunRow.product_id == product_id, ImportRunRow.file_hash == file_hash
        )
        row = self._session.scalars(query).one()
        return ImportRun(
            id=row.id,
            rows_done=row.rows_done,
            accepted=row.accepted,
            known=row.known,
            refused=row.refused,
            is_finished=row.finished_at is not None,
        )

    def restart(self, run_id: int) -> None:
        """Forget how far a run came, to read the file once more."""
        self._session.execute(
            update(ImportRunRow)
            .where(ImportRunRow.id == run_id)
            .values(rows_done=0, accepted=0, known=0, refused=0, finished_at=None)
        )

    def progress(self, run_id: int, *, after: int, accepted: int, known: int, refused: int) -> None:
        """Add what one chunk brought, in the chunk's own transaction.

        after: rows done before it. Raises InvalidMove when another import of the same file has
        gone on from there meanwhile: adding both would skip rows at the next try.
        """
        done = accepted + known + refused
        moved = self._session.execute(
            update(ImportRunRow)
            .where(ImportRunRow.id == run_id, ImportRunRow.rows_done == after)
            .values(
                rows_done=ImportRunRow.rows_done + done,
                accepted=ImportRunRow.accepted + accepted,
                known=ImportRunRow.known + known,
                refused=ImportRunRow.refused + refused,
            )
            .returning(ImportRunRow.id)
            .execution_options(synchronize_session=False)
        )
        if moved.first() is None:
            raise InvalidMove("another import of the same file is under way")

    def finish(self, run_id: int, *, now: datetime) -> None:
        """Every row has been read."""
        self._session.execute(
            update(ImportRunRow).where(ImportRunRow.id == run_id).values(finished_at=now)
        )
