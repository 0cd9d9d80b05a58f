"""Ask: which questions about candidates would help most, for the review page."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.domain.grouping import Suggestion, SuggestionKind
from bridge.domain.issues import IssueId
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.store import Store
from bridge.store.vectors import SeenOutlook
from models.evidence import probability

LEAST_WORTH = 0.04
"""A question whose answer is surer than this to be guessed is not asked."""

_FAR = 0.02
"""From this probability on another issue is near enough to be named in a question."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A candidate as it was just looked at."""

    seen: SeenOutlook
    size: int


def real_key(issue_id: IssueId, size: int) -> str:
    """Names the question whether a candidate is an issue: asked anew once it has doubled."""
    return f"{issue_id}/{size.bit_length()}"


def ask_about(
    candidates: Mapping[IssueId, Looked], product: Product, *, store: Store, context: Context
) -> None:
    """Propose what is worth asking about these candidates; drop what is not any more."""
    wanted = [
        question
        for issue_id, looked in candidates.items()
        if looked.size >= product.min_contacts
        and (question := _question(issue_id, looked)) is not None
    ]
    keys = {(question.kind, question.key) for question in wanted}
    asked = [
        one
        for one in store.suggestions.open(product.id)
        if _is_ours(one) and one.issue_id in candidates
    ]
    stale = [one.id for one in asked if (one.kind, one.key) not in keys]
    if stale:
        store.suggestions.withdraw(product.id, ids=stale)
    told = {(one.kind, one.key): one for one in asked}
    for question in wanted:
        if question.is_told_by(told.get((question.kind, question.key))):
            continue
        store.suggestions.propose(
            product.id,
            kind=question.kind,
            key=question.key,
            issue_id=question.issue_id,
            other_id=question.other_id,
            probability=question.probability,
            worth=question.worth,
            question=question.why,
            now=context.now(),
        )


def _is_ours(suggestion: Suggestion) -> bool:
    return suggestion.kind in (SuggestionKind.SAME, SuggestionKind.REAL)


@dataclass(frozen=True, slots=True)
class _Question:
    kind: SuggestionKind
    key: str
    issue_id: IssueId
    other_id: IssueId | None
    probability: float
    worth: float
    why: str

    def is_told_by(self, asked: Suggestion | None) -> bool:
        """Whether it waits for an answer already, and says the same."""
        return asked is not None and (asked.issue_id, asked.other_id, asked.question) == (
            self.issue_id,
            self.other_id,
            self.why,
        )


def _question(issue_id: IssueId, looked: Looked) -> _Question | None:
    """The one question about a candidate that would help most; None when all is clear."""
    seen = looked.seen
    same = 0.0 if seen.same_as_nearest is None else probability(seen.same_as_nearest)
    if seen.nearest_id is not None and same >= _FAR:
        first, second = sorted((issue_id, seen.nearest_id))
        worth = min(same, 1 - same)
        why = f"their contacts are alike; one issue with a probability of {same:.0%}"
        key, kind, other = f"{first}/{second}", SuggestionKind.SAME, seen.nearest_id
        chance = same
    else:
        chance = probability(seen.new_issue)
        worth = min(chance, 1 - chance) / 2
        why = f"its contacts came slowly or are alike by chance; real with {chance:.0%}"
        key, kind, other = real_key(issue_id, looked.size), SuggestionKind.REAL, None
    if worth < LEAST_WORTH:
        return None
    return _Question(kind, key, issue_id, other, chance, worth, why)
