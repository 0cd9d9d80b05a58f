"""A burst: alike contacts within hours are an issue at once, before any look at all contacts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.contacts import ContactReceived
from bridge.domain.issues import IssueState
from bridge.domain.people import MACHINE
from bridge.store.issues import IssueSummary
from tests.builders import EXPORT_TEXTS, START, a_contact, contacts_about_export
from tests.conftest import Pipeline
from tests.loop import issues

ERROR_TEXTS = (
    "Since this morning the payment page shows an error",
    "Since this morning the payment page only shows an error",
    "The payment page shows an error since this morning",
    "Error on the payment page since this morning",
    "The payment page has shown an error since this morning",
)
FORM_TEXTS = (
    "Since this morning the card form on the payment page stays empty",
    "The card form of the payment page stays empty since this morning",
    "My card form on the payment page is empty since this morning",
    "Payment page: the card form stays empty this morning",
    "The payment page has had an empty card form since this morning",
)
"""One outage seen from two sides: in two wordings, with a few words in common."""


def found(pipeline: Pipeline) -> list[IssueSummary]:
    return issues(pipeline.application, pipeline.product)


def by_customers(customers: int, *, apart: float = 1, contacts: int = 5) -> list[ContactReceived]:
    """Contacts about the export by so many people, some minutes apart."""
    return [
        a_contact(
            EXPORT_TEXTS[number],
            external_id=f"export-{number}",
            email=f"customer{number % customers}@company.example",
            minutes=number * apart,
        )
        for number in range(contacts)
    ]


def test_five_alike_contacts_by_three_customers_are_an_issue_at_once(pipeline: Pipeline) -> None:
    first, last = by_customers(3)[:4], by_customers(3)[4:]
    pipeline.send(*first)
    assert found(pipeline) == []
    pipeline.send(*last)
    (summary,) = found(pipeline)
    assert summary.issue.state is IssueState.CANDIDATE
    assert (summary.counts.contacts, summary.counts.customers) == (5, 3)


def test_the_issue_has_a_title_a_centroid_and_a_reason(pipeline: Pipeline) -> None:
    pipeline.send(*contacts_about_export(5))
    (summary,) = found(pipeline)
    issue, encoder = summary.issue, pipeline.application.context.encoder().name
    assert "export button" in issue.title.lower()
    with pipeline.application.open() as store:
        (centroid,) = store.vectors.centroids(pipeline.product.id, encoder)
        (decision,) = store.decisions.history(issue.id)
        placed = store.placements.of_issue(pipeline.product.id, issue.id)
        outlook = store.vectors.outlook(encoder, issue.id)
        store.vectors.recount(pipeline.product.id, [issue.id])
        (counted,) = store.vectors.centroids(pipeline.product.id, encoder)
        assert store.invariants.violations(now=pipeline.clock.moment) == []
    assert (centroid.issue_id, centroid.size) == (issue.id, 5)
    assert centroid.burst_at == START + timedelta(minutes=4)
    assert centroid.total.tolist() == pytest.approx(counted.total.tolist(), abs=1e-3)
    assert (decision.actor, decision.action) == (MACHINE, "candidate")
    assert decision.reason == "5 alike contacts within hours"
    assert len(placed) == 5
    assert outlook is not None


@pytest.mark.parametrize(
    "contacts",
    [
        by_customers(4, contacts=4),
        by_customers(2),
        by_customers(5, apart=91),
    ],
    ids=["four", "by two customers", "over more than six hours"],
)
def test_fewer_or_slower_contacts_wait_for_a_look_at_all(
    pipeline: Pipeline, contacts: Sequence[ContactReceived]
) -> None:
    pipeline.send(*contacts)
    assert found(pipeline) == []
    pipeline.consolidate()
    assert len(found(pipeline)) == 1


def test_a_shared_mailbox_is_no_customer_of_a_burst(pipeline: Pipeline) -> None:
    senders = ["mia@one.example", "jo@two.example", *["info@three.example"] * 4]
    pipeline.send(
        *(
            a_contact(text, external_id=f"c-{number}", email=sender, minutes=number)
            for number, (text, sender) in enumerate(zip(EXPORT_TEXTS, senders, strict=False))
        )
    )
    assert found(pipeline) == []


def test_later_alike_contacts_join_it(pipeline: Pipeline) -> None:
    pipeline.send(*contacts_about_export(5), *contacts_about_export(2, first=5, minutes=300))
    (summary,) = found(pipeline)
    assert summary.counts.contacts == 7
    encoder = pipeline.application.context.encoder().name
    with pipeline.application.open() as store:
        began = store.vectors.burst_at(encoder, summary.issue.id)
    assert began == START + timedelta(minutes=4)
    pipeline.consolidate()
    assert [one.issue.id for one in found(pipeline)] == [summary.issue.id]


def by_five(texts: Sequence[str], *, minutes: float = 0) -> list[ContactReceived]:
    """A burst in these words."""
    return [
        a_contact(
            text,
            external_id=f"{minutes}-{number}",
            email=f"payer{minutes}-{number}@company.example",
            minutes=minutes + number,
        )
        for number, text in enumerate(texts[:5])
    ]


def sizes(pipeline: Pipeline) -> list[int]:
    return sorted(one.counts.contacts for one in found(pipeline))


def test_a_burst_about_something_else_is_an_issue_of_its_own(pipeline: Pipeline) -> None:
    pipeline.send(*by_five(EXPORT_TEXTS), *by_five(ERROR_TEXTS, minutes=30))
    assert sizes(pipeline) == [5, 5]


@pytest.mark.parametrize(
    ("minutes", "expected"), [(60, [10]), (400, [5, 5])], ids=["within hours", "later"]
)
def test_a_second_burst_close_to_a_young_one_extends_it(
    pipeline: Pipeline, minutes: float, expected: list[int]
) -> None:
    context = pipeline.application.context
    # No contact alone is near enough to join.
    pipeline.rewire(replace(context, finder=replace(context.finder, join_threshold=0.6)))
    pipeline.send(*by_five(ERROR_TEXTS), *by_five(FORM_TEXTS[:4], minutes=minutes))
    assert sizes(pipeline) == [5]
    pipeline.send(*by_five(FORM_TEXTS[4:], minutes=minutes + 10))
    assert sizes(pipeline) == expected
    with pipeline.application.open() as store:
        assert store.invariants.violations(now=pipeline.clock.moment) == []
