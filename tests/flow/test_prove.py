"""What the contacts after a fix say of it: for the ticket, the API and people."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.contacts import ContactReceived
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Actor
from bridge.steps.moves import Cause
from bridge.steps.prove import FixProof, proof_words, prove_fix
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.still_coming import StillComing
from integrations.jira.sandbox import SandboxServer
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.contract.sandbox_client import Api
from tests.loop import connected_sandbox, issues

DAY = 24 * 60


@pytest.fixture
def sandbox(pipeline: Pipeline, tmp_path: Path) -> Iterator[SandboxServer]:
    """A sandbox the product files into by itself."""
    with pipeline.application.open() as store:
        store.products.configure(pipeline.product.id, filing_auto=True)
    with connected_sandbox(
        pipeline.application, pipeline.product, tmp_path, pipeline.clock
    ) as server:
        yield server


def daily(days: int, *, each: int, first: int = 0, day: int = 0) -> list[ContactReceived]:
    """Contacts about one issue, so many a day from that day on."""
    return [
        contact
        for number in range(days)
        for contact in contacts_about_export(
            each, first=first + number * each, minutes=(day + number) * DAY, version="4.0"
        )
    ]


def ship_it(pipeline: Pipeline) -> Issue:
    """Release 4.1, which has the fix, an hour after the last contact."""
    later(pipeline, 1 / 24)
    (summary,) = issues(pipeline.application, pipeline.product)
    with pipeline.application.open() as store:
        cause = Cause(Actor("token", "pipeline"), pipeline.clock.moment)
        news = ReleaseNews("4.1", pipeline.clock.moment, issue_ids=(summary.issue.id,))
        ship(news, pipeline.product, store=store, context=pipeline.application.context, cause=cause)
    pipeline.queue.drain(pipeline.clock.moment)
    return summary.issue


def later(pipeline: Pipeline, days: float) -> None:
    pipeline.clock.advance(pipeline.clock.moment + timedelta(days=days), pipeline.queue)


def proof_of(pipeline: Pipeline) -> FixProof | None:
    (summary,) = issues(pipeline.application, pipeline.product)
    with pipeline.application.open() as store:
        context, now = pipeline.application.context, pipeline.clock.moment
        return prove_fix(summary, store=store, context=context, now=now)


def test_contacts_that_stop_are_proof_told_to_the_ticket_once(
    pipeline: Pipeline, sandbox: SandboxServer
) -> None:
    pipeline.send(*daily(2, each=4))
    pipeline.consolidate()
    assert proof_of(pipeline) is None
    pipeline.send(*daily(13, each=4, first=8, day=2))
    ship_it(pipeline)
    assert proof_words_of(pipeline)[0].startswith("There is not enough")
    pipeline.send(*contacts_about_export(2, first=90, minutes=17 * DAY, version="4.0"))
    pipeline.send(*contacts_about_export(1, first=92, minutes=18 * DAY))
    later(pipeline, 15)
    found = proof_of(pipeline)
    assert found is not None
    assert found.proof is not None
    assert (found.proof.before, found.proof.days_before) == (56, 14)
    assert found.still == StillComing(without_fix=2, unknown=1)
    assert found.proof.after == found.still.total == 3
    assert found.proof.is_proven
    assert found.proof.least_avoided < found.proof.avoided < found.proof.most_avoided
    assert found.days_to_ticket == pytest.approx(1, abs=0.1)
    assert found.days_to_release == pytest.approx(14, abs=0.1)
    assert found.quiet_days == pytest.approx(15, abs=0.1)

    (summary,) = issues(pipeline.application, pipeline.product)
    assert summary.issue.state is IssueState.VERIFIED
    with Api(sandbox.describe()) as jira:
        (ticket,) = jira.truth()["tickets"]
        comments = [
            one for one in ticket["fields"]["comment"]["comments"] if "is verified" in str(one)
        ]
    assert len(comments) == 1
    told = str(comments[0])
    assert "28.0 contacts a week before 4.1" in told
    assert "contacts avoided in 14 days" in told
    counted = "14 days before the fix with 56, 14 days since with 3"
    assert f"Compared are whole days: {counted}." in told
    why = "2 from versions without the fix, 1 without a known version."
    assert f"3 contacts came after it: {why}" in told


def proof_words_of(pipeline: Pipeline) -> list[str]:
    found = proof_of(pipeline)
    assert found is not None
    return proof_words(found)


def test_contacts_that_go_on_are_no_proof(pipeline: Pipeline, sandbox: SandboxServer) -> None:
    pipeline.send(*daily(2, each=4))
    pipeline.consolidate()
    pipeline.send(*daily(13, each=4, first=8, day=2))
    ship_it(pipeline)
    pipeline.send(*daily(10, each=4, first=100, day=16))
    found = proof_of(pipeline)
    assert found is not None
    assert found.proof is not None
    assert not found.proof.is_proven
    told = " ".join(proof_words(found))
    assert re.search(r"within normal variation \(from \d+ more to \d+ fewer\)", told), told
