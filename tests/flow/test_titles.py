"""An issue is named by what its customers wrote first, and by what no other issue says."""

from dataclasses import replace

from bridge.domain.contacts import ContactId, CustomerReceived
from bridge.domain.issues import IssueId
from bridge.steps.drafts import pick_quotes
from bridge.steps.naming import rename
from tests.builders import a_contact
from tests.conftest import Pipeline
from tests.groups_bench import Groups

_OLGA = CustomerReceived(email="olga@customer.example", name="Olga Brandt")
_YOU = CustomerReceived(email="you@customer.example", name="You")
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


def _named(pipeline: Pipeline, *issue_ids: IssueId) -> list[str]:
    """The titles of these issues, after each was named in turn."""
    with pipeline.application.open() as store:
        for one in issue_ids:
            rename(one, pipeline.product.id, store=store, context=pipeline.application.context)
        return [store.issues.get(pipeline.product.id, one).title for one in issue_ids]


def test_two_issues_are_not_called_the_same(pipeline: Pipeline) -> None:
    groups = Groups(pipeline)
    said = "The garden map stays grey all day"
    one = groups.issue_of(_sent(pipeline, "g", [f"{said}. Tulips."] * 3), "?")
    other = groups.issue_of(_sent(pipeline, "h", [f"{said}. Roses."] * 3), "?")
    first, second = _named(pipeline, one.id, other.id)
    assert first == said
    assert second != first
    assert "roses" in second.lower()


def test_titles_and_quotes_name_nobody_the_product_knows(pipeline: Pipeline) -> None:
    groups = Groups(pipeline)
    pipeline.send(
        replace(a_contact("I have a question", external_id="o"), customer=_OLGA),
        replace(a_contact("I have a question too", external_id="y"), customer=_YOU),
    )
    texts = ["Olga Brandt sees a grey garden map", "My colleague Olga sees a grey garden map"]
    issue = groups.issue_of(_sent(pipeline, "g", texts), "?")
    assert "olga" not in _named(pipeline, issue.id)[0].lower()
    context, product = pipeline.application.context, pipeline.product
    with pipeline.application.open() as store:
        assert context.mentions(store, product.id).hide("You see it") == "You see it"
        quotes = pick_quotes(issue.id, product.id, store=store, context=context)
    assert quotes
    assert not [one.text for one in quotes if "Olga" in one.text or "Brandt" in one.text]


def test_who_asks_again_is_quoted_last(pipeline: Pipeline) -> None:
    groups = Groups(pipeline)
    first = "The export of my report stops at half of the pages"
    again = [f"Any news about the export of my report that stops, letter {n}" for n in range(4)]
    issue = groups.issue_of(_sent(pipeline, "e", [first, *again], customer="mia"), "?")
    context, product = pipeline.application.context, pipeline.product
    with pipeline.application.open() as store:
        quotes = pick_quotes(issue.id, product.id, store=store, context=context)
    assert quotes[0].text == first
