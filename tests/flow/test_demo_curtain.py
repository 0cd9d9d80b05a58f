"""The demo's past writes no ticket twice; when the curtain rises every number is right."""

from dataclasses import replace
from pathlib import Path

import psycopg

from bridge.demo.run import _raise_curtain
from tests.conftest import Pipeline
from tests.counts_bench import Tickets, now_in_minutes, people
from tests.groups_bench import Groups
from tests.loop import connected_sandbox


def test_the_numbers_are_right_when_the_curtain_rises(pipeline: Pipeline, tmp_path: Path) -> None:
    context = pipeline.application.context
    seldom = context.settings.model_copy(update={"refresh_seconds": 28 * 86_400.0})
    pipeline.rewire(replace(context, settings=seldom))
    groups = Groups(pipeline)
    with connected_sandbox(
        pipeline.application, pipeline.product, tmp_path, pipeline.clock
    ) as sandbox:
        tickets = Tickets(groups, sandbox)
        issue = tickets.file("export")
        pipeline.send(*people(3, start=now_in_minutes(groups)))
        tickets.later(hours=5)
        assert tickets.customers(issue) == [4]
        _raise_curtain(pipeline.application, pipeline.queue, pipeline.clock)
        assert tickets.customers(issue) == [7]
    with psycopg.connect(pipeline.application.conninfo) as connection:
        handed = connection.execute("SELECT DISTINCT task_name FROM procrastinate_jobs").fetchall()
    assert ("refresh",) in handed
