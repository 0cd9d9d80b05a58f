"""What the machine asks about candidates, when it asks again, and when it drops a question."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import Issue, IssueId
from bridge.steps.answer import answer_suggestion
from bridge.steps.asking import LEAST_WORTH, Looked, ask_about, real_key
from bridge.store.vectors import SeenOutlook
from models.evidence import probability
from models.settings import FinderSettings
from tests.conftest import Pipeline
from tests.groups_bench import Groups

SAME, REAL = SuggestionKind.SAME, SuggestionKind.REAL
SHIFT = FinderSettings().asked_shift


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand, looked at with the finder of real encoders: it can be unsure."""
    pipeline.rewire(replace(pipeline.application.context, finder=FinderSettings()))
    return Groups(pipeline)


def looked(
    new_issue: float, near: Issue | None = None, same: float | None = None, *, size: int = 5
) -> Looked:
    """A candidate with these log-odds."""
    return Looked(SeenOutlook(new_issue, near.id if near else None, same), size)


def ask(groups: Groups, candidates: Mapping[IssueId, Looked]) -> list[Suggestion]:
    """Everything that is open after these candidates were looked at."""
    with groups.application.open() as store:
        product = store.products.get(groups.product.id)
        ask_about(candidates, product, store=store, context=groups.application.context)
        return store.suggestions.open(product.id)


def answer(groups: Groups, suggestion: Suggestion, *, is_yes: bool) -> None:
    with groups.application.open() as store:
        answer_suggestion(suggestion, groups.act(store), is_yes=is_yes)


def later(groups: Groups, **time: float) -> None:
    clock = groups.pipeline.clock
    clock.advance(clock.moment + timedelta(**time), groups.pipeline.queue)


def test_the_question_that_helps_most_is_asked_and_what_is_clear_is_not(groups: Groups) -> None:
    export, login = groups.issue("export", 2), groups.issue("login", 2)

    def asked(what: Looked) -> Suggestion:
        (found,) = ask(groups, {export.id: what})
        assert found.issue_id == export.id
        return found

    # Near an issue, and sure to be filed: a yes spares a second ticket.
    likely = probability(-0.5 + SHIFT)
    sure = asked(looked(1.0, login, -0.5))
    assert (sure.kind, sure.other_id) == (SAME, login.id)
    assert (sure.probability, sure.worth) == pytest.approx((likely, 0.7 * likely))
    # Near and unsure: a no lets it be filed, and is worth less the likelier the yes.
    near, nearer = (asked(looked(-1.0, login, odds)) for odds in (-1.5, -0.5))
    assert {(one.kind, one.other_id) for one in (near, nearer)} == {(SAME, login.id)}
    assert near.worth > nearer.worth >= LEAST_WORTH
    # Far and unsure.
    real = probability(-0.5)
    for far in (asked(looked(-0.5)), asked(looked(-0.5, login, -6.0))):
        assert (far.kind, far.other_id) == (REAL, None)
        assert (far.probability, far.worth) == pytest.approx((real, real))
    # Clear: new, noise, or too small to be filed anyway.
    clear = looked(2.0), looked(2.0, login, -6.0), looked(-3.0), looked(-0.5, size=4)
    for one in clear:
        assert ask(groups, {export.id: one}) == []


def test_the_most_helpful_question_comes_first(groups: Groups) -> None:
    export, login, invoice = (groups.issue(one, 2) for one in ("export", "login", "invoice"))
    found = ask(
        groups,
        {
            export.id: looked(-1.2),
            login.id: looked(1.0, invoice, 0.5),
            invoice.id: looked(-0.5),
        },
    )
    assert [one.issue_id for one in found] == [login.id, invoice.id, export.id]


def test_an_unchanged_question_is_not_written_again(groups: Groups) -> None:
    export, login = groups.issue("export", 2), groups.issue("login", 2)
    same = {export.id: looked(1.0, login, -0.5), login.id: looked(-0.5)}
    first = ask(groups, same)
    later(groups, days=1)
    assert ask(groups, same) == first
    # What it says has changed: the same question, renewed.
    later(groups, days=1)
    before, (after, _) = first[0], ask(groups, {export.id: looked(1.0, login, 0.5)})
    assert (after.id, after.key) == (before.id, before.key)
    assert after.expires_at == before.expires_at + timedelta(days=2)
    assert (after.probability or 0) > (before.probability or 0)


def test_a_question_not_wanted_any_more_is_dropped_and_no_other(groups: Groups) -> None:
    export, login = groups.issue("export", 2), groups.issue("login", 2)
    contact = groups.on(export)[0]
    with groups.application.open() as store:
        for kind in (SuggestionKind.BELONGS, SuggestionKind.SPLIT):
            store.suggestions.propose(
                groups.product.id,
                kind=kind,
                key="by hand",
                issue_id=export.id,
                contact_id=contact,
                contacts=[contact],
                now=groups.pipeline.clock.moment,
            )
    ask(groups, {export.id: looked(-0.5), login.id: looked(-0.5)})
    found = ask(groups, {export.id: looked(2.0)})
    kinds = {(one.kind, one.issue_id) for one in found}
    assert kinds == {
        (SuggestionKind.BELONGS, export.id),
        (SuggestionKind.SPLIT, export.id),
        (REAL, login.id),
    }
    # Another question about the same candidate takes the place of the first.
    found = ask(groups, {login.id: looked(1.0, export, 0.0)})
    assert [one.kind for one in found if one.issue_id == login.id] == [SAME]


def test_after_a_no_a_candidate_is_asked_about_again_once_it_has_doubled(groups: Groups) -> None:
    export = groups.issue("export", 5)
    (asked,) = ask(groups, {export.id: looked(-0.5, size=5)})
    answer(groups, asked, is_yes=False)
    for size in (5, 6, 7):
        assert ask(groups, {export.id: looked(-0.5, size=size)}) == []
    (again,) = ask(groups, {export.id: looked(-0.5, size=10)})
    assert (again.kind, again.key) == (REAL, real_key(export.id, 10))
    assert again.key != asked.key


def test_after_a_no_two_issues_are_not_asked_about_again(groups: Groups) -> None:
    export, login = groups.issue("export", 2), groups.issue("login", 2)
    (asked,) = ask(groups, {export.id: looked(1.0, login, 0.0)})
    answer(groups, asked, is_yes=False)
    found = ask(groups, {export.id: looked(1.0, login, 0.5), login.id: looked(1.0, export, 0.5)})
    assert found == []


def test_a_question_nobody_answered_for_a_month_is_asked_anew(groups: Groups) -> None:
    export = groups.issue("export", 5)
    (old,) = ask(groups, {export.id: looked(-0.5)})
    later(groups, days=31)
    with groups.application.open() as store:
        store.enqueue("expire")
    groups.pipeline.queue.drain(groups.pipeline.clock.moment)
    (new,) = ask(groups, {export.id: looked(-0.5)})
    assert new.id != old.id
    answer(groups, new, is_yes=False)
