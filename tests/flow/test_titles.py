"""An issue is named by what its customers wrote first, and by what no other issue says."""

from bridge.domain.contacts import ContactId
from bridge.steps.naming import rename
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.groups_bench import Groups

_REMARK = "Reloading the page does not help me at all"


def _sent(
    pipeline: Pipeline, topic: str, texts: list[str], *, customer: str = ""
) -> list[ContactId]:
    sent = pipeline.send(
        *(
            a_contact(
                text,
                external_id=f"{topic}-{number}",
                email=f"{customer or f'{topic}{number}'}@customer.example",
                minutes=number,
            )
            for number, text in enumerate(texts)
        )
    )
    with pipeline.application.open() as store:
        for one in sent:
            store.issues.unassign([one.contact_id], now=pipeline.clock.moment)
    return [one.contact_id for one in sent]


def test_a_remark_that_the_next_issue_has_too_names_neither(pipeline: Pipeline) -> None:
    groups = Groups(pipeline)
    stated = ("The map of my garden is lost", "My garden map stays grey", "No garden map opens")
    others = [f"No {thing} ever arrives by post" for thing in ("bill", "card", "letter")]
    garden = groups.issue_of(_sent(pipeline, "g", [f"{one}. {_REMARK}." for one in stated]), "?")
    groups.issue_of(_sent(pipeline, "p", [f"{one}. {_REMARK}." for one in others]), "?")
    with pipeline.application.open() as store:
        rename(garden.id, pipeline.product.id, store=store, context=pipeline.application.context)
        assert "garden" in store.issues.get(pipeline.product.id, garden.id).title.lower()


def test_a_customer_who_asks_again_does_not_name_the_issue(pipeline: Pipeline) -> None:
    groups = Groups(pipeline)
    first = "The export of my report stops at half of the pages"
    again = [f"Any news about the export of my report that stops, letter {n}" for n in range(4)]
    issue = groups.issue_of(_sent(pipeline, "e", [first, *again], customer="mia"), "?")
    with pipeline.application.open() as store:
        rename(issue.id, pipeline.product.id, store=store, context=pipeline.application.context)
        assert store.issues.get(pipeline.product.id, issue.id).title == first


def test_the_nearest_other_issues_are_found(pipeline: Pipeline) -> None:
    groups = Groups(pipeline)
    issues = {topic: groups.issue(topic) for topic in ("export", "login", "invoice")}
    encoder = pipeline.application.context.encoder()
    mean = encoder.encode(["The export button does nothing when I press it"])[0]
    with pipeline.application.open() as store:
        near = store.centroids.nearest(
            pipeline.product.id, encoder.name, mean, but=issues["login"].id, most=2
        )
        only = store.centroids.nearest(
            pipeline.product.id, encoder.name, mean, but=issues["export"].id, most=1
        )
    assert [one.issue_id for one in near] == [issues["export"].id, issues["invoice"].id]
    assert [one.issue_id == issues["export"].id for one in only] == [False]
