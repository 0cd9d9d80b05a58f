"""What people say moves the finder of their product, at once, a little, and until it is undone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bridge.domain.contacts import ContactId
from bridge.domain.grouping import SuggestionKind
from bridge.domain.issues import Issue, IssueState
from bridge.domain.products import Product
from bridge.steps.answer import answer_suggestion
from bridge.steps.asking import belongs_key, same_key
from bridge.steps.move import move_contacts, split_issue
from bridge.store.lessons import Said
from bridge.store.vectors import SeenOutlook
from models.settings import FinderSettings
from tests.conftest import Pipeline
from tests.groups_bench import Groups

SAME, SPLIT, BELONGS = SuggestionKind.SAME, SuggestionKind.SPLIT, SuggestionKind.BELONGS


@pytest.fixture
def groups(pipeline: Pipeline) -> Groups:
    """Issues made by hand."""
    return Groups(pipeline)


def product_of(groups: Groups) -> Product:
    with groups.application.open() as store:
        return store.products.get(groups.product.id)


def said(groups: Groups) -> list[Said]:
    with groups.application.open() as store:
        return store.lessons.of_product(groups.product.id, limit=99)


def ask(groups: Groups, kind: SuggestionKind, number: int, issue: Issue, **named: int) -> int:
    """A question of which the finder knows nothing: as likely as not."""
    with groups.application.open() as store:
        made = store.suggestions.propose(
            groups.product.id,
            kind=kind,
            key=f"{number}",
            issue_id=issue.id,
            other_id=named.get("other_id"),
            contact_id=named.get("contact_id"),
            contacts=[named["chosen"]] if "chosen" in named else [],
            log_odds=0.0,
            now=groups.pipeline.clock.moment,
        )
    assert made is not None
    return made


def answer(groups: Groups, suggestion_id: int, *, is_yes: bool) -> None:
    with groups.application.open() as store:
        suggestion = store.suggestions.get(groups.product.id, suggestion_id)
        answer_suggestion(suggestion, groups.act(store), is_yes=is_yes)


def _same(groups: Groups, number: int) -> None:
    one, other = groups.issue("export", 1 + number), groups.issue("login", 1 + number)
    answer(groups, ask(groups, SAME, number, one, other_id=other.id), is_yes=False)


def _split(groups: Groups, number: int) -> None:
    issue = groups.issue("export", 4, state=IssueState.CONFIRMED)
    asked = ask(groups, SPLIT, number, issue, chosen=groups.on(issue)[0])
    answer(groups, asked, is_yes=True)


def _belongs(groups: Groups, number: int) -> None:
    issue = groups.issue("export", 1 + number)
    (contact,) = groups.contacts("login", 1, first=500 + number)
    answer(groups, ask(groups, BELONGS, number, issue, contact_id=contact), is_yes=False)


@pytest.mark.parametrize("do", [_same, _split, _belongs])
def test_ten_answers_that_agree_move_the_product_and_no_other(
    groups: Groups, do: Callable[[Groups, int], None]
) -> None:
    with groups.application.open() as store:
        other = store.products.add("other", "Other")
    context = groups.application.context
    for number in range(9):
        do(groups, number)
    untaught = product_of(groups)
    assert (untaught.same_shift, untaught.join_shift) == (0.0, 0.0)
    assert context.finder_for(untaught) is context.finder
    do(groups, 9)
    taught = product_of(groups)
    assert len(said(groups)) == 10
    moved = context.finder_for(taught)
    if do is _belongs:
        assert -1 <= taught.join_shift < -0.1
        assert taught.same_shift == 0.0
        assert moved.join_threshold > context.finder.join_threshold
    else:
        assert -1 <= taught.same_shift < -0.1
        assert taught.join_shift == 0.0
        assert moved.same_intercept == context.finder.same_intercept + taught.same_shift
    with groups.application.open() as store:
        assert store.products.get(other.id) == other
        assert store.products.lock_grouping(groups.product.id) == taught


def test_an_answer_taken_back_teaches_nothing(groups: Groups) -> None:
    for number in range(9):
        _same(groups, number)
    one, other = groups.issue("export", 30), groups.issue("login", 30)
    answer(groups, ask(groups, SAME, 9, one, other_id=other.id), is_yes=False)
    assert product_of(groups).same_shift < 0
    groups.undo(one)
    assert product_of(groups).same_shift == 0.0


def test_a_merge_unasked_answers_the_open_question(groups: Groups) -> None:
    export, login = groups.issue("export"), groups.issue("login")
    with groups.application.open() as store:
        store.suggestions.propose(
            groups.product.id,
            kind=SAME,
            key=same_key(export.id, login.id),
            issue_id=export.id,
            other_id=login.id,
            log_odds=-0.7,
            now=groups.pipeline.clock.moment,
        )
    groups.merge(login, export)
    assert said(groups) == [Said(SAME, -0.7, is_yes=True, was_asked=True)]
    groups.undo(login)
    assert said(groups) == []


def test_a_merge_nobody_asked_about_teaches_what_the_finder_had_thought(groups: Groups) -> None:
    export, login, invoice = (groups.issue(one) for one in ("export", "login", "invoice"))
    encoder = groups.application.context.encoder().name
    with groups.application.open() as store:
        store.vectors.save_outlooks(encoder, {login.id: SeenOutlook(0.1, export.id, -2.0)})
    groups.merge(export, login, invoice)
    # Nothing is known about the third: the finder never compared it.
    (found,) = said(groups)
    assert (found.kind, found.is_yes, found.was_asked) == (SAME, True, False)
    assert found.log_odds == pytest.approx(-2.0 + FinderSettings().asked_shift)
    groups.undo(export)
    assert said(groups) == []


def test_a_split_nobody_asked_about_teaches_how_sure_the_finder_was(groups: Groups) -> None:
    export = groups.issue("export", 9)
    with groups.application.open() as store:
        split_issue(export, groups.on(export)[:4], groups.act(store))
    (found,) = said(groups)
    # All are about one thing to the finder, so a split was unlikely.
    assert (found.kind, found.is_yes, found.was_asked) == (SPLIT, True, False)
    assert found.log_odds < 0
    groups.undo(export)
    assert said(groups) == []


def test_a_few_contacts_split_off_teach_nothing(groups: Groups) -> None:
    export = groups.issue("export", 9)
    with groups.application.open() as store:
        split_issue(export, groups.on(export)[:2], groups.act(store))
    assert said(groups) == []


def test_a_move_nobody_asked_about_teaches_the_clearest_contact(groups: Groups) -> None:
    export = groups.issue("export", 6)
    contacts = groups.on(export)
    with groups.application.open() as store:
        move_contacts(export, contacts[2:5], None, groups.act(store))
    finder = groups.application.context.finder
    # The bench places them with .90, .89, .88 … where .5 is needed.
    odds = finder.same_weights[0] * (0.88 - 0.5 + finder.similar_margin)
    (found,) = said(groups)
    assert (found.kind, found.is_yes, found.was_asked) == (BELONGS, False, False)
    assert found.log_odds == pytest.approx(odds)
    key = belongs_key(ContactId(contacts[2]), export.id)
    with groups.application.open() as store:
        assert store.suggestions.was_rejected(groups.product.id, BELONGS, key)


def test_a_contact_that_a_person_had_placed_teaches_nothing(groups: Groups) -> None:
    export, login = groups.issue("export", 6), groups.issue("login", 3)
    contact = groups.on(login)[0]
    for issue, to in ((login, export), (export, None)):
        with groups.application.open() as store:
            target = None if to is None else store.issues.get(groups.product.id, to.id)
            move_contacts(groups.now(issue), [contact], target, groups.act(store))
    assert len(said(groups)) == 1


def test_what_was_learned_is_used_at_once(groups: Groups) -> None:
    context = groups.application.context
    product = replace(product_of(groups), same_shift=-0.5, join_shift=1.0)
    moved, plain = context.finder_for(product), context.finder
    assert moved.same_intercept == plain.same_intercept - 0.5
    assert moved.join_threshold == pytest.approx(plain.join_threshold - 1 / plain.same_weights[0])
    assert (
        replace(moved, same_intercept=plain.same_intercept, join_threshold=plain.join_threshold)
        == plain
    )
