"""The filing protocol on the real store: fencing, looks, policies, a person's word, the sweep."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bridge.domain.errors import AnswerLost, InvalidInput, InvalidMove, Refused, TryAgainLater
from bridge.domain.issues import IssueState, Outcome
from bridge.domain.news import TicketChanged
from bridge.domain.tickets import (
    Attempt,
    Filing,
    FilingState,
    StatusCategory,
    TicketDraft,
    TicketRef,
)
from bridge.steps.file import file_ticket
from bridge.steps.moves import Cause
from bridge.steps.name_ticket import name_ticket
from bridge.steps.review import file_issue
from bridge.steps.sweep import sweep, sweep_all
from bridge.steps.track import hear
from bridge.store.connections import Connection
from tests.conftest import Pipeline
from tests.drafts import a_draft, an_attempt
from tests.fakes import FakeTracker, Trouble
from tests.groups_bench import MIA, Groups

_S = FilingState


class Desk:
    """A product with a tracker in memory, and a lead who files."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.groups = Groups(pipeline)
        self.pipeline = pipeline
        self.tracker = FakeTracker(now=pipeline.clock)
        self.use(self.tracker)
        self.connect("retry")
        self.issue = self.groups.issue("export", state=IssueState.CONFIRMED)

    def use(self, tracker: FakeTracker) -> None:
        self.tracker = tracker
        context = replace(self.pipeline.application.context, tracker=lambda _: tracker)
        self.pipeline.rewire(context)

    def connect(self, policy: str) -> None:
        config = {"instance": "one", "policy": policy, "project": "FAKE"}
        with self.pipeline.application.open() as store:
            product_id = self.pipeline.product.id
            store.connections.save(product_id, "jira", name="jira", config=config, sealed=b"-")

    @property
    def connection(self) -> Connection:
        with self.pipeline.application.open() as store:
            (found,) = store.connections.all()
        return found

    @property
    def now(self) -> datetime:
        return self.pipeline.clock.moment

    def file(self, *, again: bool = False) -> None:
        self.decide(
            lambda issue, cause, store: file_issue(
                issue, self.pipeline.product, store=store, cause=cause, again=again
            )
        )

    def name(self, ticket: str) -> None:
        self.decide(
            lambda issue, cause, store: name_ticket(issue, ticket, store=store, cause=cause)
        )

    def decide(self, act: Callable[..., object]) -> None:
        with self.pipeline.application.open() as store:
            issue = store.issues.get(self.pipeline.product.id, self.issue.id, lock=True)
            act(issue, Cause(MIA, self.now, "", "test"), store)
        self.pipeline.queue.drain(self.now)

    def later(self, **time: float) -> None:
        self.pipeline.clock.advance(self.now + timedelta(**time), self.pipeline.queue)

    def run(self, job: Callable[..., None], **args: object) -> None:
        job(self.pipeline.application.context, **args)
        self.pipeline.queue.drain(self.now)

    def sweep(self) -> None:
        self.run(sweep_all)

    @property
    def filing(self) -> Filing:
        with self.pipeline.application.open() as store:
            return store.filings.of_issue(self.issue.id)[-1]

    def attempts(self) -> list[Attempt]:
        with self.pipeline.application.open() as store:
            return store.attempts.of_filing(self.filing.id)

    def key(self) -> str:
        """Key of the ticket that the filing points to."""
        filing = self.filing
        assert filing.ticket_id is not None
        with self.pipeline.application.open() as store:
            return store.tickets.get(filing.ticket_id).ref.key

    def actions(self) -> list[str]:
        with self.pipeline.application.open() as store:
            return [one.action for one in store.decisions.history(self.issue.id)]

    def twin(self) -> TicketRef:
        """A create of ours that comes late."""
        draft = a_draft(fingerprint=self.filing.fingerprint)
        return self.tracker.create(draft, an_attempt(2))

    def open_keys(self) -> list[str]:
        tickets = self.tracker.tickets.values()
        return [f"FAKE-{t.number}" for t in tickets if t.category is not StatusCategory.DONE]


@pytest.fixture
def desk(pipeline: Pipeline) -> Desk:
    return Desk(pipeline)


def parked(desk: Desk) -> None:
    """An answer was lost, two looks found nothing, and nothing is sent again."""
    desk.connect("park")
    desk.tracker.trouble_next(Trouble.DROP_BEFORE_COMMIT)
    desk.file()
    desk.later(minutes=15)
    assert desk.filing.state is _S.PARKED


def test_two_empty_looks_allow_a_second_request(desk: Desk) -> None:
    desk.tracker.trouble_next(Trouble.DROP_BEFORE_COMMIT)
    desk.file()
    assert desk.filing.state is _S.UNCERTAIN
    desk.later(seconds=599)
    assert (desk.filing.state, desk.tracker.creates) == (_S.UNCERTAIN, 1)
    desk.later(seconds=2)
    assert (desk.filing.state, desk.tracker.creates) == (_S.LINKED, 2)
    assert desk.open_keys() == ["FAKE-1"]


def test_of_two_looks_at_once_one_counts(desk: Desk) -> None:
    desk.tracker.trouble_next(Trouble.DROP_BEFORE_COMMIT)
    desk.file()
    desk.pipeline.clock.moment += timedelta(seconds=121)

    class Twice(FakeTracker):
        """While this worker looks, another one looks too, from start to end."""

        looked = False

        def probe(self, fingerprint: str, *, after: int) -> TicketRef | None:
            if not self.looked:
                self.looked = True
                desk.run(file_ticket, filing_id=desk.filing.id)
            return super().probe(fingerprint, after=after)

    desk.use(Twice(now=desk.pipeline.clock))
    desk.run(file_ticket, filing_id=desk.filing.id)
    with desk.pipeline.application.open() as store:
        assert store.attempts.progress(desk.filing.id).empty_looks == 1
    assert desk.filing.state is _S.UNCERTAIN


def test_a_look_from_before_a_new_request_says_nothing_about_it(desk: Desk) -> None:
    desk.tracker.trouble_next(Trouble.DROP_BEFORE_COMMIT, Trouble.DROP_BEFORE_COMMIT)
    desk.file()
    with desk.pipeline.application.open() as store:
        stale = store.attempts.progress(desk.filing.id)
    desk.later(minutes=11)
    assert len(desk.attempts()) == 2
    with desk.pipeline.application.open() as store:
        assert not store.attempts.look_again(desk.filing, stale, at=desk.now)
        assert not store.attempts.give_up_looking(desk.filing, stale, _S.PLANNED)


def test_after_a_long_pause_two_looks_are_still_apart(desk: Desk) -> None:
    desk.tracker.trouble_next(Trouble.DROP_BEFORE_COMMIT)
    desk.file()
    desk.pipeline.clock.moment += timedelta(hours=5)
    desk.later(seconds=100)
    assert (desk.filing.state, desk.tracker.creates) == (_S.UNCERTAIN, 1)
    desk.later(seconds=200)
    assert (desk.filing.state, desk.tracker.creates) == (_S.LINKED, 2)


def test_a_worker_that_slept_through_its_lease_sends_nothing(desk: Desk) -> None:
    class Sleepy(FakeTracker):
        def create(
            self, draft: TicketDraft, attempt: Attempt, *, until: datetime | None = None
        ) -> TicketRef:
            if attempt.number == 1:
                desk.pipeline.clock.moment += timedelta(seconds=121)
            return super().create(draft, attempt, until=until)

    desk.use(Sleepy(now=desk.pipeline.clock))
    desk.file()
    assert (desk.filing.state, desk.tracker.creates) == (_S.PLANNED, 0)
    desk.later(minutes=1)
    assert (desk.filing.state, desk.tracker.creates) == (_S.LINKED, 1)


def test_a_late_writer_changes_nothing(desk: Desk) -> None:
    desk.tracker.trouble_next(Trouble.DROP_BEFORE_COMMIT)
    desk.file()
    (attempt,) = desk.attempts()
    with desk.pipeline.application.open() as store:
        assert not store.attempts.end(attempt, _S.REFUSED, reason="too late")
        assert not store.attempts.doubt(desk.filing.id, token=attempt.token, now=desk.now)
    assert desk.filing.state is _S.UNCERTAIN


def test_a_parked_filing_is_never_sent_again_by_itself_or_by_asking(desk: Desk) -> None:
    parked(desk)
    desk.later(hours=3)
    desk.file()
    assert (desk.filing.state, desk.tracker.creates) == (_S.PARKED, 1)
    desk.file(again=True)
    assert (desk.filing.state, desk.tracker.creates) == (_S.LINKED, 2)
    assert "file_again" in desk.actions()


def test_what_a_person_asked_for_and_was_parked_cannot_be_given_up(desk: Desk) -> None:
    parked(desk)
    with pytest.raises(InvalidMove, match="has been sent"):
        desk.groups.undo(desk.issue)


@pytest.mark.parametrize("words", ["FAKE-1", " https://tracker.example/browse/FAKE-1/ "])
def test_a_person_says_which_ticket_it_is(desk: Desk, words: str) -> None:
    parked(desk)
    made_by_hand = desk.tracker.create(a_draft(fingerprint="by hand"), an_attempt())
    desk.tracker.tickets[made_by_hand.remote_id].fingerprint = None
    desk.name(words)
    assert (desk.filing.state, desk.key()) == (_S.LINKED, "FAKE-1")
    assert desk.tracker.find(desk.filing.fingerprint) == [made_by_hand]
    assert desk.groups.now(desk.issue).state is IssueState.FILED
    assert desk.groups.broken_promises() == []


def test_a_ticket_that_does_not_exist_is_told_and_changes_nothing(desk: Desk) -> None:
    parked(desk)
    desk.name("FAKE-77")
    assert desk.filing.state is _S.PARKED
    assert "FAKE-77 cannot be linked: the tracker has no such ticket" in (desk.filing.reason or "")
    for nonsense in ("", "two words", "x" * 300):
        with pytest.raises(InvalidInput):
            desk.name(nonsense)


def test_a_ticket_of_another_issue_keeps_its_mark_and_stands_for_both(desk: Desk) -> None:
    desk.file()
    first = desk.issue
    desk.issue = desk.groups.issue("login", state=IssueState.CONFIRMED)
    parked(desk)
    desk.name("FAKE-1")
    assert (desk.filing.state, desk.key()) == (_S.LINKED, "FAKE-1")
    (ticket,) = desk.tracker.tickets.values()
    assert (ticket.fingerprint or "").endswith(f"/{first.name}/1")
    late = desk.twin()
    desk.sweep()
    assert desk.key() == "FAKE-1"
    assert desk.tracker.tickets[late.remote_id].duplicates == {ticket.remote_id}


def test_only_an_open_question_can_be_answered(desk: Desk) -> None:
    with pytest.raises(InvalidMove):
        desk.name("FAKE-1")
    desk.file()
    with pytest.raises(InvalidMove):
        desk.name("FAKE-1")


def test_a_refused_filing_is_sent_again_when_a_person_asks(desk: Desk) -> None:
    desk.tracker.trouble_next(Trouble.REFUSED)
    desk.file()
    desk.later(hours=1)
    assert (desk.filing.state, desk.tracker.creates) == (_S.REFUSED, 1)
    assert desk.filing.reason == "Severity is required."
    assert [one.name for one in desk.filing.asks] == ["Severity"]
    desk.file()
    assert desk.filing.state is _S.LINKED
    assert desk.actions().count("file_again") == 1


@pytest.mark.parametrize("state", [_S.UNCERTAIN, _S.PARKED, _S.REFUSED])
def test_news_of_a_ticket_with_our_mark_links_the_filing(desk: Desk, state: FilingState) -> None:
    desk.connect("park")
    trouble = Trouble.REFUSED if state is _S.REFUSED else Trouble.DROP_BEFORE_COMMIT
    desk.tracker.trouble_next(trouble)
    desk.file()
    desk.later(minutes=15 if state is _S.PARKED else 0)
    assert desk.filing.state is state
    late = desk.twin()
    for is_labelled in (False, True):
        with desk.pipeline.application.open() as store:
            news = TicketChanged(late.remote_id, is_labelled=is_labelled)
            hear(news, desk.connection, store=store)
        desk.pipeline.queue.drain(desk.now)
        assert desk.filing.state is (_S.LINKED if is_labelled else state)
    assert desk.tracker.tickets[late.remote_id].names_ticket == late.remote_id


def test_a_poll_links_what_no_webhook_told(desk: Desk) -> None:
    parked(desk)
    desk.twin()
    with desk.pipeline.application.open() as store:
        store.enqueue("poll_all")
    desk.pipeline.queue.drain(desk.now)
    assert (desk.filing.state, desk.key()) == (_S.LINKED, "FAKE-1")


def test_a_twin_becomes_a_closed_duplicate_once(desk: Desk) -> None:
    desk.file()
    late = desk.twin()
    assert desk.open_keys() == ["FAKE-1", "FAKE-2"]
    for _ in range(3):
        desk.sweep()
    twin = desk.tracker.tickets[late.remote_id]
    assert desk.open_keys() == [desk.key()] == ["FAKE-1"]
    assert (twin.outcome, len(twin.notes), len(twin.duplicates)) == (Outcome.DUPLICATE, 1, 1)
    assert desk.actions().count("duplicate_ticket") == 1
    assert desk.groups.broken_promises() == []


def test_links_and_counts_move_to_the_older_ticket(desk: Desk) -> None:
    """The request of the first try came through, was not seen, and the second one was linked."""
    desk.tracker.trouble_next(Trouble.DROP_AFTER_COMMIT)
    desk.file()
    (hidden,) = desk.tracker.tickets.values()
    del desk.tracker.tickets[hidden.remote_id]
    desk.later(minutes=11)
    assert desk.key() == "FAKE-2"
    desk.tracker.tickets[hidden.remote_id] = hidden
    desk.sweep()
    assert desk.open_keys() == [desk.key()] == ["FAKE-1"]
    assert (hidden.names_ticket, hidden.links) == (hidden.remote_id, 1)
    assert desk.groups.broken_promises() == []


@pytest.mark.parametrize(
    ("verb", "error"),
    [
        ("sight", TryAgainLater),
        ("join", TryAgainLater),
        ("note", AnswerLost),
        ("close_duplicate", AnswerLost),
        ("close_duplicate", Refused),
    ],
)
def test_a_sweep_that_was_cut_off_is_finished_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, verb: str, error: type[Exception]
) -> None:
    desk.file()
    desk.twin()
    real = getattr(desk.tracker, verb)

    def fail(*args: object, **more: object) -> None:
        real(*args, **more)
        raise error("cut off")

    monkeypatch.setattr(desk.tracker, verb, fail)
    with contextlib.suppress(TryAgainLater, AnswerLost, Refused):
        desk.sweep()
    monkeypatch.undo()
    desk.sweep()
    assert desk.open_keys() == ["FAKE-1"]
    assert desk.actions().count("duplicate_ticket") == 1
    twin = desk.tracker.tickets["10002"]
    assert (len(twin.notes), twin.duplicates) == (1, {"10001"})
    with desk.pipeline.application.open() as store:
        assert store.twins.strays(desk.connection.id) == []


def test_a_copy_by_a_person_is_left_alone(desk: Desk) -> None:
    desk.file()
    (ticket,) = desk.tracker.tickets.values()
    copy = desk.tracker.tickets[desk.tracker.copy(ticket.remote_id)]
    desk.sweep()
    assert (copy.category, copy.notes, copy.duplicates) == (StatusCategory.NEW, {}, set())
    assert desk.key() == "FAKE-1"


class Counting(FakeTracker):
    """Counts the updates; during the first one a sweep goes by."""

    updates = 0

    def __init__(self, desk: Desk) -> None:
        super().__init__(now=desk.pipeline.clock)
        self._desk = desk

    def update(self, ref: TicketRef, draft: TicketDraft) -> None:
        self.updates += 1
        if self.updates == 1:
            sweep(self._desk.pipeline.application.context, connection_id=self._desk.connection.id)
        super().update(ref, draft)


def test_a_sweep_leaves_the_mark_to_the_update_that_is_under_way(desk: Desk) -> None:
    tracker = Counting(desk)
    desk.use(tracker)
    desk.file()
    desk.later(minutes=5)
    assert tracker.updates == 1
    assert tracker.tickets["10001"].names_ticket == "10001"


def test_a_mark_that_lost_its_ticket_id_is_written_again_by_the_next_sweep(desk: Desk) -> None:
    tracker = Counting(desk)
    desk.use(tracker)
    desk.file()
    desk.later(minutes=5)
    tracker.tickets["10001"] = replace(tracker.tickets["10001"], names_ticket=None)
    for _ in range(2):
        desk.sweep()
        desk.later(minutes=5)
    assert tracker.tickets["10001"].names_ticket == "10001"
    assert tracker.updates == 2


def test_the_ticket_that_a_person_closed_as_a_duplicate_is_not_the_one_that_stays(
    desk: Desk,
) -> None:
    desk.file()
    late = desk.twin()
    desk.tracker.move("10001", StatusCategory.DONE, Outcome.DUPLICATE)
    desk.sweep()
    assert desk.key() == late.key
    assert desk.open_keys() == [late.key]
    desk.sweep()
    assert desk.key() == late.key


def test_a_ticket_that_came_back_to_a_settled_filing_is_swept(desk: Desk) -> None:
    """A worker that was asleep brings its answer after another one has linked a ticket."""

    class Slow(FakeTracker):
        def create(
            self, draft: TicketDraft, attempt: Attempt, *, until: datetime | None = None
        ) -> TicketRef:
            ref = super().create(draft, attempt, until=until)
            if attempt.number == 1:
                hidden = self.tickets.pop(ref.remote_id)
                desk.pipeline.clock.moment += timedelta(seconds=121)
                for _ in range(3):
                    desk.run(file_ticket, filing_id=attempt.filing_id)
                    desk.pipeline.clock.moment += timedelta(seconds=601)
                self.tickets[ref.remote_id] = hidden
            return ref

    desk.use(Slow(now=desk.pipeline.clock))
    desk.file()
    assert len(desk.tracker.tickets) == 2
    assert desk.open_keys() == [desk.key()] == ["FAKE-1"]


def test_a_mark_that_no_filing_has_is_left_alone(desk: Desk) -> None:
    desk.tracker.create(a_draft(fingerprint="one/default/ISS-999/1"), an_attempt())
    desk.sweep()
    assert desk.open_keys() == ["FAKE-1"]


def test_a_paused_connection_is_not_swept(desk: Desk) -> None:
    desk.file()
    until = desk.now + timedelta(minutes=5)
    with desk.pipeline.application.open() as store:
        store.connections.pause(desk.connection.id, until=until, trouble="the token is old")
    with pytest.raises(TryAgainLater, match="token is old"):
        desk.run(sweep, connection_id=desk.connection.id)
