"""Recurring questions: which issues are one, and which answer of an agent helped most."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import sqrt

from bridge.domain.contacts import ProductId, RedactedText
from bridge.domain.issues import IssueId

_SHARE = 0.6
_Z = 1.96
_PLACEHOLDER = re.compile(r"<[A-Z]+_\d+>")
_NOT_WORDS = re.compile(r"\W+")
_ASKS = re.compile(r"[?？؟][\s\W]*$")


class FaqState(StrEnum):
    """How far a suggestion has come."""

    OPEN = "open"
    """The machine thinks that it is worth an article."""
    ACCEPTED = "accepted"
    """A person wants the article, which is not out yet."""
    PUBLISHED = "published"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"
    """It is no recurring question any more; the machine may come back to it."""


@dataclass(frozen=True, slots=True)
class AskedOften:
    """How an issue looks as a question."""

    issue_id: IssueId
    title: str
    contacts: int
    """Of a known kind,"""
    questions: int
    """so many of them questions."""
    customers: int
    terms: Sequence[str] = ()

    def asked_in(self, clauses: Sequence[str]) -> str | None:
        """Of what customers wrote, typical ones first, the question that names most of its terms.

        An issue's title says what is wrong, which in a question is often a sentence beside it.
        """
        words = {word for term in self.terms for word in _words(term).split()}
        named = [
            (len(words & set(_words(one).split())), -place, one)
            for place, one in enumerate(clauses)
            if asks(one)
        ]
        count, _, found = max(named, default=(0, 0, ""))
        return found if count else None

    def is_question(self, *, least_contacts: int, least_customers: int) -> bool:
        """Whether most of its contacts ask something, and enough of them for an article."""
        return (
            self.questions >= least_contacts
            and self.customers >= least_customers
            and self.questions >= _SHARE * self.contacts
        )


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """What an agent answered to one customer, and whether that was the end of it."""

    text: RedactedText
    who: str
    """Tells customers apart."""
    sent_at: datetime
    wrote_again: bool


@dataclass(frozen=True, slots=True)
class BestAnswer:
    """The answer after which customers were quiet most surely."""

    text: RedactedText
    told: int
    quiet: int


@dataclass(frozen=True, slots=True)
class Faq:
    """A recurring question with the article that may answer it."""

    id: int
    product_id: ProductId
    issue_id: IssueId
    state: FaqState
    question: RedactedText
    answer: RedactedText
    """A draft until a person has edited or accepted it; empty where no answer is known."""
    told: int
    quiet: int
    is_edited: bool
    edition: int
    link: str | None
    published_at: datetime | None
    reason: str | None
    decided_by: str | None
    created_at: datetime

    @property
    def evidence(self) -> str:
        """What the draft rests on, in words."""
        if not self.told:
            return "no agent’s answer is known after which customers were quiet"
        people = "customer" if self.told == 1 else "customers"
        return (
            f"made from an answer that {self.told} {people} got:"
            f" {self.quiet} did not write again within a week"
        )


def asks(text: str) -> bool:
    """Whether it ends with a question mark, in any writing."""
    return _ASKS.search(text) is not None


def best_answer(answers: Sequence[SentAnswer]) -> BestAnswer | None:
    """The answer to make a draft from; None when after each of them customers wrote again.

    Answers in the same words are one. Of two the one counts that is surer: the lower end of the
    interval for the share of customers who were quiet.
    """
    groups: dict[str, list[SentAnswer]] = defaultdict(list)
    for one in answers:
        groups[_words(one.text)].append(one)
    found = []
    for words, group in groups.items():
        told = {one.who for one in group}
        quiet = told - {one.who for one in group if one.wrote_again}
        newest = max(group, key=lambda one: one.sent_at)
        if words and quiet:
            place = (_lower_share(len(quiet), len(told)), newest.sent_at)
            found.append((place, BestAnswer(newest.text, len(told), len(quiet))))
    return max(found, key=lambda one: one[0])[1] if found else None


def _words(text: str) -> str:
    """What two answers have in common that say the same to two customers."""
    return _NOT_WORDS.sub(" ", _PLACEHOLDER.sub(" ", text)).casefold().strip()


def _lower_share(count: int, total: int) -> float:
    """The lower end of Wilson's interval."""
    share, square = count / total, _Z * _Z
    spread = _Z * sqrt(share * (1 - share) / total + square / (4 * total * total))
    return (share + square / (2 * total) - spread) / (1 + square / total)
