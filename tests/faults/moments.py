"""Moments at which a worker may stop: each commit, each request and each step of the queue.

Only a process of the fault sweep arms them. They are counted while a job of the path in question
runs, so that the N-th is the same one in the next run; the product knows nothing of this.
"""

import functools
import os
import signal
import smtplib
import threading
from collections.abc import Callable, Collection
from pathlib import Path

import httpx2
import requests
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from requests.adapters import HTTPAdapter
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.engine.interfaces import DBAPIConnection

from bridge.wiring import JOBS
from tests.faults.lead import PRESSES, press

FILING = ("file", "refresh", "sweep", "adopt")
"""The jobs on the path of a filing: their moments count."""
FIX = ("release", "notify", "refresh", "sync_copy")
"""The jobs that follow a fix."""
LETTER = (PRESSES, "plan_letters", "notify")
"""The jobs that bring a letter to customers, and the lead who has it sent."""
SIGNAL = ("receive", *FIX)
"""The jobs that follow a webhook's word that a version is out."""
REOPEN = ("watch", "reopen", "track", "notify")
"""The jobs that follow a fix that does not hold."""


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
                # To this very thread: sent to the process, another one may take it, and this one
                # goes on for a while before it stops.
                signal.pthread_kill(threading.get_ident(), self._signal)

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


def arm(moments: Moments, path: Collection[str]) -> None:
    """Put the moments into this process: database, clients of outside systems and queue."""
    _arm_commits(moments)
    _arm_requests(moments)
    _arm_transports(moments)
    _arm_mails(moments)
    _arm_queue(moments, path)
    jobs = {**JOBS, PRESSES: press}
    for name in path:
        jobs[name] = moments.around(name, jobs[name])
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


def _arm_transports(moments: Moments) -> None:
    """Channels that speak through the other HTTP client."""
    handle = httpx2.HTTPTransport.handle_request

    def counted(self: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        moments.pass_in_job(f"before {request.method} {request.url.path}")
        response = handle(self, request)
        moments.pass_in_job(f"after {request.method} {request.url.path}")
        return response

    httpx2.HTTPTransport.handle_request = counted  # type: ignore[method-assign]


def _arm_mails(moments: Moments) -> None:
    send = smtplib.SMTP.data

    def counted(self: smtplib.SMTP, text: str | bytes) -> tuple[int, bytes]:
        moments.pass_in_job("before a mail")
        answer = send(self, text)
        moments.pass_in_job("after a mail")
        return answer

    smtplib.SMTP.data = counted  # type: ignore[method-assign,assignment]


def _arm_queue(moments: Moments, path: Collection[str]) -> None:
    fetch, finish = JobManager.fetch_job, JobManager.finish_job

    async def fetch_job(self: JobManager, queues: list[str] | None, worker_id: int) -> Job | None:
        job = await fetch(self, queues, worker_id)
        if job is not None and job.task_name in path:
            moments.pass_by(f"{job.task_name}: after it was fetched")
        return job

    async def finish_job(self: JobManager, job: Job, status: Status, delete_job: bool) -> None:
        counts = job.task_name in path
        if counts:
            moments.pass_by(f"{job.task_name}: before it is finished")
        await finish(self, job, status, delete_job)
        if counts:
            moments.pass_by(f"{job.task_name}: after it was finished")

    JobManager.fetch_job = fetch_job  # type: ignore[method-assign,assignment]
    JobManager.finish_job = finish_job  # type: ignore[method-assign]
