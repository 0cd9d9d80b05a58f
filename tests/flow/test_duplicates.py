"""Duplicates that people close are followed, merges leave one ticket, and tickets are let go."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.domain.errors import InvalidMove
from bridge.domain.issues import Issue, IssueState, Outcome
from bridge.domain.people import Actor, NoticeKind
from bridge.domain.tickets import FilingState
from bridge.steps.follow_duplicate import follow_duplicate
from bridge.steps.moves import Cause
from bridge.steps.refresh import refresh_ticket
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.sweep import sweep
from bridge.steps.track import track
from tests.conftest import Pipeline
from tests.loop import LEAD
from tests.tracker_desk import Dying, Killed, TrackerDesk, tracker_desk

_S = FilingState


@pytest.fixture
def desk(pipeline: Pipeline, tmp_path: Path) -> Iterator[TrackerDesk]:
    with tracker_desk(pipeline, tmp_path) as desk:
        desk.configure(filing_looks=False)
        yield desk


def filed(desk: TrackerDesk, topic: str = "export", count: int = 4) -> Issue:
    issue = desk.groups.issue(topic, count, state=IssueState.CONFIRMED)
    desk.file(issue)
    desk.later(minutes=2)
    return desk.groups.now(issue)


def close_as_duplicate(desk: TrackerDesk, issue: Issue, original: str | None) -> str:
    """Engineers close the ticket of an issue in favour of another; returns its key."""
    key = desk.ticket(issue).ref.key
    if original is not None:
        desk.duplicate(key, original)
    desk.move(key, "Done", "Duplicate")
    desk.later(minutes=2)
    return key


def test_a_duplicate_is_followed_and_the_target_is_tracked(desk: TrackerDesk) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    ours = close_as_duplicate(desk, issue, theirs)
    # The direction: our ticket duplicates theirs, not the other way round.
    assert desk.ticket(issue).ref.key == theirs != ours
    assert desk.state(issue) is IssueState.FILED
    assert "duplicate_followed" in desk.actions(issue)
    desk.later(minutes=2)
    seen = desk.truth()[theirs]
    assert seen["customers"] == 4
    assert len(seen["remotelinks"]) == 1
    assert seen["properties"]["bridge"]["ticket"] == seen["id"]
    desk.move(theirs, "In Progress")
    desk.later(minutes=2)
    assert desk.state(issue) is IssueState.IN_PROGRESS
    desk.sweep()
    desk.later(hours=2)
    assert desk.ticket(issue).ref.key == theirs
    assert len(desk.truth()) == 2


def test_the_ticket_that_others_duplicate_stays(desk: TrackerDesk) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    ours = desk.ticket(issue).ref.key
    desk.duplicate(theirs, ours)
    desk.move(ours, "Done", "Duplicate")
    desk.later(minutes=2)
    # The wrong way round: theirs is the duplicate, so ours leads nowhere.
    assert desk.ticket(issue).ref.key == ours
    assert (desk.state(issue), desk.groups.now(issue).outcome) == (
        IssueState.DECLINED,
        Outcome.DUPLICATE,
    )


def test_a_chain_of_duplicates_is_followed_to_its_end(desk: TrackerDesk) -> None:
    last = desk.write("Export is broken")
    middle = desk.write("Export fails")
    desk.duplicate(middle, last)
    desk.move(middle, "Done", "Duplicate")
    issue = filed(desk)
    close_as_duplicate(desk, issue, middle)
    assert desk.ticket(issue).ref.key == last


@pytest.mark.parametrize("is_known", [True, False])
def test_a_fixed_issue_whose_ticket_gives_way_to_one_in_progress_is_corrected_once(
    desk: TrackerDesk, is_known: bool
) -> None:
    issue = filed(desk)
    other = desk.ticket(filed(desk, "login")).ref.key if is_known else desk.write("Export fails")
    desk.move(other, "In Progress")
    desk.later(minutes=2)
    context, now = desk.pipeline.application.context, desk.pipeline.clock.moment
    with context.open() as store:
        news = ReleaseNews("4.1", now, issue_ids=(issue.id,))
        cause = Cause(Actor("token", "ci"), now)
        ship(news, desk.pipeline.product, store=store, context=context, cause=cause)
    assert desk.state(issue) is IssueState.SHIPPED
    close_as_duplicate(desk, issue, other)
    desk.later(minutes=10)
    assert (desk.state(issue), desk.groups.now(issue).episode) == (IssueState.IN_PROGRESS, 2)
    with context.open() as store:
        product_id = desk.pipeline.product.id
        told = store.notices.of_person(product_id, LEAD)
    kinds = [one.kind for one in told if one.issue_id == issue.id]
    assert sorted(kinds) == [NoticeKind.CORRECTION, NoticeKind.FIX]
    (text,) = [one.text for one in told if one.kind is NoticeKind.CORRECTION]
    assert f"is not fixed after all: it is linked to {other}, which is in progress." in text


def told_of_going_back(desk: TrackerDesk, key: str) -> int:
    comments = desk.truth()[key]["fields"]["comment"]["comments"]
    return sum("has its own ticket again" in str(one["body"]) for one in comments)


def open_again(desk: TrackerDesk, key: str) -> None:
    desk.move(key, "In Progress")
    desk.later(minutes=2)


def test_a_duplicate_that_is_opened_again_has_its_issue_again(desk: TrackerDesk) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    ours = close_as_duplicate(desk, issue, theirs)
    desk.later(minutes=2)
    assert desk.truth()[theirs]["customers"] == 4
    open_again(desk, ours)
    assert (desk.ticket(issue).ref.key, desk.state(issue)) == (ours, IssueState.IN_PROGRESS)
    assert desk.actions(issue).count("duplicate_reopened") == 1
    # The other one is people's own again, and told so once.
    seen = desk.truth()[theirs]
    assert (seen["labels"], seen["properties"], seen["customers"]) == ([], {}, None)
    assert seen["remotelinks"] == []
    assert told_of_going_back(desk, theirs) == 1
    desk.groups.merge(desk.groups.now(issue), desk.groups.issue("login"))
    for _ in range(3):
        desk.later(hours=1)
        desk.sweep()
    assert desk.truth()[ours]["customers"] == 7
    assert desk.ticket(issue).ref.key == ours
    assert desk.ours() == [ours]
    assert desk.truth()[theirs]["statusCategory"] == "new"
    assert desk.groups.broken_promises() == []


def test_two_issues_of_a_duplicate_go_back_and_may_be_moved_again(desk: TrackerDesk) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    kept, ours = desk.ticket(export).ref.key, desk.ticket(login).ref.key
    for _ in range(2):
        close_as_duplicate(desk, login, kept)
        assert desk.ticket(login).ref.key == kept
        desk.later(minutes=2)
        open_again(desk, ours)
        desk.later(minutes=2)
        assert (desk.ticket(login).ref.key, desk.ticket(export).ref.key) == (ours, kept)
    customers = {key: one["customers"] for key, one in desk.truth().items()}
    assert customers == {kept: 5, ours: 4}
    assert sorted(desk.ours()) == sorted([kept, ours])
    assert desk.groups.broken_promises() == []


def test_of_a_chain_the_ticket_that_was_opened_again_has_the_issue(desk: TrackerDesk) -> None:
    middle, last = desk.write("Export fails"), desk.write("Export is broken")
    issue = filed(desk)
    ours = close_as_duplicate(desk, issue, middle)
    desk.duplicate(middle, last)
    desk.move(middle, "Done", "Duplicate")
    desk.later(minutes=4)
    assert desk.ticket(issue).ref.key == last
    open_again(desk, middle)
    assert desk.ticket(issue).ref.key == middle
    desk.later(minutes=2)
    open_again(desk, ours)
    assert desk.ticket(issue).ref.key == ours
    desk.later(minutes=2)
    assert desk.ours() == [ours]


def test_what_a_person_has_decided_since_is_not_taken_back(desk: TrackerDesk) -> None:
    theirs, other = desk.write("Export is broken"), desk.write("Export fails")
    issue = filed(desk)
    ours = close_as_duplicate(desk, issue, theirs)
    desk.unlink(issue)
    desk.name(issue, other)
    assert desk.ticket(issue).ref.key == other
    open_again(desk, ours)
    assert desk.ticket(issue).ref.key == other


@pytest.mark.parametrize("dies_at", ["let_go", "note"])
def test_going_back_may_die_while_the_other_ticket_is_let_go(
    desk: TrackerDesk, dies_at: str
) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    ours = close_as_duplicate(desk, issue, theirs)
    desk.later(minutes=2)
    desk.move(ours, "In Progress")
    left = desk.ticket(issue)
    context = desk.pipeline.application.context
    for _ in range(2):
        track(context, connection_id=left.connection_id, remote_id=desk.truth()[ours]["id"])
    dying = Dying(desk.context_tracker(), dies_at)
    with pytest.raises(Killed):
        refresh_ticket(
            replace(context, tracker=lambda _: dying),  # type: ignore[arg-type,return-value]
            ticket_id=left.id,
        )
    desk.sweep()
    assert desk.ticket(issue).ref.key == ours
    desk.later(minutes=2)
    assert desk.ours() == [ours]
    assert told_of_going_back(desk, theirs) == 1
    assert desk.actions(issue).count("duplicate_reopened") == 1
    assert desk.truth()[theirs]["statusCategory"] == "new"


def test_a_circle_ends_and_a_link_that_comes_later_is_followed(desk: TrackerDesk) -> None:
    other = desk.write("Export fails")
    issue = filed(desk)
    ours = desk.ticket(issue).ref.key
    desk.duplicate(other, ours)
    desk.move(other, "Done", "Duplicate")
    close_as_duplicate(desk, issue, other)
    assert desk.ticket(issue).ref.key == ours
    assert desk.state(issue) is IssueState.DECLINED
    end = desk.write("Export is broken")
    desk.duplicate(other, end)
    desk.duplicate(ours, end)
    desk.later(minutes=2)
    assert desk.ticket(issue).ref.key == end
    assert desk.state(issue) is IssueState.FILED


def test_without_a_link_a_person_may_name_the_target(desk: TrackerDesk) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    ours = close_as_duplicate(desk, issue, None)
    assert desk.ticket(issue).ref.key == ours
    assert desk.state(issue) is IssueState.DECLINED
    desk.name(issue, theirs)
    assert desk.ticket(issue).ref.key == theirs
    assert desk.state(issue) is IssueState.FILED
    assert desk.duplicates_of(ours) == [theirs]
    assert desk.groups.now(issue).outcome is None, "what was told of the other ticket"


def test_a_duplicate_of_another_issues_ticket_shares_it(desk: TrackerDesk) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    kept = desk.ticket(export).ref.key
    desk.move(kept, "In Progress")
    desk.later(minutes=2)
    close_as_duplicate(desk, login, kept)
    assert desk.ticket(login).ref.key == kept
    # It stands where the ticket stands already, and is counted there, nobody twice.
    assert desk.state(login) is IssueState.IN_PROGRESS
    desk.later(minutes=2)
    assert desk.truth()[kept]["customers"] == 8
    desk.move(kept, "Done", "Won't Do")
    desk.later(minutes=2)
    assert {desk.state(export), desk.state(login)} == {IssueState.DECLINED}


def test_a_target_in_another_project_is_read_at_each_poll(desk: TrackerDesk) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    close_as_duplicate(desk, issue, theirs)
    desk.later(minutes=2)
    status = desk.ticket(issue)
    # As if it lay elsewhere: no search of our project finds it, with or without our label.
    with desk.pipeline.application.open() as store:
        (found,) = desk.context_tracker().read([status.ref.remote_id])
        moved = replace(found, ref=replace(found.ref, key="CORE-1"))
        store.tickets.note_status(status.id, moved)
    labels = [{"remove": label} for label in desk.truth()[theirs]["labels"]]
    desk.api.call("PUT", f"issue/{theirs}", {"update": {"labels": labels}})
    desk.move(theirs, "In Progress")
    desk.later(minutes=2)
    assert desk.state(issue) is IssueState.IN_PROGRESS


@pytest.mark.parametrize("dies_at", ["originals", "sight", "adopt"])
def test_following_survives_death_at_each_call(desk: TrackerDesk, dies_at: str) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    ours = desk.ticket(issue)
    desk.duplicate(ours.ref.key, theirs)
    desk.move(ours.ref.key, "Done", "Duplicate")
    context = desk.pipeline.application.context
    with desk.pipeline.application.open() as store:
        (connection,) = store.connections.all()
        (status,) = context.tracker(connection).read([ours.ref.remote_id])
        store.tickets.note_status(ours.id, status)
    dying = Dying(context.tracker(connection), dies_at)
    dying_context = replace(context, tracker=lambda _: dying)  # type: ignore[arg-type, return-value]
    with pytest.raises(Killed):
        follow_duplicate(dying_context, ticket_id=ours.id)
    desk.later(minutes=2)
    assert desk.ticket(issue).ref.key == theirs
    assert len(desk.truth()) == 2


def test_a_merge_of_two_filed_issues_leaves_one_ticket(desk: TrackerDesk) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    kept, gone = desk.ticket(export).ref.key, desk.ticket(login).ref.key
    desk.groups.merge(desk.groups.now(export), desk.groups.now(login))
    desk.later(minutes=2)
    assert {desk.ticket(export).ref.key, desk.ticket(login).ref.key} == {kept}
    assert (desk.duplicates_of(gone), desk.duplicates_of(kept)) == ([kept], [])
    seen = desk.truth()
    assert seen[kept]["customers"] == 8
    # People close it, or not; we only say what it is.
    assert seen[gone]["statusCategory"] == "new"
    assert len(seen[gone]["fields"]["comment"]["comments"]) == 1
    desk.sweep()
    desk.sweep()
    assert len(desk.truth()) == 2
    assert len(desk.truth()[gone]["fields"]["issuelinks"]) == 1
    assert desk.groups.broken_promises() == []


def test_a_merge_leaves_a_survivor_where_it_stands(desk: TrackerDesk) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    with desk.pipeline.application.open() as store:
        current = store.issues.get(desk.groups.product.id, export.id, lock=True)
        store.issues.change(current, {"state": IssueState.REGRESSED.value})
    desk.groups.merge(desk.groups.now(export), desk.groups.now(login))
    assert desk.state(export) is IssueState.REGRESSED
    assert desk.ticket(login).id == desk.ticket(export).id


def test_a_survivor_without_a_ticket_takes_one_of_the_others(desk: TrackerDesk) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    first, second = desk.ticket(export).ref.key, desk.ticket(login).ref.key
    invoice = desk.groups.issue("invoice", 3)
    desk.groups.merge(invoice, desk.groups.now(export), desk.groups.now(login))
    desk.later(minutes=2)
    with desk.pipeline.application.open() as store:
        (ticket,) = store.tickets.of_issue(invoice.id)
    assert ticket.ref.key == first
    assert desk.duplicates_of(second) == [first]
    assert desk.truth()[first]["customers"] == 10


def test_undoing_the_merge_gives_both_their_tickets_back(desk: TrackerDesk) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    kept, gone = desk.ticket(export).ref.key, desk.ticket(login).ref.key
    desk.groups.merge(desk.groups.now(export), desk.groups.now(login))
    desk.later(minutes=2)
    desk.groups.undo(desk.groups.now(export))
    desk.later(minutes=2)
    assert (desk.ticket(export).ref.key, desk.ticket(login).ref.key) == (kept, gone)
    assert desk.duplicates_of(gone) == []
    seen = desk.truth()
    assert (seen[kept]["customers"], seen[gone]["customers"]) == (5, 4)
    desk.sweep()
    assert desk.ticket(login).ref.key == gone


@pytest.mark.parametrize("dies_at", ["sight", "join"])
def test_telling_of_a_merge_survives_death(desk: TrackerDesk, dies_at: str) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    kept, gone = desk.ticket(export).ref.key, desk.ticket(login).ref.key
    desk.groups.merge(desk.groups.now(export), desk.groups.now(login))
    context = desk.pipeline.application.context
    with desk.pipeline.application.open() as store:
        (connection,) = store.connections.all()
    dying = Dying(context.tracker(connection), dies_at)
    with pytest.raises(Killed):
        sweep(
            replace(context, tracker=lambda _: dying),  # type: ignore[arg-type, return-value]
            connection_id=connection.id,
        )
    desk.later(minutes=2)
    desk.sweep()
    assert desk.duplicates_of(gone) == [kept]
    assert len(desk.truth()[gone]["fields"]["issuelinks"]) == 1


def test_unlinking_takes_our_marks_off_and_nothing_of_the_peoples(desk: TrackerDesk) -> None:
    theirs = desk.write("Export is broken", labels=["urgent"])
    issue = filed(desk)
    ours = close_as_duplicate(desk, issue, theirs)
    desk.later(minutes=2)
    desk.unlink(issue)
    seen = desk.truth()[theirs]
    assert (seen["labels"], seen["properties"], seen["remotelinks"]) == (["urgent"], {}, [])
    assert seen["customers"] is None
    assert seen["summary"] == "Export is broken"
    assert desk.filing(issue).state is _S.UNLINKED
    assert desk.state(issue) is IssueState.CONFIRMED
    with desk.pipeline.application.open() as store:
        assert store.tickets.of_issue(issue.id) == []
    # No evidence links it again, and people may file anew.
    desk.sweep()
    desk.later(minutes=2)
    assert desk.filing(issue).state is _S.UNLINKED
    desk.file(issue)
    desk.later(minutes=2)
    assert desk.ticket(issue).ref.key not in (theirs, ours)
    assert len(desk.truth()) == 3


def test_a_ticket_of_ours_can_be_let_go_and_another_one_named(desk: TrackerDesk) -> None:
    theirs = desk.write("Export is broken")
    issue = filed(desk)
    ours = desk.ticket(issue).ref.key
    desk.unlink(issue)
    desk.name(issue, theirs)
    assert desk.ticket(issue).ref.key == theirs
    assert desk.ours() == [theirs]
    assert desk.truth()[ours]["properties"] == {}


def test_filing_again_waits_until_the_marks_are_off(desk: TrackerDesk) -> None:
    issue = filed(desk)
    key = desk.ticket(issue).ref.key
    desk.unlink(issue, drain=False)
    with pytest.raises(InvalidMove, match="coming off"):
        desk.file(issue)
    # Even a sweep in between does not link it again.
    context = desk.pipeline.application.context
    with desk.pipeline.application.open() as store:
        (connection,) = store.connections.all()
    sweep(context, connection_id=connection.id)
    assert desk.filing(issue).state is _S.UNLINKED
    desk.drain()
    desk.file(issue)
    assert desk.ticket(issue).ref.key != key


@pytest.mark.parametrize("dies_at", ["let_go", "note"])
def test_letting_go_survives_death_and_a_lost_job(desk: TrackerDesk, dies_at: str) -> None:
    issue = filed(desk)
    ticket = desk.ticket(issue)
    desk.unlink(issue, drain=False)
    context = desk.pipeline.application.context
    with desk.pipeline.application.open() as store:
        (connection,) = store.connections.all()
    dying = Dying(context.tracker(connection), dies_at)
    with pytest.raises(Killed):
        refresh_ticket(
            replace(context, tracker=lambda _: dying),  # type: ignore[arg-type, return-value]
            ticket_id=ticket.id,
        )
    desk.later(minutes=2)
    assert desk.ours() == []
    assert len(desk.truth()[ticket.ref.key]["fields"]["comment"]["comments"]) == 1
    assert desk.filing(issue).left_ticket_id is None


def test_a_shared_ticket_stays_the_other_issues(desk: TrackerDesk) -> None:
    export, login = filed(desk, "export", 5), filed(desk, "login", 4)
    kept = desk.ticket(export).ref.key
    close_as_duplicate(desk, login, kept)
    desk.unlink(desk.groups.now(export))
    desk.later(minutes=2)
    seen = desk.truth()[kept]
    assert seen["customers"] == 4
    assert seen["properties"]["bridge"]["fingerprint"] == desk.filing(login).fingerprint
    assert "support-bridge" in seen["labels"]
    desk.sweep()
    assert desk.ticket(login).ref.key == kept
    assert desk.filing(export).state is _S.UNLINKED


def test_what_has_shipped_is_not_unlinked(desk: TrackerDesk) -> None:
    issue = filed(desk)
    with desk.pipeline.application.open() as store:
        current = store.issues.get(desk.groups.product.id, issue.id, lock=True)
        store.issues.change(current, {"state": IssueState.SHIPPED.value})
    with pytest.raises(InvalidMove, match="told"):
        desk.unlink(issue)
