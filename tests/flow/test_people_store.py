"""Pairs and questions as stored: what holds, what is asked once, what is remembered."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bridge.domain.contacts import ContactId
from bridge.domain.errors import InvalidMove, NotFound
from bridge.domain.grouping import ConstraintKind, SuggestionKind, SuggestionState
from bridge.domain.products import Product
from bridge.store import Store
from bridge.store.suggestions import Answer
from tests.builders import START, contacts_about_export
from tests.conftest import Pipeline

MUST, CANNOT = ConstraintKind.MUST_LINK, ConstraintKind.CANNOT_LINK
SAME = SuggestionKind.SAME


@pytest.fixture
def store(pipeline: Pipeline) -> Iterator[Store]:
    """An open store with three contacts in it."""
    pipeline.send(*contacts_about_export(3))
    with pipeline.application.open() as opened:
        yield opened


def pairs(store: Store, product: Product) -> list[tuple[str, int, int]]:
    return [(one.kind.value, one.a, one.b) for one in store.constraints.of_product(product.id)]


def add(store: Store, product: Product, kind: ConstraintKind, *given: tuple[int, int]) -> None:
    store.constraints.add(product.id, kind, given, actor="mia", reason="because", now=START)


def test_a_pair_is_kept_once_with_the_smaller_contact_first(store: Store, product: Product) -> None:
    add(store, product, MUST, (2, 1), (1, 2), (3, 3))
    add(store, product, MUST, (1, 2))
    assert pairs(store, product) == [("must_link", 1, 2)]
    (one,) = store.constraints.of_product(product.id)
    assert (one.actor, one.reason, one.created_at) == ("mia", "because", START)
    assert store.constraints.of_contacts(product.id, [ContactId(2)]) == [one]
    assert store.constraints.of_contacts(product.id, [ContactId(3)]) == []


def test_the_newer_word_about_a_pair_wins_and_can_be_taken_back(
    store: Store, product: Product
) -> None:
    add(store, product, MUST, (1, 2), (2, 3))
    change = store.constraints.add(
        product.id, CANNOT, [(1, 2), (1, 3)], actor="jo", reason="no", now=START
    )
    assert pairs(store, product) == [
        ("must_link", 2, 3),
        ("cannot_link", 1, 2),
        ("cannot_link", 1, 3),
    ]
    store.constraints.take_back(
        product.id,
        added=[(CANNOT, a, b) for a, b in change.added],
        removed=change.removed,
    )
    assert sorted(pairs(store, product)) == [("must_link", 1, 2), ("must_link", 2, 3)]


def test_pairs_across_two_sides_are_dropped_and_no_others(store: Store, product: Product) -> None:
    add(store, product, CANNOT, (1, 2), (1, 3), (2, 3))
    removed = store.constraints.remove_between(product.id, CANNOT, [3], [1])
    assert [one.pair for one in removed.removed] == [(1, 3)]
    assert len(pairs(store, product)) == 2


def test_another_product_sees_nothing_of_it(store: Store, product: Product) -> None:
    add(store, product, MUST, (1, 2))
    made = store.suggestions.propose(product.id, kind=SAME, key="1-2", now=START)
    assert made is not None
    other = store.products.add("shop", "Shop")
    assert store.constraints.of_product(other.id) == []
    assert store.suggestions.open(other.id) == []
    with pytest.raises(NotFound):
        store.suggestions.get(other.id, made)
    assert store.suggestions.withdraw(other.id, ids=[made]) == []


def test_a_question_is_open_once_and_its_evidence_is_renewed(
    store: Store, product: Product
) -> None:
    first = store.suggestions.propose(product.id, kind=SAME, key="1-2", worth=0.2, now=START)
    later = START + timedelta(days=1)
    again = store.suggestions.propose(
        product.id, kind=SAME, key="1-2", worth=0.9, probability=0.5, contacts=[3], now=later
    )
    best = store.suggestions.propose(
        product.id, kind=SuggestionKind.REAL, key="1", worth=2, now=later
    )
    assert again == first
    found = store.suggestions.open(product.id)
    assert [one.id for one in found] == [best, first]
    assert (found[1].worth, found[1].probability, found[1].contacts) == (0.9, 0.5, (3,))
    assert found[1].expires_at == later + timedelta(days=30)


def test_many_questions_are_asked_on_one_connection(store: Store, product: Product) -> None:
    for number in range(30):
        key = f"{number % 20}"
        assert store.suggestions.propose(product.id, kind=SAME, key=key, now=START) is not None
    assert store.suggestions.count_open(product.id) == 20


def test_what_a_person_rejected_is_never_asked_again(store: Store, product: Product) -> None:
    def ask() -> int | None:
        return store.suggestions.propose(product.id, kind=SAME, key="1-2", now=START)

    asked = store.suggestions.get(product.id, ask() or 0)
    said = store.suggestions.answer(asked, Answer(False, "mia", START))
    assert (said.state, said.answered_by) == (SuggestionState.REJECTED, "mia")
    assert store.suggestions.answered(product.id) == [said]
    assert ask() is None
    with pytest.raises(InvalidMove):
        store.suggestions.answer(said, Answer(True, "jo", START))
    # Taken back, it teaches nothing and may be asked.
    store.suggestions.unanswer(product.id, said.id)
    assert store.suggestions.answered(product.id) == []
    assert ask() is not None


def test_withdrawn_and_expired_questions_may_be_asked_anew(store: Store, product: Product) -> None:
    first = store.suggestions.propose(product.id, kind=SAME, key="1-2", now=START)
    assert store.suggestions.expire(now=START + timedelta(days=29)) == 0
    assert store.suggestions.expire(now=START + timedelta(days=30)) == 1
    second = store.suggestions.propose(
        product.id, kind=SuggestionKind.BELONGS, key="x", contact_id=2, now=START
    )
    assert store.suggestions.withdraw(product.id, contact_ids=[2], kind=SAME) == []
    assert store.suggestions.withdraw(product.id, contact_ids=[2]) == [second]
    assert store.suggestions.open(product.id) == []
    third = store.suggestions.propose(product.id, kind=SAME, key="1-2", now=START)
    assert third not in (None, first)
