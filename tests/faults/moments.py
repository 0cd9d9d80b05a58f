"""Moments at which a worker may stop: each commit, each request and each step of the queue.

Only a process of the fault sweep arms them. They are counted while a job of the filing path runs,
so that the N-th is the same one in the next run; the product knows nothing of this.
"""

import functools
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import requests
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from requests.adapters import HTTPAdapter
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine.interfaces import DBAPIConnection

from bridge.wiring import JOBS

PATH = ("file", "refresh", "sweep", "adopt")
"""The jobs whose moments count."""


class Moments:
    """Counts moments, writes their names down, and stops the process at the one it was told."""

    def __init__(self, log: Path, kill_at: int | None, by: signal.Signals) -> None:
        self._log = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self._kill_at, self._signal = kill_at, by
        self._lock = threading.Lock()
        self._count = 0
        self._job = threading.local()

    def pass_by(self, name: str) -> None:
        """One more moment; the last one if it is the chosen one."""
        with self._lock:
            self._count += 1
            os.write(self._log, f"{name}\n".encode())
            if self._count == self._kill_at:
                os.kill(os.getpid(), self._signal)

    def pass_in_job(self, what: str) -> None:
        """A moment inside a job of the path; others do not count."""
        job = getattr(self._job, "name", None)
        if job is not None:
            self.pass_by(f"{job}: {what}")

    def around(self, name: str, step: Callable[..., None]) -> Callable[..., None]:
        """The step of a job, known by its name while it runs."""

        @functools.wraps(step)
        def run(*args: object, **more: object) -> None:
            self._job.name = name
            try:
                step(*args, **more)
            finally:
                self._job.name = None

        return run


def arm(moments: Moments) -> None:
    """Put the moments into this process: database, HTTP client and queue."""
    _arm_commits(moments)
    _arm_requests(moments)
    _arm_queue(moments)
    jobs = dict(JOBS)
    for name in PATH:
        jobs[name] = moments.around(name, JOBS[name])
    JOBS.update(jobs)  # type: ignore[attr-defined]  # a plain dict, shown read-only


def _arm_commits(moments: Moments) -> None:
    def do_commit(self: PGDialect_psycopg, dbapi_connection: DBAPIConnection) -> None:
        moments.pass_in_job("before commit")
        dbapi_connection.commit()
        moments.pass_in_job("after commit")

    PGDialect_psycopg.do_commit = do_commit  # type: ignore[method-assign,assignment]


def _arm_requests(moments: Moments) -> None:
    send = HTTPAdapter.send

    def counted(
        self: HTTPAdapter, request: requests.PreparedRequest, **more: object
    ) -> requests.Response:
        what = f"{request.method} {(request.path_url or '').partition('?')[0]}"
        moments.pass_in_job(f"before {what}")
        response = send(self, request, **more)  # type: ignore[arg-type]
        moments.pass_in_job(f"after {what}")
        return response

    HTTPAdapter.send = counted  # type: ignore[method-assign,assignment]


def _arm_queue(moments: Moments) -> None:
    fetch, finish = JobManager.fetch_job, JobManager.finish_job

    async def fetch_job(self: JobManager, queues: list[str] | None, worker_id: int) -> Job | None:
        job = await fetch(self, queues, worker_id)
        if job is not None and job.task_name in PATH:
            moments.pass_by(f"{job.task_name}: after it was fetched")
        return job

    async def finish_job(self: JobManager, job: Job, status: Status, delete_job: bool) -> None:
        counts = job.task_name in PATH
        if counts:
            moments.pass_by(f"{job.task_name}: before it is finished")
        await finish(self, job, status, delete_job)
        if counts:
            moments.pass_by(f"{job.task_name}: after it was finished")

    JobManager.fetch_job = fetch_job  # type: ignore[method-assign,assignment]
    JobManager.finish_job = finish_job  # type: ignore[method-assign]
