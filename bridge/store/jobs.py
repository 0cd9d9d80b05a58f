"""Jobs as the queue keeps them in its own tables, for people who look after the bridge."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that was given up."""

    id: int
    name: str
    attempts: int
    arguments: str


class Jobs:
    """Reads what the queue is doing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def count_by_status(self) -> dict[str, int]:
        """How many jobs there are of each status: todo, doing, failed and so on."""
        query = text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status")
        return {status: count for status, count in self._session.execute(query)}

    def failed(self, *, limit: int = 50) -> list[FailedJob]:
        """Jobs that were given up, newest first."""
        query = text(
            "SELECT id, task_name, attempts, args::text FROM procrastinate_jobs"
            " WHERE status = 'failed' ORDER BY id DESC LIMIT :limit"
        )
        rows = self._session.execute(query, {"limit": limit})
        return [FailedJob(row[0], row[1], row[2], row[3]) for row in rows]

    def oldest_due_at(self) -> datetime | None:
        """Since when the oldest job that should run has been waiting."""
        query = text(
            "SELECT min(coalesce(jobs.scheduled_at, events.at))"
            " FROM procrastinate_jobs AS jobs JOIN procrastinate_events AS events"
            " ON events.job_id = jobs.id AND events.type = 'deferred'"
            " WHERE jobs.status = 'todo'"
            " AND coalesce(jobs.scheduled_at, events.at) <= now()"
        )
        since = self._session.execute(query).scalar_one()
        return since if isinstance(since, datetime) else None
