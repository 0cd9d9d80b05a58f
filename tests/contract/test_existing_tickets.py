"""What every tracker does with tickets that people made, shown on the fake and on Jira."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.issues import Outcome
from bridge.domain.tickets import StatusCategory, TicketRef, TicketText
from integrations.jira.sandbox import SandboxServer
from tests.drafts import a_draft, an_attempt
from tests.jira_bench import JiraBench
from tests.tracker_bench import FakeBench, TrackerBench

OURS, OTHER = "shop/42/1", "shop/43/1"


@pytest.fixture
def jira(tmp_path: Path) -> Iterator[JiraBench]:
    with SandboxServer(tmp_path / "jira.db", control=True) as sandbox:
        bench = JiraBench(sandbox)
        yield bench
        bench.close()


@pytest.fixture(params=["fake", "jira"])
def bench(request: pytest.FixtureRequest) -> TrackerBench:
    if request.param == "fake":
        return FakeBench()
    made: JiraBench = request.getfixturevalue("jira")
    return made


def all_texts(bench: TrackerBench, **back: float) -> list[TicketText]:
    """All pages, of all tickets or of those that changed lately."""
    since = bench.now() - timedelta(**back) if back else None
    found: list[TicketText] = []
    page = None
    while True:
        answer = bench.tracker.texts(since, page)
        found += answer.items
        page = answer.next
        if page is None:
            return found


def test_the_words_of_tickets_are_read_page_by_page(bench: TrackerBench) -> None:
    theirs = [bench.write(f"Export fails, case {number}", "On Mondays") for number in range(5)]
    bench.tracker.create(a_draft(), an_attempt())
    found = {one.status.ref.key: one for one in all_texts(bench)}
    # What we filed is not there.
    assert list(found) == [one.key for one in theirs]
    first = found[theirs[0].key]
    assert (first.title, first.text) == ("Export fails, case 0", "On Mondays")
    assert (first.status.ref, first.status.category) == (theirs[0], StatusCategory.NEW)


def test_the_next_page_can_be_asked_for_after_the_minute_has_turned(bench: TrackerBench) -> None:
    theirs = [bench.write(f"Export fails, case {number}") for number in range(120)]
    since = bench.now() - timedelta(minutes=5)
    first = bench.tracker.texts(since, None)
    assert first.next is not None
    bench.wait(minutes=3)
    second = bench.tracker.texts(since, first.next)
    seen = [one.status.ref for one in (*first.items, *second.items)]
    assert seen == theirs[: len(seen)]


def test_only_what_changed_is_read_again(bench: TrackerBench) -> None:
    old = bench.write("Export fails")
    bench.wait(minutes=60)
    new = bench.write("Import fails")
    bench.move(old, StatusCategory.DONE, Outcome.WONT_FIX)
    bench.wait(minutes=60)
    bench.move(new, StatusCategory.IN_PROGRESS)
    found = all_texts(bench, minutes=10)
    assert [one.status.ref for one in found] == [new]
    (closed,) = [one for one in all_texts(bench, minutes=90) if one.status.ref == old]
    assert (closed.status.category, closed.status.outcome) == (
        StatusCategory.DONE,
        Outcome.WONT_FIX,
    )


def test_the_direction_of_a_duplicate_is_read_as_it_is_written(bench: TrackerBench) -> None:
    older, younger = bench.write("Export fails"), bench.write("Export fails again")
    bench.tracker.join(younger, older)
    assert bench.tracker.originals(younger) == [older.remote_id]
    assert bench.tracker.originals(older) == []
    for _ in range(2):
        bench.tracker.part(younger, older)
    assert bench.tracker.originals(younger) == []
    assert bench.duplicates(younger) == []


def marked(bench: TrackerBench) -> TicketRef:
    """A ticket that people made, adopted and written by us."""
    ref = bench.write("Export fails")
    bench.tracker.adopt(ref, OURS)
    bench.tracker.update(ref, a_draft(fingerprint=OURS))
    assert bench.labels(ref)
    assert bench.link_count(ref) == 1
    return ref


def test_a_ticket_without_any_mark_can_be_adopted(bench: TrackerBench) -> None:
    ref = marked(bench)
    (seen,) = bench.tracker.sight([ref.key])
    assert (seen.fingerprint, seen.is_claimed) == (OURS, True)
    assert bench.tracker.find(OURS) == [ref]


def test_letting_go_takes_all_marks_off(bench: TrackerBench) -> None:
    ref = marked(bench)
    for _ in range(2):
        bench.tracker.let_go(ref, OURS, None)
    (seen,) = bench.tracker.sight([ref.remote_id])
    assert (seen.fingerprint, seen.is_copy) == (None, False)
    assert bench.labels(ref) == set()
    assert bench.link_count(ref) == 0
    assert bench.tracker.find(OURS) == []


def test_an_heir_keeps_the_ticket(bench: TrackerBench) -> None:
    ref = marked(bench)
    bench.tracker.let_go(ref, OURS, OTHER)
    (seen,) = bench.tracker.sight([ref.remote_id])
    assert (seen.fingerprint, seen.is_claimed) == (OTHER, True)
    # And what another issue wrote there is not touched.
    bench.tracker.let_go(ref, OURS, None)
    (seen,) = bench.tracker.sight([ref.remote_id])
    assert seen.fingerprint == OTHER
