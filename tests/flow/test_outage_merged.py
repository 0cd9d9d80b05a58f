"""An outage goes on under the survivor of a merge: told once, and over once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.errors import InvalidMove, Refused
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import Actor, NoticeKind, Role
from bridge.steps.announce import ENDPOINT
from bridge.steps.move import move_contacts, split_issue
from bridge.steps.moves import Cause, move_issue
from bridge.steps.outage import clear_outage, declare_outage
from bridge.steps.review import confirm_issue, dismiss_issue
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.tell import Telling
from bridge.store import Store
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.fakes import FakeNotifier
from tests.groups_bench import TEXTS, Groups

ADA, BOB, EVE, LEAD, KAI = (
    f"{one}@support.example" for one in ("ada", "bob", "eve", "lead", "kai")
)
TEAM = (ADA, BOB, LEAD)
"""Who is there when the first outage is declared; eve and kai are no members by then."""


@pytest.fixture
def groups(pipeline: Pipeline, notifier: FakeNotifier) -> Groups:
    """Ada, bob and a lead are the team."""
    with pipeline.application.open() as store:
        for name in (ADA, BOB):
            store.people.agent(name, pipeline.product.id)
        lead = store.people.known(LEAD)
        store.people.add_member(lead.id, pipeline.product.id, Role.LEAD)
    return Groups(pipeline)


def issue_of(groups: Groups, topic: str, agent: str, *, days_ago: float = 0) -> Issue:
    """An issue with three contacts that this agent handled."""
    start = groups.pipeline.clock.moment - timedelta(days=days_ago)
    sent = groups.pipeline.send(
        *(
            replace(
                a_contact(
                    TEXTS[topic].format(n=number),
                    external_id=f"{topic}-{agent}-{number}",
                    email=f"{topic}{number}@customer.example",
                    agent=agent,
                ),
                occurred_at=start,
            )
            for number in range(3)
        )
    )
    ids = [one.contact_id for one in sent]
    with groups.application.open() as store:
        store.issues.unassign(ids, now=groups.pipeline.clock.moment)
    return groups.issue_of(ids, f"About {topic}")


def joins(groups: Groups, issue: Issue, agent: str) -> None:
    """A new contact that this agent handled joins the issue."""
    now = groups.pipeline.clock.moment
    (late,) = groups.pipeline.send(a_contact(external_id=f"late-{agent}", agent=agent))
    with groups.application.open() as store:
        store.issues.unassign([late.contact_id], now=now)
        store.placements.place_unassigned(
            issue.product_id, [late.contact_id], issue.id, actor="machine", reason="alike", now=now
        )


def telling(groups: Groups, store: Store, reason: str = "") -> Telling:
    cause = Cause(Actor("person", LEAD), groups.pipeline.clock.moment, reason, "test")
    return Telling(groups.product, store, groups.application.context, cause)


def declare(groups: Groups, issue: Issue, text: str = "We work on it.") -> None:
    with groups.application.open() as store:
        locked = store.issues.get(issue.product_id, issue.id, lock=True)
        declare_outage(locked, text, telling(groups, store))
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)


def clear(groups: Groups, issue: Issue) -> None:
    with groups.application.open() as store:
        locked = store.issues.get(issue.product_id, issue.id, lock=True)
        clear_outage(locked, telling(groups, store, "the database is back"))
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)


def merge(groups: Groups, survivor: Issue, *others: Issue) -> None:
    groups.merge(survivor, *others)
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)


def inbox(groups: Groups, kind: NoticeKind) -> dict[str, list[str]]:
    """Texts of that kind by reader, oldest first."""
    found: dict[str, list[str]] = {}
    with groups.application.open() as store:
        for one in reversed(store.notices.of_person(groups.product.id, None, limit=500)):
            if one.kind is kind:
                found.setdefault(one.recipient, []).append(one.text)
    return found


def counts(groups: Groups, kind: NoticeKind) -> dict[str, int]:
    return {who: len(texts) for who, texts in inbox(groups, kind).items()}


def is_open(groups: Groups, issue: Issue) -> bool:
    with groups.application.open() as store:
        return bool(store.outages.open_of(issue.id))


def test_only_whom_nobody_told_hears_of_it_when_the_outage_goes_on(
    groups: Groups, notifier: FakeNotifier
) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export, "Nobody can export; we work on it.")
    assert counts(groups, NoticeKind.OUTAGE) == dict.fromkeys(TEAM, 1)
    login = issue_of(groups, "login", EVE)
    old = issue_of(groups, "invoice", KAI, days_ago=30)
    with groups.application.open() as store:
        follower = store.people.known("pm@vendor.example")
        store.notices.follow(follower.id, login.id)
    notifier.sent.clear()
    merge(groups, login, export, old)
    told = inbox(groups, NoticeKind.OUTAGE)
    assert {who: len(texts) for who, texts in told.items()} == {
        **dict.fromkeys(TEAM, 1),
        EVE: 1,
        "pm@vendor.example": 1,
    }
    assert f"Outage: {login.name} “About login”." in told[EVE][0]
    assert "Do this" in told[EVE][0]
    assert "Nobody can export; we work on it." in told[EVE][0]
    assert "Good to know" in told["pm@vendor.example"][0]
    assert {one for one, _ in notifier.sent.values()} == {EVE, "pm@vendor.example"}
    with pytest.raises(InvalidMove, match="already declared this outage"):
        declare(groups, login)
    assert groups.broken_promises() == []


def test_the_all_clear_is_given_on_the_survivor_and_reaches_exactly_who_was_told(
    groups: Groups, notifier: FakeNotifier
) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export)
    login = issue_of(groups, "login", EVE)
    merge(groups, login, export)
    with pytest.raises(InvalidMove, match=f"{login.name} stands for it now"):
        clear(groups, export)
    # Who comes to the team later was never told.
    with groups.application.open() as store:
        store.people.agent(KAI, groups.product.id)
    notifier.sent.clear()
    clear(groups, login)
    over = inbox(groups, NoticeKind.ALL_CLEAR)
    assert {who: len(texts) for who, texts in over.items()} == dict.fromkeys((*TEAM, EVE), 1)
    assert f"the outage {login.name} “About login” is over: the database is back" in over[ADA][0]
    assert f"declared on {export.name}" in over[ADA][0]
    assert sorted(one for one, _ in notifier.sent.values()) == sorted((*TEAM, EVE))
    with pytest.raises(InvalidMove, match="already given the all-clear"):
        clear(groups, login)
    assert not is_open(groups, login)


def test_two_open_outages_become_one_with_one_all_clear(
    groups: Groups, notifier: FakeNotifier
) -> None:
    export, login = issue_of(groups, "export", ADA), issue_of(groups, "login", BOB)
    declare(groups, export)
    declare(groups, login)
    # One person is reached by the first outage only, another by the second only.
    before = counts(groups, NoticeKind.OUTAGE)
    assert before == dict.fromkeys(TEAM, 2)
    merge(groups, login, export)
    assert counts(groups, NoticeKind.OUTAGE) == before
    notifier.sent.clear()
    clear(groups, login)
    assert counts(groups, NoticeKind.ALL_CLEAR) == dict.fromkeys(TEAM, 1)
    assert sorted(one for one, _ in notifier.sent.values()) == sorted(TEAM)
    assert not is_open(groups, login)
    # The next outage of either is told anew, and over anew.
    declare(groups, login)
    clear(groups, login)
    assert counts(groups, NoticeKind.OUTAGE) == dict.fromkeys((*TEAM,), 3)
    assert counts(groups, NoticeKind.ALL_CLEAR) == dict.fromkeys((*TEAM,), 2)


def test_an_all_clear_goes_outside_to_whom_either_of_the_outages_reached(
    groups: Groups, notifier: FakeNotifier
) -> None:
    export, login = issue_of(groups, "export", ADA), issue_of(groups, "login", BOB)
    declare(groups, export)
    # The survivor's own was never mailed to anybody: their server refused it.
    notifier.next_errors.extend(Refused("550 no such user") for _ in TEAM)
    declare(groups, login)
    merge(groups, login, export)
    notifier.sent.clear()
    clear(groups, login)
    assert sorted(one for one, _ in notifier.sent.values()) == sorted(TEAM)


def test_who_handles_contacts_that_come_into_an_outage_by_a_merge_is_told(groups: Groups) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export)
    login = issue_of(groups, "login", EVE)
    # Not of late newcomers of the outage itself: it is one broadcast.
    joins(groups, export, KAI)
    merge(groups, export, login)
    assert counts(groups, NoticeKind.OUTAGE) == dict.fromkeys((*TEAM, EVE), 1)
    clear(groups, export)
    assert counts(groups, NoticeKind.ALL_CLEAR) == dict.fromkeys((*TEAM, EVE), 1)


def test_a_merge_of_a_merge_takes_the_outage_along(groups: Groups) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export)
    login, invoice = issue_of(groups, "login", BOB), issue_of(groups, "invoice", EVE)
    merge(groups, login, export)
    merge(groups, invoice, login)
    assert counts(groups, NoticeKind.OUTAGE) == dict.fromkeys((*TEAM, EVE), 1)
    with pytest.raises(InvalidMove, match=f"{invoice.name} stands for it now"):
        clear(groups, login)
    clear(groups, invoice)
    assert counts(groups, NoticeKind.ALL_CLEAR) == dict.fromkeys((*TEAM, EVE), 1)
    assert groups.broken_promises() == []


def test_undoing_the_merge_takes_the_outage_back_and_tells_whom_only_the_merge_told(
    groups: Groups,
) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export)
    login = issue_of(groups, "login", EVE)
    merge(groups, login, export)
    groups.undo(login)
    assert (is_open(groups, export), is_open(groups, login)) == (True, False)
    parted = inbox(groups, NoticeKind.ALL_CLEAR)
    assert list(parted) == [EVE]
    assert f"{login.name} is no part of the outage {export.name}" in parted[EVE][0]
    # Merged again, it is told to her again; the others still know.
    merge(groups, login, export)
    assert counts(groups, NoticeKind.OUTAGE) == {**dict.fromkeys(TEAM, 1), EVE: 2}
    clear(groups, login)
    assert counts(groups, NoticeKind.ALL_CLEAR) == {**dict.fromkeys(TEAM, 1), EVE: 2}


def test_after_an_undo_the_all_clear_of_the_outage_passes_by_who_was_told_that_it_is_not_theirs(
    groups: Groups,
) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export)
    login = issue_of(groups, "login", EVE)
    merge(groups, login, export)
    groups.undo(export)
    clear(groups, export)
    assert counts(groups, NoticeKind.ALL_CLEAR) == dict.fromkeys((*TEAM, EVE), 1)


def test_an_all_clear_holds_for_both_when_the_merge_is_undone_after_it(groups: Groups) -> None:
    export, login = issue_of(groups, "export", ADA), issue_of(groups, "login", EVE)
    declare(groups, export)
    merge(groups, login, export)
    clear(groups, login)
    before = counts(groups, NoticeKind.ALL_CLEAR)
    groups.undo(login)
    assert (is_open(groups, export), is_open(groups, login)) == (False, False)
    assert counts(groups, NoticeKind.ALL_CLEAR) == before
    with pytest.raises(InvalidMove, match="already given the all-clear"):
        clear(groups, export)


def test_shipping_the_survivor_gives_the_all_clear(groups: Groups) -> None:
    export, login = issue_of(groups, "export", ADA), issue_of(groups, "login", EVE)
    declare(groups, export)
    merge(groups, login, export)
    with groups.application.open() as store:
        cause = Cause(Actor("person", LEAD), groups.pipeline.clock.moment)
        moved = store.issues.get(groups.product.id, login.id, lock=True)
        for state in (IssueState.CONFIRMED, IssueState.FILED, IssueState.RESOLVED):
            moved = move_issue(moved, state, store=store, cause=cause)
        news = ReleaseNews("4.2", groups.pipeline.clock.moment, issue_ids=(login.id,))
        context = groups.application.context
        for _ in range(2):
            ship(news, groups.product, store=store, context=context, cause=cause)
    fixed = inbox(groups, NoticeKind.FIX)
    assert {ADA, EVE, LEAD} == {*fixed}
    assert all("The outage is over." in texts[0] for texts in fixed.values())
    assert counts(groups, NoticeKind.ALL_CLEAR) == {BOB: 1}
    assert not is_open(groups, login)


def test_an_outage_that_was_split_off_comes_back_when_the_split_is_undone(groups: Groups) -> None:
    export = issue_of(groups, "export", EVE)
    with groups.application.open() as store:
        made = split_issue(export, groups.on(export)[:1], groups.act(store))
    declare(groups, made)
    joins(groups, export, KAI)
    groups.undo(made)
    assert is_open(groups, export)
    assert counts(groups, NoticeKind.OUTAGE) == dict.fromkeys((*TEAM, EVE, KAI), 1)
    clear(groups, export)
    assert counts(groups, NoticeKind.ALL_CLEAR) == dict.fromkeys((*TEAM, EVE, KAI), 1)


def test_an_issue_with_an_open_outage_is_not_dismissed(groups: Groups) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export)
    cause = Cause(Actor("person", LEAD), groups.pipeline.clock.moment, "a training account")
    with groups.application.open() as store:
        with pytest.raises(InvalidMove, match="open outage: give the all-clear first"):
            dismiss_issue(export, store=store, cause=cause)
        confirm_issue(export, store=store, cause=cause)
    clear(groups, export)
    with groups.application.open() as store:
        dismissed = dismiss_issue(groups.now(export), store=store, cause=cause)
    assert dismissed.state is IssueState.DISMISSED


def test_moving_contacts_tells_nobody_and_leaves_the_outage_where_it_was_declared(
    groups: Groups,
) -> None:
    export = issue_of(groups, "export", ADA)
    declare(groups, export)
    login = issue_of(groups, "login", EVE)
    for source, target in ((login, export), (export, login)):
        with groups.application.open() as store:
            move_contacts(source, groups.on(source)[:1], target, groups.act(store))
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    assert counts(groups, NoticeKind.OUTAGE) == dict.fromkeys(TEAM, 1)
    assert (is_open(groups, export), is_open(groups, login)) == (True, False)


def test_events_name_the_issues_that_an_outage_was_declared_on(groups: Groups) -> None:
    export, login = issue_of(groups, "export", ADA), issue_of(groups, "login", BOB)
    with groups.application.open() as store:
        store.connections.add(groups.product.id, ENDPOINT, name="crm", config={}, sealed=b"")
        told = telling(groups, store)
        declare_outage(login, "We work on it.", told)
        clear_outage(login, told)
        declare_outage(export, "We work on it.", told)
    groups.merge(login, export)
    with groups.application.open() as store:
        clear_outage(groups.now(login), telling(groups, store))
        every = store.messages.search(groups.product.id, [], limit=99)
    cleared = [one for one in every if one.subject == "outage.cleared"]
    assert len(cleared) == 2
    assert f'"declared_on": ["{export.name}"]' in cleared[0].text
