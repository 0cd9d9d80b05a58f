"""What every tracker does, shown on the fake and on Jira (the sandbox)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.errors import AnswerLost, Refused, SignInRefused, TryAgainLater
from bridge.domain.issues import Outcome
from bridge.domain.tickets import StatusCategory, TicketRef
from integrations.jira.sandbox import SandboxServer
from tests.drafts import a_draft, an_attempt
from tests.fakes import Trouble
from tests.jira_bench import JiraBench
from tests.tracker_bench import FakeBench, TrackerBench

OURS = "shop/42/1"


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


def create(bench: TrackerBench, *, fingerprint: str = OURS) -> TicketRef:
    """A filed and confirmed ticket."""
    draft = a_draft(fingerprint=fingerprint)
    ref = bench.tracker.create(draft, an_attempt())
    bench.tracker.adopt(ref, draft.fingerprint)
    return ref


def test_a_filed_ticket_is_found_again_by_every_way(bench: TrackerBench) -> None:
    ref = bench.tracker.create(a_draft(), an_attempt())
    assert bench.tracker.probe(OURS, after=0) == ref
    assert bench.tracker.find(OURS) == [ref]
    for _ in range(2):
        bench.tracker.adopt(ref, OURS)
    assert bench.tracker.probe(OURS, after=0) == ref
    assert bench.tracker.find(OURS) == [ref]
    (status,) = bench.tracker.read([ref.remote_id])
    assert status.ref == ref
    assert (status.category, status.outcome) == (StatusCategory.NEW, None)


def test_only_our_own_fingerprint_is_found(bench: TrackerBench) -> None:
    create(bench)
    assert bench.tracker.probe("shop/43/1", after=0) is None
    assert bench.tracker.find("shop/43/1") == []


def test_nothing_at_or_below_the_bound_is_found(bench: TrackerBench) -> None:
    create(bench)
    assert bench.tracker.probe(OURS, after=bench.tracker.highest_number()) is None


@pytest.mark.parametrize("trouble", [Trouble.DROP_AFTER_COMMIT, Trouble.ERROR_503_AFTER_COMMIT])
def test_a_lost_answer_to_a_create_that_worked_is_found_by_the_probe(
    bench: TrackerBench, trouble: Trouble
) -> None:
    bound = bench.tracker.highest_number()
    bench.trouble_next(trouble)
    with pytest.raises(AnswerLost):
        bench.tracker.create(a_draft(), an_attempt())
    assert bench.ticket_count() == 1
    found = bench.tracker.probe(OURS, after=bound)
    assert found is not None
    bench.tracker.adopt(found, OURS)
    assert bench.tracker.find(OURS) == [found]


def test_a_lost_answer_to_a_create_that_failed_is_proved_absent(bench: TrackerBench) -> None:
    bound = bench.tracker.highest_number()
    bench.trouble_next(Trouble.DROP_BEFORE_COMMIT)
    with pytest.raises(AnswerLost):
        bench.tracker.create(a_draft(), an_attempt())
    assert bench.ticket_count() == 0
    assert bench.tracker.probe(OURS, after=bound) is None


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble.BUSY, TryAgainLater),
        (Trouble.REFUSED, Refused),
        (Trouble.SIGNED_OUT, SignInRefused),
    ],
)
def test_a_create_that_surely_failed_says_so(
    bench: TrackerBench, trouble: Trouble, error: type[Exception]
) -> None:
    bench.trouble_next(trouble)
    with pytest.raises(error) as caught:
        bench.tracker.create(a_draft(), an_attempt())
    assert isinstance(caught.value, SignInRefused) is (error is SignInRefused)
    if isinstance(caught.value, Refused):
        assert set(caught.value.fields) == {"severity"}
    if trouble is Trouble.BUSY:
        assert isinstance(caught.value, TryAgainLater)
        assert caught.value.retry_after_seconds
    assert bench.ticket_count() == 0
    bench.end_trouble()
    assert bench.tracker.create(a_draft(), an_attempt())


def test_the_probe_does_not_need_the_search_index(bench: TrackerBench) -> None:
    bench.delay_search(600)
    bound = bench.tracker.highest_number()
    ref = bench.tracker.create(a_draft(), an_attempt())
    assert bench.tracker.find(OURS) == []
    assert bench.tracker.probe(OURS, after=bound) == ref
    assert bench.tracker.highest_number() > bound


def test_numbers_may_have_gaps(bench: TrackerBench) -> None:
    create(bench, fingerprint="shop/1/1")
    bound = bench.tracker.highest_number()
    bench.skip_numbers(40)
    ref = create(bench)
    assert bench.tracker.probe(OURS, after=bound) == ref
    assert bench.tracker.highest_number() == int(ref.key.rpartition("-")[2])


def test_a_persons_copy_is_not_our_ticket(bench: TrackerBench) -> None:
    ref = create(bench)
    bench.copy(ref)
    assert bench.ticket_count() == 2
    assert bench.tracker.find(OURS) == [ref]
    assert bench.tracker.probe(OURS, after=0) == ref
    bench.delete(ref)
    assert bench.tracker.probe(OURS, after=0) is None


def test_the_oldest_of_two_tickets_is_taken(bench: TrackerBench) -> None:
    first = bench.tracker.create(a_draft(), an_attempt(1))
    second = bench.tracker.create(a_draft(), an_attempt(2))
    assert bench.tracker.probe(OURS, after=0) == first
    assert bench.tracker.find(OURS) == [first, second]


def test_nothing_is_sent_once_the_time_for_it_is_over(bench: TrackerBench) -> None:
    with pytest.raises(TryAgainLater):
        bench.tracker.create(a_draft(), an_attempt(), until=bench.now())
    assert bench.ticket_count() == 0
    assert bench.tracker.create(a_draft(), an_attempt(), until=bench.now() + timedelta(minutes=2))


def test_a_sighting_tells_ours_from_a_copy_and_who_has_claimed_its_mark(
    bench: TrackerBench,
) -> None:
    fresh = bench.tracker.create(a_draft(), an_attempt())
    claimed = create(bench, fingerprint="shop/1/1")
    copy = bench.copy(claimed)
    for names in ([copy, claimed.remote_id, fresh.remote_id], [fresh.key, claimed.key, copy]):
        seen = bench.tracker.sight([*names, "99999"])
        assert [one.ref.remote_id for one in seen] == [fresh.remote_id, claimed.remote_id, copy]
    assert [one.fingerprint for one in seen] == [OURS, "shop/1/1", "shop/1/1"]
    assert [one.is_copy for one in seen] == [False, False, True]
    assert [one.is_claimed for one in seen] == [False, True, False]
    assert set(bench.tracker.labelled()) == {fresh.remote_id, claimed.remote_id, copy}
    assert bench.tracker.labelled(OURS) == [fresh.remote_id]


def test_a_copy_becomes_ours_when_a_person_says_so(bench: TrackerBench) -> None:
    copy = bench.copy(create(bench, fingerprint="shop/1/1"))
    (seen,) = bench.tracker.sight([copy])
    for _ in range(2):
        bench.tracker.adopt(seen.ref, OURS)
    assert bench.tracker.find(OURS) == [seen.ref]
    assert bench.tracker.labelled(OURS) == [copy]
    (seen,) = bench.tracker.sight([copy])
    assert (seen.fingerprint, seen.is_copy, seen.is_claimed) == (OURS, False, True)


def test_a_ticket_made_by_hand_becomes_ours_when_a_person_says_so(bench: TrackerBench) -> None:
    made = bench.make_by_hand()
    assert bench.tracker.labelled() == []
    (seen,) = bench.tracker.sight([made])
    assert (seen.fingerprint, seen.is_copy, seen.is_claimed) == (None, False, False)
    for _ in range(2):
        bench.tracker.adopt(seen.ref, OURS)
    assert bench.tracker.find(OURS) == [seen.ref]
    assert bench.tracker.labelled(OURS) == [made]
    (seen,) = bench.tracker.sight([made])
    assert (seen.fingerprint, seen.is_copy, seen.is_claimed) == (OURS, False, True)
    bench.delete(seen.ref)
    with pytest.raises(Refused):
        bench.tracker.adopt(seen.ref, OURS)


def test_a_duplicate_is_joined_once_and_closed(bench: TrackerBench) -> None:
    first = bench.tracker.create(a_draft(), an_attempt(1))
    second = bench.tracker.create(a_draft(), an_attempt(2))
    for _ in range(2):
        bench.tracker.join(second, first)
    assert bench.duplicates(second) == [first.remote_id]
    assert bench.duplicates(first) == []
    assert bench.tracker.close_duplicate(second)
    (status,) = bench.tracker.read([second.remote_id])
    assert (status.category, status.outcome) == (StatusCategory.DONE, Outcome.DUPLICATE)


def test_a_done_ticket_goes_back_to_work_where_its_workflow_leaves_one_way(
    bench: TrackerBench,
) -> None:
    ref = create(bench)
    bench.move(ref, StatusCategory.DONE, Outcome.FIXED)
    assert not bench.tracker.reopen(ref)
    (status,) = bench.tracker.read([ref.remote_id])
    assert status.category is StatusCategory.DONE
    bench.leave_one_way_back()
    assert bench.tracker.reopen(ref)
    (status,) = bench.tracker.read([ref.remote_id])
    assert (status.category, status.outcome) == (StatusCategory.IN_PROGRESS, None)


def test_without_a_transition_a_duplicate_stays_open(jira: JiraBench) -> None:
    tracker = jira.tracker_with(replace(jira.settings, duplicate_transition=None))
    ref = create(jira)
    assert not tracker.close_duplicate(ref)
    with pytest.raises(Refused, match="Verworfen"):
        jira.tracker_with(replace(jira.settings, duplicate_transition="Verworfen")).close_duplicate(
            ref
        )
    (status,) = jira.tracker.read([ref.remote_id])
    assert status.category is StatusCategory.NEW


def test_an_update_is_absolute_and_may_be_repeated(bench: TrackerBench) -> None:
    ref = create(bench)
    for customers in (24, 30, 30):
        bench.tracker.update(ref, a_draft(customers=customers))
    assert bench.customers(ref) == 30
    assert bench.link_count(ref) == 1


def test_a_note_is_written_once_a_key(bench: TrackerBench) -> None:
    ref = create(bench)
    for key in ("returned/1", "returned/1", "returned/2"):
        bench.tracker.note(ref, key=key, text=f"It is back: {key}.")
    notes = bench.notes(ref)
    assert len(notes) == 2
    assert "It is back: returned/1." in notes[0]


def test_a_ticket_that_is_gone_is_missing_and_cannot_be_updated(bench: TrackerBench) -> None:
    kept, gone = create(bench, fingerprint="shop/1/1"), create(bench)
    bench.delete(gone)
    found = bench.tracker.read([gone.remote_id, kept.remote_id])
    assert [status.ref for status in found] == [kept]
    with pytest.raises(Refused):
        bench.tracker.update(gone, a_draft())


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_closed_ticket_tells_why(bench: TrackerBench, outcome: Outcome) -> None:
    ref = create(bench)
    bench.move(ref, StatusCategory.IN_PROGRESS)
    assert bench.tracker.read([ref.remote_id])[0].category is StatusCategory.IN_PROGRESS
    bench.move(ref, StatusCategory.DONE, outcome)
    (status,) = bench.tracker.read([ref.remote_id])
    assert (status.category, status.outcome) == (StatusCategory.DONE, outcome)
    assert status.uses_resolution
    bench.move(ref, StatusCategory.NEW)
    (status,) = bench.tracker.read([ref.remote_id])
    assert (status.category, status.outcome) == (StatusCategory.NEW, None)


def test_a_release_shows_on_the_ticket_and_can_be_taken_back(bench: TrackerBench) -> None:
    ref = create(bench)
    version = bench.add_version("4.2")
    bench.fix_in(ref, version)
    for is_released in (False, True, False):
        if is_released or bench.tracker.versions()[0].is_released:
            bench.release(version, is_released=is_released)
        (listed,) = bench.tracker.versions()
        (status,) = bench.tracker.read([ref.remote_id])
        assert status.versions == (listed,)
        assert (listed.remote_id, listed.name) == (version, "4.2")
        assert listed.is_released is is_released
        assert (listed.released_at is not None) is is_released


def test_changed_tickets_are_named(bench: TrackerBench) -> None:
    ref = create(bench)
    assert bench.tracker.changes_since(bench.now() - timedelta(minutes=5)) == [ref.remote_id]
    bench.wait(minutes=30)
    assert bench.tracker.changes_since(bench.now() - timedelta(minutes=5)) == []
    bench.tracker.note(ref, key="late", text="Still there.")
    assert bench.tracker.changes_since(bench.now() - timedelta(minutes=5)) == [ref.remote_id]


def test_tickets_of_others_are_not_ours(jira: JiraBench) -> None:
    others = {**a_jira_issue(jira), "labels": ["by-hand"]}
    jira.call("POST", "rest/api/3/issue", {"fields": others})
    sibling = jira.tracker_with(replace(jira.settings, instance="another"))
    theirs = sibling.create(a_draft(), an_attempt())
    assert jira.tracker.probe(OURS, after=0) is None
    assert jira.tracker.find(OURS) == []
    changed = jira.tracker.changes_since(jira.now() - timedelta(minutes=5))
    assert changed == [theirs.remote_id]


def test_a_walk_goes_on_past_the_first_hundred(jira: JiraBench) -> None:
    jira.delay_search(600)
    for _ in range(120):
        jira.call("POST", "rest/api/3/issue", {"fields": a_jira_issue(jira)})
    ref = create(jira)
    assert ref.key == "FB-121"
    assert jira.tracker.probe(OURS, after=0) == ref
    assert jira.tracker.highest_number() == 121


def a_jira_issue(jira: JiraBench) -> dict[str, object]:
    """The fields of a ticket that a person makes."""
    return {
        "project": {"key": jira.settings.project},
        "issuetype": {"id": jira.settings.issue_type},
        "summary": "Made by hand",
    }
