"""The worker: runs jobs out of PostgreSQL, retries what may be retried, sets the rest aside.

At least once: a job whose worker died is given back and runs again, so every step is made safe by
its own row (docs/decisions/0002-jobs.md).
"""

import asyncio
import itertools
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime

import procrastinate
import procrastinate.exceptions
import procrastinate.manager
import structlog
from procrastinate.jobs import Job, Status

from bridge.domain.errors import BridgeError, OutsideError, TryAgainLater
from bridge.store import embedded
from bridge.wiring import Application
from bridge.wiring.dumps import dump_by_date, reachable

_HEARTBEAT_SECONDS = 2
_STALLED_SECONDS = 10
_CONCURRENCY = 4
"""More than there are cores: most jobs wait, for a tracker's answer or for their turn to ask."""
_TRIES = 3
_OUTSIDE_TRIES = 50
_FIRST_WAIT_SECONDS = 2
_LONGEST_WAIT_SECONDS = 300
_PAUSES = (1, 2, 5, 10, 30)
"""Seconds a worker waits before it begins anew, longer each time."""
_LONG_RUN_SECONDS = 60
_REPORT_SECONDS = 600
"""How often is looked whether a report is due."""
_DUE_SECONDS = 60
"""How often messages are looked through for some that lost their job."""

log = structlog.get_logger()


class Patience(procrastinate.BaseRetryStrategy):
    """Three tries for what fails by itself, many for an outside system that is away."""

    def get_retry_decision(
        self, *, exception: BaseException, job: Job
    ) -> procrastinate.RetryDecision | None:
        """When to try again, or None to set the job aside as failed."""
        is_outside = isinstance(exception, TryAgainLater)
        if job.attempts + 1 >= (_OUTSIDE_TRIES if is_outside else _TRIES):
            return None
        if isinstance(exception, OutsideError) and not is_outside:
            return None
        wait: float = min(_FIRST_WAIT_SECONDS * 2**job.attempts, _LONGEST_WAIT_SECONDS)
        if isinstance(exception, TryAgainLater) and exception.retry_after_seconds:
            wait = max(wait, exception.retry_after_seconds)
        return procrastinate.RetryDecision(retry_in={"seconds": int(wait)})


class _Jobs(procrastinate.manager.JobManager):
    """Gives a job back, unless the same intent waits already: then it is done with.

    Without this such a job would count as running until its worker ends, and hold up the others
    that may not run beside it.
    """

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Let it wait for its next try."""
        try:
            await super().retry_job(job, retry_at, priority, queue, lock)
        except procrastinate.exceptions.UniqueViolation:
            await self.finish_job(job, Status.FAILED, delete_job=True)


def make_app(application: Application) -> procrastinate.App:
    """The queue's view of our jobs: one task a job name, and the clock's own."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=application.conninfo, max_size=6)
    )
    app.job_manager = _Jobs(app.connector)
    for name, job in application.jobs().items():
        app.task(name=name, retry=Patience())(_logged(name, job))
    _add_clock(app, application)
    return app


def _logged(name: str, job: Callable[..., None]) -> Callable[..., None]:
    """Log the failure of a job by its name and ids, never by a contact's text."""

    def run(**args: object) -> None:
        try:
            job(**args)
        except TryAgainLater as error:
            log.info("job waits for an outside system", job=name, reason=str(error))
            raise
        except Exception as error:
            log.error("job failed", job=name, error=type(error).__name__, **args)
            raise

    return run


def _add_clock(app: procrastinate.App, application: Application) -> None:
    """What the clock starts. Ticks of several workers are one: the queue keeps them apart."""
    settings = application.settings

    @app.periodic(cron="* * * * * */5")
    @app.task(queueing_lock="reap", name="reap")
    async def reap(timestamp: int) -> None:
        """Give back the jobs of workers that died."""
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS)
        for job in stalled:
            await app.job_manager.retry_job(job)

    if application.server is not None:

        @app.periodic(cron="41 2 * * *")
        @app.task(queueing_lock="dump", name="dump")
        def dump(timestamp: int) -> None:
            """Keep a dump of the embedded database of each of the last nights."""
            database = reachable(application.conninfo, application.server)
            dump_by_date(database, settings.data_dir, now=application.context.now())

    _add_tick(app, application, "poll_all", settings.poll_seconds)
    _add_tick(app, application, "sweep_all", settings.sweep_seconds)
    _add_tick(app, application, "read_all_existing", settings.existing_seconds)
    _add_tick(app, application, "consolidate_all", settings.consolidate_seconds)
    _add_tick(app, application, "remind", 3_600)
    _add_tick(app, application, "check_copies", 3_600)
    _add_tick(app, application, "read_left", 3_600)
    _add_tick(app, application, "check_in", 3_600)
    _add_tick(app, application, "report_all", _REPORT_SECONDS)
    _add_tick(app, application, "send_due", _DUE_SECONDS)
    _add_tick(app, application, "suggest_faqs", 86_400)
    _add_tick(app, application, "expire", 86_400)


def _add_tick(
    app: procrastinate.App, application: Application, job: str, every_seconds: float
) -> None:
    """Enqueue a job at a fixed rhythm, however many workers tick."""

    @app.periodic(cron=_cron(every_seconds))
    @app.task(queueing_lock=f"tick:{job}", name=f"tick_{job}")
    def tick(timestamp: int) -> None:
        with application.open() as store:
            store.enqueue(job, once=job)


def _cron(every_seconds: float) -> str:
    """The nearest rhythm a cron line can say: seconds, minutes or hours."""
    seconds = max(int(every_seconds), 1)
    if seconds < 60:
        return f"* * * * * */{seconds}"
    if seconds < 3_600:
        return f"*/{min(seconds // 60, 59)} * * * *"
    hours = seconds // 3_600
    return f"17 */{hours} * * *" if hours < 24 else "17 3 * * *"


class Worker:
    """One worker of this process."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None

        self._is_stopping = threading.Event()

    def start(self) -> None:
        """Run in a thread of its own, beside a web server."""
        self._thread = threading.Thread(target=self.run_forever, name="worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let running jobs end, then stop the thread."""
        self._is_stopping.set()
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)
        if self._thread is not None:
            self._thread.join(timeout=30)

    def run_forever(self) -> None:
        """Work until stopped; in the main thread SIGTERM and SIGINT stop it.

        When the database goes away the worker waits and begins anew, the embedded one is started
        again: a worker that ended would leave contacts unread without a word.
        """
        pauses = itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1]))
        while not self._is_stopping.is_set():
            begun = time.monotonic()
            try:
                asyncio.run(self._run())
            except Exception:
                if time.monotonic() - begun > _LONG_RUN_SECONDS:
                    pauses = itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1]))
                log.exception("worker begins anew")
                self._is_stopping.wait(next(pauses))
                self._revive()
            else:
                return

    def _revive(self) -> None:
        """Start the embedded database if it is down; another one is not ours to start."""
        if self._application.server is None or self._is_stopping.is_set():
            return
        try:
            embedded.start(self._application.context.settings.data_dir, say=log.info)
        except BridgeError as error:
            log.warning("the database does not start", error=str(error))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        in_main = threading.current_thread() is threading.main_thread()
        app = make_app(self._application)
        async with app.open_async():
            self._task = asyncio.create_task(self._work(app))
            if in_main:
                for number in (signal.SIGTERM, signal.SIGINT):
                    self._loop.add_signal_handler(number, self._task.cancel)
            try:
                await self._task
            except asyncio.CancelledError:
                log.info("worker stopped")

    async def _work(self, app: procrastinate.App) -> None:
        await app.run_worker_async(
            concurrency=_CONCURRENCY,
            wait=True,
            install_signal_handlers=False,
            fetch_job_polling_interval=2,
            shutdown_graceful_timeout=20,
            delete_jobs="successful",
            update_heartbeat_interval=_HEARTBEAT_SECONDS,
            stalled_worker_timeout=_STALLED_SECONDS,
        )
        # It ends without a word when one of its helpers fails, say the one that hears of new jobs,
        # and the database is back before it has said goodbye.
        raise RuntimeError("the queue's worker ended although nobody stopped it")
