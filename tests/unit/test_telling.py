"""What tells one issue from another."""

from models.telling import telling_terms

_FEE = ["the fee was charged twice", "charged a fee two times", "why is the fee charged twice"]
_REFUND = ["the refund is missing", "my refund did not come", "refund missing since monday"]


def test_words_of_one_side_are_named_and_shared_ones_are_not() -> None:
    here = [f"{text}. payment by card, so it is" for text in _FEE]
    there = [f"{text}. payment by card, so it is" for text in _REFUND]
    assert telling_terms(here, there)[:2] == ["charged", "fee"]
    assert telling_terms(there, here)[:2] == ["refund", "missing"]
    named = " ".join(telling_terms(here, there) + telling_terms(there, here)).split()
    assert not {"payment", "card"} & set(named)


def test_a_word_is_named_once_and_the_limit_holds() -> None:
    terms = telling_terms(_FEE, _REFUND, limit=2)
    assert len(terms) == 2
    words = " ".join(terms).split()
    assert len(words) == len(set(words))


def test_equal_texts_have_nothing_to_tell() -> None:
    assert telling_terms(_FEE, _FEE) == []
    assert telling_terms([], _FEE) == []
