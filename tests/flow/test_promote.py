"""When a product that files by itself files a candidate, and what it waits for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.domain.grouping import SuggestionId, SuggestionKind
from bridge.domain.issues import Issue, IssueId, IssueState
from bridge.steps.answer import answer_suggestion
from bridge.steps.asking import real_key
from bridge.store.vectors import SeenOutlook
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.groups_bench import Groups
from tests.loop import connected_sandbox, issues


@pytest.fixture
def filing(pipeline: Pipeline, tmp_path: Path) -> Iterator[Pipeline]:
    """A product with a tracker, which does not file by itself yet."""
    with connected_sandbox(pipeline.application, pipeline.product, tmp_path, pipeline.clock):
        yield pipeline


def slow_candidate(pipeline: Pipeline) -> Issue:
    """Five contacts over ten hours: no burst."""
    for number in range(5):
        pipeline.send(*contacts_about_export(1, first=number, minutes=number * 120))
    pipeline.consolidate()
    (summary,) = issues(pipeline.application, pipeline.product)
    return summary.issue


def wait_for_review(pipeline: Pipeline, *, has_time: bool = True) -> None:
    context = pipeline.application.context
    pipeline.rewire(replace(context, waits_for_review=lambda: has_time))


def ask(pipeline: Pipeline, issue: Issue, size: int = 5) -> SuggestionId:
    """Put the question whether a candidate is an issue."""
    with pipeline.application.open() as store:
        asked = store.suggestions.propose(
            pipeline.product.id,
            kind=SuggestionKind.REAL,
            key=real_key(issue.id, size),
            issue_id=issue.id,
            now=pipeline.clock.moment,
        )
    assert asked is not None
    return asked


def promoted(pipeline: Pipeline, issue: Issue) -> IssueState:
    """What becomes of a candidate now that the product files by itself."""
    with pipeline.application.open() as store:
        store.products.configure(pipeline.product.id, filing_auto=True)
        store.enqueue("promote", product_id=pipeline.product.id, issue_id=issue.id)
    pipeline.queue.drain(pipeline.clock.moment)
    with pipeline.application.open() as store:
        return store.issues.get(pipeline.product.id, issue.id).state


def test_a_candidate_waits_for_the_answer_while_somebody_has_time(filing: Pipeline) -> None:
    issue = slow_candidate(filing)
    asked = ask(filing, issue)
    wait_for_review(filing)
    assert promoted(filing, issue) is IssueState.CANDIDATE
    with filing.application.open() as store:
        store.suggestions.withdraw(filing.product.id, ids=[asked])
    assert promoted(filing, issue) is IssueState.FILED


def test_a_candidate_waits_for_nobody_who_has_no_time(filing: Pipeline) -> None:
    issue = slow_candidate(filing)
    ask(filing, issue)
    wait_for_review(filing, has_time=False)
    assert promoted(filing, issue) is IssueState.FILED


@pytest.mark.parametrize(
    ("hours", "expected"), [(1, IssueState.FILED), (7, IssueState.CANDIDATE)], ids=["young", "old"]
)
def test_an_outage_waits_for_nobody(filing: Pipeline, hours: float, expected: IssueState) -> None:
    filing.send(*contacts_about_export(5))
    (summary,) = issues(filing.application, filing.product)
    ask(filing, summary.issue)
    wait_for_review(filing)
    filing.clock.advance(filing.clock.moment + timedelta(hours=hours), filing.queue)
    assert promoted(filing, summary.issue) is expected


def test_an_unsure_candidate_is_not_filed(filing: Pipeline) -> None:
    issue = slow_candidate(filing)
    context = filing.application.context
    filing.rewire(replace(context, finder=replace(context.finder, least_new=0.4)))
    for new_issue, expected in ((0.39, IssueState.CANDIDATE), (0.41, IssueState.FILED)):
        with filing.application.open() as store:
            seen = {issue.id: SeenOutlook(new_issue, None, None)}
            store.vectors.save_outlooks(context.encoder().name, seen)
        assert promoted(filing, issue) is expected


def test_one_text_repeated_is_not_filed(filing: Pipeline) -> None:
    assert promoted(filing, Groups(filing).issue("export", 5)) is IssueState.CANDIDATE


def test_after_a_no_it_is_filed_once_it_has_doubled(filing: Pipeline) -> None:
    issue = slow_candidate(filing)
    asked = ask(filing, issue)
    with filing.application.open() as store:
        suggestion = store.suggestions.get(filing.product.id, asked)
        answer_suggestion(suggestion, Groups(filing).act(store), is_yes=False)
    assert promoted(filing, issue) is IssueState.CANDIDATE
    for count, expected in ((7, IssueState.CANDIDATE), (10, IssueState.FILED)):
        on = Groups(filing).on(issue)
        more = range(len(on), count)
        filing.send(*(contacts_about_export(1, first=n, minutes=n * 120)[0] for n in more))
        assert len(Groups(filing).on(issue)) == count
        assert promoted(filing, issue) is expected


def _loose(groups: Groups) -> set[IssueId | None]:
    context = groups.application.context
    with groups.application.open() as store:
        found = store.vectors.loose(
            groups.product.id,
            context.encoder().name,
            since=context.now() - timedelta(days=60),
            limit=100,
            young_since=context.now(),
            least_apart=5,
        )
    return {one.issue_id for one in found}


def test_a_no_leaves_a_candidate_to_be_regrouped_and_other_decisions_do_not(
    pipeline: Pipeline,
) -> None:
    groups = Groups(pipeline)
    export, login, invoice = (groups.issue(one) for one in ("export", "login", "invoice"))
    assert _loose(groups) == {export.id, login.id, invoice.id}
    _say_no(groups, SuggestionKind.SAME, export, login)
    _say_no(groups, SuggestionKind.REAL, export)
    assert _loose(groups) == {export.id, login.id, invoice.id}
    groups.merge(login, invoice)
    assert _loose(groups) == {export.id}


def _say_no(groups: Groups, kind: SuggestionKind, issue: Issue, other: Issue | None = None) -> None:
    with groups.application.open() as store:
        asked = store.suggestions.propose(
            groups.product.id,
            kind=kind,
            key="asked",
            issue_id=issue.id,
            other_id=other.id if other else None,
            now=groups.pipeline.clock.moment,
        )
        suggestion = store.suggestions.get(groups.product.id, asked or 0)
        answer_suggestion(suggestion, groups.act(store), is_yes=False)
