"""What says what is wrong is told from what stands beside it, in sentences never seen."""

import numpy as np
import pytest

from models.asides import AsideModel
from models.encoders.sentence import SentenceEncoder
from models.encoders.weights import checked_weights

POINTS = (
    "The dishwasher leaves all the glasses dirty.",
    "My ticket shows the wrong seat.",
    "The bridge game loses my score every night.",
    "I cannot open the garage with the remote control any more.",
    "How do I cancel the newspaper for two weeks?",
    "Please send me a new key for the mailbox.",
)
BESIDE = (
    "The plates come out clean.",
    "My husband's ticket is all right.",
    "On his phone the score is still there.",
    "I changed the battery of the remote control.",
    "Other newspapers arrive every morning.",
    "The key of the front door works.",
)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(checked_weights())


def test_what_is_wrong_is_told_from_what_works_around_it(encoder: SentenceEncoder) -> None:
    model = AsideModel.of_own_examples(encoder)
    said = model.points(POINTS, encoder.encode(POINTS))
    beside = model.points(BESIDE, encoder.encode(BESIDE))
    told = [one > other for one, other in zip(said, beside, strict=True)]
    assert sum(told) >= len(told) - 1, (said, beside)
    assert np.mean(said) > np.mean(beside) + 0.2


def test_asking_after_a_problem_says_less_than_stating_it(encoder: SentenceEncoder) -> None:
    model = AsideModel.of_own_examples(encoder)
    asked = (
        "Any news on the crash of the week view?",
        "I'd like to follow up on the double charge, please.",
        "Is there progress with the lost photos?",
    )
    stated = ("The week view crashes.", "I was charged twice.", "My photos are lost.")
    after = model.points(asked, encoder.encode(asked))
    assert max(after) < 0.4 < min(model.points(stated, encoder.encode(stated)))


def test_no_clauses_are_no_trouble(encoder: SentenceEncoder) -> None:
    model = AsideModel.of_own_examples(encoder)
    assert model.points([], np.zeros((0, encoder.dimensions), dtype=np.float32)) == []
