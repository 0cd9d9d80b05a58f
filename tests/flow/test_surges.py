"""A surge: another trouble that pours in on an issue it resembles is an issue of its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.contacts import ContactReceived
from bridge.domain.grouping import ConstraintKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import MACHINE
from bridge.steps.moves import Cause, move_issue
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.flow.test_bursts import ERROR_TEXTS, FORM_TEXTS
from tests.loop import issues

DAY = 24 * 60


@pytest.fixture
def bench(pipeline: Pipeline) -> Pipeline:
    """A finder that lets the two troubles join, and tells surges apart by shared words."""
    context = pipeline.application.context
    finder = replace(context.finder, join_threshold=0.12, surge_apart=0.1, burst_bonus=0.05)
    pipeline.rewire(replace(context, finder=finder))
    return pipeline


def contacts(
    texts: Sequence[str], count: int, *, minutes: float, apart: float
) -> list[ContactReceived]:
    """So many contacts in these words by as many customers, some minutes apart."""
    return [
        a_contact(
            f"{texts[number % len(texts)]}{' again' * (number // len(texts))}",
            external_id=f"{minutes}-{number}",
            email=f"payer{minutes}-{number}@company.example",
            minutes=minutes + number * apart,
        )
        for number in range(count)
    ]


def an_issue_of_some_days(bench: Pipeline) -> Issue:
    """One issue that gets a contact every twelve hours, and that a person has confirmed."""
    bench.send(*contacts(ERROR_TEXTS, 5, minutes=0, apart=1))
    bench.send(*contacts(ERROR_TEXTS, 5, minutes=DAY, apart=12 * 60))
    (summary,) = issues(bench.application, bench.product)
    with bench.application.open() as store:
        issue = store.issues.get(bench.product.id, summary.issue.id, lock=True)
        cause = Cause(MACHINE, bench.clock.moment, "test", "test")
        return move_issue(issue, IssueState.CONFIRMED, store=store, cause=cause)


def sizes(bench: Pipeline) -> dict[str, int]:
    found = issues(bench.application, bench.product)
    return {one.issue.name: one.counts.contacts for one in found}


def test_another_trouble_begins_an_issue_of_its_own(bench: Pipeline) -> None:
    older = an_issue_of_some_days(bench)
    bench.send(*contacts(FORM_TEXTS, 12, minutes=5 * DAY, apart=5))
    counted = sizes(bench)
    assert len(counted) == 2
    # What came before it could be told stays where it is.
    before = counted.pop(older.name)
    assert 14 <= before <= 18
    assert list(counted.values()) == [22 - before]
    found = issues(bench.application, bench.product)
    (made,) = (one.issue for one in found if one.issue.id != older.id)
    with bench.application.open() as store:
        history = store.decisions.history(made.id)
        pairs = store.constraints.of_product(bench.product.id)
        assert store.invariants.violations(now=bench.clock.moment) == []
    told = [one for one in history if one.action == "kept_apart"]
    assert [(one.actor, one.after["told"]) for one in told] == [(MACHINE, f"from {older.name}")]
    assert "contacts within hours on" in told[0].reason
    assert {one.kind for one in pairs} == {ConstraintKind.CANNOT_LINK}


def test_looking_at_all_contacts_together_does_not_put_it_back(bench: Pipeline) -> None:
    an_issue_of_some_days(bench)
    bench.send(*contacts(FORM_TEXTS, 14, minutes=5 * DAY, apart=5))
    counted = sizes(bench)
    assert len(counted) == 2
    bench.consolidate()
    bench.clock.advance(bench.clock.moment + timedelta(days=2), bench.queue)
    bench.consolidate()
    assert sizes(bench) == counted


def test_a_surge_of_the_same_trouble_stays_on_its_issue(bench: Pipeline) -> None:
    older = an_issue_of_some_days(bench)
    bench.send(*contacts(ERROR_TEXTS, 12, minutes=5 * DAY, apart=5))
    assert sizes(bench) == {older.name: 22}


def test_a_slow_change_is_no_surge(bench: Pipeline) -> None:
    older = an_issue_of_some_days(bench)
    bench.send(*contacts(FORM_TEXTS, 12, minutes=5 * DAY, apart=12 * 60))
    assert sizes(bench) == {older.name: 22}


def test_an_outage_that_is_still_growing_is_not_parted(bench: Pipeline) -> None:
    bench.send(*contacts(ERROR_TEXTS, 8, minutes=0, apart=1))
    bench.send(*contacts(FORM_TEXTS, 12, minutes=10 * 60, apart=5))
    assert list(sizes(bench).values()) == [20]


def test_what_comes_from_a_shared_mailbox_is_no_surge(bench: Pipeline) -> None:
    older = an_issue_of_some_days(bench)
    some = contacts(FORM_TEXTS, 12, minutes=5 * DAY, apart=5)
    shared = a_contact("Anything", external_id="one", email="info@three.example").customer
    bench.send(*(replace(contact, customer=shared) for contact in some))
    assert sizes(bench) == {older.name: 22}
