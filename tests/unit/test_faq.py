"""Which issues are recurring questions, and which answer is worth an article: pure rules."""

from datetime import timedelta

import pytest

from bridge.domain.contacts import RedactedText
from bridge.domain.faq import AskedOften, BestAnswer, SentAnswer, best_answer
from bridge.domain.issues import IssueId
from tests.builders import START

MENU, RELOAD = "Open the menu, then Export.", "Reload the page."


def sent(text: str, who: str, *, again: bool = False, hours: int = 0) -> SentAnswer:
    return SentAnswer(RedactedText(text), who, START + timedelta(hours=hours), again)


@pytest.mark.parametrize(
    ("contacts", "questions", "customers", "is_one"),
    [
        (10, 10, 10, True),
        (10, 6, 3, True),
        (10, 5, 5, False),
        (4, 4, 4, False),
        (9, 9, 2, False),
        (0, 0, 0, False),
    ],
)
def test_an_issue_is_a_question_when_most_of_enough_contacts_ask(
    contacts: int, questions: int, customers: int, *, is_one: bool
) -> None:
    asked = AskedOften(IssueId(1), "Export", contacts, questions, customers)
    assert asked.is_question(least_contacts=5, least_customers=3) is is_one


def test_of_what_was_asked_the_sentence_about_the_matter_is_the_question() -> None:
    asked = AskedOften(IssueId(1), "It should be here.", 5, 5, 5, terms=("parcel", "driver left"))
    written = [
        *("Can you please look into it?", "My parcel, which the driver left."),
        *("¿Dónde está?", "Where is my parcel?", "Has the driver left my parcel somewhere？»"),
        *("Where is that parcel the driver left?",),
    ]
    assert asked.asked_in(written) == written[4]
    assert asked.asked_in(written[:3]) is None, "nothing asked is about it"


@pytest.mark.parametrize(
    ("term", "question"),
    [("größe", "Wie ändere ich die Größe?"), ("wi-fi", "Where do I find the Wi-Fi code?")],
)
def test_a_term_is_found_however_it_is_spelt(term: str, question: str) -> None:
    asked = AskedOften(IssueId(1), "It does not fit.", 5, 5, 5, terms=(term,))
    assert asked.asked_in(["Could you look into it?", question]) == question


@pytest.mark.parametrize(
    ("answers", "best"),
    [
        ([], None),
        ([sent(MENU, "a", again=True)], None),
        ([sent(MENU, "a")], (MENU, 1, 1)),
        ([sent(MENU, "a", again=True), sent(RELOAD, "b")], (RELOAD, 1, 1)),
        # Nine of ten are surer than one of one.
        (
            [sent(RELOAD, "z"), *[sent(MENU, str(n), again=n == 0) for n in range(10)]],
            (MENU, 10, 9),
        ),
        # The same words but for what was redacted, marks and capitals are one answer.
        (
            [
                sent("Hello <NAME_1>! Reload the page", "a"),
                sent("hello <NAME_2>, reload the page.", "b", hours=1),
            ],
            ("hello <NAME_2>, reload the page.", 2, 2),
        ),
        # Whoever got it twice and wrote in between was not quiet.
        ([sent(MENU, "a", again=True), sent(MENU, "a", hours=5), sent(MENU, "b")], (MENU, 2, 1)),
        # As sure as each other: the newer one knows more.
        ([sent(MENU, "a"), sent(RELOAD, "b", hours=1)], (RELOAD, 1, 1)),
        ([sent("<NAME_1>", "a")], None),
    ],
)
def test_the_best_answer_is_the_one_after_which_customers_were_surely_quiet(
    answers: list[SentAnswer], best: tuple[str, int, int] | None
) -> None:
    found = best_answer(answers)
    assert found == (None if best is None else BestAnswer(RedactedText(best[0]), *best[1:]))
