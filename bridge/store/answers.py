"""Stored answers, so that a repeated request with the same Idempotency-Key does nothing twice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bridge.store.tables import IdempotencyRow


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered; status is None while the first request is under way."""

    request_hash: bytes
    status: int | None
    body: bytes | None


class Answers:
    """Reads and writes stored answers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, caller: str, key: str) -> bool:
        """Hold the key until the block ends; False while another request holds it."""
        name = func.hashtextextended(f"{caller}/{key}", 0)
        taken: bool = self._session.scalars(select(func.pg_try_advisory_xact_lock(name))).one()
        return taken

    def claim(
        self, caller: str, key: str, *, request_hash: bytes, now: datetime
    ) -> StoredAnswer | None:
        """None when this request is the first of its key; else what is stored of the first."""
        statement = (
            insert(IdempotencyRow)
            .values(caller=caller, key=key, request_hash=request_hash, created_at=now)
            .on_conflict_do_nothing()
            .returning(IdempotencyRow.key)
        )
        if self._session.scalars(statement).first() is not None:
            return None
        query = select(IdempotencyRow).where(
            IdempotencyRow.caller == caller, IdempotencyRow.key == key
        )
        row = self._session.scalars(query).one()
        return StoredAnswer(row.request_hash, row.status, row.body)

    def store(self, caller: str, key: str, *, status: int, body: bytes) -> None:
        """Keep the answer of the first request."""
        self._session.execute(
            update(IdempotencyRow)
            .where(IdempotencyRow.caller == caller, IdempotencyRow.key == key)
            .values(status=status, body=body)
        )

    def drop(self, *, before: datetime) -> None:
        """Forget answers older than that."""
        self._session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < before))
