"""Jobs in PostgreSQL: what may run beside what, and what becomes of a job that fails."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import procrastinate
import psycopg
import pytest
from procrastinate.jobs import Job

from bridge.queue import OUTWARD
from bridge.settings import Settings
from bridge.wiring import JOBS, Application, build
from bridge.worker import make_app


@pytest.fixture
def live(settings: Settings) -> Iterator[Application]:
    """The application on real time, with jobs in PostgreSQL."""
    application = build(settings)
    yield application
    application.close()


def waiting(application: Application) -> list[tuple[str, str]]:
    """Task and status of every job, oldest first."""
    with psycopg.connect(application.conninfo) as connection:
        return connection.execute(
            "SELECT task_name, status::text FROM procrastinate_jobs ORDER BY id"
        ).fetchall()


def fetched(application: Application, count: int) -> list[Job | None]:
    """So many jobs as workers would take them, one after the other."""

    async def fetch() -> list[Job | None]:
        app = make_app(application)
        async with app.open_async():
            worker = await app.job_manager.register_worker()
            return [await app.job_manager.fetch_job(None, worker) for _ in range(count)]

    return asyncio.run(fetch())


def want(application: Application, job: str, once: str, **args: int) -> None:
    with application.open() as store:
        store.enqueue(job, once=once, at=None, **args)


def test_two_refreshes_of_one_ticket_never_run_at_the_same_time(live: Application) -> None:
    want(live, "refresh", "refresh:1", ticket_id=1)
    assert [job and job.task_name for job in fetched(live, 1)] == ["refresh"]
    want(live, "refresh", "refresh:1", ticket_id=1)
    want(live, "refresh", "refresh:2", ticket_id=2)
    first, second = fetched(live, 2)
    assert first is not None
    assert first.task_kwargs == {"ticket_id": 2}
    assert second is None


def test_every_job_that_asks_outside_systems_comes_after_the_others() -> None:
    asks = re.compile(r"context\.(tracker|workaround_store|channel)\(")
    files = {name: inspect.getsourcefile(step) for name, step in JOBS.items()}
    outside = {name for name, file in files.items() if file and asks.search(Path(file).read_text())}
    only_queue = {"poll_all", "sweep_all", "read_all_existing", "check_copies", "send_due"}
    assert outside - only_queue - {"report", "report_all", "watch", "verify"} <= OUTWARD


def test_contacts_are_read_before_a_tracker_is_asked(live: Application) -> None:
    for number in range(3):
        want(live, "file", f"file:{number}", filing_id=number)
    want(live, "assign", "assign:1", product_id=1)
    (job,) = fetched(live, 1)
    assert job is not None
    assert job.task_name == "assign"


def test_a_failed_job_whose_intent_waits_again_is_done_with(live: Application) -> None:
    want(live, "refresh", "refresh:1", ticket_id=1)
    (job,) = fetched(live, 1)
    assert job is not None
    want(live, "refresh", "refresh:1", ticket_id=1)

    async def give_back(app: procrastinate.App, job: Job) -> None:
        async with app.open_async():
            await app.job_manager.retry_job(job)

    asyncio.run(give_back(make_app(live), job))
    assert waiting(live) == [("refresh", "todo")]
    assert [one and one.task_name for one in fetched(live, 1)] == ["refresh"]
