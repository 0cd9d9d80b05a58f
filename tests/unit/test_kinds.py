"""Kinds of contacts: what the model knows from our own sentences, and what people teach it."""

import numpy as np
import pytest

from models.encoders.hashing import HashingEncoder
from models.encoders.sentence import SentenceEncoder
from models.encoders.weights import checked_weights
from models.kind_examples import EXAMPLES
from models.kinds import Kind, KindModel, Lesson
from models.settings import FinderSettings

UNSEEN = {
    Kind.PROBLEM: (
        "The washing machine stops in the middle of the programme and beeps.",
        "Our dashboard has been showing no numbers since the weekend.",
        "I was billed for a seat we removed in March.",
    ),
    Kind.QUESTION: (
        "Where do I see how many days of holiday I have left?",
        "Is the larger model also available in green?",
        "How do I export my contacts?",
    ),
    Kind.REQUEST: (
        "Please put my newspaper on hold while we are away.",
        "I would like to add a second driver to my policy.",
    ),
    Kind.CHATTER: (
        "Thanks for your help, you were very kind.",
        "Hello, are you still there?",
        "One moment please, I will look for the number.",
        "We offer cheap backlinks for your website, reply for prices.",
    ),
}


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(checked_weights())


@pytest.fixture(scope="module")
def model(encoder: SentenceEncoder) -> KindModel:
    return KindModel.of_own_examples(encoder)


def test_our_own_sentences_are_labelled_once() -> None:
    assert set(EXAMPLES) == {kind.value for kind in Kind}
    texts = [text for kind in EXAMPLES for text in EXAMPLES[kind]]
    assert len(set(texts)) == len(texts) > 150


@pytest.mark.encoder
def test_sentences_it_has_not_seen_are_told_apart(
    model: KindModel, encoder: SentenceEncoder
) -> None:
    for kind, texts in UNSEEN.items():
        found = model.judge(texts, encoder.encode(texts))
        assert [one.kind for one in found] == [kind] * len(texts), kind


@pytest.mark.encoder
def test_no_problem_is_taken_for_chatter_for_sure(
    model: KindModel, encoder: SentenceEncoder
) -> None:
    texts = [text for kind in (Kind.PROBLEM, Kind.QUESTION, Kind.REQUEST) for text in UNSEEN[kind]]
    least = FinderSettings().least_chatter
    found = model.judge(texts, encoder.encode(texts))
    assert not [one for one in found if one.kind is Kind.CHATTER and one.confidence > least]


@pytest.mark.encoder
def test_what_people_call_chatter_is_chatter_from_then_on_and_problems_stay(
    model: KindModel, encoder: SentenceEncoder
) -> None:
    quiz = [f"The answer to question {number} of the quiz is B." for number in range(8)]
    lesson = Lesson(quiz[:4], encoder.encode(quiz[:4]), [True] * 4)
    learned = model.learned(lesson)
    before = model.judge(quiz[4:], encoder.encode(quiz[4:]))
    after = learned.judge(quiz[4:], encoder.encode(quiz[4:]))
    assert {one.kind for one in after} == {Kind.CHATTER}
    assert min(one.confidence for one in after) > max(
        one.confidence for one in before if one.kind is Kind.CHATTER
    )
    problems = UNSEEN[Kind.PROBLEM]
    found = learned.judge(problems, encoder.encode(problems))
    assert {one.kind for one in found} == {Kind.PROBLEM}


def test_a_real_issue_is_no_chatter_whatever_it_looked_like() -> None:
    encoder = HashingEncoder()
    model = KindModel.of_own_examples(encoder)
    texts = ["thanks thanks for the quick help", "many thanks and thanks again"]
    assert [one.kind for one in model.judge(texts, encoder.encode(texts))] == [Kind.CHATTER] * 2
    many = texts * 10
    learned = model.learned(Lesson(many, encoder.encode(many), [False] * len(many)))
    found = learned.judge(texts, encoder.encode(texts))
    assert Kind.CHATTER not in {one.kind for one in found}


def test_nothing_to_learn_or_judge_changes_nothing() -> None:
    encoder = HashingEncoder()
    model = KindModel.of_own_examples(encoder)
    nothing = np.zeros((0, encoder.dimensions), dtype=np.float32)
    assert model.learned(Lesson([], nothing, [])) is model
    assert model.judge([], nothing) == []


@pytest.mark.encoder
def test_a_link_alone_makes_no_chatter(model: KindModel, encoder: SentenceEncoder) -> None:
    texts = [
        "You have been chosen for a free tablet, collect it today: http://free-tablet.example",
        "Ha sido elegido y recibe una tableta: http://tableta.example/hoy",
        "The page http://shop.example/basket shows an error when I pay.",
        "La página http://tienda.example/cesta da error al pagar.",
    ]
    found = [one.kind for one in model.judge(texts, encoder.encode(texts))]
    assert found == [Kind.CHATTER, Kind.CHATTER, Kind.PROBLEM, Kind.PROBLEM]
