"""Look before filing, on the real sandbox: linked, asked, remembered, and never for ever."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.errors import InvalidMove, TryAgainLater
from bridge.domain.issues import Issue, IssueState, Outcome
from bridge.domain.tickets import FilingState
from bridge.steps import existing, look
from bridge.steps.existing import read_existing
from bridge.steps.file import file_ticket
from bridge.steps.moves import Cause
from bridge.steps.name_ticket import adopt_ticket
from bridge.steps.review import file_issue
from models.encoders.hashing import HashingEncoder
from tests.conftest import Pipeline
from tests.contract.sandbox_client import adf
from tests.groups_bench import MIA
from tests.tracker_desk import ALIKE, Dying, Killed, TrackerDesk, tracker_desk

_S = FilingState


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Iterator[TrackerDesk]:
    with tracker_desk(pipeline, tmp_path) as desk:
        yield desk


def confirmed(desk: TrackerDesk, title: str = "") -> Issue:
    """An issue about the export, perhaps with a title that a person chose."""
    issue = desk.groups.issue("export", state=IssueState.CONFIRMED)
    if title:
        with desk.pipeline.application.open() as store:
            store.issues.choose_title(issue.id, title)
    return desk.groups.now(issue)


def test_without_a_similar_ticket_a_new_one_is_filed(desk: TrackerDesk) -> None:
    desk.write("Dark mode for the settings page", "Designers want it.")
    issue = confirmed(desk)
    desk.file(issue)
    assert desk.filing(issue).state is _S.LINKED
    assert desk.ours() == [desk.ticket(issue).ref.key]
    assert desk.asked(issue) == []
    assert "not_looked" not in desk.actions(issue)


def test_a_ticket_in_the_same_words_is_linked_and_nothing_is_created(desk: TrackerDesk) -> None:
    key = desk.write(ALIKE, f"{ALIKE}, says a colleague.")
    issue = confirmed(desk, "The export button does nothing when I press it!")
    desk.file(issue)
    assert desk.ticket(issue).ref.key == key
    assert list(desk.truth()) == [key]
    assert "linked_existing" in desk.actions(issue)
    seen = desk.truth()[key]
    # Ours is on it, the people's words are as they were.
    assert seen["customers"] == 4
    assert seen["properties"]["bridge"]["ticket"] == seen["id"]
    assert len(seen["remotelinks"]) == 1
    assert seen["summary"] == ALIKE
    assert seen["fields"]["description"] == adf(f"{ALIKE}, says a colleague.")
    desk.sweep()
    assert desk.ticket(issue).ref.key == key


def test_linking_by_itself_can_be_switched_off(desk: TrackerDesk) -> None:
    key = desk.write(ALIKE, f"{ALIKE}, says a colleague.")
    desk.configure(filing_links_itself=False)
    issue = confirmed(desk, ALIKE)
    desk.file(issue)
    (asked,) = desk.asked(issue)
    assert desk.filing(issue).state is _S.PLANNED
    assert key in (desk.filing(issue).reason or "")
    assert asked.existing_id is not None


def test_a_similar_ticket_is_asked_about_and_a_yes_links_it(desk: TrackerDesk) -> None:
    key = desk.write(ALIKE, "Seen on three machines.")
    issue = confirmed(desk)
    desk.file(issue)
    (asked,) = desk.asked(issue)
    assert "export" in asked.question
    assert desk.ours() == []
    desk.answer(asked, is_yes=True)
    assert desk.ticket(issue).ref.key == key
    assert desk.state(issue) is IssueState.FILED
    assert list(desk.truth()) == [key]
    desk.later(hours=30)
    assert list(desk.truth()) == [key]


def test_a_no_files_a_ticket_of_its_own_and_is_remembered(desk: TrackerDesk) -> None:
    theirs = desk.write(ALIKE, "Seen on three machines.")
    issue = confirmed(desk)
    desk.file(issue)
    (asked,) = desk.asked(issue)
    desk.answer(asked, is_yes=False)
    assert desk.filing(issue).state is _S.LINKED
    own = desk.ticket(issue).ref.key
    assert own != theirs
    assert desk.ours() == [own]
    # Not for another ticket of the same issue either.
    desk.unlink(issue)
    desk.file(issue)
    assert desk.asked(issue) == []
    assert desk.filing(issue).state is _S.LINKED


def test_nobody_answers_and_the_ticket_is_filed_all_the_same(desk: TrackerDesk) -> None:
    theirs = desk.write(ALIKE, "Seen on three machines.")
    issue = confirmed(desk)
    desk.file(issue)
    desk.later(hours=23)
    assert desk.filing(issue).state is _S.PLANNED
    desk.later(hours=2)
    assert desk.filing(issue).state is _S.LINKED
    own = desk.ticket(issue).ref.key
    # The question stays; a late yes makes our own ticket the duplicate of theirs.
    (asked,) = desk.asked(issue)
    desk.answer(asked, is_yes=True)
    assert desk.ticket(issue).ref.key == theirs
    assert desk.duplicates_of(own) == [theirs]
    desk.later(minutes=5)
    assert desk.truth()[theirs]["customers"] == 4
    desk.sweep()
    assert desk.ticket(issue).ref.key == theirs


def test_a_filing_need_not_wait(desk: TrackerDesk) -> None:
    desk.write(ALIKE, "Seen on three machines.")
    desk.configure(filing_waits_hours=0)
    issue = confirmed(desk)
    desk.file(issue)
    assert desk.filing(issue).state is _S.LINKED
    assert len(desk.asked(issue)) == 1


@pytest.mark.parametrize(
    ("resolution", "outcome", "state"),
    [
        ("Won't Do", Outcome.WONT_FIX, IssueState.DECLINED),
        ("Done", Outcome.FIXED, IssueState.RESOLVED),
    ],
)
def test_a_closed_ticket_is_shown_and_linked_only_by_a_person(
    desk: TrackerDesk, resolution: str, outcome: Outcome, state: IssueState
) -> None:
    key = desk.write(ALIKE, f"{ALIKE}, says a colleague.")
    desk.move(key, "Done", resolution)
    issue = confirmed(desk, ALIKE)
    desk.file(issue)
    # In the same words, and still nothing is linked.
    (asked,) = desk.asked(issue)
    with desk.pipeline.application.open() as store:
        ticket = store.existing.get(desk.groups.product.id, asked.existing_id or 0)
    assert ticket is not None
    assert (ticket.is_closed, ticket.outcome) == (True, outcome)
    assert desk.truth()[key]["labels"] == []
    desk.answer(asked, is_yes=True)
    assert desk.state(issue) is state, desk.filing(issue).reason
    # Nothing was reopened.
    assert desk.truth()[key]["statusCategory"] == "done"


def test_a_ticket_closed_long_ago_is_not_looked_at(desk: TrackerDesk) -> None:
    key = desk.write(ALIKE, "Seen on three machines.")
    desk.move(key, "Done", "Done")
    desk.pipeline.clock.moment += timedelta(days=200)
    issue = confirmed(desk)
    desk.file(issue)
    assert desk.asked(issue) == []
    assert desk.filing(issue).state is _S.LINKED


def test_our_own_tickets_are_no_candidates(desk: TrackerDesk) -> None:
    first = confirmed(desk, "The export button does nothing when I press it")
    desk.file(first)
    second = desk.groups.issue("login", state=IssueState.CONFIRMED)
    with desk.pipeline.application.open() as store:
        store.issues.choose_title(second.id, "The export button does nothing when I press it")
    desk.file(second)
    assert desk.asked(second) == []
    assert desk.ticket(first).id != desk.ticket(second).id
    with desk.pipeline.application.open() as store:
        (connection,) = store.connections.all()
        assert store.existing.count(connection.id) == 0


def test_a_ticket_that_was_deleted_meanwhile_is_forgotten(desk: TrackerDesk) -> None:
    key = desk.write(ALIKE, "Seen on three machines.")
    desk.later(minutes=1)
    desk.file(desk.groups.issue("login", state=IssueState.CONFIRMED))
    assert desk.api.call("DELETE", f"issue/{key}").status_code == 204
    issue = confirmed(desk)
    desk.file(issue)
    assert desk.asked(issue) == []
    assert desk.filing(issue).state is _S.LINKED


def test_an_accepted_ticket_that_is_gone_lets_a_new_one_be_filed(desk: TrackerDesk) -> None:
    key = desk.write(ALIKE, "Seen on three machines.")
    issue = confirmed(desk)
    desk.file(issue)
    (asked,) = desk.asked(issue)
    assert desk.api.call("DELETE", f"issue/{key}").status_code == 204
    desk.answer(asked, is_yes=True)
    assert desk.filing(issue).state is _S.LINKED
    assert desk.ours() == [desk.ticket(issue).ref.key]


def test_texts_are_redacted_before_they_are_stored(desk: TrackerDesk) -> None:
    desk.write(f"{ALIKE} (ada@example.com)", "Call +49 30 901820 or write to bob@example.com.")
    issue = confirmed(desk)
    desk.file(issue)
    (asked,) = desk.asked(issue)
    with desk.pipeline.application.open() as store:
        ticket = store.existing.get(desk.groups.product.id, asked.existing_id or 0)
    assert ticket is not None
    assert "<EMAIL_1>" in ticket.title
    told = f"{ticket.title} {ticket.text} {asked.question}"
    assert not [one for one in ("ada@", "bob@", "901820") if one in told]


def test_reading_goes_on_where_a_dead_worker_stopped(desk: TrackerDesk) -> None:
    with desk.pipeline.application.open() as store:
        (connection,) = store.connections.all()
    for number in range(230):
        desk.write(f"Something else, number {number}", "Nothing alike.")

    real = desk.pipeline.application.context
    tracker = real.tracker(connection)
    pages = []

    class Dies:
        def texts(self, since: object, page: str | None) -> object:
            pages.append(page)
            if len(pages) == 2:
                raise Killed
            return tracker.texts(since, page)  # type: ignore[arg-type]

    dying = replace(real, tracker=lambda _: Dies())  # type: ignore[arg-type, return-value]
    with pytest.raises(Killed):
        read_existing(dying, connection_id=connection.id)
    with desk.pipeline.application.open() as store:
        assert store.existing.count(connection.id) == 100
    read_existing(real, connection_id=connection.id)
    read_existing(real, connection_id=connection.id)
    with desk.pipeline.application.open() as store:
        assert store.existing.count(connection.id) == 230


def test_another_encoder_reads_what_is_known_again(desk: TrackerDesk) -> None:
    desk.write(ALIKE, "Seen on three machines.")
    desk.later(minutes=1)
    context = desk.pipeline.application.context
    with desk.pipeline.application.open() as store:
        (connection,) = store.connections.all()
    read_existing(context, connection_id=connection.id)

    class Other(HashingEncoder):
        name = "hashing/other"

    other = Other()
    read_existing(replace(context, encoder=lambda: other), connection_id=connection.id)
    since = context.now() - timedelta(days=1)
    with desk.pipeline.application.open() as store:
        assert len(store.existing.vectors(connection.id, other.name, closed_since=since)) == 1
        mine = context.encoder().name
        assert store.existing.vectors(connection.id, mine, closed_since=since) == []


def test_a_tracker_that_does_not_let_us_search_does_not_stop_filing(desk: TrackerDesk) -> None:
    issue = confirmed(desk)
    desk.api.arm("POST /rest/api/3/search/jql", "error_404", count=1)
    desk.file(issue)
    assert desk.filing(issue).state is _S.LINKED
    assert "not_looked" in desk.actions(issue)


def test_without_the_encoder_filing_waits_and_the_tracker_is_not_blamed(desk: TrackerDesk) -> None:
    issue = confirmed(desk)
    context = desk.pipeline.application.context

    def broken() -> HashingEncoder:
        raise TryAgainLater("issue finding is paused: no weights")

    desk.pipeline.rewire(replace(context, encoder=broken))
    desk.file(issue)
    assert desk.filing(issue).state is _S.PLANNED
    with desk.pipeline.application.open() as store:
        assert [one.trouble for one in store.connections.all()] == [None]
    desk.pipeline.rewire(context)
    desk.later(minutes=1)
    assert desk.filing(issue).state is _S.LINKED
    assert "not_looked" not in desk.actions(issue)


def test_much_to_read_holds_a_filing_up_for_minutes_only(
    desk: TrackerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = confirmed(desk)
    # A tracker so large that reading it never comes to its end.
    for module in (look, existing):
        monkeypatch.setattr(module, "read_changed", lambda *_, **__: False)
    desk.file(issue)
    assert desk.filing(issue).state is _S.PLANNED
    desk.later(minutes=9)
    assert desk.filing(issue).state is _S.PLANNED
    desk.later(minutes=2)
    assert desk.filing(issue).state is _S.LINKED
    assert "not_looked" in desk.actions(issue)


def test_a_search_that_stays_broken_holds_a_filing_up_for_minutes_only(
    desk: TrackerDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = confirmed(desk)

    def broken(*_: object, **__: object) -> bool:
        raise TryAgainLater("Jira answered 503")

    with monkeypatch.context() as patched:
        for module in (look, existing):
            patched.setattr(module, "read_changed", broken)
            patched.setattr(look, "is_fresh", lambda *_, **__: False)
        desk.file(issue)
        assert desk.filing(issue).state is _S.PLANNED
        # The whole tracker is away: waiting costs nothing, so the look is not given up.
        versions = "GET /rest/api/3/project/FB/versions"
        desk.api.arm(versions, "error_503_retry_after", count=1_000)
        desk.pipeline.clock.moment += timedelta(minutes=11)
        file_ticket(desk.pipeline.application.context, filing_id=desk.filing(issue).id)
        assert desk.filing(issue).looked_at is None
        desk.api.call("DELETE", "/_sandbox/faults")
        desk.pipeline.clock.moment += timedelta(minutes=11)
        file_ticket(desk.pipeline.application.context, filing_id=desk.filing(issue).id)
    assert desk.filing(issue).state is _S.LINKED
    assert "not_looked" in desk.actions(issue)


def test_a_late_yes_after_unlinking_is_refused(desk: TrackerDesk) -> None:
    desk.write(ALIKE, "Seen on three machines.")
    desk.configure(filing_waits_hours=0)
    issue = confirmed(desk)
    desk.file(issue)
    (asked,) = desk.asked(issue)
    desk.unlink(issue)
    with pytest.raises(InvalidMove):
        desk.answer(asked, is_yes=True)


@pytest.mark.parametrize("dies_at", ["sight", "adopt"])
def test_linking_survives_death_at_each_call(desk: TrackerDesk, dies_at: str) -> None:
    key = desk.write(ALIKE, f"{ALIKE}, says a colleague.")
    issue = confirmed(desk, ALIKE)
    context = desk.pipeline.application.context
    dying = Dying(desk.context_tracker(), dies_at)
    with desk.pipeline.application.open() as store:
        current = store.issues.get(desk.groups.product.id, issue.id, lock=True)
        cause = Cause(MIA, context.now())
        file_issue(current, desk.groups.product, store=store, cause=cause)
    file_ticket(context, filing_id=desk.filing(issue).id)
    dead = replace(context, tracker=lambda _: dying)  # type: ignore[arg-type, return-value]
    with pytest.raises(Killed):
        adopt_ticket(dead, filing_id=desk.filing(issue).id, name=key)
    # Its mark may be on the ticket by now; whoever comes next finds the intent, and sends nothing.
    file_ticket(context, filing_id=desk.filing(issue).id)
    assert desk.filing(issue).state is _S.PLANNED
    desk.drain()
    assert desk.ticket(issue).ref.key == key
    assert list(desk.truth()) == [key]


def test_a_no_is_remembered_when_the_ticket_was_another_issues_meanwhile(
    desk: TrackerDesk,
) -> None:
    theirs = desk.write(ALIKE, "Seen on three machines.")
    issue = confirmed(desk)
    desk.file(issue)
    (asked,) = desk.asked(issue)
    desk.answer(asked, is_yes=False)
    other = desk.groups.issue("login", state=IssueState.CONFIRMED)
    desk.file(other)
    desk.unlink(other)
    desk.name(other, theirs)
    assert desk.ticket(other).ref.key == theirs
    desk.unlink(desk.groups.now(other))
    desk.unlink(desk.groups.now(issue))
    desk.later(minutes=2)
    desk.file(issue)
    assert desk.asked(issue) == []
    assert desk.filing(issue).state is _S.LINKED
